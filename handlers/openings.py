"""What buttons that open a thread share: the channel it is opened in, and how whoever pressed is answered."""

from typing import Any

from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.work import Place
from bot.services import Services
from handlers.places import check_member, place_of
from handlers.sending import ask, respond_with
from handlers.views import talk
from handlers.views.blocks import Message


async def place_of_click(
    services: Services, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any], job_id: str
) -> Place:
    """The channel of the message with the button; from the App Home that of the job. BadInput where we are not."""
    channel = (body.get("channel") or {}).get("id")
    place = place_of(context, channel) if channel else (await services.jobs.get(job_id)).place
    await check_member(client, place.channel_id)
    return place


async def answer(
    client: AsyncWebClient, respond: AsyncRespond, body: dict[str, Any], title: str, message: Message
) -> None:
    """Tell whoever pressed: beside the button, or in a modal where there is no message around it."""
    if body.get("channel"):
        thread_ts = (body.get("container") or {}).get("thread_ts")
        how = {"response_type": "ephemeral", "replace_original": False, "thread_ts": thread_ts}
        await respond_with(respond, message, **how)
    else:
        await ask(client.views_open(trigger_id=body["trigger_id"], view=talk.told(title, message.text)))
