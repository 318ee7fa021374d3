"""chat.*: posting, changing and deleting the app's messages; streams have a module of their own."""

from typing import Any

from bot.sandbox.slack.blocks import slack_files, unscoped
from bot.sandbox.slack.contents import parts_of
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.team import BOT_USER_ID, Channel
from bot.sandbox.slack.web_api.arguments import (
    Arguments,
    Method,
    known_post,
    living,
    thread_of,
    visible_channel,
)
from bot.sandbox.slack.workspace import Workspace

UPDATE_TEXT = 4_000  # characters; chat.update refuses more where chat.postMessage cuts


def _contents(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    parts = parts_of(
        text=arguments.text("text"),
        blocks=arguments.json("blocks"),
        attachments=arguments.json("attachments"),
        metadata=arguments.json("metadata"),
        markdown=arguments.text("markdown_text"),
    )
    # The words are Slack's (slackapi/python-slack-sdk issue 1658).
    wrong = [at for at, image in slack_files(parts.get("blocks")) if not slack.files.shows(image)]
    if wrong:
        messages = [f"[ERROR] invalid slack file [json-pointer:{at}]" for at in wrong]
        raise SlackError("invalid_blocks", messages=messages)
    if messages := unscoped(parts.get("blocks"), slack.manifest.scopes):
        raise SlackError("invalid_blocks", messages=messages)
    return parts


def _writable(slack: Workspace, channel_id: str) -> Channel:
    """The channel an app may post to; a user id stands for the DM with that person."""
    if channel_id in slack.team.users and channel_id != BOT_USER_ID:
        return slack.team.dm(channel_id)
    channel = visible_channel(slack, channel_id)
    if BOT_USER_ID not in channel.members and "chat:write.public" not in slack.manifest.scopes:
        raise SlackError("not_in_channel")
    return living(channel)


def post_message(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Post to a channel, a DM or a thread."""
    channel = _writable(slack, arguments.need("channel"))
    body = _contents(slack, arguments)
    if not (body.get("text") or body.get("blocks") or body.get("attachments")):
        raise SlackError("no_text")
    body.setdefault("text", "")
    body |= thread_of(slack, channel, arguments)
    if "thread_ts" in body and arguments.flag("reply_broadcast"):
        body["subtype"] = "thread_broadcast"
    post = slack.post_as_bot(channel, body)
    return {"channel": channel.id, "ts": post.ts, "message": post.for_app(metadata=True)}


def _own(slack: Workspace, arguments: Arguments, refusal: str) -> tuple[Channel, Post]:
    channel = visible_channel(slack, arguments.need("channel"))
    post = known_post(slack, channel, arguments.need("ts"))
    if post.body.get("user") != BOT_USER_ID or post.body.get("subtype") in ("channel_join", "group_join"):
        raise SlackError(refusal)
    return channel, post


def update(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Change one of the app's own messages: text alone takes the blocks away, else what is not given stays.

    Only words without blocks are marked as edited.
    """
    channel, post = _own(slack, arguments, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if post.streaming:
        raise SlackError("streaming_state_conflict")
    if len(arguments.text("text")) > UPDATE_TEXT:
        raise SlackError("msg_too_long")
    parts = _contents(slack, arguments)
    given = {**post.body, **parts}
    if not parts or not any(given.get(k) for k in ("text", "blocks", "attachments")):
        raise SlackError("no_text")
    if "text" in parts and not parts.get("blocks"):
        parts.setdefault("blocks", [])
        parts["edited"] = {"user": BOT_USER_ID, "ts": slack.posts.new_ts()}
    emptied = {key: None for key in ("blocks", "attachments", "metadata") if parts.get(key) in ([], {})}
    slack.edit(post, **{**parts, **emptied})
    return {
        "channel": channel.id,
        "ts": post.ts,
        "text": post.body["text"],
        "message": post.for_app(metadata=True),
    }


def delete(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Delete one of the app's own messages."""
    channel, post = _own(slack, arguments, "cant_delete_message")
    slack.delete(post)
    return {"channel": channel.id, "ts": post.ts}


def post_ephemeral(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Show a message to one member of a channel only."""
    channel = _writable(slack, arguments.need("channel"))
    user = arguments.need("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    body = _contents(slack, arguments)
    body.pop("metadata", None)
    if not (body.get("text") or body.get("blocks") or body.get("attachments")):
        raise SlackError("no_text")
    body.setdefault("text", "")
    body |= thread_of(slack, channel, arguments)
    return {"message_ts": slack.post_as_bot(channel, body, only_for=user).ts}


def get_permalink(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """The address of a message, which the sandbox's page opens."""
    channel = visible_channel(slack, arguments.need("channel"))
    post = known_post(slack, channel, arguments.need("message_ts"))
    link = f"{slack.base_url}/archives/{channel.id}/p{post.ts.replace('.', '')}"
    if post.is_reply:
        link += f"?thread_ts={post.root}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS: dict[str, Method] = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
}
