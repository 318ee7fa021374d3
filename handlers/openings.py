"""What buttons that open a thread share: the channel it is opened in, and how whoever pressed is answered."""

from typing import Any

from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import NOWHERE, Viewer
from bot.services import Services
from handlers.slack import places
from handlers.slack.client import ask, respond_with
from handlers.slack.places import check_member
from handlers.views import about
from handlers.views.blocks import Message


async def clicking(
    services: Services, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any], model: str
) -> Viewer:
    """Who pressed, at the channel of the message; from the App Home at that of the model. BadInput where we are not."""
    viewer = await places.clicking(services, context, body)
    if viewer.place.channel_id == NOWHERE:
        viewer = await services.access.moved(viewer, await services.models.home_of(viewer, model))
    await check_member(client, viewer.place.channel_id)
    return viewer


async def answer(
    client: AsyncWebClient, respond: AsyncRespond, body: dict[str, Any], title: str, message: Message
) -> None:
    """Tell whoever pressed: beside the button, or in a modal where there is no message around it."""
    if body.get("channel"):
        thread_ts = (body.get("container") or {}).get("thread_ts")
        how = {"response_type": "ephemeral", "replace_original": False, "thread_ts": thread_ts}
        await respond_with(respond, message, **how)
    else:
        await ask(client.views_open(trigger_id=body["trigger_id"], view=about.told(title, message.text)))
