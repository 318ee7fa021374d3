"""The weekly digest of a channel: turned on and off, and made on Mondays."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.domain import digests, models, periodic
from bot.domain.access import Viewer
from bot.domain.budgets import month_of
from bot.domain.decision_basis import Basis, Prepared
from bot.domain.digests import WEEK
from bot.domain.jobs.job import Job
from bot.domain.models import Model
from bot.domain.periodic import Done, PeriodicTask
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import BadInput
from bot.ports import Claim, Clock, Logger, Storage, Trigger
from bot.services.access import check_here
from bot.services.models.resolver import ModelResolver
from bot.services.policies import PolicyService


@dataclass(frozen=True)
class DigestService:
    """The use cases; nobody gets a digest who did not ask for one."""

    storage: Storage
    resolver: ModelResolver
    policies: PolicyService
    clock: Clock
    log: Logger
    mondays: Trigger

    async def due(self, viewer: Viewer) -> datetime | None:
        """When the channel where somebody looks gets its next digest; None when it gets none."""
        check_here(viewer)
        task = await self.storage.periodic.get(periodic.digest_of(viewer.place).id)
        return task.due_at if task is not None else None

    async def turn(self, viewer: Viewer, *, on: bool) -> datetime | None:
        """Have a digest every week from now on, or no more; gives when the next one comes.

        Raises:
            NotAllowed: guests, and channels outside the allow-list.
            BadInput: a direct message has no jobs that could be told.
        """
        check_here(viewer)
        place, by = viewer.place, viewer.user_id
        self.policies.settings.check_channel(place.channel_id)
        self.policies.settings.check_errand(viewer.member)
        if place.channel_id.startswith("D"):
            raise BadInput("A digest tells of a channel's jobs; say it in a channel.")
        task = periodic.digest_of(place)
        await self.storage.periodic.add(task)

        async def save(prepared: Prepared) -> PeriodicTask:
            def step(known: PeriodicTask, basis: Basis) -> Transition[PeriodicTask]:
                self.policies.still(prepared, basis).check_errand(prepared.member(by))
                return (
                    periodic.wanted(known, self.mondays.after(self.clock.now()))
                    if on
                    else periodic.unwanted(known)
                )

            return await self.storage.periodic.ruled(task.id, step)

        saved = await self.policies.decide(place, {by}, save)
        self.log.info("digest turned", channel=place.channel_id, by=by, on=on)
        return saved.due_at

    async def make(self, claim: Claim[PeriodicTask]) -> Done:
        """Tell the weeks until the last Monday; a time in which nothing was is not told."""
        now = self.clock.now()
        end = self.mondays.after(now) - WEEK
        begin = claim.row.done_at or end - WEEK
        place = claim.row.place
        told = await self._digest(place, begin, end, now)
        self.log.info("digest made", channel=place.channel_id, told=told.says_something)
        if not told.says_something:
            return Done(end)
        return Done(end, (digests.message_of(place, end, msgspec.to_builtins(told), now),))

    async def _digest(self, place: Place, begin: datetime, end: datetime, now: datetime) -> digests.Digest:
        jobs = self.storage.jobs
        ended = await jobs.ended_since(place, begin, end)
        waiting = await jobs.waiting(place)
        tuned = [self._model(job, now) for job in await jobs.left_models(place)]
        funds = await self.storage.budgets.standings(place, month_of(now))
        return digests.digest(begin, end, ended=ended, waiting=waiting, models=tuned, funds=funds)

    def _model(self, job: Job, now: datetime) -> Model:
        info = self.resolver.base(job)
        return Model(job, models.state_of(job, info, now.date()), info, models.days_left(info, now.date()))
