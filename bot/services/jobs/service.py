"""Fine-tuning jobs as people look at them and stop them; steps.py does the work on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain import stale_buttons
from bot.domain.access import Viewer
from bot.domain.approvals import requests
from bot.domain.decision_basis import JobBasis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs import transitions
from bot.domain.jobs.job import ENDED, Job, Wish, how_it_stands
from bot.domain.jobs.training import Checkpoint, Event, training_losses
from bot.domain.nearest import did_you_mean
from bot.domain.work_queue import Transition
from bot.errors import (
    NotFound,
    StaleState,
)
from bot.ports import Clock, Logger, Page, Provider, Storage
from bot.services.policies import PolicyService

LISTED = 15  # jobs of a list, the newest; it says how many more there are
EVENTS_SHOWN = 100  # the newest; a page of the list


@dataclass(frozen=True)
class JobService:
    """The use cases; who asked for a job, and approvers, may stop it."""

    storage: Storage
    provider: Provider
    policies: PolicyService
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def check_cancel(self, viewer: Viewer, job_id: str) -> Job:
        """The job, if this person may cancel it and it has not ended."""
        job = await self.get(viewer, job_id)
        policy, known = await self.policies.of_person(job.place, viewer.member)
        policy.check_cancel(known, job)
        if job.state in ENDED:
            raise StaleState(f"*{plain(job.title)}* has ended already: it {how_it_stands(job)}.")
        return job

    async def cancel(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        """Withdraw a request, or stop a job, as it was `read` (see stale_buttons); asking twice is asking once."""
        member = viewer.member
        await self.check_cancel(viewer, job_id)

        def step(job: Job) -> Transition[Job]:
            stale_buttons.check(job_id, read, stale_buttons.stopping(job))
            return requests.stopped(job, member.user_id, self.clock.now())

        job = await self._stopping(viewer, job_id, step)
        self.log.info("job cancel asked", job=job_id, by=member.user_id)
        self.wake()
        return job

    async def _stopping(self, viewer: Viewer, job_id: str, step: Callable[[Job], Transition[Job]]) -> Job:
        """Save what somebody wants of a job, if they may stop it when it is saved."""
        place, by = (await self.get(viewer, job_id)).place, viewer.user_id

        async def save(prepared: Prepared) -> Job:
            def decided(job: Job, basis: JobBasis) -> Transition[Job]:
                self.policies.still(prepared, basis).check_cancel(prepared.member(by), job)
                return step(job)

            return await self.storage.jobs.decide(job_id, decided)

        return await self.policies.decide(place, {by}, save)

    @property
    def can_pause(self) -> bool:
        """Whether the provider lets jobs stand still."""
        return self.provider.can_pause

    async def wish(self, viewer: Viewer, job_id: str, wish: Wish) -> Job:
        """Let a job stand still, or go on. Raises NotAllowed, NotFound, or StaleState when it does not fit."""
        member, job = viewer.member, await self.get(viewer, job_id)
        policy, known = await self.policies.of_person(job.place, member)
        policy.check_cancel(known, job)
        if not self.provider.can_pause:
            raise StaleState("The provider cannot pause jobs; it can only cancel them.")
        job = await self._stopping(
            viewer, job_id, lambda j: transitions.wished(j, wish, member.user_id, self.clock.now())
        )
        self.log.info("job wish", job=job_id, by=member.user_id, wish=wish.value)
        self.wake()
        return job

    async def hasten(self, provider_job_id: str) -> None:
        """The provider says that something is new about this job of its own: look soon, and believe only that look.

        A look that is under way may have asked just before it was so.
        """
        job = await self.storage.jobs.of_provider(provider_job_id)
        if job is None:
            self.log.info("told of a job that is not ours")
            return
        await self.storage.jobs.hasten({job.id}, self.clock.now(), again=True)
        self.wake()

    async def events(self, viewer: Viewer, job: Job) -> list[Event]:
        """What the provider told of it, newest first. Raises StaleState while it is not there, NotFound."""
        job = await self.get(viewer, job.id)
        return await self.provider.events(_at_provider(job), EVENTS_SHOWN)

    async def checkpoints(self, viewer: Viewer, job: Job) -> list[Checkpoint]:
        """The models kept from the middle of its training, by step. Raises as `events`."""
        job = await self.get(viewer, job.id)
        kept = await self.provider.checkpoints(_at_provider(job))
        told = dict(training_losses(await self.storage.curves.get(job.id)))
        return [replace(each, train_loss=told.get(each.step, each.train_loss)) for each in kept]

    async def check_checkpoint(self, viewer: Viewer, job: Job, step: str) -> None:
        """Raise NotFound when the provider keeps no model of this step any more; an empty one is the tuned model."""
        if step and step not in [str(each.step) for each in await self.checkpoints(viewer, job)]:
            raise NotFound(
                f"The provider keeps no checkpoint of *{plain(job.title)}* at step {plain(step)} any more."
            )

    async def listed(self, viewer: Viewer) -> Page[Job]:
        """The newest jobs of the channel where somebody looks."""
        return await self.storage.jobs.listed(viewer.here, LISTED)

    async def get(self, viewer: Viewer, job_id: str) -> Job:
        """One job by its id, as people type it. Raises NotFound."""
        job = await self.storage.jobs.seen(viewer.sight, job_id.strip().lower())
        if job is None:
            raise _unknown()
        return job

    async def find(self, viewer: Viewer, name: str) -> Job:
        """A job by what people call it in this channel (the newest of that name), or by its id.

        Of other channels people are shown only the jobs that they asked for. Raises NotFound.
        """
        wanted = name.strip().lower()
        known = await self.storage.jobs.names(viewer.here)
        called = next((each for each in known if wanted and wanted in each.names), None)
        job = await self.storage.jobs.seen(viewer.sight, called.id if called else wanted)
        if job is None or not (viewer.here.holds(job.place) or job.requested_by == viewer.user_id):
            hint = did_you_mean(wanted, [each.title for each in known])
            raise NotFound(f"I know no job of this name or id here.{hint} `/finetune jobs` lists them.")
        return job


def _unknown() -> NotFound:
    """Said of a job that is not there, and of one that is not theirs."""
    return NotFound("I know no job with this id; `/finetune jobs` lists them.")


def _at_provider(job: Job) -> str:
    if job.provider_job_id is None:
        raise StaleState(f"*{plain(job.title)}* never was at the provider; there is nothing to show.")
    return job.provider_job_id
