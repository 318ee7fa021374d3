"""The bot on itself: help, and a welcome when it joins a channel."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Reporter
from bot.services import Services
from handlers.asking import Asked
from handlers.sending import Sender
from handlers.views import talk


@dataclass(frozen=True)
class Help:
    """Says what can be done."""

    services: Services
    log: Reporter

    def register(self, app: AsyncApp) -> None:
        """Bind the event."""
        app.event("member_joined_channel")(self.joined)

    async def joined(self, client: AsyncWebClient, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        """Three lines, when it is the bot that joined."""
        if event["user"] == context.bot_user_id and self.services.policy.works_in(event["channel"]):
            await Sender(client, self.log).post(event["channel"], talk.welcome())

    async def asked(self, asked: Asked) -> None:
        """What can be done, and with which words."""
        await asked.reply(talk.help_text())
