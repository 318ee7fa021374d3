"""The life of a fine-tuning job, from the request to its end: states, the steps between them, and who hears of it.

Pure: each step takes the job as it was last read and gives the job as it should be saved, with the posts
that the step calls for. A step that does not fit the state raises StaleState and changes nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.dataset.lifecycle import backoff
from bot.domain.pricing import Estimate
from bot.domain.training import Point
from bot.domain.work import Moved, Place, Post, PostKind
from bot.errors import StaleState


class Wish(StrEnum):
    """What somebody wants of a job at the provider, not yet asked for there."""

    NONE = ""
    PAUSE = "pause"
    RESUME = "resume"


class JobState(StrEnum):
    """Ours before and around the provider's own states (validating_files … cancelled)."""

    REQUESTED = "requested"
    APPROVED = "approved"
    UPLOADING = "uploading"
    CREATING = "creating"
    VALIDATING_FILES = "validating_files"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LOST = "lost"


S = JobState
FOLLOWED = frozenset({S.VALIDATING_FILES, S.QUEUED, S.RUNNING, S.PAUSED})
ENDED = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.WITHDRAWN, S.LOST})
LIVE = frozenset(S) - ENDED
_PROVIDER_ENDS = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    S.REQUESTED: frozenset({S.APPROVED, S.REJECTED, S.EXPIRED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.UPLOADING, S.FAILED, S.CANCELLED}),
    S.UPLOADING: frozenset({S.CREATING, S.FAILED, S.CANCELLED}),
    S.CREATING: frozenset({S.UPLOADING, S.VALIDATING_FILES, S.FAILED, S.CANCELLED}),
    S.VALIDATING_FILES: frozenset({S.QUEUED, S.RUNNING, S.PAUSED, S.LOST}) | _PROVIDER_ENDS,
    S.QUEUED: frozenset({S.VALIDATING_FILES, S.RUNNING, S.PAUSED, S.LOST}) | _PROVIDER_ENDS,
    S.RUNNING: frozenset({S.QUEUED, S.PAUSED, S.LOST}) | _PROVIDER_ENDS,
    S.PAUSED: frozenset({S.QUEUED, S.RUNNING, S.LOST}) | _PROVIDER_ENDS,
} | {ended: frozenset() for ended in ENDED}


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What the requester chose; None is the provider's "auto"."""

    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    beta: float | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """The dataset on which the provider watches the loss; `file_id` once the provider has its content."""

    dataset_id: str
    name: str
    sha256: str
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """One dataset's content as the provider has to have it before the job can be created."""

    dataset_id: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Sending:
    """How far a file is on its way to the provider, in bytes; `parts` are those it has whole, by their ids there.

    `upload_id` is empty for a file that goes up in one request.
    """

    sent: int
    size: int
    upload_id: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Training:
    """How far the training is, as the provider last told; any figure may be missing."""

    step: int | None = None
    total_steps: int | None = None
    train_loss: float | None = None
    valid_loss: float | None = None
    estimated_finish: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Our record of one fine-tuning job.

    `request_key` names the form submission it came from, so that the same submission is one job.
    `place` is where the card stands. `model` is what is trained: a base model, or a tuned one that goes on.
    `wandb_project` is where the provider reports the curves, if anywhere. `seen_by_provider` is true from the
    moment before the create call: from then on the job may exist at the provider even without a
    `provider_job_id`.
    `trained_tokens` and `cost_usd` are the provider's figures after the end; `said` are its own words.
    `reading` is what its loss curve suggests. `waits_until` is the next try of a job for which the provider had no
    place; until then it waits in our queue.
    """

    id: str
    request_key: str
    place: Place
    requested_by: str
    requested_at: datetime
    dataset_id: str
    dataset_name: str
    dataset_sha256: str
    provider: str
    model: str
    method: str
    suffix: str
    estimate: Estimate
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    seed: int | None = None
    validation: Validation | None = None
    wandb_project: str = ""
    state: JobState = JobState.REQUESTED
    state_since: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = ""
    training_file_id: str | None = None
    sending: Sending | None = None
    seen_by_provider: bool = False
    provider_job_id: str | None = None
    training: Training = field(default_factory=Training)
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    cost_usd: float | None = None
    error_code: str = ""
    said: str = ""
    advice: str = ""
    reading: str = ""
    cancel_asked_by: str | None = None
    wish: Wish = Wish.NONE
    ended_at: datetime | None = None
    waits_until: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    fault: str = ""
    revision: int = 0

    @property
    def title(self) -> str:
        """What people call it: the suffix when one was given, else the dataset's name."""
        return self.suffix or self.dataset_name.rsplit(".", 1)[0]

    @property
    def to_upload(self) -> Material | None:
        """What the provider has to be given next; None when it has everything that the job needs."""
        if self.training_file_id is None:
            return Material(self.dataset_id, self.dataset_name, self.dataset_sha256)
        validation = self.validation
        if validation is None or validation.file_id is not None:
            return None
        return Material(validation.dataset_id, validation.name, validation.sha256)


