"""What the services need from the outside, as Protocols; the adapters are in handlers, storage, bot.providers …."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from collections.abc import Mapping as Values
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from bot.domain.catalog import Format
from bot.domain.conversations import Conversation, Said, Turn
from bot.domain.dataset.compare import Difference
from bot.domain.dataset.convert import Example, Mapping, Part
from bot.domain.dataset.errands import Errand
from bot.domain.dataset.lifecycle import Dataset
from bot.domain.dataset.mend import Deed
from bot.domain.dataset.report import Report
from bot.domain.jobs import Hyperparameters, Job, JobState, ProviderJob, Sending
from bot.domain.policy import Member
from bot.domain.polling import Poll
from bot.domain.training import Checkpoint, Curve, Event, Point
from bot.domain.work import Moved, Place, Post

Row = TypeVar("Row")


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime: ...


class TokenCounter(Protocol):
    """Counts tokens exactly as one encoding does; text of reserved tokens counts as plain text."""

    encoding: str

    def count(self, text: str) -> int: ...

    def count_batch(self, texts: Sequence[str]) -> list[int]: ...


# ---- the database -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim(Generic[Row]):
    """A row that this worker alone works on until `until`; `token` proves it."""

    row: Row
    token: str
    until: datetime


class Rows(Protocol[Row]):
    """One kind of row with something to do: claimed by one worker at a time, changed by guarded updates."""

    async def get(self, row_id: str) -> Row | None:
        """The row as it is now, or None."""
        ...

    async def claim(self, now: datetime, lease: float) -> Claim[Row] | None:
        """The row longest due that nobody holds, held for `lease` seconds from `now`; None when there is none."""
        ...

    async def renew(self, row_id: str, token: str, now: datetime, lease: float) -> bool:
        """Hold the row for `lease` seconds more; False when the lease was lost to another worker."""
        ...

    async def release(self, row_id: str, token: str) -> None:
        """Let go of the row, if this token still holds it."""
        ...

    async def change(
        self, row_id: str, step: Callable[[Row], Moved[Row]], *, token: str | None = None
    ) -> Row:
        """Read the row, apply the pure step, save row and posts in one guarded transaction; gives the saved row.

        Read and tried again when another writer came between. With a `token` the save also demands that the
        lease still stands. In the same transaction every card that shows the row becomes due.

        Raises:
            NotFound: there is no such row.
            StaleState: the step does not fit the row any more, or the lease was lost.
        """
        ...


class DatasetStore(Rows[Dataset], Protocol):
    """Uploaded datasets."""

    async def add(self, moved: Moved[Dataset]) -> Dataset | None:
        """Save a new upload with the next version of its name in the channel, called as the last one was.

        None when this file in this channel is known already (the same upload told twice).
        """
        ...

    async def of_file(self, workspace: str, file_id: str) -> list[Dataset]:
        """Every dataset made of this Slack file, in whichever channel."""
        ...

    async def uses(self, path: str) -> bool:
        """Whether any dataset that is not deleted keeps its content at this path."""
        ...

    async def of_content(self, place: Place, sha256: str) -> list[Dataset]:
        """The channel's datasets with this content that are not deleted, oldest first."""
        ...

    async def listed(self, place: Place, limit: int = 20) -> list[Dataset]:
        """The channel's datasets that are not deleted, newest first."""
        ...


class ErrandStore(Rows[Errand], Protocol):
    """What people have done with datasets."""

    async def add(self, moved: Moved[Errand]) -> tuple[Errand, bool]:
        """Save a new wish, and True; the one saved earlier, and False, when its request_key is known already."""
        ...

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread."""
        ...


class JobStore(Rows[Job], Protocol):
    """Fine-tuning jobs."""

    async def add(self, moved: Moved[Job]) -> Job:
        """Save a new request; the job saved earlier when its request_key is known already."""
        ...

    async def listed(
        self, place: Place | None = None, states: frozenset[JobState] | None = None, limit: int = 20
    ) -> list[Job]:
        """Jobs, newest first: of one channel (or all), in some states (or any)."""
        ...

    async def tuned(self, workspace: str, limit: int = 100) -> list[Job]:
        """The succeeded jobs of a workspace, newest first: what its models came from."""
        ...

    async def followed(self, provider: str) -> list[Job]:
        """Every job that is under way at this provider."""
        ...

    async def running(self, provider: str) -> int:
        """How many jobs train at this provider now."""
        ...

    async def hasten(self, job_ids: Collection[str], now: datetime) -> None:
        """Make these jobs due, if they are still under way, would be so later, and no fault puts them off."""
        ...


class PollStore(Rows[Poll], Protocol):
    """The look over all live jobs of a provider, one row each."""

    async def add(self, poll: Poll) -> None:
        """Save it, unless the provider has one already."""
        ...


class CurveStore(Protocol):
    """The loss curves of jobs."""

    async def get(self, job_id: str) -> Curve:
        """What is kept of this job's curve; an empty one when nothing is."""
        ...

    async def save(self, job_id: str, curve: Curve) -> None:
        """Keep this instead."""
        ...


