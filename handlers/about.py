"""The bot on itself: the App Home and help."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import NOWHERE
from bot.domain.places import Place
from bot.services import Services
from handlers.slack.client import ask
from handlers.slack.places import workspace_of
from handlers.slack.words import Asked
from handlers.views import about


@dataclass(frozen=True)
class Home:
    """Draws the tab whenever somebody opens it."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind the event."""
        app.event("app_home_opened")(self.opened)

    async def opened(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, event: dict[str, Any]
    ) -> None:
        """Only the Home tab is drawn; the messages tab is a direct message like any other."""
        await ack()
        if event.get("tab") != "home":
            return
        workspace = workspace_of(context)
        viewer = await self.services.access.viewer(event["user"], Place(workspace, NOWHERE))
        mine = await self.services.jobs.asked_by(viewer)
        models = await self.services.chats.models(viewer)
        await ask(client.views_publish(user_id=event["user"], view=about.home_view(mine, models)))


@dataclass(frozen=True)
class Help:
    """Says what can be done."""

    async def asked(self, asked: Asked) -> None:
        """What can be done, and with which words."""
        await asked.reply(about.help_text())
