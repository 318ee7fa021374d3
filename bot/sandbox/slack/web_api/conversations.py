"""conversations.*: channels, their members and their messages; and reactions.add."""

import re
from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.posts import Post, page_of
from bot.sandbox.slack.team import BOT_USER_ID
from bot.sandbox.slack.web_api.arguments import (
    Arguments,
    Method,
    cursor,
    cursor_page,
    joined_channel,
    known_post,
    living,
    opened_cursor,
    visible_channel,
)
from bot.sandbox.slack.workspace import Workspace

_TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
_READ = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}


def info(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """One channel."""
    return {"channel": visible_channel(slack, arguments.need("channel")).for_app(slack.team)}


def list_channels(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """The channels of some types that the bot can see."""
    types = (arguments.text("types") or "public_channel").replace(" ", "").split(",")
    for kind in types:
        if kind not in _TYPES:
            raise SlackError("invalid_types")
        if _READ[kind] not in slack.manifest.scopes:
            raise SlackError("missing_scope", needed=_READ[kind], provided=",".join(slack.manifest.scopes))
    kinds = [_TYPES[t] for t in types]
    seen = [
        c.for_app(slack.team)
        for c in slack.team.channels.values()
        if c.kind in kinds
        and (c.kind == "channel" or BOT_USER_ID in c.members)
        and not (c.is_archived and arguments.flag("exclude_archived"))
    ]
    page, more = cursor_page(seen, arguments)
    return {"channels": page, "response_metadata": more}


def members(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Who is in a channel."""
    page, more = cursor_page(visible_channel(slack, arguments.need("channel")).members, arguments)
    return {"members": page, "response_metadata": more}


def _messages(posts: list[Post], arguments: Arguments, *, newest_first: bool) -> dict[str, Any]:
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    for name, stamp in (("oldest", oldest), ("latest", latest)):
        if stamp and not re.fullmatch(r"\d+(\.\d+)?", stamp):
            raise SlackError(f"invalid_ts_{name}")
    page, rest = page_of(
        posts,
        oldest=oldest,
        latest=latest,
        inclusive=arguments.flag("inclusive"),
        after=opened_cursor(arguments, "next_ts"),
        limit=arguments.number("limit", 100, 999),
        newest_first=newest_first,
    )
    metadata = arguments.flag("include_all_metadata")
    found: dict[str, Any] = {
        "messages": [p.for_app(metadata=metadata) for p in page],
        "has_more": rest is not None,
    }
    return found | ({"response_metadata": {"next_cursor": cursor("next_ts", rest)}} if rest else {})


def history(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """A channel's top-level messages, newest first."""
    channel = joined_channel(slack, arguments.need("channel"))
    return {**_messages(slack.posts.top_level(channel.id), arguments, newest_first=True), "pin_count": 0}


def replies(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """A thread, parent first; given a reply's ts only that reply, as Slack does."""
    channel = joined_channel(slack, arguments.need("channel"))
    ts = arguments.need("ts")
    root = slack.posts.root_of(channel.id, ts)
    if root is None:
        raise SlackError("thread_not_found")
    posts = slack.posts.thread(channel.id, root)
    if root != ts:
        posts = [post for post in posts if post.ts == ts]
    return _messages(posts, arguments, newest_first=False)


def open_dm(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """The DM with one person; group DMs do not exist here."""
    if arguments.text("channel"):
        channel = visible_channel(slack, arguments.need("channel"))
    else:
        people = arguments.text("users").split(",")
        if people == [""]:
            raise SlackError("users_list_not_supplied")
        if any(u not in slack.team.users for u in people):
            raise SlackError("user_not_found")
        if len(people) > 1 or people == [BOT_USER_ID]:
            raise SlackError("method_not_supported_for_channel_type")
        channel = slack.team.dm(people[0])
    whole = channel.for_app(slack.team) if arguments.flag("return_im") else {"id": channel.id}
    return {"no_op": True, "already_open": True, "channel": whole}


def join(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Let the bot into a public channel."""
    channel = visible_channel(slack, arguments.need("channel"))
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    living(channel)
    already = BOT_USER_ID in channel.members
    if not already:
        slack.join(channel, BOT_USER_ID)
    return {"channel": channel.for_app(slack.team)} | ({"warning": "already_in_channel"} if already else {})


def add_reaction(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """React to a message with an emoji."""
    name, timestamp = arguments.need("name").strip(":"), arguments.text("timestamp")
    if not (timestamp and arguments.text("channel")):
        raise SlackError("no_item_specified")
    if not re.fullmatch(r"\d{1,20}\.\d{1,20}", timestamp):
        raise SlackError("bad_timestamp")
    channel = living(joined_channel(slack, arguments.need("channel")))
    post = known_post(slack, channel, timestamp)
    if not re.fullmatch(r"[a-z0-9_+'-]+", name):
        raise SlackError("invalid_name")
    reactions = [dict(r) for r in post.body.get("reactions", ())]
    mine = next((r for r in reactions if r["name"] == name), None)
    if mine is None:
        reactions.append(mine := {"name": name, "users": [], "count": 0})
    if BOT_USER_ID in mine["users"]:
        raise SlackError("already_reacted")
    mine |= {"users": [*mine["users"], BOT_USER_ID], "count": mine["count"] + 1}
    slack.posts.change(post, reactions=reactions)
    item = {"type": "message", "channel": channel.id, "ts": post.ts}
    about = {"user": BOT_USER_ID, "reaction": name, "item": item, "item_user": post.body.get("user")}
    slack.events.publish("reaction_added", {"type": "reaction_added", **about}, channel)
    return {}


METHODS: dict[str, Method] = {
    "conversations.info": info,
    "conversations.list": list_channels,
    "conversations.members": members,
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.open": open_dm,
    "conversations.join": join,
    "reactions.add": add_reaction,
}