class ConversationStore(Protocol):
    """Conversations; the thread is found through the conversation's card."""

    async def add(self, moved: Moved[Conversation]) -> Conversation:
        """Save a new conversation; the one saved earlier when its request_key is known already."""
        ...

    async def get(self, row_id: str) -> Conversation | None: ...

    async def in_thread(self, place: Place) -> Conversation | None:
        """The conversation whose card is the root of this thread (`place.thread_ts`), or None."""
        ...

    async def opening(self, place: Place) -> bool:
        """Whether a conversation's card is on its way into this channel, its ts not yet known."""
        ...

    async def change(self, row_id: str, step: Callable[[Conversation], Moved[Conversation]]) -> Conversation:
        """As Rows.change."""
        ...


class TurnStore(Rows[Turn], Protocol):
    """Turns; only the oldest open turn of a conversation can be claimed."""

    async def add(self, turn: Turn) -> Turn | None:
        """Save a new turn; None when this message is known already."""
        ...

    async def of(self, conversation_id: str) -> list[Turn]:
        """The conversation so far, oldest first."""
        ...


class PostStore(Rows[Post], Protocol):
    """Posts; saving a subject makes its cards due, see Rows.change."""

    async def add(self, post: Post) -> bool:
        """Ask for a post; False when a post with this id is there already."""
        ...

    async def of(self, subject_id: str) -> list[Post]:
        """Every post that shows this subject."""
        ...


class Storage(Protocol):
    """The stores over one database."""

    datasets: DatasetStore
    errands: ErrandStore
    jobs: JobStore
    polls: PollStore
    curves: CurveStore
    conversations: ConversationStore
    turns: TurnStore
    posts: PostStore

    async def ping(self) -> None:
        """Raise Temporary when the database does not answer."""
        ...


# ---- Slack --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file as Slack describes it; sizes in bytes. `shares` maps channel id to the ts of the sharing message."""

    id: str
    name: str
    size: int
    mimetype: str
    filetype: str
    mode: str  # hosted, snippet, external, tombstone, hidden_by_limit, file_access …
    user_id: str
    url: str
    is_external: bool = False
    shares: dict[str, str] = field(default_factory=dict)


class Files(Protocol):
    """Files that people share in Slack."""

    async def info(self, file_id: str) -> SlackFile:
        """Look a file up.

        Raises:
            UnusableFile: Slack does not show it to us (deleted, hidden, no scope).
            SlackUnavailable: try again later.
        """
        ...

    async def download(self, file: SlackFile, to: Path, *, cap: int, on_bytes: Callable[[int], None]) -> int:
        """Stream the file to disk; gives its size in bytes.

        Raises:
            UnusableFile: external, a login page instead of the file, over `cap` bytes, cut short …
            SlackUnavailable: try again later.
        """
        ...


class Uploads(Protocol):
    """Files of our own that we put into threads. Each may raise SlackUnavailable or SlackRefused."""

    async def send(self, place: Place, path: Path, *, name: str, title: str, comment: str) -> str:
        """Share a file from disk in the thread, below `comment` (mrkdwn, escaped); gives its id in Slack."""
        ...

    async def find(self, place: Place, name: str, since: datetime, except_ids: Collection[str]) -> str | None:
        """The id of our own file of this name that stands in the thread since then; None when there is none.

        Those in `except_ids` are known to be others.
        """
        ...

    async def delete(self, file_id: str) -> None:
        """Take a file out of Slack if it is one of ours; one that a person shared is theirs and stays."""
        ...


