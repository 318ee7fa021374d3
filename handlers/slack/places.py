"""Where in Slack a request comes from; knows payloads, nothing of what is done there."""

from typing import Any

from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.outbox import Place, workspace_key
from bot.errors import BadInput, SlackRefused
from handlers.ids import Block
from handlers.slack.client import look_up

NOT_MEMBER = "I am not in this channel: invite me there with `/invite`, then try again."


def workspace_of(context: AsyncBoltContext) -> str:
    """The workspace a request belongs to."""
    return workspace_key(context.enterprise_id, context.team_id)


def thread_root(message: dict[str, Any]) -> str:
    """The root of the thread in which a message is answered: its thread, or the one it opens."""
    return str(message.get("thread_ts") or message["ts"])


def place_of(context: AsyncBoltContext, channel_id: str, thread_ts: str | None = None) -> Place:
    """A place in the request's workspace."""
    return Place(workspace_of(context), channel_id, thread_ts)


def is_direct(channel_id: str) -> bool:
    """Whether it is a direct message rather than a channel."""
    return channel_id.startswith("D")


async def check_member(client: AsyncWebClient, channel_id: str) -> None:
    """Raise BadInput where the bot cannot post because nobody invited it."""
    if is_direct(channel_id):
        return
    try:
        info = await look_up(lambda: client.conversations_info(channel=channel_id))
    except SlackRefused as refused:
        if refused.code == "channel_not_found":  # a private channel without us
            raise BadInput(NOT_MEMBER, Block.CHANNEL) from refused
        raise
    if not info["channel"].get("is_member"):
        raise BadInput(NOT_MEMBER, Block.CHANNEL)
