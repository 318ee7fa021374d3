"""Deciding on a request: yes, or no and why."""

from dataclasses import dataclass

from bot.domain import stale_buttons
from bot.errors import BadInput
from bot.services import Services
from handlers.home import Home
from handlers.ids import Action, Block, Form
from handlers.slack.interactions import Click, Submission
from handlers.slack.listeners import Listeners
from handlers.views import forms
from handlers.views.jobs import details

FROM_HOME = "home"
"""What the form that asks why carries after the job's id when it was opened in the App Home."""


@dataclass(frozen=True)
class Decisions:
    """Listeners on a request wherever it is shown; its messages are redrawn by the worker, the Home is drawn here."""

    services: Services
    home: Home

    def register(self, listen: Listeners) -> None:
        """Bind the buttons and the form that asks why."""
        listen.click(Action.APPROVE, self.approve)
        listen.click(Action.REJECT, self.reject)
        listen.form(Form.REJECT, self.rejected)

    async def approve(self, click: Click) -> None:
        """Yes; who was too late is told so by handlers.errors."""
        viewer = await click.viewer()
        try:
            await self.services.decisions.approve(viewer, *stale_buttons.read(click.value))
        finally:  # refused, too: what it showed may be what has changed
            if click.is_home:
                await self.home.draw(click.client, viewer)

    async def reject(self, click: Click) -> None:
        """No: asks why, of those who may decide."""
        job = await self.services.decisions.check_decision(await click.viewer(), click.value)
        await click.open(details.reject_form(job, FROM_HOME if click.is_home else ""))

    async def rejected(self, form: Submission) -> None:
        """The reason was given."""
        reason = forms.reason(form.view)
        if not reason:
            raise BadInput("Say why, so that the requester knows what to change.", Block.REASON)
        viewer = await form.viewer()
        job_id, _, where = form.subject.partition(":")
        await self.services.decisions.reject(viewer, job_id, reason)
        if where == FROM_HOME:
            await self.home.draw(form.client, viewer)