@dataclass(frozen=True, slots=True)
class ProviderJob:
    """What the provider says of a job at one moment; `status` may be a word that we do not know.

    `advice` is the adapter's sentence on what an error means and what to do about it. `points` are the newest
    losses that it told, `result_files` the ids of those that it left at the end, `reading` what they suggest.
    """

    id: str
    status: str
    model: str = ""
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    error_code: str = ""
    error_message: str = ""
    error_param: str = ""
    advice: str = ""
    training: Training = field(default_factory=Training)
    points: tuple[Point, ...] = ()
    result_files: tuple[str, ...] = ()
    reading: str = ""
    finished_at: datetime | None = None


def requested(job: Job, now: datetime) -> Moved[Job]:
    """A new request: its card goes to the channel and waits for a decision."""
    card = Post(
        id=f"job:{job.id}:card", kind=PostKind.JOB_CARD, place=job.place, subject_id=job.id, due_at=now
    )
    return Moved(replace(job, state_since=now), (card,))


def approved(job: Job, by: str, now: datetime) -> Moved[Job]:
    """Somebody whom the policy allows said yes: the work begins at once."""
    return Moved(replace(_to(job, S.APPROVED, now), decided_by=by, decided_at=now, due_at=now))


def rejected(job: Job, by: str, reason: str, now: datetime) -> Moved[Job]:
    """Somebody whom the policy allows said no, and why; the requester is told in the card's thread."""
    post = _post(job, PostKind.JOB_REJECTED, now)
    return Moved(replace(_to(job, S.REJECTED, now), decided_by=by, decided_at=now, reason=reason), (post,))


def withdrawn(job: Job, now: datetime) -> Moved[Job]:
    """The requester took the request back before it was decided."""
    return Moved(_to(job, S.WITHDRAWN, now))


def cancel_asked(job: Job, by: str, now: datetime) -> Moved[Job]:
    """Somebody wants it stopped.

    What the provider has never seen ends here and now; anything else is due at once, so that the worker asks
    the provider.
    """
    if job.state is S.REQUESTED:
        return withdrawn(job, now)
    if job.state in ENDED:
        raise StaleState(f"This job has ended already: {job.state}.")
    if not job.seen_by_provider:
        return _ended(replace(job, cancel_asked_by=by), S.CANCELLED, now)
    return Moved(replace(job, cancel_asked_by=by, due_at=now, attempts=0))


def wished(job: Job, wish: Wish, now: datetime) -> Moved[Job]:
    """Somebody wants it to stand still, or to go on: the worker asks the provider at once."""
    fits = (S.QUEUED, S.RUNNING) if wish is Wish.PAUSE else (S.PAUSED,)
    if job.state not in fits or job.cancel_asked_by is not None:
        raise StaleState(f"This job is {job.state.value.replace('_', ' ')}; there is nothing to {wish}.")
    return Moved(replace(job, wish=wish, due_at=now, attempts=0))


def uploading(job: Job, now: datetime) -> Moved[Job]:
    """The job's files are on their way to the provider."""
    return Moved(replace(_to(job, S.UPLOADING, now), fault=""))


def sent(job: Job, sending: Sending) -> Moved[Job]:
    """So much of the file is at the provider."""
    if job.state is not S.UPLOADING:
        raise StaleState(f"This job is {job.state}; nothing is uploaded for it now.")
    return Moved(replace(job, sending=sending))


def uploaded(job: Job, file_id: str, now: datetime) -> Moved[Job]:
    """The provider has what was to be uploaded; the next step uploads the other file, or creates the job."""
    if job.state is not S.UPLOADING:
        raise StaleState(f"This job is {job.state}; nothing is uploaded for it now.")
    if job.training_file_id is None:
        job = replace(job, training_file_id=file_id)
    elif job.validation is not None:
        job = replace(job, validation=replace(job.validation, file_id=file_id))
    job = replace(job, sending=None, due_at=now, attempts=0, fault="")
    return Moved(job if job.to_upload else _to(job, S.CREATING, now))


def file_gone(job: Job, file_id: str, now: datetime) -> Moved[Job]:
    """The provider lost one of the files before the job existed: upload it once more."""
    if job.seen_by_provider:
        raise StaleState("This job may exist at the provider already.")
    job = replace(_to(job, S.UPLOADING, now), due_at=now)
    if job.validation is not None and job.validation.file_id == file_id:
        return Moved(replace(job, validation=replace(job.validation, file_id=None)))
    return Moved(replace(job, training_file_id=None))


def creating(job: Job) -> Moved[Job]:
    """Written before the one call that costs money: from here on the job may exist at the provider."""
    if job.state is not S.CREATING:
        raise StaleState(f"This job is {job.state}; it cannot be created now.")
    return Moved(replace(job, seen_by_provider=True))