Subject = Dataset | Job | Conversation | Errand | None


class Notifier(Protocol):
    """Makes our posts exist in Slack."""

    async def post(self, post: Post, subject: Subject) -> str:
        """Post it; gives the message's ts. Raises SlackUnavailable or SlackRefused."""
        ...

    async def redraw(self, post: Post, subject: Subject) -> None:
        """Edit the posted message so that it shows the subject as it is now."""
        ...

    async def find(self, post: Post) -> str | None:
        """The ts of the message, if a post that was begun really reached Slack; None if not."""
        ...


class Answer(Protocol):
    """One answer on its way into a thread."""

    @property
    def ts(self) -> str:
        """The message that takes the answer."""
        ...

    async def append(self, text: str) -> None:
        """More of the answer, as Markdown of the model; hostile text."""
        ...

    async def finish(self, note: str = "") -> None:
        """The end; `note` is our own sentence below the answer."""
        ...


class Voice(Protocol):
    """Says a model's answers in threads, streaming where Slack lets it."""

    async def begin(self, turn: Turn) -> Answer:
        """A message that takes the answer to this turn: the earlier one (`turn.answer_ts`) if it exists."""
        ...

    async def find(self, turn: Turn) -> str | None:
        """The ts of an answer that was begun (`turn.begun_at`) and whose ts was not saved; None if there is none."""
        ...

    async def say(self, turn: Turn, sentence: str) -> None:
        """A sentence of our own instead of an answer, into the turn's answer message or thread."""
        ...


class People(Protocol):
    """Who somebody is, as Slack says; cached for minutes."""

    async def member(self, user_id: str) -> Member: ...


# ---- validation ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a validation is: bytes read of all, examples and problems so far."""

    done_bytes: int
    total_bytes: int
    examples: int
    problems: int


class Validation(Protocol):
    """Runs the pure checks over a file of any size, off the event loop."""

    async def validate(
        self, path: Path, *, name: str, on_progress: Callable[[Progress], None] | None = None
    ) -> Report:
        """Read the whole file and report. Raises Temporary when a worker died; cancelling stops the work."""
        ...


