"""The work on jobs, a step at a time: their files uploaded, created exactly once, and each fault met."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePath

from bot.domain.decision_basis import JobBasis
from bot.domain.escaping import plain
from bot.domain.jobs import transitions
from bot.domain.jobs.job import FOLLOWED, Job, JobState, Material, Sending
from bot.domain.spending import check_running
from bot.domain.work_queue import Transition
from bot.errors import (
    CurableRefusal,
    LimitReached,
    ProviderRefused,
    SpendingPaused,
    StaleState,
    Temporary,
    TrainingClosed,
    UnknownOutcome,
    UnusableFile,
)
from bot.ports import Claim, Clock, JobOrder, Logger, Provider, Storage, TokenCheck
from bot.services.approvals.decisions import DecisionService
from bot.services.datasets.contents import Fetching, provider_ending
from bot.services.jobs.polling import REFUSED_PAUSE, JobPolling
from bot.services.models.service import ModelService

FILE_PAUSE = 2.0  # seconds between two looks at a file that the provider still processes
DAY = timedelta(hours=24)
PLACE_PAUSE = timedelta(minutes=2)  # between two tries for a place that becomes free when another job ends
UNKNOWN_PAUSE = timedelta(hours=1)  # until the next try when the day's jobs are hidden in other projects
PAUSED_LOOK = 600.0  # seconds: who lets spending go on makes the job due at once
LOOK_PAUSE = 5.0  # seconds before looking for a job whose creation was not answered


@dataclass(frozen=True)
class JobSteps:
    """Brings jobs to the provider; until somebody decided, and once it is there, others know the step."""

    storage: Storage
    provider: Provider
    decisions: DecisionService
    polling: JobPolling
    models: ModelService
    token: TokenCheck
    fetching: Fetching
    clock: Clock
    log: Logger

    async def step(self, claim: Claim[Job]) -> None:
        """The step that a job is due for; from its approval to its creation, each follows at once under one claim."""
        further: Job | None = claim.row
        while further is not None:
            claim = replace(claim, row=further)
            further = await self._step(claim)

    async def _step(self, claim: Claim[Job]) -> Job | None:
        """One step, or what a fault makes of it; gives the job as saved where its next step can follow at once."""
        steps: dict[JobState, Callable[[Claim[Job]], Awaitable[Job | None]]] = {
            JobState.REQUESTED: self.decisions.look,
            JobState.APPROVED: self._begin,
            JobState.UPLOADING: self._upload,
            JobState.CREATING: self._create,
            JobState.SUCCEEDED: self.models.remove,
        }
        state = claim.row.state
        try:
            return await (self.polling.look if state in FOLLOWED else steps[state])(claim)
        except TrainingClosed as closed:
            await self._closed(claim, closed)
        except ProviderRefused as refused:
            if state in FOLLOWED:  # e.g. a key that was changed: the job itself goes on at the provider
                sentence = f"{refused} {_quoted(refused.said)}".strip()
                await self._delayed(claim, sentence, REFUSED_PAUSE)
            else:
                await self._refused(claim, refused)
        except SpendingPaused as paused:
            await self._delayed(claim, str(paused), PAUSED_LOOK)
        except LimitReached as limit:
            await self._no_place(claim, limit)
        except CurableRefusal as refused:
            await self._delayed(claim, str(refused), REFUSED_PAUSE)
        except UnknownOutcome as unknown:
            await self._delayed(claim, str(unknown), LOOK_PAUSE)
        except Temporary as fault:
            await self._delayed(claim, str(fault), fault.retry_after)
        return None

    async def _no_place(self, claim: Claim[Job], limit: LimitReached) -> None:
        """Keep the job in our own queue until a place may be free.

        A limit per day frees a place 24 hours after the oldest job of the last 24 hours was created.
        """
        now, job = self.clock.now(), claim.row
        until = now + PLACE_PAUSE
        if limit.retry_after is not None:
            until = now + timedelta(seconds=limit.retry_after)
        elif limit.daily:
            first = await self._first_job(job.model, now - DAY)
            until = max(until, (first or now - DAY + UNKNOWN_PAUSE) + DAY)
        self.log.info("no place for a job", job=job.id, daily=limit.daily, until=until.isoformat())

        def refused(current: Job) -> Transition[Job]:
            told_meanwhile = current.due_at != job.due_at  # e.g. that a place became free: then at once
            return transitions.no_place(current, str(limit), now if told_meanwhile else until)

        await self._change(claim, refused)

    async def _first_job(self, model: str, since: datetime) -> datetime | None:
        try:
            return await self.provider.first_job(model, since)
        except (Temporary, ProviderRefused):  # the time of the next try is then a guess
            return None

    def trouble(self, job: Job, reference: str) -> Transition[Job]:
        """After a fault that nobody foresaw: again later, and the card says so."""
        sentence = f"something in me broke (code {reference}); I try again."
        return transitions.delayed(job, sentence, self.clock.now(), None)

    async def _begin(self, claim: Claim[Job]) -> Job:
        return await self._change(claim, lambda job: transitions.uploading(job, self.clock.now()))

    async def _upload(self, claim: Claim[Job]) -> Job | None:
        """Give the provider the next of the job's files, unless it has that content; None: later."""
        job, material = claim.row, claim.row.to_upload
        if material is None:
            raise StaleState("The provider has everything that this job needs.")
        path = await self._content(claim, material)
        if path is None:
            return None
        first, filename = await self._uploads_first(job, material), _filename(material)
        file = None
        if first is None or first.sending is None:
            file = await self.provider.find_file(filename, path.stat().st_size)
        if file is None and first is not None:
            sentence = f"*{plain(first.title)}* is uploading the same content; this job uses it too."
            await self._delayed(claim, sentence, FILE_PAUSE)
            return None
        if file is None:

            async def keep(sending: Sending) -> None:
                await self._change(claim, lambda j: transitions.sent(j, sending))

            file = await self.provider.upload(path, filename, begun=job.sending, keep=keep)
        file_id = file.id
        return await self._change(claim, lambda j: transitions.uploaded(j, file_id, self.clock.now()))

    async def _create(self, claim: Claim[Job]) -> None:
        """Create it, unless the provider has it already. This is the step that costs money.

        Our row does not always know what was done: a call may have gone unanswered, and a database brought back from
        a backup has forgotten what came after it. So the provider is asked every time.
        """
        job = claim.row
        found = await self.provider.find_job(job.id)
        if found is not None:
            self.log.info("job found again", job=job.id, provider_job=found.id)
            await self._change(claim, lambda j: transitions.created(j, found, self.clock.now()))
            return
        if job.seen_by_provider and job.cancel_asked_by is not None:
            await self._change(claim, lambda j: transitions.never_created(j, self.clock.now()))
            return
        if not job.seen_by_provider and not await self._files_ready(claim):
            return
        await self.token.check()
        job = await self._may_create(claim)
        if job.cancel_asked_by is not None:  # asked in this very moment: nothing was sent yet
            await self._change(claim, lambda j: transitions.never_created(j, self.clock.now()))
            return
        order = JobOrder(
            our_id=job.id,
            model=job.model,
            training_file_id=job.training_file_id or "",
            method=job.method,
            suffix=job.suffix,
            hyperparameters=job.hyperparameters,
            seed=job.seed,
            validation_file_id=job.validation.file_id if job.validation else None,
            wandb_project=job.wandb_project,
        )
        made = await self.provider.create_job(order)
        self.log.info("job created", job=job.id, provider_job=made.id)
        await self._change(claim, lambda j: transitions.created(j, made, self.clock.now()))

    async def _may_create(self, claim: Claim[Job]) -> Job:
        """Write down that it is created now, unless all spending rests at this moment. Raises SpendingPaused."""

        def step(job: Job, basis: JobBasis) -> Transition[Job]:
            check_running(basis.paused)
            return transitions.creating(job)

        return await self.storage.jobs.decide(claim.row.id, step, token=claim.token)

    async def _uploads_first(self, job: Job, material: Material) -> Job | None:
        """The job that began to upload the same content before this one and is still at it."""
        for other in await self.storage.jobs.uploading(material.sha256):
            same = other.to_upload is not None and other.to_upload.sha256 == material.sha256
            if same and _began_uploading(other) < _began_uploading(job):
                return other
        return None

    async def _content(self, claim: Claim[Job], material: Material) -> Path | None:
        """Where the dataset's bytes are; None when they are to be had nowhere, and the job is then failed."""
        dataset = await self.storage.datasets.get(material.dataset_id)
        try:
            return await self.fetching.path(dataset.file_id if dataset else "", material.sha256)
        except UnusableFile:
            gone = ProviderRefused(
                f"The dataset {material.name} was deleted before it could be trained on. "
                "Upload it again and start a new job."
            )
            await self._refused(claim, gone)
            return None

    async def _files_ready(self, claim: Claim[Job]) -> bool:
        """Whether the job's files can be used now; if not, the job is put off or sent back to uploading."""
        validation = claim.row.validation
        if not await self._file_ready(claim, claim.row.training_file_id or "", "training"):
            return False
        return validation is None or await self._file_ready(claim, validation.file_id or "", "validation")

    async def _file_ready(self, claim: Claim[Job], file_id: str, what: str) -> bool:
        file = await self.provider.file(file_id)
        if file is None:
            await self._change(claim, lambda j: transitions.file_gone(j, file_id, self.clock.now()))
        elif file.error:
            await self._refused(
                claim, ProviderRefused(f"The provider could not read the {what} file.", said=file.error)
            )
        elif not file.ready:
            await self._delayed(claim, f"the provider is still reading the {what} file.", FILE_PAUSE)
        else:
            return True
        return False

    async def _refused(self, claim: Claim[Job], refused: ProviderRefused) -> None:
        self.log.warning("job refused", job=claim.row.id, code=refused.code)
        await self._change(
            claim,
            lambda j: transitions.refused(
                j, code=refused.code, said=refused.said, advice=str(refused), now=self.clock.now()
            ),
        )

    async def _closed(self, claim: Claim[Job], closed: TrainingClosed) -> None:
        self.log.warning("training closed", job=claim.row.id, code=closed.code)
        await self._change(
            claim,
            lambda j: transitions.closed(
                j, code=closed.code, said=closed.said, advice=str(closed), now=self.clock.now()
            ),
        )

    async def _delayed(self, claim: Claim[Job], sentence: str, retry_after: float | None) -> None:
        self.log.warning("job delayed", job=claim.row.id, state=claim.row.state.value)
        await self._change(claim, lambda j: transitions.delayed(j, sentence, self.clock.now(), retry_after))

    async def _change(self, claim: Claim[Job], step: Callable[[Job], Transition[Job]]) -> Job:
        return await self.storage.jobs.change(claim.row.id, step, token=claim.token)


def _began_uploading(job: Job) -> tuple[datetime, str]:
    return job.state_since or job.requested_at, job.id


def _filename(material: Material) -> str:
    """What the file is called at the provider: found again by its content's hash after a crash."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(material.name).stem).strip("-")[:40] or "dataset"
    return f"{stem}{provider_ending(material.sha256)}"


def _quoted(said: str) -> str:
    return f"The server says: “{said}”" if said else ""