def created(job: Job, provider: ProviderJob, now: datetime) -> Moved[Job]:
    """The provider has the job (just created, or found again by our id): follow it from here."""
    return observed(
        replace(
            _to(job, S.VALIDATING_FILES, now),
            provider_job_id=provider.id,
            waits_until=None,
            attempts=0,
            fault="",
        ),
        provider,
        now,
        timedelta(0),
    )


def observed(job: Job, provider: ProviderJob, now: datetime, rest: timedelta) -> Moved[Job]:
    """The provider was asked; an unknown status means that it is still going. Next look after `rest` at the latest."""
    if job.state not in FOLLOWED:
        raise StaleState(f"This job is {job.state}; nothing more is expected of the provider.")
    state = state_of(provider.status, job.state)
    training = _merged(job.training, provider.training)
    job = replace(job, training=training, attempts=0, fault="", due_at=now + rest)
    if state in _PROVIDER_ENDS:
        job = replace(
            job,
            fine_tuned_model=provider.fine_tuned_model,
            trained_tokens=provider.trained_tokens,
            cost_usd=_cost(job, provider.trained_tokens),
            error_code=provider.error_code,
            said=provider.error_message,
            advice=provider.advice,
            reading=provider.reading,
        )
        return _ended(job, state, now)
    if state not in TRANSITIONS[job.state]:  # the same again, or an order of states we have not seen before
        return Moved(job)
    return Moved(_to(job, state, now))


def never_created(job: Job, now: datetime) -> Moved[Job]:
    """Somebody cancelled while the outcome of the create call was unknown, and the provider has no such job."""
    return _ended(job, S.CANCELLED, now)


def lost(job: Job, now: datetime) -> Moved[Job]:
    """The provider no longer knows the job."""
    return _ended(job, S.LOST, now)


def refused(job: Job, *, code: str, said: str, advice: str, now: datetime) -> Moved[Job]:
    """The provider said no for good before or while the job was created."""
    return _ended(replace(job, error_code=code, said=said, advice=advice), S.FAILED, now)


def no_place(job: Job, sentence: str, until: datetime) -> Moved[Job]:
    """The provider takes no further job now: it waits here, and its card shows the time of the next try."""
    if job.state is not S.CREATING:
        raise StaleState(f"This job is {job.state}; it waits for no place.")
    return Moved(replace(job, fault=sentence, waits_until=until, due_at=until, attempts=0))


def delayed(job: Job, sentence: str, now: datetime, retry_after: float | None) -> Moved[Job]:
    """A fault that may pass: the same step once more, later; the card says so."""
    wait = timedelta(seconds=retry_after) if retry_after is not None else backoff(job.attempts)
    return Moved(
        replace(job, fault=sentence, waits_until=None, due_at=now + wait, attempts=job.attempts + 1)
        if job.state not in ENDED
        else job
    )


def state_of(status: str, current: JobState) -> JobState:
    """The state that a status of the provider means for a job in state `current`."""
    try:
        state = JobState(status)
    except ValueError:  # "pausing", or a word of tomorrow
        return current
    return state if state in FOLLOWED | _PROVIDER_ENDS else current


def _merged(old: Training, new: Training) -> Training:
    """The latest figure of each kind; a figure the provider left out stays as it was."""
    return Training(
        step=new.step if new.step is not None else old.step,
        total_steps=new.total_steps if new.total_steps is not None else old.total_steps,
        train_loss=new.train_loss if new.train_loss is not None else old.train_loss,
        valid_loss=new.valid_loss if new.valid_loss is not None else old.valid_loss,
        estimated_finish=new.estimated_finish or old.estimated_finish,
    )


def _cost(job: Job, trained_tokens: int | None) -> float | None:
    """What was billed: trained_tokens × price per million (facts: "training price x trained_tokens")."""
    price = job.estimate.price_per_million_usd
    if trained_tokens is None or price is None:
        return None
    return trained_tokens * price / 1_000_000


def _ended(job: Job, state: JobState, now: datetime) -> Moved[Job]:
    job = replace(_to(job, state, now), ended_at=now, wish=Wish.NONE, waits_until=None, due_at=None, fault="")
    return Moved(job, (_post(job, PostKind.JOB_ENDED, now),))


def _post(job: Job, kind: PostKind, now: datetime) -> Post:
    place = Place(job.place.workspace, job.place.channel_id)
    return Post(id=f"job:{job.id}:{kind.value}", kind=kind, place=place, subject_id=job.id, due_at=now)


def _to(job: Job, state: JobState, now: datetime) -> Job:
    if state not in TRANSITIONS[job.state]:
        raise StaleState(f"This job is {job.state}; it cannot become {state}.")
    return replace(job, state=state, state_since=now)
