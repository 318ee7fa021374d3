"""Comparing two models: opening the thread, voting, hiding which is which."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import shown
from bot.errors import BadInput
from bot.services import Services
from handlers import openings
from handlers.ids import COMMAND, Action
from handlers.slack import places
from handlers.slack.places import check_member
from handlers.slack.words import Asked
from handlers.views import comparisons

_LETTERS = {Action.VOTE_A.value: "A", Action.VOTE_B.value: "B", Action.VOTE_SAME.value: ""}
_BETWEEN = frozenset({"with", "and", "vs", "vs.", "to"})  # what people write between the two names


@dataclass(frozen=True)
class Comparing:
    """Listeners of comparisons; what is said in their threads comes through handlers.messages."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind the buttons."""
        app.action(Action.COMPARE)(self.pressed)
        for action_id in _LETTERS:
            app.action(action_id)(self.voted)
        app.action(Action.HIDE)(self.hide)

    async def pressed(  # noqa: PLR0917  Bolt injects by name
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
        respond: AsyncRespond,
    ) -> None:
        """*Compare with base* on a card, an announcement or a list."""
        await ack()
        job_id = action["value"]
        viewer = await openings.clicking(self.services, client, context, body, job_id)
        opened = await self.services.comparisons.open(viewer, job_id, "", f"click:{body['trigger_id']}")
        message = comparisons.opening(opened, places.channel_of(body))
        await openings.answer(client, respond, body, "Compare", message)

    async def voted(
        self, ack: AsyncAck, context: AsyncBoltContext, body: dict[str, Any], action: dict[str, Any]
    ) -> None:
        """One of the three buttons under a pair; the question is drawn anew with the vote."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        await self.services.comparisons.vote(viewer, action["value"], _LETTERS[action["action_id"]])

    async def hide(
        self, ack: AsyncAck, context: AsyncBoltContext, body: dict[str, Any], action: dict[str, Any]
    ) -> None:
        """Hide which is which, or show it again; the card says which of the two holds."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        await self.services.comparisons.hide(viewer, *shown.read(action["value"]))

    async def asked(self, asked: Asked, text: str) -> None:
        """`compare MODEL [OTHER]`."""
        names = [word for word in text.split() if word.lower() not in _BETWEEN]
        if not 1 <= len(names) <= 2:
            raise BadInput(
                f"Which models? `{COMMAND} compare MODEL` puts a tuned model beside its base, "
                f"`{COMMAND} compare MODEL OTHER` beside another; `{COMMAND} models` lists them."
            )
        model, other = (name.strip("`*") for name in (*names, "")[:2])
        await check_member(asked.client, asked.place.channel_id)
        viewer = await places.asking(self.services, asked)
        opened = await self.services.comparisons.open(viewer, model, other, asked.key)
        await asked.reply(comparisons.opening(opened, asked.place.channel_id))
