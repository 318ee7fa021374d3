"""The bot on itself: help, and a welcome when it joins a channel."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.services import Services
from handlers.asking import Asked
from handlers.places import place_of
from handlers.views import talk


@dataclass(frozen=True)
class Help:
    """Says what can be done."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind the event."""
        app.event("member_joined_channel")(self.joined)

    async def joined(self, ack: AsyncAck, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        """Three lines, when it is the bot that joined."""
        if event["user"] == context.bot_user_id and self.services.policy.works_in(event["channel"]):
            await self.services.posts.welcome(place_of(context, event["channel"]))
        await ack()

    async def asked(self, asked: Asked) -> None:
        """What can be done, and with which words."""
        await asked.reply(talk.help_text())
