"""Jobs under way at the provider: one look over all of them, and a close look at those that moved; decides nothing.

The list of jobs tells in one call for a hundred jobs which of them moved; these are made due. Each job's own row is
then looked at closely, under its own claim. The row comes due by itself too, seldom: a job that the list does not
show, or a list that cannot be read, delays what is known of it and loses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.domain.jobs import polling, transitions
from bot.domain.jobs.job import ENDED, PROVIDER_ENDS, Job, JobState, ProviderJob, Training, Wish
from bot.domain.jobs.polling import Poll
from bot.domain.jobs.training import Curve, Event, joined, kept, losses, read
from bot.domain.work_queue import Transition
from bot.errors import ProviderRefused, Temporary, Unsupported
from bot.ports import Claim, Clock, Logger, Provider, Storage

TRIES_BEFORE_LOST = 3  # looks at a job that the provider does not know before we believe it
TRIES_FOR_FIGURES = 3  # looks at an ended job whose result file cannot be had before it ends without
REFUSED_PAUSE = 60.0  # seconds before asking a provider again that refuses us, e.g. for a changed key


@dataclass(frozen=True)
class JobPolling:
    """The two steps; `poll_seconds` is the pace of both.

    `_shown` holds the jobs that moved on the last list, with the revision of our row that they were compared with:
    while the row is the same, nobody looked since, and the job need not be asked for again.
    """

    storage: Storage
    provider: Provider
    clock: Clock
    log: Logger
    poll_seconds: float
    _shown: dict[str, tuple[int, ProviderJob]] = field(default_factory=dict, init=False)

    async def begin(self) -> None:
        """Have the provider's jobs looked over from now on."""
        await self.storage.polls.add(Poll(self.provider.name, due_at=self.clock.now()))

    # ---- all live jobs

    async def poll(self, claim: Claim[Poll]) -> None:
        """Read the list, and make those jobs due that moved on it."""
        live = await self.storage.jobs.followed(self.provider.name)
        try:
            if live:
                await self._look_over(live)
        except Temporary as fault:
            await self._put_off(claim, fault.retry_after)
        except ProviderRefused:
            await self._put_off(claim, REFUSED_PAUSE)
        else:
            states = [job.state for job in live]
            await self.storage.polls.change(
                claim.row.id,
                lambda poll: polling.polled(poll, states, self.clock.now(), self._interval),
                token=claim.token,
            )

    def poll_trouble(self, poll: Poll, reference: str) -> Transition[Poll]:  # noqa: ARG002  as WorkQueue wants it
        """After a fault that nobody foresaw: again later."""
        return polling.delayed(poll, self.clock.now(), None)

    async def _look_over(self, live: list[Job]) -> None:
        by_id = {job.provider_job_id or "": job for job in live}
        listing = await self.provider.jobs(by_id.keys())
        moved = {
            job.id
            for provider_id, job in by_id.items()
            if (polling.moved(job, seen) if (seen := listing.jobs.get(provider_id)) else listing.complete)
        }
        self._shown.clear()
        for job in live:
            if job.id in moved and (shown := listing.jobs.get(job.provider_job_id or "")):
                self._shown[job.id] = (job.revision, shown)
        if moved:
            self.log.info("jobs moved", live=len(live), moved=len(moved))
            await self.storage.jobs.hasten(moved, self.clock.now())

    async def _put_off(self, claim: Claim[Poll], retry_after: float | None) -> None:
        self.log.warning("list of jobs not read", provider=self.provider.name)
        await self.storage.polls.change(
            claim.row.id,
            lambda poll: polling.delayed(poll, self.clock.now(), retry_after),
            token=claim.token,
        )

    # ---- one job

    async def look(self, claim: Claim[Job]) -> None:
        """Ask the provider about one job, or for what somebody wants of it, and save what it says."""
        job = claim.row
        try:
            seen = await self._ask(job)
        except Unsupported as cannot:
            sentence = str(cannot)
            self.log.warning("provider cannot", job=job.id, why=sentence)
            await self._change(
                claim, lambda current: transitions.unsupported(current, job, sentence, self.clock.now())
            )
            return
        if seen is None:
            await self._missed(claim)
            return
        rest = self._interval
        if job.cancel_asked_by is None:
            running = await self.storage.jobs.running(self.provider.name)
            rest = polling.rest(seen.status, running, rest)

        curve = await self._figures(job, seen)
        if seen.status == JobState.SUCCEEDED:
            step = curve.points[-1].step if curve.points else None
            seen = replace(seen, training=Training(step), reading=read(curve), events=_kept(curve))
        told = losses(curve)
        training = replace(seen.training, first_loss=told.first, train_loss=told.train, valid_loss=told.valid)
        seen = replace(seen, training=training)

        def observed(current: Job) -> Transition[Job]:
            asked_meanwhile = (current.cancel_asked_by, current.wish) != (job.cancel_asked_by, job.wish)
            if asked_meanwhile:
                return transitions.observed(current, seen, self.clock.now(), timedelta(0))
            told_meanwhile = current.due_at != job.due_at
            pause = timedelta(0) if told_meanwhile else rest
            return transitions.observed(replace(current, wish=Wish.NONE), seen, self.clock.now(), pause)

        saved = await self._change(claim, observed)
        if saved.state is not job.state:
            self.log.info("job moved", job=job.id, state=saved.state.value)
        if saved.state in ENDED:
            await self.storage.jobs.next_in_queue(job.provider, job.model, self.clock.now())

    async def _ask(self, job: Job) -> ProviderJob | None:
        provider_id = job.provider_job_id or ""
        revision, shown = self._shown.pop(job.id, (-1, None))
        if job.cancel_asked_by is not None:
            return await self.provider.cancel_job(provider_id)
        if job.wish is Wish.PAUSE:
            return await self.provider.pause_job(provider_id)
        if job.wish is Wish.RESUME:
            return await self.provider.resume_job(provider_id)
        if shown is not None and revision == job.revision:
            return await self.provider.figures(shown)
        return await self.provider.job(provider_id)

    async def _figures(self, job: Job, seen: ProviderJob) -> Curve:
        """Keep what the provider measured, at the end all of it; gives all that is kept.

        Figures are worth another try but not worth holding the end of a job back for.
        """
        known = await self.storage.curves.get(job.id)
        curve = replace(known, points=joined(known.points, seen.points), checkpoints=kept(known, seen.events))
        if seen.status == JobState.SUCCEEDED:
            try:
                for file_id in seen.result_files:
                    curve = replace(curve, points=joined(curve.points, await self.provider.results(file_id)))
                curve = replace(curve, checkpoints=tuple(await self.provider.checkpoints(seen.id)))
            except Temporary:
                if job.attempts < TRIES_FOR_FIGURES:
                    raise
            except ProviderRefused as refused:
                self.log.info("figures refused", job=job.id, code=refused.code)
        ends = seen.status in PROVIDER_ENDS
        if curve != known or ends:
            await self.storage.curves.save(job.id, curve, ends=ends)
        return curve

    async def _missed(self, claim: Claim[Job]) -> None:
        """The provider does not know the job: believed only after several looks, and if its list answers without it.

        A server that answers nothing any more, or at another address, knows no job either: then no job is lost.
        """
        provider_id = claim.row.provider_job_id or ""
        listed = await self.provider.jobs({provider_id})  # ProviderRefused when there is no such server here
        if claim.row.attempts + 1 < TRIES_BEFORE_LOST or provider_id in listed.jobs:
            sentence = "the provider does not find this job; I look again."
            await self._change(
                claim, lambda j: transitions.delayed(j, sentence, self.clock.now(), self.poll_seconds)
            )
        else:
            await self._change(claim, lambda j: transitions.lost(j, self.clock.now()))

    async def _change(self, claim: Claim[Job], step: Callable[[Job], Transition[Job]]) -> Job:
        return await self.storage.jobs.change(claim.row.id, step, token=claim.token)

    @property
    def _interval(self) -> timedelta:
        return timedelta(seconds=self.poll_seconds)


def _kept(curve: Curve) -> tuple[Event, ...]:
    """What its log tells of a finished training's checkpoints; to ask for the log itself would be a third call."""
    return tuple(Event(None, "info", "", checkpoint=each.step) for each in curve.checkpoints)
