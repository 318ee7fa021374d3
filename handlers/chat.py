"""Talking with tuned models: the list of them, and opening a thread."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.services import Services
from handlers import openings
from handlers.asking import Asked
from handlers.ids import Action
from handlers.models import Models
from handlers.places import check_member
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
        place = await openings.place_of_click(self.services, client, context, body, job_id)
        member = await self.services.people.member(context.user_id or "")
        opened = await self.services.chat.open(member, place, job_id, f"click:{body['trigger_id']}")
        asked_in = (body.get("channel") or {}).get("id", "")
        await openings.answer(client, respond, body, "Chat", chats.opening(opened, asked_in))

    async def asked(self, asked: Asked, model: str) -> None:
        """A thread with the named model; without a name the list."""
        if not model:
            await self.models.asked_list(asked)
            return
        await check_member(asked.client, asked.place.channel_id)
        member = await self.services.people.member(asked.user_id)
        opened = await self.services.chat.open(member, asked.place, model.strip("`* "), asked.key)
        await asked.reply(chats.opening(opened, asked.place.channel_id))
