"""The App Home: drawn when somebody opens it, and anew after they pressed something on it."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import NOWHERE, Viewer
from bot.domain.places import Place
from bot.services import Services
from handlers.slack.client import ask
from handlers.slack.interactions import Event
from handlers.slack.listeners import Listeners
from handlers.views import home


@dataclass(frozen=True)
class Home:
    """The listener; others have it drawn anew by `draw`."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the event."""
        listen.notice("app_home_opened", self.opened)

    async def opened(self, event: Event) -> None:
        """Only the Home tab is drawn; the messages tab is a direct message like any other."""
        if event.payload.get("tab") != "home":
            return
        viewer = await self.services.access.viewer(event.payload["user"], Place(event.workspace, NOWHERE))
        await self.draw(event.client, viewer)

    async def draw(self, client: AsyncWebClient, viewer: Viewer) -> None:
        """Show this person's Home as things are now."""
        view = home.view(await self.services.home.of(viewer))
        await ask(client.views_publish(user_id=viewer.user_id, view=view))
