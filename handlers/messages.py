"""What people write: files, turns, mentions, direct messages; decides only which of these it is."""

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Logger
from bot.services import Services
from handlers import escape
from handlers.commands import Commands
from handlers.datasets import Datasets
from handlers.slack.client import Sender
from handlers.slack.places import is_direct, place_of, thread_root
from handlers.slack.words import Asked
from handlers.views.blocks import Message

_WRITTEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes that a person writes; edits, deletions and joins are others."""

_LONGEST = 40_000  # characters; Slack cuts messages there itself
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_CONVERTED = frozenset({"channel_convert_to_private", "channel_convert_to_public"})


@dataclass(frozen=True)
class Messages:
    """Listeners on messages and mentions."""

    services: Services
    datasets: Datasets
    commands: Commands
    log: Logger

    def register(self, app: AsyncApp) -> None:
        """Bind the events."""
        app.event("message")(self.message)
        app.event("app_mention")(self.mention)

    async def message(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, event: dict[str, Any]
    ) -> None:
        """Any message in a channel the bot is in, or to the bot itself."""
        if event.get("subtype") in _CONVERTED:
            self.services.access.changed(event["channel"])
        asks = await self._take(context, event)
        await ack()
        if asks:
            await self._answer(client, context, event)

    async def mention(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, event: dict[str, Any]
    ) -> None:
        """`@bot …`: the words of the command where commands don't work; in a conversation other words are a turn."""
        asks = not event.get("bot_id") and not await self._heard(context, event)
        await ack()
        if asks:
            await self._answer(client, context, event)

    async def _take(self, context: AsyncBoltContext, event: dict[str, Any]) -> bool:
        """Write down what a message brings; whether it asks the bot itself for something besides."""
        if event.get("subtype") not in _WRITTEN or event.get("bot_id") or not event.get("user"):
            return False
        if not self.services.policy.works_in(event["channel"]):
            return False
        if event.get("files"):
            await self.datasets.in_message(context, event)
        if not (event.get("text") or "").strip() or await self._heard(context, event):
            return False
        return is_direct(event["channel"]) and not event.get("files")

    async def _heard(self, context: AsyncBoltContext, event: dict[str, Any]) -> bool:
        """Whether the message belongs to a conversation; telling the service twice is once."""
        if not event.get("thread_ts") or event["thread_ts"] == event["ts"]:
            return False
        words = _without_mention(context, event)
        mentioned = words != str(event.get("text") or "")[:_LONGEST].strip()
        if mentioned and self.commands.knows(words):
            return False
        return await self.services.turns.hear(
            place_of(context, event["channel"], event["thread_ts"]),
            event["ts"],
            event["user"],
            event.get("user_team") or event.get("team") or context.team_id or "",
            escape.unescape(words),
            to_bot=mentioned or (is_direct(event["channel"]) and self.commands.knows(words)),
        )

    async def _answer(self, client: AsyncWebClient, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        async def reply(message: Message) -> None:
            root = event.get("thread_ts") if is_direct(event["channel"]) else thread_root(event)
            await Sender(client, self.log).post(event["channel"], message, thread_ts=root)

        asked = Asked(
            place=place_of(context, event["channel"]),
            user_id=event["user"],
            key=f"message:{event['channel']}:{event['ts']}",
            client=client,
            context=context,
            reply=reply,
        )
        await self.commands.answer(asked, _without_mention(context, event))


def _without_mention(context: AsyncBoltContext, event: dict[str, Any]) -> str:
    """The text without the mention of the bot itself."""
    text = str(event.get("text") or "")[:_LONGEST]
    return _MENTION.sub(lambda found: "" if found[1] == context.bot_user_id else found[0], text).strip()
