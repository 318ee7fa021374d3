"""Fine-tuning jobs: asked for, decided, created exactly once, followed to their end."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path, PurePath

from bot.domain import jobs
from bot.domain.catalog import Catalog
from bot.domain.dataset.lifecycle import Dataset, DatasetState
from bot.domain.jobs import FOLLOWED, Hyperparameters, Job, JobState
from bot.domain.policy import Member, Policy
from bot.domain.pricing import MAX_EPOCHS, estimate
from bot.domain.wording import plain
from bot.domain.work import Moved, Place
from bot.errors import (
    BadInput,
    NotFound,
    ProviderRefused,
    StaleState,
    Temporary,
    TrainingClosed,
    UnknownOutcome,
)
from bot.ports import Claim, Clock, JobOrder, Provider, Reporter, Storage
from bot.services.offers import JobRequest, ModelChoice, Offer

MAX_SUFFIX = 64  # characters; facts: "suffix (1-64 chars, nullable)"
FILE_PAUSE = 2.0  # seconds between two looks at a file that the provider still processes
LOOK_PAUSE = 5.0  # seconds before looking for a job whose creation was not answered
TRIES_BEFORE_LOST = 3  # looks at a job that the provider does not know before we believe it
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


@dataclass(frozen=True)
class JobService:
    """The job use cases; `folder` holds dataset contents, `poll_seconds` is the pace of following."""

    storage: Storage
    provider: Provider
    catalog: Catalog
    policy: Policy
    clock: Clock
    log: Reporter
    wake: Callable[[], None]
    folder: Path
    poll_seconds: float

    async def offer(self, place: Place, dataset_id: str | None = None, epochs: str = "") -> Offer:
        """What the form can offer in this channel: ready datasets, and models with prices for the chosen one."""
        ready = [
            dataset
            for dataset in await self.storage.datasets.listed(place, limit=100)
            if dataset.state is DatasetState.READY
        ]
        chosen = next((dataset for dataset in ready if dataset.id == dataset_id), None)
        if chosen is None and dataset_id is not None:
            other = await self.storage.datasets.get(dataset_id)
            if other is not None and other.state is DatasetState.READY and _same_channel(other, place):
                chosen = other
                ready.insert(0, other)
        chosen = chosen or (ready[0] if ready else None)
        if chosen is None:
            return Offer((), None, ())
        try:
            given = _epochs(epochs)
        except BadInput:
            given = None  # the form says so itself when it is sent
        models, closed = self._models(chosen, given)
        return Offer(tuple(ready), chosen, models, closed)

    async def request(self, member: Member, place: Place, request: JobRequest) -> Job:
        """Write down a request for a job; the same submission twice is one job.

        Raises:
            BadInput: a field is off; `field` is dataset, model, suffix or epochs.
            NotAllowed: guests, and channels outside the allow-list.
        """
        self.policy.check_request(member)
        self.policy.check_channel(place.channel_id)
        if place.channel_id.startswith("D"):
            raise BadInput("Start it in a channel, so that somebody else can approve it.", "dataset")
        dataset = await self._ready(request.dataset_id, place)
        suffix, epochs = _suffix(request.suffix), _epochs(request.epochs)
        model = self.catalog.find(request.model)
        if model is None:
            raise BadInput("I don't know this model; pick one from the list.", "model")
        if dataset.report is None or dataset.sha256 is None:
            raise BadInput("This dataset has no report; upload it again.", "dataset")
        now = self.clock.now()
        price = estimate(dataset.report, model, epochs, now.date())
        job = Job(
            id="".join(secrets.choice(_ID_LETTERS) for _ in range(6)),
            request_key=request.request_key,
            place=Place(place.workspace, place.channel_id),
            requested_by=member.user_id,
            requested_at=now,
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_sha256=dataset.sha256,
            provider=self.provider.name,
            model=model.id,
            method=price.method,
            suffix=suffix,
            estimate=price,
            hyperparameters=Hyperparameters(n_epochs=epochs),
        )
        saved = await self.storage.jobs.add(jobs.requested(job, now))
        self.log.info("job requested", job=saved.id, by=member.user_id, usd=price.usd)
        self.wake()
        return saved

    async def check_decision(self, member: Member, job_id: str) -> Job:
        """The job, if this person may decide on it and it still waits. Raises NotAllowed, StaleState, NotFound."""
        job = await self.get(job_id)
        self.policy.check_decision(member, job)
        _check_undecided(job, member)
        return job

    async def approve(self, member: Member, job_id: str) -> Job:
        """Decide yes. Raises NotAllowed, NotFound, or StaleState with who was first."""
        return await self._decide(
            member, job_id, "approved", lambda job: jobs.approved(job, member.user_id, self.clock.now())
        )

    async def reject(self, member: Member, job_id: str, reason: str) -> Job:
        """Decide no, with the reason the requester reads. Raises as `approve`."""
        return await self._decide(
            member,
            job_id,
            "rejected",
            lambda job: jobs.rejected(job, member.user_id, reason, self.clock.now()),
        )

    async def check_cancel(self, member: Member, job_id: str) -> Job:
        """The job, if this person may cancel it and it has not ended."""
        job = await self.get(job_id)
        self.policy.check_cancel(member, job)
        if job.state in jobs.ENDED:
            raise StaleState(f"*{plain(job.title)}* has ended already: it {_ended_how(job)}.")
        return job

    async def cancel(self, member: Member, job_id: str) -> Job:
        """Withdraw a request, or stop a job; asking twice is asking once."""
        await self.check_cancel(member, job_id)
        job = await self.storage.jobs.change(
            job_id, lambda j: jobs.cancel_asked(j, member.user_id, self.clock.now())
        )
        self.log.info("job cancel asked", job=job_id, by=member.user_id)
        self.wake()
        return job

    async def listed(self, place: Place) -> list[Job]:
        """The channel's jobs, newest first."""
        return await self.storage.jobs.listed(place)

    async def asked_by(self, workspace: str, user_id: str) -> list[Job]:
        """The newest jobs that this person asked for, in whichever channel."""
        recent = await self.storage.jobs.listed(limit=200)
        return [job for job in recent if (job.place.workspace, job.requested_by) == (workspace, user_id)]

    async def get(self, job_id: str) -> Job:
        """One job by its id, as people type it. Raises NotFound."""
        job = await self.storage.jobs.get(job_id.strip().lower())
        if job is None:
            raise NotFound("I know no job with this id; `/finetune jobs` lists them.")
        return job

    # ---- the work -------------------------------------------------------------------------------------------

    async def step(self, claim: Claim[Job]) -> None:
        """One step of one job towards its end."""
        steps = {
            JobState.APPROVED: self._begin,
            JobState.UPLOADING: self._upload,
            JobState.CREATING: self._create,
        }
        state = claim.row.state
        try:
            await (self._follow if state in FOLLOWED else steps[state])(claim)
        except TrainingClosed as closed:
            await self._refused(claim, closed)
        except ProviderRefused as refused:
            if state in FOLLOWED:  # e.g. a key that was changed: the job itself goes on at the provider
                await self._delayed(claim, f"{refused} {_quoted(refused.said)}".strip(), 60.0)
            else:
                await self._refused(claim, refused)
        except UnknownOutcome as unknown:
            await self._delayed(claim, str(unknown), LOOK_PAUSE)
        except Temporary as fault:
            await self._delayed(claim, str(fault), fault.retry_after)

    def trouble(self, job: Job, reference: str) -> Moved[Job]:
        """After a fault that nobody foresaw: again later, and the card says so."""
        sentence = f"something in me broke (code {reference}); I try again."
        return jobs.delayed(job, sentence, self.clock.now(), None)

    async def _begin(self, claim: Claim[Job]) -> None:
        await self._change(claim, lambda job: jobs.uploading(job, self.clock.now()))

    async def _upload(self, claim: Claim[Job]) -> None:
        job = claim.row
        path = await self._content(claim)
        if path is None:
            return
        filename = _filename(job)
        file = await self.provider.find_file(filename, path.stat().st_size)
        if file is None:
            file = await self.provider.upload(path, filename)
        file_id = file.id
        await self._change(claim, lambda j: jobs.uploaded(j, file_id, self.clock.now()))

    async def _create(self, claim: Claim[Job]) -> None:
        """Create it, unless it may exist already: then look for it first. This is the step that costs money."""
        job = claim.row
        if job.seen_by_provider:
            found = await self.provider.find_job(job.id)
            if found is not None:
                self.log.info("job found again", job=job.id, provider_job=found.id)
                await self._change(claim, lambda j: jobs.created(j, found, self.clock.now()))
                return
            if job.cancel_asked_by is not None:
                await self._change(claim, lambda j: jobs.never_created(j, self.clock.now()))
                return
        elif not await self._file_ready(claim):
            return
        job = await self._change(claim, jobs.creating)
        if job.cancel_asked_by is not None:  # asked in this very moment: nothing was sent yet
            await self._change(claim, lambda j: jobs.never_created(j, self.clock.now()))
            return
        order = JobOrder(
            our_id=job.id,
            model=job.model,
            training_file_id=job.training_file_id or "",
            method=job.method,
            suffix=job.suffix,
            hyperparameters=job.hyperparameters,
            seed=job.seed,
        )
        made = await self.provider.create_job(order)
        self.log.info("job created", job=job.id, provider_job=made.id)
        await self._change(claim, lambda j: jobs.created(j, made, self.clock.now()))

    async def _follow(self, claim: Claim[Job]) -> None:
        job = claim.row
        provider_id = job.provider_job_id or ""
        if job.cancel_asked_by is not None:
            seen = await self.provider.cancel_job(provider_id)
        else:
            found = await self.provider.job(provider_id)
            if found is None:
                await self._missed(claim)
                return
            seen = found
        pace = timedelta(seconds=self.poll_seconds)
        saved = await self._change(claim, lambda j: jobs.observed(j, seen, self.clock.now(), pace))
        if saved.state is not job.state:
            self.log.info("job moved", job=job.id, state=saved.state.value)

    async def _missed(self, claim: Claim[Job]) -> None:
        """The provider does not know the job: believed only after several looks."""
        if claim.row.attempts + 1 < TRIES_BEFORE_LOST:
            await self._delayed(
                claim, "the provider does not find this job; I look again.", self.poll_seconds
            )
        else:
            await self._change(claim, lambda j: jobs.lost(j, self.clock.now()))

    async def _content(self, claim: Claim[Job]) -> Path | None:
        """Where the dataset's bytes are; None when they are gone, and the job is then failed."""
        job = claim.row
        dataset = await self.storage.datasets.get(job.dataset_id)
        if dataset is not None and dataset.path is not None:
            path = self.folder / dataset.path
            if path.is_file():
                return path
        gone = ProviderRefused(
            f"The dataset {job.dataset_name} was deleted before it could be trained on. "
            "Upload it again and start a new job."
        )
        await self._refused(claim, gone)
        return None

    async def _file_ready(self, claim: Claim[Job]) -> bool:
        """Whether the training file can be used now; if not, the job is put off or sent back to uploading."""
        file = await self.provider.file(claim.row.training_file_id or "")
        if file is None:
            await self._change(claim, lambda j: jobs.file_gone(j, self.clock.now()))
        elif file.error:
            await self._refused(
                claim, ProviderRefused("The provider could not read the training file.", said=file.error)
            )
        elif not file.ready:
            await self._delayed(claim, "the provider is still reading the training file.", FILE_PAUSE)
        else:
            return True
        return False

    async def _refused(self, claim: Claim[Job], refused: ProviderRefused) -> None:
        self.log.warning("job refused", job=claim.row.id, code=refused.code)
        await self._change(
            claim,
            lambda j: jobs.refused(
                j, code=refused.code, said=refused.said, advice=str(refused), now=self.clock.now()
            ),
        )

    async def _delayed(self, claim: Claim[Job], sentence: str, retry_after: float | None) -> None:
        self.log.warning("job delayed", job=claim.row.id, state=claim.row.state.value)
        await self._change(claim, lambda j: jobs.delayed(j, sentence, self.clock.now(), retry_after))

    async def _change(self, claim: Claim[Job], step: Callable[[Job], Moved[Job]]) -> Job:
        return await self.storage.jobs.change(claim.row.id, step, token=claim.token)

    async def _decide(self, member: Member, job_id: str, word: str, step: Callable[[Job], Moved[Job]]) -> Job:
        await self.check_decision(member, job_id)

        def decided(job: Job) -> Moved[Job]:
            _check_undecided(job, member)  # somebody may have been faster between the check and the save
            return step(job)

        job = await self.storage.jobs.change(job_id, decided)
        self.log.info("job decided", job=job_id, by=member.user_id, decision=word)
        self.wake()
        return job

    async def _ready(self, dataset_id: str, place: Place) -> Dataset:
        dataset = await self.storage.datasets.get(dataset_id)
        if dataset is None or not _same_channel(dataset, place):
            raise BadInput("This dataset is not in this channel; pick one from the list.", "dataset")
        if dataset.state is not DatasetState.READY:
            raise BadInput(f"This dataset cannot be trained on: it is {dataset.state}.", "dataset")
        return dataset

    def _models(self, dataset: Dataset, epochs: int | None) -> tuple[tuple[ModelChoice, ...], str]:
        """The models for a dataset with prices, and if there is none the sentence that says why."""
        report = dataset.report
        if report is None or report.format is None:
            return (), "This dataset has no report; upload it again."
        today = self.clock.now().date()
        models = self.catalog.trainable(today, report.format, images=report.images > 0)
        if not models:
            return (), _closed(self.catalog, today)
        return tuple(ModelChoice(model, estimate(report, model, epochs, today)) for model in models), ""


