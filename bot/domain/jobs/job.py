"""What a fine-tuning job is: its record, its states and which may follow which; transitions.py moves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.jobs.training import Event, Point
from bot.domain.money import Money, of_dollars
from bot.domain.places import Place
from bot.domain.pricing import Estimate


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
    CLOSED = "closed"  # the provider takes no new jobs from this organisation


S = JobState
FOLLOWED = frozenset({S.VALIDATING_FILES, S.QUEUED, S.RUNNING, S.PAUSED})
ENDED = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.WITHDRAWN, S.LOST, S.CLOSED})
LIVE = frozenset(S) - ENDED
PROVIDER_ENDS = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    S.REQUESTED: frozenset({S.APPROVED, S.REJECTED, S.EXPIRED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.UPLOADING, S.FAILED, S.CLOSED, S.CANCELLED}),
    S.UPLOADING: frozenset({S.CREATING, S.FAILED, S.CLOSED, S.CANCELLED}),
    S.CREATING: frozenset({S.UPLOADING, S.VALIDATING_FILES, S.FAILED, S.CLOSED, S.CANCELLED}),
    S.VALIDATING_FILES: frozenset({S.QUEUED, S.RUNNING, S.PAUSED, S.LOST}) | PROVIDER_ENDS,
    S.QUEUED: frozenset({S.VALIDATING_FILES, S.RUNNING, S.PAUSED, S.LOST}) | PROVIDER_ENDS,
    S.RUNNING: frozenset({S.QUEUED, S.PAUSED, S.LOST}) | PROVIDER_ENDS,
    S.PAUSED: frozenset({S.QUEUED, S.RUNNING, S.LOST}) | PROVIDER_ENDS,
} | {ended: frozenset() for ended in ENDED}


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What the requester chose; None is the provider's "auto"."""

    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    beta: float | None = None


@dataclass(frozen=True, slots=True)
class ValidationDataset:
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
class Approval:
    """One person's yes to a request."""

    by: str
    at: datetime


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
class ModelDeletion:
    """Who wants the tuned model deleted at the provider; `done_at` once it is gone there."""

    by: str
    asked_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LossChartFiles:
    """The picture of a loss curve as a file in Slack; `says` is the same in words.

    `last`: drawn after the job's end, so that the whole curve is in it.
    """

    file_id: str
    says: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the thread of a job's card was told: how many messages of a kind, which events, up to which checkpoint."""

    posts: Mapping[str, int] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    checkpoint: int = 0
    checkpoint_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """How far the training is, as the provider last told; any figure may be missing.

    `first_loss` is the training loss with which it began.
    """

    step: int | None = None
    total_steps: int | None = None
    train_loss: float | None = None
    valid_loss: float | None = None
    estimated_finish: datetime | None = None
    first_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Our record of one fine-tuning job.

    `request_key` names the form submission it came from, so that the same submission is one job.
    `decided_by` is whose yes or no decided it, empty when the policy approved it by itself; `approvals` are all who
    said yes, and `expires_at` is until when a request waits for them.
    `place` is where the card stands. `model` is what is trained: a base model, or a tuned one that goes on.
    `went_on_from` is what that tuned model was called then, empty for a base model; `alias` is what people call the
    model of this job. `wandb_project` is where the provider reports the curves, if anywhere. `seen_by_provider` is
    true from the moment before the create call: from then on the job may exist at the provider even without a
    `provider_job_id`.
    `sent_at` is when the provider first had one of its files.
    `trained_tokens` and `cost_usd` are the provider's figures after the end; `said` are its own words.
    `reading` is what its loss curve suggests, `picture` shows it, `story` is what the card's thread knows.
    `waits_until` is the next try of a job for which the provider had no
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
    validation: ValidationDataset | None = None
    wandb_project: str = ""
    went_on_from: str = ""
    state: JobState = JobState.REQUESTED
    state_since: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    expires_at: datetime | None = None
    edited_at: datetime | None = None
    reminded_at: datetime | None = None
    reason: str = ""
    training_file_id: str | None = None
    sent_at: datetime | None = None
    sending: Sending | None = None
    seen_by_provider: bool = False
    provider_job_id: str | None = None
    training: Training = field(default_factory=Training)
    fine_tuned_model: str | None = None
    alias: str | None = None
    model_deletion: ModelDeletion | None = None
    trained_tokens: int | None = None
    cost_usd: float | None = None
    error_code: str = ""
    said: str = ""
    advice: str = ""
    reading: str = ""
    picture: LossChartFiles | None = None
    story: Told = field(default_factory=Told)
    cancel_asked_by: str | None = None
    wish: Wish = Wish.NONE
    ended_at: datetime | None = None
    waits_until: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    fault: str = ""
    revision: int = 0

    @property
    def cost(self) -> Money | None:
        """What the provider billed; None while it has told nothing."""
        return None if self.cost_usd is None else of_dollars(self.cost_usd)

    @property
    def title(self) -> str:
        """What people call it: its model's alias, else the suffix when one was given, else the dataset's name."""
        return title_of(self.alias, self.suffix, self.dataset_name)

    @property
    def card_id(self) -> str:
        """The id of the message that is its card."""
        return f"job:{self.id}:card"

    @property
    def to_upload(self) -> Material | None:
        """What the provider has to be given next; None when it has everything that the job needs."""
        if self.training_file_id is None:
            return Material(self.dataset_id, self.dataset_name, self.dataset_sha256)
        validation = self.validation
        if validation is None or validation.file_id is not None:
            return None
        return Material(validation.dataset_id, validation.name, validation.sha256)


_STANDS = {
    JobState.REQUESTED: "waits for a decision",
    JobState.APPROVED: "is approved and starting",
    JobState.UPLOADING: "is sending its dataset",
    JobState.CREATING: "is starting at the provider",
    JobState.VALIDATING_FILES: "is having its files checked by the provider",
    JobState.QUEUED: "waits in the provider's queue",
    JobState.RUNNING: "is training",
    JobState.PAUSED: "is paused",
    JobState.SUCCEEDED: "has succeeded",
    JobState.FAILED: "has failed",
    JobState.CANCELLED: "was cancelled",
    JobState.REJECTED: "was rejected",
    JobState.EXPIRED: "has ended, as nobody decided in time",
    JobState.WITHDRAWN: "was withdrawn",
    JobState.LOST: "got lost at the provider",
    JobState.CLOSED: "was not trained, as the provider takes no new jobs",
}


def how_it_stands(job: Job) -> str:
    """As in "this job …"."""
    return _STANDS[job.state]


def title_of(alias: str | None, suffix: str, dataset_name: str) -> str:
    """What people call a job and its model."""
    return alias or suffix or dataset_name.rsplit(".", 1)[0]


@dataclass(frozen=True, slots=True)
class ProviderJob:
    """What the provider says of a job at one moment; `status` may be a word that we do not know.

    `advice` is the adapter's sentence on what an error means and what to do about it. `points` and `events` are the
    newest losses and the newest other things that it told, `result_files` the ids of those that it left at the end,
    `reading` what they suggest.
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
    events: tuple[Event, ...] = ()
    result_files: tuple[str, ...] = ()
    reading: str = ""
    finished_at: datetime | None = None


def state_of(status: str, current: JobState) -> JobState:
    """The state that a status of the provider means for a job in state `current`."""
    try:
        state = JobState(status)
    except ValueError:  # "pausing", or a word of tomorrow
        return current
    return state if state in FOLLOWED | PROVIDER_ENDS else current
