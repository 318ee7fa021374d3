"""Reads back what stands in a channel or thread, to find our own message or file after a crash; posts nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.places import Place
from bot.errors import SlackRefused
from handlers.slack.client import ask

_SKEW = 60.0  # seconds by which our clock and Slack's may differ
_PAGES = 5


async def messages_since(
    client: AsyncWebClient, place: Place, since: datetime
) -> AsyncIterator[dict[str, Any]]:
    """The messages of the thread, or of the channel's top level, since then: up to 1,000.

    Of a thread whose root is gone it is the top level, too: what is posted there lands there.
    """
    oldest = f"{since.timestamp() - _SKEW:.6f}"
    cursor = ""
    for _ in range(_PAGES):
        try:
            page = await _page(client, place, oldest, cursor)
        except SlackRefused as refused:
            if refused.code != "thread_not_found":
                raise
            place = replace(place, thread_ts=None)
            page = await _page(client, place, oldest, "")
        for message in page.get("messages", ()):
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return


async def _page(client: AsyncWebClient, place: Place, oldest: str, cursor: str) -> dict[str, Any]:
    if place.thread_ts is None:
        return await ask(
            client.conversations_history(
                channel=place.channel_id,
                oldest=oldest,
                cursor=cursor or None,
                limit=200,
                include_all_metadata=True,
            )
        )
    return await ask(
        client.conversations_replies(
            channel=place.channel_id,
            ts=place.thread_ts,
            oldest=oldest,
            cursor=cursor or None,
            limit=200,
            include_all_metadata=True,
        )
    )
