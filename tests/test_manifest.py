"""The manifest against the code: it asks for what the code uses, no less and no more."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.sandbox.slack.scopes import DOWNLOAD_SCOPE, EVENT_SCOPES, METHOD_SCOPES
from handlers import register
from handlers.ids import MENTION
from handlers.vocabulary import WORDS
from tests.handlers.fakes import absent_services

ROOT = Path(__file__).parent.parent
BEHIND_ONE_NAME = {"files_upload_v2": ("files.getUploadURLExternal", "files.completeUploadExternal")}
"""Methods of the client that are several calls of the Web API."""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yaml").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def granted(manifest: dict[str, Any]) -> set[str]:
    return set(manifest["oauth_config"]["scopes"]["bot"])


@pytest.fixture(scope="module")
def events(manifest: dict[str, Any]) -> set[str]:
    return set(manifest["settings"]["event_subscriptions"]["bot_events"])


def sources() -> Iterator[Path]:
    for path in (*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")):
        if "sandbox" not in path.relative_to(ROOT).parts:
            yield path


@pytest.fixture(scope="module")
def called() -> dict[str, str]:
    """Every Web API method that the code calls, and a place where it does."""
    found: dict[str, str] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if (
                isinstance(node, ast.Attribute)
                and "_" in node.attr.strip("_")
                and hasattr(AsyncWebClient, node.attr)
            ):
                if node.attr == "api_call":
                    pytest.fail(f"{place}: name the method, so that this test can find it")
                for method in BEHIND_ONE_NAME.get(node.attr, (node.attr.replace("_", "."),)):
                    found.setdefault(method, place)
            elif isinstance(node, ast.arg) and node.arg in ("say", "say_stream"):
                found.setdefault("chat.postMessage", place)
    return found


class RecordingApp:
    """Takes registrations as Bolt's app does and only writes them down."""

    def __init__(self) -> None:
        self.heard: defaultdict[str, set[str]] = defaultdict(set)

    def middleware(self, _function: Callable[..., Any]) -> None: ...

    def error(self, _function: Callable[..., Any]) -> None: ...

    def __getattr__(self, kind: str) -> Callable[[Any], Callable[..., None]]:
        if not hasattr(AsyncApp, kind):
            raise AttributeError(kind)

        def register_under(name: Any, **_options: Any) -> Callable[..., None]:
            self.heard[kind].add(str(name["type"] if isinstance(name, dict) else name))
            return lambda _listener: None

        return register_under


@pytest.fixture(scope="module")
def heard() -> dict[str, set[str]]:
    app = RecordingApp()
    register(cast("AsyncApp", app), absent_services(), logs.get("test"))
    return app.heard


def test_every_method_the_code_calls_is_in_the_table_of_scopes(called: dict[str, str]) -> None:
    assert {method: place for method, place in called.items() if method not in METHOD_SCOPES} == {}
    assert "chat.postMessage" in called


def test_every_method_the_code_calls_has_its_scope(called: dict[str, str], granted: set[str]) -> None:
    lacking = {
        f"{place} calls {method}": METHOD_SCOPES[method]
        for method, place in called.items()
        if METHOD_SCOPES[method] and granted.isdisjoint(METHOD_SCOPES[method])
    }
    assert lacking == {}


def test_every_event_has_its_scope(events: set[str], granted: set[str]) -> None:
    lacking = {event for event in events if EVENT_SCOPES[event] and granted.isdisjoint(EVENT_SCOPES[event])}
    assert lacking == set()


def test_no_scope_is_asked_for_without_use(
    called: dict[str, str], events: set[str], granted: set[str]
) -> None:
    used = {DOWNLOAD_SCOPE, "commands"}
    used.update(*(METHOD_SCOPES[method] for method in called), *(EVENT_SCOPES[event] for event in events))
    assert granted - used == set()


def test_the_events_subscribed_to_are_the_events_listened_to(
    events: set[str], heard: dict[str, set[str]]
) -> None:
    assert {event.split(".")[0] for event in events} == heard["event"]


def test_the_commands_are_those_registered(manifest: dict[str, Any], heard: dict[str, set[str]]) -> None:
    commands = manifest["features"]["slash_commands"]
    assert {command["command"] for command in commands} == heard["command"]
    assert all(command["should_escape"] for command in commands)  # people and channels arrive as ids


def test_the_commands_hint_names_the_words_that_help_explains(manifest: dict[str, Any]) -> None:
    (command,) = manifest["features"]["slash_commands"]
    hinted = {entry.split()[0] for entry in command["usage_hint"].split(" | ")}
    assert hinted == WORDS
    assert len(command["usage_hint"]) <= 1_000


def test_the_bot_is_called_what_its_suggestions_call_it(manifest: dict[str, Any]) -> None:
    assert f"@{manifest['features']['bot_user']['display_name']}" == MENTION


def test_the_shortcuts_are_those_registered(manifest: dict[str, Any], heard: dict[str, set[str]]) -> None:
    registered = heard["shortcut"] | heard["global_shortcut"] | heard["message_shortcut"]
    assert {shortcut["callback_id"] for shortcut in manifest["features"]["shortcuts"]} == registered


def test_what_the_app_answers_to_is_switched_on(manifest: dict[str, Any], heard: dict[str, set[str]]) -> None:
    assert heard["action"]
    assert heard["view"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
    assert manifest["features"]["app_home"]["home_tab_enabled"] == ("app_home_opened" in heard["event"])
    assert not manifest["features"]["app_home"][
        "messages_tab_read_only_enabled"
    ]  # datasets may be sent in a DM


def test_the_readme_gives_every_scope_its_reason(granted: set[str]) -> None:
    rows = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    reasoned = {
        scope for row in rows for scope in row.split("|")[1].replace("`", " ").replace(",", " ").split()
    }
    assert granted - reasoned == set()
