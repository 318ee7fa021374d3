"""What is kept no longer: old words here, old files at the provider, and what a workspace left that removed the app."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import periodic
from bot.domain.approvals import requests
from bot.domain.audit import BOT, Did, Entry
from bot.domain.datasets import lifecycle
from bot.domain.jobs.job import ENDED, Job
from bot.domain.periodic import Done, PeriodicTask
from bot.errors import StaleState
from bot.ports import Claim, Clock, Logger, Provider, ProviderFile, Storage

_OURS = re.compile(r"-([0-9a-f]{24})\.jsonl")  # see bot.services.datasets.contents.provider_ending


@dataclass(frozen=True)
class Retention:
    """After `chat_days` and `report_days` they are forgotten, 0: never."""

    storage: Storage
    clock: Clock
    log: Logger
    chat_days: int
    report_days: int

    async def forget(self, _: Claim[PeriodicTask]) -> Done:
        """Forget what is old; numbers stay."""
        now, chats, reports = self.clock.now(), 0, 0
        if self.chat_days:
            chats = await self.storage.words.of_chats_before(now - timedelta(days=self.chat_days))
        if self.report_days:
            before = now - timedelta(days=self.report_days)
            for dataset in await self.storage.datasets.with_old_words(before):
                await self.storage.datasets.change(dataset.id, lifecycle.words_forgotten)
                reports += 1
        await self.storage.words.wipe()
        self.log.info("old words forgotten", messages=chats, reports=reports)
        return Done(until=now)


@dataclass(frozen=True)
class ProviderFiles:
    """`days` after the last job on a content ended its files go, 0: never.

    The provider's own list is what there is, and our jobs say what is needed: nothing else is kept of it. A file
    whose content no job of ours was ever trained on is not ours. A later job on the same content uploads it again.
    """

    storage: Storage
    provider: Provider
    clock: Clock
    log: Logger
    days: int

    async def remove(self, claim: Claim[PeriodicTask]) -> Done:
        """Delete what is old; what is gone already, by whoever, is no fault."""
        now, gone = self.clock.now(), 0
        if self.days:
            for file in await self.provider.training_files():
                gone += await self._removed(claim, file, now)
        self.log.info("old files looked for", deleted=gone)
        return Done(until=now)

    async def _removed(self, claim: Claim[PeriodicTask], file: ProviderFile, now: datetime) -> bool:
        named = _OURS.search(file.filename)
        if named is None or not file.filename.endswith(named[0]):
            return False
        jobs = [j for j in await self.storage.jobs.of_content(named[1]) if j.provider == self.provider.name]
        if not jobs or not all(self._is_over(job, now) for job in jobs):
            return False
        await self.provider.delete_file(file.id)
        entries = self._entries(file, jobs, named[1], now)
        await self.storage.periodic.change(
            claim.row.id, lambda task: periodic.file_deleted(task, entries), token=claim.token
        )
        self.log.info("file deleted at the provider", file=file.id, jobs=[job.id for job in jobs[:5]])
        return True

    def _entries(
        self, file: ProviderFile, jobs: Sequence[Job], sha256_begin: str, now: datetime
    ) -> tuple[Entry, ...]:
        """One for each workspace whose jobs used the file, at the channel and the dataset of its newest job."""
        newest = {job.place.workspace: job for job in reversed(jobs)}
        return tuple(
            Entry(
                at=now,
                workspace=job.place.workspace,
                channel_id=job.place.channel_id,
                who=BOT,
                what=Did.FILE_DELETED,
                subject=_dataset(job, sha256_begin),
                details={"file": file.id, "bytes": file.size, "after_days": self.days},
            )
            for job in newest.values()
        )

    def _is_over(self, job: Job, now: datetime) -> bool:
        ended_at = job.ended_at or job.state_since or job.requested_at
        return job.state in ENDED and ended_at + timedelta(days=self.days) <= now


def _dataset(job: Job, sha256_begin: str) -> str:
    """The id of the job's dataset whose content begins so: what it trained on, or what it validated on."""
    if job.validation is not None and not job.dataset_sha256.startswith(sha256_begin):
        return job.validation.dataset_id
    return job.dataset_id


@dataclass(frozen=True)
class AppRemoval:
    """Writes down that the app was removed, then does what that asks for; done again after a crash it does the rest."""

    storage: Storage
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def removed(self, workspace: str) -> None:
        """Somebody removed the app from this workspace; telling it twice is once."""
        task, now = periodic.farewell(workspace, self.clock.now()), self.clock.now()
        await self.storage.periodic.add(task)
        await self.storage.periodic.change(task.id, lambda known: periodic.again(known, now))
        self.log.warning("app removed", workspace=workspace)
        self.wake()

    async def token_revoked(self) -> None:
        """A token was taken from us, perhaps only for another one: nothing is removed, and no work needs it now."""
        self.log.error("token revoked: install the app anew and start it with the new token")

    async def purge(self, claim: Claim[PeriodicTask]) -> Done:
        """Stop the jobs, delete the datasets, here and at the provider, and the conversations."""
        workspace, now = claim.row.place.workspace, self.clock.now()
        for job in await self.storage.jobs.live_in(workspace):
            with suppress(StaleState):  # it has ended meanwhile
                await self.storage.jobs.change(job.id, lambda each: requests.stopped(each, BOT, now))
        for dataset in await self.storage.datasets.in_workspace(workspace):
            await self.storage.datasets.change(dataset.id, lambda each: lifecycle.delete_asked(each, "", now))
        await self.storage.words.of_workspace(workspace)
        await self.storage.words.wipe()
        entry = Entry(
            at=now, workspace=workspace, channel_id="", who=BOT, what=Did.APP_REMOVED, subject=workspace
        )
        await self.storage.audit.add(entry)
        self.log.info("workspace forgotten", workspace=workspace)
        return Done(until=now)
