"""Budgets as people ask for and set them."""

import json
from dataclasses import dataclass

from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action, Block, Field, Form
from handlers.slack.interactions import Click, Submission, Words
from handlers.slack.listeners import Listeners
from handlers.views import budgets
from handlers.views.blocks import View


@dataclass(frozen=True)
class Budgets:
    """Listeners and words around budgets."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the buttons, the form and the words."""
        listen.click(Action.SET_BUDGET, self.change)
        listen.click(Action.SET_BUDGET_FOR_ALL, self.change)
        listen.form(Form.BUDGET, self.changed)
        listen.word("budget", self.asked_budget)
        listen.word("pause-spending", self.asked_pause)

    async def change(self, click: Click) -> None:
        """Opens the form for those who may set a budget."""
        channel_id = click.value if click.action_id == Action.SET_BUDGET else ""

        async def content() -> View:
            return budgets.form(await self.services.budgets.to_change(await click.viewer(), channel_id))

        await click.show("Budget of a month", content)

    async def changed(self, form: Submission) -> View:
        """The form was sent; it then shows what is so from now on."""
        limit = form.text(Block.LIMIT, Field.LIMIT).strip() or "off"
        people = form.state(Block.OVERRIDERS, Field.OVERRIDERS).get("selected_users") or ()
        kept = json.loads(form.subject)
        channel_id, read = kept["channel"], kept.get("read", "")
        viewer = await form.viewer(channel_id)
        standing = await self.services.budgets.set(viewer, channel_id, limit, people, read=read)
        return budgets.after_saving(standing)

    async def asked_budget(self, words: Words) -> None:
        """How the money stands; with an amount it is set."""
        viewer = await words.viewer()
        if words.text:
            standing = await self.services.budgets.set_in_words(viewer, words.text)
            await words.reply(budgets.saved(standing))
            return
        shown = await self.services.budgets.sheet(viewer)
        may_set = await self.services.budgets.may_set(viewer)
        await words.reply(budgets.sheet(shown, may_set=may_set))

    async def asked_pause(self, words: Words) -> None:
        """`pause-spending on|off`: nothing that costs money begins, or it goes on."""
        wish = words.text.lower()
        if wish not in ("on", "off"):
            raise BadInput(f"On or off? `{COMMAND} pause-spending on` stops everything that costs money.")
        paused = await self.services.budgets.pause(await words.viewer(), on=wish == "on")
        await words.reply(budgets.spending(paused))
