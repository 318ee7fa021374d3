"""Jobs under way: deciding on them, looking at them, stopping them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.jobs import Job, JobState, Wish
from bot.errors import BadInput, NotFound
from bot.services import Services
from handlers import forms, modals
from handlers.asking import Asked
from handlers.ids import COMMAND, Action, Block, Form
from handlers.sending import ask
from handlers.views import job_lists, job_modals, jobs, requests
from handlers.views.blocks import Message, View


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

    async def approve(self, ack: AsyncAck, context: AsyncBoltContext, action: dict[str, Any]) -> None:
        """Yes; who was too late is told so by handlers.errors."""
        await ack()
        member = await self.services.people.member(context.user_id or "")
        await self.services.deciding.approve(member, action["value"])

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
        member = await self.services.people.member(context.user_id or "")
        job = await self.services.deciding.check_decision(member, action["value"])
        await ask(client.views_open(trigger_id=body["trigger_id"], view=job_modals.reject_form(job)))

    async def rejected(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The reason was given."""
        reason = forms.reason(view)
        if not reason:
            raise BadInput("Say why, so that the requester knows what to change.", Block.REASON)
        member = await self.services.people.member(context.user_id or "")
        await self.services.deciding.reject(member, view["private_metadata"], reason)
        await ack()

    async def cancel(self, ack: AsyncAck, context: AsyncBoltContext, action: dict[str, Any]) -> None:
        """Withdraw or stop; Slack has asked already whether it is meant."""
        await ack()
        member = await self.services.people.member(context.user_id or "")
        await self.services.jobs.cancel(member, action["value"])

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
        member = await self.services.people.member(context.user_id or "")
        job = await self.services.jobs.wish(member, job_id, wish)
        if view := body.get("view"):
            await modals.redraw(client, view["id"], view["hash"], self._details(job))

    def _details(self, job: Job) -> View:
        return job_modals.details(job, self.provider, can_pause=self.services.jobs.can_pause)

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
            return self._details(await self.services.jobs.get(action["value"]))

        await modals.show(client, context, body["trigger_id"], "Job details", content)

    async def asked_list(self, asked: Asked) -> None:
        """The channel's jobs."""
        await asked.reply(jobs.listing(await self.services.jobs.listed(asked.place)))

    async def asked_status(self, asked: Asked, name: str) -> None:
        """One job; without a name all of the channel's."""
        if not name:
            await self.asked_list(asked)
            return
        job = await self._find(asked, name)
        await asked.reply(await self._status(job))

    async def _status(self, job: Job) -> Message:
        if job.state is not JobState.REQUESTED:
            return jobs.as_answer(jobs.card(job, self.now()), job)
        return jobs.as_answer(requests.card(await self.services.deciding.shown(job)), job)

    async def asked_cancel(self, asked: Asked, name: str) -> None:
        """Asks once more, with a button."""
        job = await self._wanted(asked, name, "cancel")
        member = await self.services.people.member(asked.user_id)
        await asked.reply(jobs.cancel_question(await self.services.jobs.check_cancel(member, job.id)))

    async def asked_pause(self, asked: Asked, name: str) -> None:
        """Let a job stand still."""
        job = await self._wanted(asked, name, "pause")
        member = await self.services.people.member(asked.user_id)
        await asked.reply(jobs.wished(await self.services.jobs.wish(member, job.id, Wish.PAUSE)))

    async def asked_resume(self, asked: Asked, name: str) -> None:
        """Let a paused job go on."""
        job = await self._wanted(asked, name, "resume")
        member = await self.services.people.member(asked.user_id)
        await asked.reply(jobs.wished(await self.services.jobs.wish(member, job.id, Wish.RESUME)))

    async def asked_events(self, asked: Asked, name: str) -> None:
        """What the provider told of a job."""
        job = await self._wanted(asked, name, "events")
        await asked.reply(job_lists.events(job, await self.services.jobs.events(job)))

    async def asked_checkpoints(self, asked: Asked, name: str) -> None:
        """The models kept from the middle of a training."""
        job = await self._wanted(asked, name, "checkpoints")
        await asked.reply(job_lists.checkpoints(job, await self.services.jobs.checkpoints(job)))

    async def _wanted(self, asked: Asked, name: str, word: str) -> Job:
        if not name:
            raise BadInput(f"Which job? `{COMMAND} {word} JOB`; `{COMMAND} jobs` lists them.")
        return await self._find(asked, name)

    async def _find(self, asked: Asked, name: str) -> Job:
        """A job by what people call it in this channel (the newest of that name), or by its id.

        Of other channels, which may be private, people are shown only the jobs that they asked for.
        """
        wanted = name.strip("`* ").lower()
        for job in await self.services.jobs.listed(asked.place):
            if wanted and wanted in (job.id, job.title.lower(), job.suffix.lower()):
                return job
        job = await self.services.jobs.get(wanted)
        if asked.user_id == job.requested_by or asked.place.channel_id == job.place.channel_id:
            return job
        raise NotFound(f"No job of this channel has this id; `{COMMAND} jobs` lists them.")