# ---- the workshop -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mended:
    """So many examples were kept; `deeds` is what was done, empty when there was nothing to do."""

    kept: int
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """So many examples were written; `left_out` counts rows by why they were not."""

    examples: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class Parted:
    """How many examples each part has."""

    training: int
    validation: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A file's columns, what they are taken for (None: no telling), and what its first rows would become.

    `sheet` is the sheet that is read of a spreadsheet.
    """

    columns: tuple[str, ...]
    mapping: Mapping | None
    examples: tuple[Example, ...] = ()
    sheet: str = ""


class Workshop(Protocol):
    """Makes files of datasets, off the event loop; cancelling stops the work.

    Each may raise BadInput (it cannot be done with this file; the sentence says why), UnusableFile (the file cannot
    be read) or Temporary.
    """

    async def mend(self, source: Path, target: Path, expected: Format | None) -> Mended:
        """Write the lines of a file of one format (None: the one its lines have), mended."""
        ...

    async def convert(self, source: Path, target: Path, mapping: Mapping) -> Converted:
        """Write the examples that the rows of a file become."""
        ...

    async def split(
        self, source: Path, training: Path, validation: Path, *, share: float, seed: int
    ) -> Parted:
        """Write a dataset as two, `share` of it for validation."""
        ...

    async def compare(self, old: Path, new: Path) -> Difference:
        """What changed from one dataset to another."""
        ...

    async def table(self, source: Path, report: Report, target: Path) -> int:
        """Write the whole report on a file as CSV; gives the number of problems in it."""
        ...

    async def chart(self, report: Report, limit: int, target: Path) -> None:
        """Draw how many tokens the examples have, as PNG; `limit` is what models take of one."""
        ...

    async def preview(self, source: Path, columns: Values[Part, str]) -> Preview:
        """What the columns of a file are taken for (as given, else guessed), from its first rows only."""
        ...


# ---- the fine-tuning provider -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProviderFile:
    """A file at the provider; `ready` when jobs may use it, `error` its words when it never will be."""

    id: str
    filename: str
    size: int
    ready: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class ProviderModel:
    """A model the provider lists now; `shutdown_date` ISO date or empty."""

    id: str
    owned_by: str
    shutdown_date: str = ""


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What the create call asks for; `our_id` goes into the metadata.

    `model` is a base model or a tuned one to go on from. `wandb_project` empty: nothing is reported to W&B.
    """

    our_id: str
    model: str
    training_file_id: str
    method: str  # supervised | preference | reinforcement
    suffix: str
    hyperparameters: Hyperparameters
    seed: int | None
    validation_file_id: str | None = None
    wandb_project: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest jobs of the server by their ids there; `complete` when it has no others."""

    jobs: Values[str, ProviderJob]
    complete: bool


class Provider(Protocol):
    """A server that speaks the OpenAI fine-tuning API, under one profile.

    Every call may raise ProviderUnavailable (try later) or ProviderRefused (final).
    """

    name: str
    can_pause: bool

    async def find_file(self, filename: str, size: int) -> ProviderFile | None:
        """A usable training file of ours with this name and size, from an earlier upload; None if there is none."""
        ...

    async def upload(
        self, path: Path, filename: str, *, begun: Sending | None, keep: Callable[[Sending], Awaitable[None]]
    ) -> ProviderFile:
        """Stream a training file from disk to the provider; a large one in parts.

        `keep` is awaited every few seconds and after each part, with how far it is; what it raises ends the upload.
        With `begun`, the last that an earlier try kept, an upload in parts goes on behind its last whole part.
        """
        ...

    async def file(self, file_id: str) -> ProviderFile | None:
        """The file as it is now; None when the provider does not know it."""
        ...

    async def delete_files(self, ending: str) -> int:
        """Delete every training file whose name ends so; gives how many there were."""
        ...

    async def create_job(self, order: JobOrder) -> ProviderJob:
        """Create the job: one attempt, never retried below this call.

        May raise UnknownOutcome, and LimitReached when the provider takes no further job on this model now.
        """
        ...

    async def find_job(self, our_id: str) -> ProviderJob | None:
        """The job that carries our id in its metadata, or None."""
        ...

    async def first_job(self, model: str, since: datetime) -> datetime | None:
        """When the oldest job on this model that was created after `since` was created; None if there is none."""
        ...

    async def jobs(self, wanted: Collection[str]) -> Listing:
        """The newest jobs as its list shows them, without training figures.

        Reads until every `wanted` one (an id there) was seen, but no more pages of 100 than these would fill.
        """
        ...

    async def job(self, provider_job_id: str) -> ProviderJob | None:
        """The job with its latest training figures; None when the provider no longer knows it."""
        ...

    async def figures(self, job: ProviderJob) -> ProviderJob:
        """A job that the list showed, with its latest training figures."""
        ...

    async def cancel_job(self, provider_job_id: str) -> ProviderJob:
        """Ask to cancel; gives the job as the provider then shows it. A job that ended already is just shown."""
        ...

    async def pause_job(self, provider_job_id: str) -> ProviderJob:
        """Ask to let it stand still; gives the job as the provider then shows it, paused or not."""
        ...

    async def resume_job(self, provider_job_id: str) -> ProviderJob:
        """Ask to let a paused job go on; gives the job as the provider then shows it."""
        ...

    async def events(self, provider_job_id: str, limit: int) -> list[Event]:
        """What the provider told of the job, newest first. ProviderRefused when it tells nothing."""
        ...

    async def checkpoints(self, provider_job_id: str) -> list[Checkpoint]:
        """The models kept from the middle of the training, by step. ProviderRefused when it keeps none."""
        ...

    async def results(self, file_id: str) -> list[Point]:
        """The losses in a result file, step by step; none when it holds no table of losses."""
        ...

    async def models(self) -> list[ProviderModel]:
        """Every model the key may use."""
        ...

    def chat(
        self, model: str, messages: Sequence[Said], *, max_tokens: int
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """A streamed answer: pieces of text as they come; closing the context ends the request."""
        ...


class Reporter(Protocol):
    """Logs with fields; dataset text and secrets never go here."""

    def info(self, event: str, **fields: Any) -> None: ...

    def warning(self, event: str, **fields: Any) -> None: ...

    def error(self, event: str, **fields: Any) -> None: ...

    def exception(self, event: str, **fields: Any) -> None: ...
