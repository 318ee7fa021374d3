"""Talking with tuned models: the list of them, and opening a thread."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.services import Services
from handlers import openings
from handlers.ids import Action
from handlers.models import Models
from handlers.slack import places
from handlers.slack.places import check_member
from handlers.slack.words import Asked
from handlers.views import chats


@dataclass(frozen=True)
class Chat:
    """Listeners that open conversations; what is said in them comes through handlers.messages."""

    services: Services
    models: Models

    def register(self, app: AsyncApp) -> None:
        """Bind the button."""
        app.action(Action.CHAT)(self.pressed)

    async def pressed(  # noqa: PLR0917  Bolt injects by name
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
        respond: AsyncRespond,
    ) -> None:
        """The button on a card, an announcement, a list or the App Home."""
        await ack()
        job_id = action["value"]
        viewer = await openings.clicking(self.services, client, context, body, job_id)
        opened = await self.services.chats.open(viewer, job_id, f"click:{body['trigger_id']}")
        message = chats.opening(opened, places.channel_of(body))
        await openings.answer(client, respond, body, "Chat", message)

    async def asked(self, asked: Asked, model: str) -> None:
        """A thread with the named model; without a name the list."""
        if not model:
            await self.models.asked_list(asked)
            return
        await check_member(asked.client, asked.place.channel_id)
        viewer = await places.asking(self.services, asked)
        opened = await self.services.chats.open(viewer, model.strip("`* "), asked.key)
        await asked.reply(chats.opening(opened, asked.place.channel_id))
