"""Modals and App Home: which views are open for whom, and what Slack checks of one; knows no HTTP."""

import json
import secrets
from typing import Any

from bot.sandbox.slack.block_kit import Surface
from bot.sandbox.slack.blocks import faults_of, with_ids
from bot.sandbox.slack.elements import plain
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.inputs import start_values
from bot.sandbox.slack.shapes import Anything, Bool, Findings, Obj, Shape, Str
from bot.sandbox.slack.team import APP_ID, BOT_ID, TEAM_ID, Team
from bot.sandbox.slack.watch import Watcher

VIEW_BYTES = 250_000
STACK = 3  # a root view and two pushed ones

_BOTH: dict[str, Shape] = {
    "private_metadata": Str(3000, 0),
    "callback_id": Str(255, 0),
    "external_id": Str(255, 0),
}
_SHAPES: dict[str, Obj] = {
    "modal": Obj(
        {"title": plain(24), "blocks": Anything()},
        {
            **_BOTH,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": Bool(),
            "notify_on_close": Bool(),
            "submit_disabled": Bool(),
        },
    ),
    "home": Obj({"blocks": Anything()}, _BOTH),
}
View = dict[str, Any]


def check(view: Any, kind: Surface) -> None:
    """Raise the SlackError that opening, updating or publishing this view gives."""
    findings = Findings()
    if not isinstance(view, dict) or view.get("type") != kind:
        raise SlackError(
            "invalid_arguments", messages=[f"[ERROR] must be a {kind} view [json-pointer:/view/type]"]
        )
    _SHAPES[kind].check({k: v for k, v in view.items() if k != "type"}, "/view", findings)
    blocks = view.get("blocks")
    findings.messages += faults_of(blocks, kind, "/view/blocks")
    inputs = isinstance(blocks, list) and any(
        isinstance(b, dict) and b.get("type") == "input" for b in blocks
    )
    if kind == "modal" and inputs and not view.get("submit"):
        findings.add("/view", "missing required field: submit (there is an input block)")
    if findings.messages:
        raise SlackError("invalid_arguments", messages=findings.messages)
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")


class Views:
    """The open modals of each person, lowest first, and each person's Home."""

    def __init__(self, team: Team, watch: Watcher) -> None:
        self._team = team
        self._watch = watch
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """This person's open modals, the one on top last."""
        return self._stacks.get(user, [])

    def home(self, user: str) -> View | None:
        """This person's App Home, once published."""
        return self._homes.get(user)

    def open(self, user: str, view: Any) -> View:
        """Open a modal on an empty stack (what was open before is replaced, as in Slack's clients)."""
        check(view, "modal")
        self._stacks[user] = []
        return self._add(user, view)

    def push(self, user: str, view: Any) -> View:
        """Put a modal on top of the open ones."""
        check(view, "modal")
        if not self.stack(user):
            raise SlackError("not_found")
        if len(self.stack(user)) >= STACK:
            raise SlackError("push_limit_reached")
        return self._add(user, view)

    def update(self, view: Any, *, view_id: str = "", external_id: str = "", digest: str = "") -> View:
        """Replace an open view's content; with `digest` only if nobody changed it meanwhile."""
        old = self.find(view_id=view_id, external_id=external_id)
        if old is None:
            raise SlackError("not_found")
        if digest and digest != old["hash"]:
            raise SlackError("hash_conflict")
        check(view, old["type"])
        self._unique(view, old["id"])
        new = self._built(view, old["id"], old)
        user = self.owner(old["id"])
        if old["type"] == "home":
            self._homes[user] = new
        else:
            stack = self._stacks[user]
            stack[stack.index(old)] = new
        self._watch.views(user)
        return new

    def publish(self, user: str, view: Any, digest: str = "") -> View:
        """Set this person's App Home."""
        check(view, "home")
        old = self.home(user)
        if digest and (old is None or digest != old["hash"]):
            raise SlackError("hash_conflict")
        self._unique(view, old["id"] if old else "")
        self._homes[user] = self._built(view, old["id"] if old else self._team.new_id("V"), old)
        self._watch.views(user)
        return self._homes[user]

    def find(self, *, view_id: str = "", external_id: str = "") -> View | None:
        """An open view or Home by one of its ids."""
        every = [v for stack in self._stacks.values() for v in stack] + list(self._homes.values())
        return next(
            (v for v in every if v["id"] == view_id or (external_id and v["external_id"] == external_id)),
            None,
        )

    def owner(self, view_id: str) -> str:
        """Who has this view open."""
        stacked = (u for u, stack in self._stacks.items() if any(v["id"] == view_id for v in stack))
        homes = (u for u, home in self._homes.items() if home["id"] == view_id)
        return next(stacked, None) or next(homes)

    def set_values(self, view: View, values: dict[str, Any]) -> None:
        """What a person typed so far."""
        view["state"] = {"values": values}

    def close(self, user: str, view_id: str) -> None:
        """Take one modal off the stack."""
        self._stacks[user] = [v for v in self.stack(user) if v["id"] != view_id]
        self._watch.views(user)

    def clear(self, user: str) -> None:
        """Close all modals of a person."""
        self._stacks[user] = []
        self._watch.views(user)

    def _add(self, user: str, view: View) -> View:
        self._unique(view, "")
        stack = self._stacks.setdefault(user, [])
        new = self._built(view, self._team.new_id("V"), None)
        if stack:
            new |= {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
        stack.append(new)
        self._watch.views(user)
        return new

    def _unique(self, view: View, own_id: str) -> None:
        taken = self.find(external_id=view.get("external_id") or "")
        if taken is not None and taken["id"] != own_id:
            raise SlackError("duplicate_external_id")

    def _built(self, view: View, view_id: str, old: View | None) -> View:
        blocks = with_ids(view["blocks"])
        kept = old["state"]["values"] if old else None
        modal = view["type"] == "modal"
        return {
            "id": view_id,
            "team_id": TEAM_ID,
            "type": view["type"],
            "blocks": blocks,
            "private_metadata": view.get("private_metadata") or "",
            "callback_id": view.get("callback_id") or "",
            "state": {"values": start_values(blocks, kept)},
            "hash": f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}",
            "title": view.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
            "clear_on_close": bool(view.get("clear_on_close")),
            "notify_on_close": bool(view.get("notify_on_close")),
            "close": view.get("close") if modal else None,
            "submit": view.get("submit") if modal else None,
            "previous_view_id": old["previous_view_id"] if old else None,
            "root_view_id": old["root_view_id"] if old else view_id,
            "app_id": APP_ID,
            "external_id": view.get("external_id") or "",
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }
