"""Who looks or acts, as a request from Slack tells: what the services want to know before they show or do anything."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncBoltContext

from bot.domain.access import NOWHERE, Viewer
from bot.services import Services
from handlers.slack.places import place_of
from handlers.slack.words import Asked


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
