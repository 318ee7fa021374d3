"""Jobs under way: deciding on them, looking at them, stopping them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Viewer
from bot.domain.approvals import shown
from bot.domain.jobs.job import Job, JobState, Wish
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action, Block, Form
from handlers.slack import modals, places
from handlers.slack.client import ask
from handlers.slack.words import Asked
from handlers.views import forms
from handlers.views.approvals import requests
from handlers.views.blocks import Message, View
from handlers.views.jobs import cards, details


@dataclass(frozen=True)
class Jobs:
    """Listeners on a job's card and the words about jobs; the card itself is redrawn by the worker."""

    services: Services
    provider: str
    now: Callable[[], datetime]

    def register(self, app: AsyncApp) -> None:
        """Bind buttons and the form that asks why."""
        app.action(Action.APPROVE)(self.approve)
        app.action(Action.REJECT)(self.reject)
        app.view(Form.REJECT)(self.rejected)
        app.action(Action.CANCEL)(self.cancel)
        app.action(Action.PAUSE)(self.pause)
        app.action(Action.RESUME)(self.resume)
        app.action(Action.DETAILS)(self.details)

    async def approve(
        self, ack: AsyncAck, context: AsyncBoltContext, body: dict[str, Any], action: dict[str, Any]
    ) -> None:
        """Yes; who was too late is told so by handlers.errors."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        await self.services.decisions.approve(viewer, *shown.read(action["value"]))

    async def reject(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """No: asks why, of those who may decide."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        job = await self.services.decisions.check_decision(viewer, action["value"])
        await ask(client.views_open(trigger_id=body["trigger_id"], view=details.reject_form(job)))

    async def rejected(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The reason was given."""
        reason = forms.reason(view)
        if not reason:
            raise BadInput("Say why, so that the requester knows what to change.", Block.REASON)
        viewer = await places.viewer(self.services, context)
        await self.services.decisions.reject(viewer, view["private_metadata"], reason)
        await ack()

    async def cancel(
        self, ack: AsyncAck, context: AsyncBoltContext, body: dict[str, Any], action: dict[str, Any]
    ) -> None:
        """Withdraw or stop; Slack has asked already whether it is meant."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        await self.services.jobs.cancel(viewer, *shown.read(action["value"]))

    async def pause(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Let it stand still; the details show that it is asked for."""
        await ack()
        await self._wish(client, context, body, action["value"], Wish.PAUSE)

    async def resume(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Let it go on, from the details or the card of a paused job; both show that it is asked for."""
        await ack()
        await self._wish(client, context, body, action["value"], Wish.RESUME)

    async def _wish(
        self, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any], job_id: str, wish: Wish
    ) -> None:
        viewer = await places.clicking(self.services, context, body)
        job = await self.services.jobs.wish(viewer, job_id, wish)
        if view := body.get("view"):
            await modals.redraw(client, view["id"], view["hash"], await self._details(viewer, job))

    async def _details(self, viewer: Viewer, job: Job) -> View:
        shares = await self.services.models.shared(viewer, job.id)
        return details.details(job, self.provider, can_pause=self.services.jobs.can_pause, shares=shares)

    async def details(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Everything that is known of a job."""
        await ack()

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            return await self._details(viewer, await self.services.jobs.get(viewer, action["value"]))

        await modals.show(client, context, body["trigger_id"], "Job details", content)

    async def asked_list(self, asked: Asked) -> None:
        """The channel's jobs."""
        viewer = await places.asking(self.services, asked)
        await asked.reply(cards.listing(await self.services.jobs.listed(viewer)))

    async def asked_status(self, asked: Asked, name: str) -> None:
        """One job; without a name all of the channel's."""
        if not name:
            await self.asked_list(asked)
            return
        viewer = await places.asking(self.services, asked)
        await asked.reply(await self._status(await self.services.jobs.find(viewer, name.strip("`* "))))

    async def _status(self, job: Job) -> Message:
        if job.state is not JobState.REQUESTED:
            return cards.as_answer(cards.card(job, self.now()), job)
        return cards.as_answer(requests.card(await self.services.decisions.shown(job)), job)

    async def asked_cancel(self, asked: Asked, name: str) -> None:
        """Asks once more, with a button."""
        viewer, job = await self._wanted(asked, name, "cancel")
        await asked.reply(cards.cancel_question(await self.services.jobs.check_cancel(viewer, job.id)))

    async def asked_pause(self, asked: Asked, name: str) -> None:
        """Let a job stand still."""
        viewer, job = await self._wanted(asked, name, "pause")
        await asked.reply(cards.wished(await self.services.jobs.wish(viewer, job.id, Wish.PAUSE)))

    async def asked_resume(self, asked: Asked, name: str) -> None:
        """Let a paused job go on."""
        viewer, job = await self._wanted(asked, name, "resume")
        await asked.reply(cards.wished(await self.services.jobs.wish(viewer, job.id, Wish.RESUME)))

    async def asked_events(self, asked: Asked, name: str) -> None:
        """What the provider told of a job."""
        viewer, job = await self._wanted(asked, name, "events")
        await asked.reply(details.events(job, await self.services.jobs.events(viewer, job)))

    async def asked_checkpoints(self, asked: Asked, name: str) -> None:
        """The models kept from the middle of a training."""
        viewer, job = await self._wanted(asked, name, "checkpoints")
        await asked.reply(details.checkpoints(job, await self.services.jobs.checkpoints(viewer, job)))

    async def _wanted(self, asked: Asked, name: str, word: str) -> tuple[Viewer, Job]:
        if not name:
            raise BadInput(f"Which job? `{COMMAND} {word} JOB`; `{COMMAND} jobs` lists them.")
        viewer = await places.asking(self.services, asked)
        return viewer, await self.services.jobs.find(viewer, name.strip("`* "))
