"""The interaction payloads Slack sends: commands, shortcuts, clicks, submissions; builds them and sends nothing."""

from copy import deepcopy
from typing import Any

from bot.sandbox.slack.events import VERIFICATION_TOKEN
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.team import APP_ID, OTHER_TEAM_ID, TEAM_DOMAIN, TEAM_ID, Channel, User
from bot.sandbox.slack.workspace import Workspace

Payload = dict[str, Any]


def command(slack: Workspace, user: User, channel: Channel, name: str, text: str) -> Payload:
    """The form fields of a slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _shown_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.response_urls.new(user.id, channel.id),
        "trigger_id": slack.triggers.new(user.id),
    }


def global_shortcut(slack: Workspace, user: User, callback_id: str) -> Payload:
    """A global shortcut: no channel, no response_url."""
    about = {"type": "shortcut", "callback_id": callback_id, "action_ts": slack.posts.new_ts()}
    return {**about, **_common(user), "trigger_id": slack.triggers.new(user.id)}


def message_shortcut(slack: Workspace, user: User, callback_id: str, post: Post) -> Payload:
    """A shortcut on one message, also where the bot is not a member."""
    channel = slack.team.channels[post.channel]
    return {
        "type": "message_action",
        "callback_id": callback_id,
        "action_ts": slack.posts.new_ts(),
        **_common(user),
        "trigger_id": slack.triggers.new(user.id),
        "response_url": slack.response_urls.new(user.id, channel.id, post.ts),
        "channel": {"id": channel.id, "name": _shown_name(channel)},
        "message_ts": post.ts,
        "message": post.for_app(),
    }


def message_click(slack: Workspace, user: User, post: Post, action: Payload, values: Payload) -> Payload:
    """Block actions on a message; of an ephemeral one Slack tells only the container, not the message."""
    channel = slack.team.channels[post.channel]
    ephemeral = post.only_for is not None
    container = {
        "type": "message",
        "message_ts": post.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if post.is_reply:
        container["thread_ts"] = post.root
    payload: Payload = {
        "type": "block_actions",
        **_common(user),
        "container": container,
        "trigger_id": slack.triggers.new(user.id),
        "channel": {"id": channel.id, "name": _shown_name(channel)},
        "state": {"values": values},
        "response_url": slack.response_urls.new(user.id, channel.id, post.ts),
        "actions": [action],
    }
    return payload if ephemeral else {**payload, "message": post.for_app()}


def view_click(slack: Workspace, user: User, view: Payload, action: Payload) -> Payload:
    """Block actions in a modal or on App Home."""
    return {
        "type": "block_actions",
        **_common(user, in_view=True),
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": slack.triggers.new(user.id),
        "view": deepcopy(view),
        "actions": [action],
    }


def submission(slack: Workspace, user: User, view: Payload) -> Payload:
    """A submitted modal; `response_urls` holds one for each conversation chosen where the app asked for it."""
    urls = []
    for block in view["blocks"]:
        element = block.get("element") or {}
        if not element.get("response_url_enabled"):
            continue
        held = view["state"]["values"][block["block_id"]][element["action_id"]]
        channel = held.get("selected_conversation") or held.get("selected_channel")
        if channel in slack.team.channels:
            address = slack.response_urls.new(user.id, channel)
            where = {"block_id": block["block_id"], "action_id": element["action_id"]}
            urls.append({**where, "channel_id": channel, "response_url": address})
    return {
        "type": "view_submission",
        **_common(user, in_view=True),
        "trigger_id": slack.triggers.new(user.id),
        "view": deepcopy(view),
        "response_urls": urls,
    }


def closed(user: User, view: Payload, *, cleared: bool) -> Payload:
    """A modal the person closed."""
    return {
        "type": "view_closed",
        **_common(user, in_view=True),
        "view": deepcopy(view),
        "is_cleared": cleared,
    }


def suggestion(user: User, place: Payload, block_id: str, action_id: str, value: str) -> Payload:
    """A person typing in a select whose options the app gives; `place` holds the view, or container and message."""
    named = {"block_id": block_id, "action_id": action_id, "value": value}
    return {"type": "block_suggestion", **_common(user), **named, **place}


def _common(user: User, *, in_view: bool = False) -> Payload:
    team = {"id": TEAM_ID, "domain": TEAM_DOMAIN}
    if (
        in_view and user.is_stranger
    ):  # in a modal `team` is that of the person, not the one the app is installed in
        team = {"id": OTHER_TEAM_ID, "domain": "northwind"}
    return {
        "token": VERIFICATION_TOKEN,
        "api_app_id": APP_ID,
        "team": team,
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
    }


def _shown_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)
