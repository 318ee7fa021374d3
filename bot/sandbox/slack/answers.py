"""What an app answers to an interaction, by response_url or with its acknowledgement, made into messages."""

from typing import Any

from bot.sandbox.slack.contents import parts_of
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.response_urls import ResponseUrl
from bot.sandbox.slack.team import BOT_USER_ID
from bot.sandbox.slack.workspace import Workspace


def respond(slack: Workspace, to: ResponseUrl, given: dict[str, Any]) -> None:
    """Do what an app's answer asks for: replace or delete the message it acted on, or post a new one.

    Raises:
        SlackError: no_text, invalid_blocks and whatever else posting refuses.
    """
    original = slack.posts.get(to.channel, to.message_ts) if to.message_ts else None
    replaceable = original is not None and original.body.get("user") == BOT_USER_ID
    if given.get("delete_original"):
        if original is None or not replaceable:
            raise SlackError("cant_delete_message")
        slack.delete(original)
        return
    body = parts_of(
        text=str(given.get("text") or ""),
        blocks=given.get("blocks"),
        attachments=given.get("attachments"),
        metadata=given.get("metadata"),
    )
    if not (body.get("text") or body.get("blocks") or body.get("attachments")):
        raise SlackError("no_text")
    body.setdefault("text", "")
    if given.get("replace_original") and original is not None and replaceable:
        slack.edit(original, **{"blocks": None, "attachments": None, **body})
        return
    if thread := given.get("thread_ts"):
        root = slack.posts.root_of(to.channel, str(thread))
        body |= {"thread_ts": root} if root else {}
    in_channel = given.get("response_type") == "in_channel"
    slack.post_as_bot(slack.team.channels[to.channel], body, only_for=None if in_channel else to.user)
