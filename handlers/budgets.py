"""Money: budgets as people ask for and set them, and the audit that approvers may have."""

import json
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action, Field, Form
from handlers.ids import Block as Id
from handlers.slack import modals, places
from handlers.slack.words import Asked
from handlers.views import budgets
from handlers.views.blocks import View


@dataclass(frozen=True)
class Money:
    """Listeners and words around budgets and the audit."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind the button and the form."""
        app.action(Action.SET_BUDGET)(self.change)
        app.action(Action.SET_BUDGET_FOR_ALL)(self.change)
        app.view(Form.BUDGET)(self.changed)

    async def change(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Opens the form for those who may set a budget."""
        await ack()
        channel_id = action["value"] if action["action_id"] == Action.SET_BUDGET else ""

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            return budgets.form(await self.services.budgets.to_change(viewer, channel_id))

        await modals.show(client, context, body["trigger_id"], "Budget of a month", content)

    async def changed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form was sent; it then shows what is so from now on."""
        values = view["state"]["values"]
        limit = (values[Id.LIMIT][Field.LIMIT].get("value") or "").strip()
        people = values[Id.OVERRIDERS][Field.OVERRIDERS].get("selected_users") or ()
        kept = json.loads(view["private_metadata"])
        channel_id, read = kept["channel"], kept.get("read", "")
        viewer = await places.viewer(self.services, context, channel_id)
        standing = await self.services.budgets.set(viewer, channel_id, limit or "off", people, read=read)
        await ack(response_action="update", view=budgets.after_saving(standing))

    async def asked_budget(self, asked: Asked, words: str) -> None:
        """How the money stands; with an amount it is set."""
        viewer = await places.asking(self.services, asked)
        if words:
            standing = await self.services.budgets.set_in_words(viewer, words)
            await asked.reply(budgets.saved(standing))
            return
        shown = await self.services.budgets.sheet(viewer)
        may_set = await self.services.budgets.may_set(viewer)
        await asked.reply(budgets.sheet(shown, may_set=may_set))

    async def asked_pause(self, asked: Asked, words: str) -> None:
        """`pause-spending on|off`: nothing that costs money begins, or it goes on."""
        if words.lower() not in ("on", "off"):
            raise BadInput(f"On or off? `{COMMAND} pause-spending on` stops everything that costs money.")
        viewer = await places.asking(self.services, asked)
        paused = await self.services.budgets.pause(viewer, on=words.lower() == "on")
        await asked.reply(budgets.spending(paused))

    async def asked_audit(self, asked: Asked, words: str) -> None:
        """The audit of a month goes to whoever asks, alone."""
        viewer = await places.asking(self.services, asked)
        sent = await self.services.audit.export(viewer, words)
        await asked.reply(budgets.sent(sent.entries, sent.what))
