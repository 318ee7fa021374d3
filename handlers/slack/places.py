"""Where in Slack a request comes from, and who acts there; knows payloads, nothing of what is done."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import NOWHERE, Viewer
from bot.domain.places import Place, workspace_key
from bot.errors import BadInput, SlackRefused
from bot.services import Services
from handlers.ids import Block
from handlers.slack.client import look_up
from handlers.slack.words import Asked

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


async def viewer(services: Services, context: AsyncBoltContext, channel_id: str = NOWHERE) -> Viewer:
    """The person behind a request, at this channel."""
    return await services.access.viewer(context.user_id or "", place_of(context, channel_id))


async def clicking(services: Services, context: AsyncBoltContext, body: Mapping[str, Any]) -> Viewer:
    """Who pressed a button, at the channel of its message; in a form or the App Home at none."""
    return await viewer(services, context, channel_of(body))


async def asking(services: Services, asked: Asked) -> Viewer:
    """Who put a wish into words, where they did."""
    return await services.access.viewer(asked.user_id, asked.place)


def channel_of(body: Mapping[str, Any]) -> str:
    """The channel of the message whose button was pressed; empty where there is none."""
    return str((body.get("channel") or {}).get("id") or NOWHERE)
