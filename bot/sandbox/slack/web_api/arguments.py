"""A method's arguments as Slack reads them: from a form, a query or JSON, loosely typed; knows no method."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.team import BOT_USER_ID, Channel
from bot.sandbox.slack.workspace import Workspace


class Arguments:
    """The arguments of one call; what a method does not ask for is ignored, as Slack ignores it."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def text(self, name: str) -> str:
        """A string, empty when it is not there."""
        value = self.given.get(name)
        return "" if value is None else value if isinstance(value, str) else json.dumps(value)

    def need(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if not value:
            raise SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])
        return value

    def has(self, name: str) -> bool:
        """Whether the argument was given at all."""
        return self.given.get(name) is not None

    def flag(self, name: str) -> bool:
        """A boolean in any of the ways clients write it."""
        return str(self.given.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`."""
        try:
            value = int(self.given.get(name) or default)
        except (TypeError, ValueError):
            raise SlackError(
                "invalid_arguments", messages=[f"[ERROR] must be a valid integer: {name}"]
            ) from None
        if not 1 <= value <= most:
            raise SlackError("invalid_limit" if name == "limit" else "invalid_arguments")
        return value

    def json(self, name: str) -> Any:
        """An object or array, which a form carries as a string; None when it is not there."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            code = f"invalid_{name}_format" if name in ("blocks", "metadata") else "invalid_arguments"
            raise SlackError(code, messages=[f"[ERROR] not valid JSON: {name}"]) from None

    def array(self, name: str) -> list[Any]:
        """An array, empty when it is not there."""
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be an array: {name}"])
        return value or []


Method = Callable[[Workspace, Arguments], dict[str, Any]]


def visible_channel(slack: Workspace, channel_id: str) -> Channel:
    """The channel if the bot can see it: public ones, and others it is a member of."""
    channel = slack.team.channels.get(channel_id)
    if channel is None or (channel.kind != "channel" and BOT_USER_ID not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def joined_channel(slack: Workspace, channel_id: str) -> Channel:
    """The channel if the bot is in it."""
    channel = visible_channel(slack, channel_id)
    if BOT_USER_ID not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def living(channel: Channel) -> Channel:
    """The channel if it is not archived."""
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def known_post(slack: Workspace, channel: Channel, ts: str, error: str = "message_not_found") -> Post:
    """A message everybody in the channel sees."""
    post = slack.posts.get(channel.id, ts)
    if post is None or post.only_for is not None:
        raise SlackError(error)
    return post


def thread_of(slack: Workspace, channel: Channel, arguments: Arguments) -> dict[str, str]:
    """Where a message goes that names a `thread_ts`: a reply's leads to its thread.

    One of no message is no mistake for Slack: the message then stands at the channel's top level.
    """
    ts = arguments.text("thread_ts")
    if ts and not re.fullmatch(r"\d{1,10}\.\d{6}", ts):
        raise SlackError("invalid_thread_ts", messages=[f"[ERROR] {ts} is not a valid thread_ts"])
    root = slack.posts.root_of(channel.id, ts) if ts else None
    return {"thread_ts": root} if root else {}


def cursor_page(items: list[Any], arguments: Arguments) -> tuple[list[Any], dict[str, Any]]:
    """One page of a list and Slack's `response_metadata` with the next cursor."""
    limit = arguments.number("limit", 100, 999)
    start = int(opened_cursor(arguments, "next") or 0)
    rest = len(items) > start + limit
    return items[start : start + limit], {"next_cursor": cursor("next", str(start + limit)) if rest else ""}


def cursor(kind: str, place: str) -> str:
    """A cursor as opaque as Slack's."""
    return b64encode(f"{kind}:{place}".encode()).decode()


def opened_cursor(arguments: Arguments, kind: str) -> str:
    """The place that a given cursor stands for, empty when none was given."""
    given = arguments.text("cursor")
    try:
        found, _, place = b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        raise SlackError("invalid_cursor") from None
    if given and (found != kind or not re.fullmatch(r"\d+(\.\d+)?", place)):
        raise SlackError("invalid_cursor")
    return place
