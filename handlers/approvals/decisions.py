"""Deciding on a request: yes, or no and why."""

from dataclasses import dataclass

from bot.domain import stale_buttons
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import Action, Block, Form
from handlers.slack.interactions import Click, Submission
from handlers.slack.listeners import Listeners
from handlers.views import forms
from handlers.views.jobs import details


@dataclass(frozen=True)
class Decisions:
    """Listeners on a request's card; the card itself is redrawn by the worker."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the buttons and the form that asks why."""
        listen.click(Action.APPROVE, self.approve)
        listen.click(Action.REJECT, self.reject)
        listen.form(Form.REJECT, self.rejected)

    async def approve(self, click: Click) -> None:
        """Yes; who was too late is told so by handlers.errors."""
        await self.services.decisions.approve(await click.viewer(), *stale_buttons.read(click.value))

    async def reject(self, click: Click) -> None:
        """No: asks why, of those who may decide."""
        job = await self.services.decisions.check_decision(await click.viewer(), click.value)
        await click.open(details.reject_form(job))

    async def rejected(self, form: Submission) -> None:
        """The reason was given."""
        reason = forms.reason(form.view)
        if not reason:
            raise BadInput("Say why, so that the requester knows what to change.", Block.REASON)
        await self.services.decisions.reject(await form.viewer(), form.subject, reason)
