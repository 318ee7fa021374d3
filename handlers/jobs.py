"""Jobs under way: looking at them, letting them stand still, stopping them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import stale_buttons
from bot.domain.access import Viewer
from bot.domain.jobs.job import Job, JobState, Wish
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action
from handlers.slack.interactions import Click, Words
from handlers.slack.listeners import Listeners
from handlers.views.approvals import requests
from handlers.views.blocks import Message, View
from handlers.views.jobs import cards, details


@dataclass(frozen=True)
class Jobs:
    """Listeners on a job's card and the words about jobs; the card itself is redrawn by the worker."""

    services: Services
    provider: str
    now: Callable[[], datetime]

    def register(self, listen: Listeners) -> None:
        """Bind the buttons and the words."""
        listen.click(Action.CANCEL, self.cancel)
        listen.click(Action.PAUSE, self.pause)
        listen.click(Action.RESUME, self.resume)
        listen.click(Action.DETAILS, self.details)
        listen.word("jobs", self.asked_list)
        listen.word("status", self.asked_status)
        listen.word("cancel", self.asked_cancel)
        listen.word("pause", self.asked_pause)
        listen.word("resume", self.asked_resume)
        listen.word("events", self.asked_events)
        listen.word("checkpoints", self.asked_checkpoints)

    async def cancel(self, click: Click) -> None:
        """Withdraw or stop; Slack has asked already whether it is meant."""
        await self.services.jobs.cancel(await click.viewer(), *stale_buttons.read(click.value))

    async def pause(self, click: Click) -> None:
        """Let it stand still; the details show that it is asked for."""
        await self._wish(click, Wish.PAUSE)

    async def resume(self, click: Click) -> None:
        """Let it go on, from the details or the card of a paused job; both show that it is asked for."""
        await self._wish(click, Wish.RESUME)

    async def _wish(self, click: Click, wish: Wish) -> None:
        viewer = await click.viewer()
        job = await self.services.jobs.wish(viewer, click.value, wish)
        if click.view:
            await click.redraw(await self._details(viewer, job))

    async def details(self, click: Click) -> None:
        """Everything that is known of a job."""

        async def content() -> View:
            viewer = await click.viewer()
            return await self._details(viewer, await self.services.jobs.get(viewer, click.value))

        await click.show("Job details", content)

    async def _details(self, viewer: Viewer, job: Job) -> View:
        shares = await self.services.models.shared(viewer, job.id)
        return details.details(job, self.provider, can_pause=self.services.jobs.can_pause, shares=shares)

    async def asked_list(self, words: Words) -> None:
        """The channel's jobs."""
        await words.reply(cards.listing(await self.services.jobs.listed(await words.viewer())))

    async def asked_status(self, words: Words) -> None:
        """One job; without a name all of the channel's."""
        if not words.text:
            await self.asked_list(words)
            return
        job = await self.services.jobs.find(await words.viewer(), words.name)
        await words.reply(await self._status(job))

    async def _status(self, job: Job) -> Message:
        if job.state is not JobState.REQUESTED:
            return cards.as_answer(cards.card(job, self.now()), job)
        return cards.as_answer(requests.card(await self.services.decisions.shown(job)), job)

    async def asked_cancel(self, words: Words) -> None:
        """Asks once more, with a button."""
        viewer, job = await self._wanted(words, "cancel")
        await words.reply(cards.cancel_question(await self.services.jobs.check_cancel(viewer, job.id)))

    async def asked_pause(self, words: Words) -> None:
        """Let a job stand still."""
        viewer, job = await self._wanted(words, "pause")
        await words.reply(cards.wished(await self.services.jobs.wish(viewer, job.id, Wish.PAUSE)))

    async def asked_resume(self, words: Words) -> None:
        """Let a paused job go on."""
        viewer, job = await self._wanted(words, "resume")
        await words.reply(cards.wished(await self.services.jobs.wish(viewer, job.id, Wish.RESUME)))

    async def asked_events(self, words: Words) -> None:
        """What the provider told of a job."""
        viewer, job = await self._wanted(words, "events")
        await words.reply(details.events(job, await self.services.jobs.events(viewer, job)))

    async def asked_checkpoints(self, words: Words) -> None:
        """The models kept from the middle of a training."""
        viewer, job = await self._wanted(words, "checkpoints")
        await words.reply(details.checkpoints(job, await self.services.jobs.checkpoints(viewer, job)))

    async def _wanted(self, words: Words, word: str) -> tuple[Viewer, Job]:
        if not words.text:
            raise BadInput(f"Which job? `{COMMAND} {word} JOB`; `{COMMAND} jobs` lists them.")
        viewer = await words.viewer()
        return viewer, await self.services.jobs.find(viewer, words.name)
