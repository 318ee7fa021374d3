"""Talking with tuned models: the list of them, and opening a thread."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.services import Services
from handlers.asking import Asked
from handlers.ids import Action
from handlers.places import check_member, place_of
from handlers.sending import ask
from handlers.views import chats, jobs, talk


@dataclass(frozen=True)
class Chat:
    """Listeners that open conversations; what is said in them comes through handlers.messages."""

    services: Services

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
        channel = (body.get("channel") or {}).get("id")
        job_id = action["value"]
        place = place_of(context, channel) if channel else (await self.services.jobs.get(job_id)).place
        await check_member(client, place.channel_id)
        member = await self.services.people.member(context.user_id or "")
        opened = await self.services.chat.open(member, place, job_id, f"click:{body['trigger_id']}")
        message = chats.opening(opened, channel or "")
        if channel:
            await respond(
                text=message.text,
                blocks=message.blocks,
                response_type="ephemeral",
                replace_original=False,
                thread_ts=(body.get("container") or {}).get("thread_ts"),
            )
        else:
            view = talk.told("Chat", message.text)
            await ask(client.views_open(trigger_id=body["trigger_id"], view=view))

    async def asked_models(self, asked: Asked) -> None:
        """The workspace's tuned models."""
        await asked.reply(jobs.models(await self.services.chat.models(asked.place.workspace)))

    async def asked(self, asked: Asked, model: str) -> None:
        """A thread with the named model; without a name the list."""
        if not model:
            await self.asked_models(asked)
            return
        await check_member(asked.client, asked.place.channel_id)
        member = await self.services.people.member(asked.user_id)
        opened = await self.services.chat.open(member, asked.place, model.strip("`* "), asked.key)
        await asked.reply(chats.opening(opened, asked.place.channel_id))
