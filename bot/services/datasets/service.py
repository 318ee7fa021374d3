"""Uploaded datasets: written down when somebody shares a file, then downloaded, checked and reported on."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.domain.access import Sight, Viewer
from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import Checking, Dataset, DatasetState, Half, is_meant_for_us, is_quiet
from bot.domain.datasets.report import Progress, Report
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.transforms.lifecycle import versions_beside
from bot.domain.work_queue import Transition, pause
from bot.errors import CurableRefusal, DiskFull, NotFound, StaleState, Temporary, UnusableFile, room
from bot.ports import Claim, Clock, Files, Logger, Page, SlackFile, Storage, Validation
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.contents import Contents

LISTED = 15  # datasets of a list, the newest; it says how many more there are
TELL_SECONDS = 1.0  # how often a check that is under way writes down how far it is
ROOM_PAUSE = timedelta(seconds=30)  # until a full disk is tried again
MEND_PAUSE = timedelta(minutes=8)  # until a Slack that refuses us is tried again, if nothing tells us before
TRIES = 8  # of a download or check that fails for reasons that may pass; about 15 minutes in all


@dataclass(frozen=True)
class DatasetService:
    """Datasets from upload to report; `cap` is the largest file taken, bytes. `library` removes them again."""

    storage: Storage
    files: Files
    validation: Validation
    policy: Policy
    clock: Clock
    log: Logger
    wake: Callable[[], None]
    contents: Contents
    library: DatasetAdministration
    cap: int

    async def receive(
        self,
        thread: Place,
        file: SlackFile,
        user_id: str,
        half: Half | None = None,
        *,
        asked: bool = False,
    ) -> Dataset | None:
        """Write down that somebody shared a file in a thread, if it may be meant for us; telling it twice is once.

        What may be anything by its name is quiet until it turns out to be a dataset, unless somebody `asked` for it.
        """
        meant = is_meant_for_us(file.name, file.filetype, file.mode)
        if not meant or not self.policy.works_in(thread.channel_id):
            return None
        now = self.clock.now()
        dataset = Dataset(
            id=secrets.token_hex(8),
            place=thread,
            file_id=file.id,
            name=file.name,
            size=file.size,
            uploaded_by=user_id,
            uploaded_at=now,
            half=half,
            quiet=not asked and is_quiet(file.name, file.filetype, file.mode),
        )
        added = await self.storage.datasets.add(lifecycle.received(dataset, now))
        if added is not None:
            self.log.info("dataset received", dataset=added.id, bytes=added.size)
            self.wake()
        return added

    async def retry(self, viewer: Viewer, dataset_id: str) -> Dataset:
        """Read a file again that could not be read or was ignored; others stay. Raises NotFound, NotAllowed."""
        self.policy.check_errand(viewer.member)
        await self.get(viewer, dataset_id)
        now = self.clock.now()
        dataset = await self.storage.datasets.change(dataset_id, lambda d: lifecycle.retried(d, now))
        self.wake()
        return dataset

    async def listed(self, viewer: Viewer) -> Page[Dataset]:
        """The newest datasets of the channel where somebody looks."""
        return await self.storage.datasets.listed(viewer.here, LISTED)

    async def beside(self, viewer: Viewer, dataset: Dataset) -> list[Dataset]:
        """The other versions of it with which it can be compared, newest first."""
        versions = await self.storage.datasets.of_name(
            Sight(dataset.place.workspace, viewer.sight.channels & {dataset.place.channel_id}), dataset.name
        )
        return versions_beside(dataset, versions)

    async def get(self, viewer: Viewer, dataset_id: str) -> Dataset:
        """One dataset. Raises NotFound."""
        dataset = await self.storage.datasets.seen(viewer.sight, dataset_id)
        if dataset is None:
            raise NotFound(
                "I don't know this dataset any more; `/finetune datasets` lists those of a channel."
            )
        return dataset

    async def in_file(self, viewer: Viewer, file_ids: Sequence[str]) -> Dataset | None:
        """The dataset made of one of these Slack files in the channel where somebody looks, the newest if several."""
        made = [d for f in file_ids for d in await self.storage.datasets.of_file(viewer.workspace, f)]
        found = [dataset for dataset in made if viewer.here.holds(dataset.place)]
        return max(found, key=lambda dataset: dataset.uploaded_at, default=None)

    async def knows(self, place: Place, file_id: str) -> bool:
        """Whether this file was received in this channel."""
        made = await self.storage.datasets.of_file(place.workspace, file_id)
        return any(dataset.place.channel_id == place.channel_id for dataset in made)

    async def step(self, claim: Claim[Dataset]) -> None:
        """Download and check one dataset, or remove one; a crash begins it anew, with the same outcome."""
        if claim.row.state is DatasetState.DELETING:
            await self.library.remove(claim)
            return
        try:
            with room():
                await self._keep(claim, await self._checked(claim))
        except UnusableFile as unusable:
            sentence = str(unusable)
            await asyncio.to_thread(self.contents.forget_incoming, claim.row.id)  # as in `_keep`
            await self._change(claim, lambda d: lifecycle.failed(d, sentence))
            return
        except DiskFull as full:
            sentence = str(full)
            await asyncio.to_thread(self.contents.forget_incoming, claim.row.id)  # room for others
            due = self.clock.now() + ROOM_PAUSE
            await self._change(claim, lambda d: lifecycle.waits(d, sentence, due))
            return
        except Temporary as fault:
            sentence, after = str(fault), fault.retry_after
            saved = await self._change(claim, lambda d: self._again(d, sentence, after))
            if saved.state not in lifecycle.ENDED:
                return  # what was downloaded waits for the next try
        except CurableRefusal as refused:
            sentence, due = str(refused), self.clock.now() + MEND_PAUSE
            await self._change(claim, lambda d: lifecycle.waits(d, sentence, due))
            return
        except StaleState:  # it is being deleted, or another worker reads it by now
            raise
        except Exception:
            await asyncio.to_thread(self.contents.forget_incoming, claim.row.id)
            raise
        await asyncio.to_thread(self.contents.forget_incoming, claim.row.id)

    def trouble(self, dataset: Dataset, reference: str) -> Transition[Dataset]:
        """After a fault that nobody foresaw."""
        return self._again(dataset, f"Something in me broke while I read this file (code {reference}).", None)

    def _again(self, dataset: Dataset, sentence: str, retry_after: float | None) -> Transition[Dataset]:
        if dataset.state in lifecycle.ENDED:
            return Transition(dataset)
        if dataset.state is DatasetState.DELETING:
            return self.library.again(dataset, sentence, retry_after)
        if dataset.attempts + 1 >= TRIES:
            return lifecycle.failed(dataset, f"{sentence} I have given up; upload the file again to retry.")
        wait = pause(dataset.attempts, retry_after)
        return lifecycle.delayed(dataset, sentence, self.clock.now() + wait)

    async def _checked(self, claim: Claim[Dataset]) -> Report:
        """Download and validate, writing down the progress meanwhile."""
        telling = _Telling(self, claim)
        work = asyncio.ensure_future(self._read(claim.row, telling))
        teller = asyncio.ensure_future(telling.run())
        try:
            await asyncio.wait({work, teller}, return_when=asyncio.FIRST_COMPLETED)
            if teller.done():
                await teller  # it ends by itself only by an error: the dataset was deleted, or the lease lost
            return await work
        finally:
            telling.stop()  # not cancelled: it may be in the middle of a transaction
            work.cancel()
            await asyncio.gather(work, teller, return_exceptions=True)

    async def _read(self, dataset: Dataset, telling: "_Telling") -> Report:
        file = await self.files.info(dataset.file_id)
        telling.name = file.name
        content = await self._download(file, dataset, telling)
        return await self.validation.validate(content, name=file.name, on_progress=telling.validating)

    async def _download(self, file: SlackFile, dataset: Dataset, telling: "_Telling") -> Path:
        if file.size > self.cap:
            raise UnusableFile(
                f"This file has {file.size / 2**20:,.1f} MB; I take up to {self.cap / 2**20:,.0f} MB. "
                "Split it, or ask whoever runs me to raise MAX_UPLOAD_MB."
            )
        content = await asyncio.to_thread(self.contents.incoming, dataset.id)
        there = await asyncio.to_thread(self.contents.size_of_incoming, dataset.id)
        if there and there == file.size:  # an earlier try got as far as this
            return content
        telling.downloading(0, file.size)
        await self.files.download(
            file, content, cap=self.cap, on_bytes=lambda done: telling.downloading(done, file.size)
        )
        return content

    async def _keep(self, claim: Claim[Dataset], report: Report) -> None:
        """Move the checked bytes to their place by content, and write down what was found."""
        dataset = claim.row
        if dataset.quiet and lifecycle.is_no_dataset(report):
            # Before it is written down: after a crash in between nobody would look for the bytes.
            await asyncio.to_thread(self.contents.forget_incoming, dataset.id)
            await self._change(claim, lifecycle.ignored)
            self.log.info("file ignored", dataset=dataset.id)
            return
        path = await asyncio.to_thread(self.contents.keep, dataset.id, report.sha256)
        same = await self.storage.datasets.of_content(dataset.place, report.sha256)
        now = self.clock.now()
        twin = next((f"{d.label} (version {d.version})" for d in same if d.id != dataset.id), "")
        try:
            saved = await self._change(claim, lambda d: lifecycle.reported(d, report, path, now, twin=twin))
        except StaleState:  # deleted in this very moment
            await self.library.forget(report.sha256)
            raise
        self.log.info(
            "dataset checked",
            dataset=dataset.id,
            state=saved.state.value,
            examples=report.examples,
            problems=report.problem_count,
        )

    async def _change(self, claim: Claim[Dataset], step: Callable[[Dataset], Transition[Dataset]]) -> Dataset:
        return await self.storage.datasets.change(claim.row.id, step, token=claim.token)


class _Telling:
    """Writes down how far one check is, at most every TELL_SECONDS."""

    def __init__(self, service: DatasetService, claim: Claim[Dataset]) -> None:
        self._service = service
        self._claim = claim
        self._now = Checking("downloading", 0, claim.row.size)
        self._stopped = asyncio.Event()
        self.name = claim.row.name

    def stop(self) -> None:
        """Write down nothing more."""
        self._stopped.set()

    def downloading(self, done: int, total: int) -> None:
        self._now = Checking("downloading", done, total)

    def validating(self, progress: Progress) -> None:
        self._now = Checking(
            "checking", progress.done_bytes, progress.total_bytes, progress.examples, progress.problems
        )

    async def run(self) -> None:
        """Until stopped; raises StaleState when the dataset was deleted or the lease was lost."""
        told: Checking | None = None
        while not self._stopped.is_set():
            if self._now != told:
                told = self._now
                await self._service.storage.datasets.change(
                    self._claim.row.id,
                    partial(lifecycle.checking, progress=told, name=self.name),
                    token=self._claim.token,
                )
                self._service.wake()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), TELL_SECONDS)
