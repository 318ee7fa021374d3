"""What is done again and again at set times, and the look for old files at the provider."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import periodic
from bot.domain.audit import BOT, Did, Entry
from bot.domain.jobs.job import ENDED, Job
from bot.domain.periodic import DAY, PeriodicTask, PeriodicTaskKind
from bot.domain.work_queue import Transition
from bot.errors import ProviderRefused, Temporary
from bot.ports import Claim, Clock, Logger, Provider, ProviderFile, Storage
from bot.services.digests import DigestService
from bot.services.retention import AppRemoval, Retention

REFUSED_PAUSE = 3600.0  # seconds before asking a provider again that refuses
_OURS = re.compile(r"-([0-9a-f]{24})\.jsonl")  # see bot.services.datasets.contents.provider_ending


@dataclass(frozen=True)
class ProviderFiles:
    """A look once a day; `days` after the last job on a content ended its files go, 0: never.

    The provider's own list is what there is, and our jobs say what is needed: nothing else is kept of it. A file
    whose content no job of ours was ever trained on is not ours. A later job on the same content uploads it again.
    """

    storage: Storage
    provider: Provider
    clock: Clock
    log: Logger
    days: int

    async def begin(self) -> None:
        """Have the provider's files looked over from now on."""
        await self.storage.periodic.add(periodic.old_files_of(self.provider.name, self.clock.now()))

    async def remove(self, claim: Claim[PeriodicTask]) -> None:
        """Delete what is old; what is gone already, by whoever, is no fault."""
        now, gone = self.clock.now(), 0
        if self.days:
            try:
                for file in await self.provider.training_files():
                    gone += await self._removed(claim, file, now)
            except ProviderRefused as refused:
                self.log.warning("old files not deleted", code=refused.code)
                await self.storage.periodic.change(
                    claim.row.id, lambda c: periodic.put_off(c, now, REFUSED_PAUSE), token=claim.token
                )
                return
        await self.storage.periodic.change(
            claim.row.id, lambda c: periodic.done(c, now, now + DAY), token=claim.token
        )
        self.log.info("old files looked for", deleted=gone)

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
            claim.row.id, lambda c: periodic.file_deleted(c, entries), token=claim.token
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
class PeriodicService:
    """Hands each chore to whoever does it; a fault that may pass puts it off."""

    storage: Storage
    digests: DigestService
    old_files: ProviderFiles
    retention: Retention
    leaving: AppRemoval
    clock: Clock
    log: Logger

    async def step(self, claim: Claim[PeriodicTask]) -> None:
        """Do it once."""
        does = {
            PeriodicTaskKind.DIGEST: self.digests.make,
            PeriodicTaskKind.OLD_FILES: self.old_files.remove,
            PeriodicTaskKind.RETENTION: self.retention.forget,
            PeriodicTaskKind.FAREWELL: self.leaving.purge,
        }
        try:
            await does[claim.row.kind](claim)
        except Temporary as fault:
            self.log.warning("chore put off", task=claim.row.id)
            retry_after = fault.retry_after
            await self.storage.periodic.change(
                claim.row.id, lambda c: periodic.put_off(c, self.clock.now(), retry_after), token=claim.token
            )

    def trouble(self, task: PeriodicTask, reference: str) -> Transition[PeriodicTask]:
        """After a fault that nobody foresaw: again later."""
        self.log.warning("chore put off", task=task.id, reference=reference)
        return periodic.put_off(task, self.clock.now(), None)
