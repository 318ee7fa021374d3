"""What the app's manifest promises Slack: scopes, events, commands, shortcuts, surfaces; read once, never written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml


@dataclass(frozen=True, slots=True)
class Command:
    """One slash command; `command` starts with a slash."""

    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One global or message shortcut."""

    type: Literal["global", "message"]
    name: str
    callback_id: str
    description: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of an app manifest that Slack enforces."""

    name: str
    bot_name: str
    scopes: tuple[str, ...]
    events: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    home_tab: bool
    messages_tab: bool
    interactivity: bool

    def command(self, name: str) -> Command | None:
        """The command of this name, if the app has it."""
        return next((c for c in self.commands if c.command == name), None)

    def shortcut(self, callback_id: str) -> Shortcut | None:
        """The shortcut with this callback id, if the app has it."""
        return next((s for s in self.shortcuts if s.callback_id == callback_id), None)


def load(source: Path | dict[str, Any]) -> Manifest:
    """Read a manifest from a YAML file or its parsed content; raises ValueError when it is no app manifest."""
    data = yaml.safe_load(source.read_text(encoding="utf-8")) if isinstance(source, Path) else source
    if not isinstance(data, dict) or "display_information" not in data:
        raise ValueError(f"not a Slack app manifest (no display_information): {source}")
    features = data.get("features") or {}
    settings = data.get("settings") or {}
    home = features.get("app_home") or {}
    name = str(data["display_information"]["name"])
    return Manifest(
        name=name,
        bot_name=str((features.get("bot_user") or {}).get("display_name", name)),
        scopes=tuple(((data.get("oauth_config") or {}).get("scopes") or {}).get("bot") or ()),
        events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or ()),
        commands=tuple(
            Command(
                c["command"], c.get("description", ""), c.get("usage_hint", ""), bool(c.get("should_escape"))
            )
            for c in features.get("slash_commands") or ()
        ),
        shortcuts=tuple(
            Shortcut(s["type"], s["name"], s["callback_id"], s.get("description", ""))
            for s in features.get("shortcuts") or ()
        ),
        home_tab=bool(home.get("home_tab_enabled")),
        messages_tab=bool(home.get("messages_tab_enabled", True))
        and not home.get("messages_tab_read_only_enabled", False),
        interactivity=bool((settings.get("interactivity") or {}).get("is_enabled")),
    )


def find() -> Path:
    """The project's own manifest: beside the sandbox in an installed package, at the root in a checkout."""
    package = Path(__file__).resolve().parent.parent / "manifest.yaml"
    return package if package.exists() else package.parents[2] / "manifest.yaml"
