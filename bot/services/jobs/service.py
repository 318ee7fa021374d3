"""Fine-tuning jobs that were asked for: decided, created exactly once, followed to their end."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath

from bot.domain.access import Viewer
from bot.domain.approvals import requests, shown
from bot.domain.approvals.decisions import JobBasis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs import transitions
from bot.domain.jobs.job import ENDED, FOLLOWED, Job, JobState, Material, Sending, Wish
from bot.domain.jobs.training import Checkpoint, Event
from bot.domain.spending import check_running
from bot.domain.work_queue import Transition
from bot.errors import (
    CurableRefusal,
    LimitReached,
    NotFound,
    ProviderRefused,
    SpendingPaused,
    StaleState,
    Temporary,
    TrainingClosed,
    UnknownOutcome,
    UnusableFile,
)
from bot.ports import Claim, Clock, JobOrder, Logger, Page, Provider, Storage, TokenCheck
from bot.services.approvals.decisions import DecisionService, ended_how
from bot.services.datasets.contents import Fetching, provider_ending
from bot.services.jobs.polling import REFUSED_PAUSE, JobPolling
from bot.services.models.service import ModelService
from bot.services.policies import PolicyService

LISTED = 15  # jobs of a list, the newest; it says how many more there are
EVENTS_SHOWN = 100  # the newest; a page of the list
FILE_PAUSE = 2.0  # seconds between two looks at a file that the provider still processes
DAY = timedelta(hours=24)
PLACE_PAUSE = timedelta(minutes=2)  # between two tries for a place that becomes free when another job ends
UNKNOWN_PAUSE = timedelta(hours=1)  # until the next try when the day's jobs are hidden in other projects
PAUSED_LOOK = 600.0  # seconds: who lets spending go on makes the job due at once
LOOK_PAUSE = 5.0  # seconds before looking for a job whose creation was not answered


@dataclass(frozen=True)
class JobService:
    """The job use cases; `following` takes over once the provider has the job."""

    storage: Storage
    provider: Provider
    following: JobPolling
    policies: PolicyService
    deciding: DecisionService
    models: ModelService
    token: TokenCheck
    clock: Clock
    log: Logger
    wake: Callable[[], None]
    fetching: Fetching

    async def check_cancel(self, viewer: Viewer, job_id: str) -> Job:
        """The job, if this person may cancel it and it has not ended."""
        job = await self.get(viewer, job_id)
        policy, known = await self.policies.of_person(job.place, viewer.member)
        policy.check_cancel(known, job)
        if job.state in ENDED:
            raise StaleState(f"*{plain(job.title)}* has ended already: it {ended_how(job)}.")
        return job

    async def cancel(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        """Withdraw a request, or stop a job, as it was `read` (see approvals.shown); asking twice is asking once."""
        member = viewer.member
        await self.check_cancel(viewer, job_id)

        def step(job: Job) -> Transition[Job]:
            shown.check(job_id, read, shown.stopping(job))
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
        return await self.provider.checkpoints(_at_provider(job))

    async def check_checkpoint(self, viewer: Viewer, job: Job, step: str) -> None:
        """Raise NotFound when the provider keeps no model of this step any more; an empty one is the tuned model."""
        if step and step not in [str(each.step) for each in await self.checkpoints(viewer, job)]:
            raise NotFound(
                f"The provider keeps no checkpoint of *{plain(job.title)}* at step {plain(step)} any more."
            )

    async def listed(self, viewer: Viewer) -> Page[Job]:
        """The newest jobs of the channel where somebody looks."""
        return await self.storage.jobs.listed(viewer.here, LISTED)

    async def asked_by(self, viewer: Viewer) -> Page[Job]:
        """The newest jobs that this person asked for, in whichever channel they are still in."""
        return await self.storage.jobs.listed(viewer.sight, LISTED, viewer.user_id)

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
            raise _unknown()
        return job

    # ---- the work -------------------------------------------------------------------------------------------

    async def step(self, claim: Claim[Job]) -> None:
        """One step of one job towards its end."""
        steps = {
            JobState.REQUESTED: self.deciding.look,
            JobState.APPROVED: self._begin,
            JobState.UPLOADING: self._upload,
            JobState.CREATING: self._create,
            JobState.SUCCEEDED: self.models.remove,
        }
        state = claim.row.state
        try:
            await (self.following.look if state in FOLLOWED else steps[state])(claim)
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

    async def _begin(self, claim: Claim[Job]) -> None:
        await self._change(claim, lambda job: transitions.uploading(job, self.clock.now()))

    async def _upload(self, claim: Claim[Job]) -> None:
        material = claim.row.to_upload
        if material is None:
            raise StaleState("The provider has everything that this job needs.")
        path = await self._content(claim, material)
        if path is None:
            return
        first, filename = await self._uploads_first(claim.row, material), _filename(material)
        file = None
        if first is None or first.sending is None:
            file = await self.provider.find_file(filename, path.stat().st_size)
        if file is None and first is not None:
            sentence = f"*{plain(first.title)}* is uploading the same content; this job uses it too."
            await self._delayed(claim, sentence, FILE_PAUSE)
            return
        if file is None:

            async def keep(sending: Sending) -> None:
                await self._change(claim, lambda j: transitions.sent(j, sending))

            file = await self.provider.upload(path, filename, begun=claim.row.sending, keep=keep)
        file_id = file.id
        await self._change(claim, lambda j: transitions.uploaded(j, file_id, self.clock.now()))

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


def _unknown() -> NotFound:
    """Said of a job that is not there, and of one that is not theirs."""
    return NotFound("I know no job with this id; `/finetune jobs` lists them.")


def _began_uploading(job: Job) -> tuple[datetime, str]:
    return job.state_since or job.requested_at, job.id


def _at_provider(job: Job) -> str:
    if job.provider_job_id is None:
        raise StaleState(f"*{plain(job.title)}* never was at the provider; there is nothing to show.")
    return job.provider_job_id


def _filename(material: Material) -> str:
    """What the file is called at the provider: found again by its content's hash after a crash."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(material.name).stem).strip("-")[:40] or "dataset"
    return f"{stem}{provider_ending(material.sha256)}"


def _quoted(said: str) -> str:
    return f"The server says: “{said}”" if said else ""