def _closed(catalog: Catalog, today: date) -> str:
    last = max((model.trainable_until for model in catalog.models if model.trainable_until), default=None)
    if last is not None and last <= today:
        return f"{catalog.provider} takes no new training jobs since {last.isoformat()}."
    return f"No model of {catalog.provider} trains on this kind of data any more."


def _check_undecided(job: Job, member: Member) -> None:
    if job.state is JobState.REQUESTED:
        return
    if job.decided_by is not None:
        how = "rejected" if job.state is JobState.REJECTED else "approved"
        if (
            job.decided_by == member.user_id
        ):  # pressed again, e.g. because Slack showed a warning the first time
            raise StaleState(f"You have {how} *{plain(job.title)}* already.")
        raise StaleState(f"<@{job.decided_by}> was faster: *{plain(job.title)}* is {how} already.")
    raise StaleState(f"Nothing to decide any more: *{plain(job.title)}* {_ended_how(job)}.")


def _ended_how(job: Job) -> str:
    """As in "the job …"."""
    if job.state is JobState.LOST:
        return "got lost at the provider"
    by_somebody = (JobState.WITHDRAWN, JobState.REJECTED, JobState.CANCELLED)
    return f"was {job.state.value}" if job.state in by_somebody else job.state.value


def _same_channel(dataset: Dataset, place: Place) -> bool:
    return (dataset.place.workspace, dataset.place.channel_id) == (place.workspace, place.channel_id)


def _suffix(typed: str) -> str:
    suffix = typed.strip()
    if len(suffix) > MAX_SUFFIX:
        raise BadInput(f"At most {MAX_SUFFIX} characters; this has {len(suffix)}.", "suffix")
    if suffix and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", suffix):
        raise BadInput("Use letters, digits, dashes, dots and underscores, no spaces.", "suffix")
    return suffix


def _epochs(typed: str) -> int | None:
    """None for "auto" or nothing. Raises BadInput."""
    text = typed.strip().lower()
    if text in ("", "auto"):
        return None
    try:
        epochs = int(text)
    except ValueError:
        raise BadInput(f"A whole number from 1 to {MAX_EPOCHS}, or auto.", "epochs") from None
    if not 1 <= epochs <= MAX_EPOCHS:
        raise BadInput(f"A whole number from 1 to {MAX_EPOCHS}, or auto.", "epochs")
    return epochs


def _filename(job: Job) -> str:
    """What the training file is called at the provider: found again by its content's hash after a crash."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(job.dataset_name).stem).strip("-")[:40] or "dataset"
    return f"{stem}-{job.dataset_sha256[:24]}.jsonl"


def _quoted(said: str) -> str:
    return f"The server says: “{said}”" if said else ""
