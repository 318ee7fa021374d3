"""Opens modals within the three seconds Slack gives: an empty one at once, filled when the content is there."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRefused
from handlers.slack.client import ask
from handlers.views import about
from handlers.views.blocks import View

OPEN_VIEW = "open_view"
"""The key in Bolt's context under which handlers.errors finds the view that waits for its content."""


async def show(
    client: AsyncWebClient,
    context: AsyncBoltContext,
    trigger_id: str,
    title: str,
    content: Callable[[], Awaitable[View]],
) -> None:
    """Open a modal, then fill it with `content()`; a fault on the way is told inside it."""
    opened = await ask(client.views_open(trigger_id=trigger_id, view=about.loading(title)))
    view_id = opened["view"]["id"]
    context[OPEN_VIEW] = view_id
    await ask(client.views_update(view_id=view_id, view=await content()))


async def redraw(client: AsyncWebClient, view_id: str, seen_hash: str | None, view: View) -> None:
    """Change an open modal, unless it has changed since it was seen: a later change then draws it.

    Without a hash it is changed in any case.
    """
    try:
        await ask(client.views_update(view_id=view_id, hash=seen_hash, view=view))
    except SlackRefused as refused:
        if refused.code != "hash_conflict":
            raise
