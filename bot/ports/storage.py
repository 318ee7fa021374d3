"""The database as the services see it: stores of frozen domain objects; no table, no SQL."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from bot.domain.audit import Entry
from bot.domain.budgets import Budget, Funds, Standing
from bot.domain.chores import Chore
from bot.domain.comparisons import Ballot, Tally
from bot.domain.conversations import Conversation, Turn
from bot.domain.dataset.errands import Errand
from bot.domain.dataset.lifecycle import Dataset
from bot.domain.ground import DatasetGround, Ground, JobGround, ModelGround
from bot.domain.jobs import Job, JobState
from bot.domain.pictures import Picture
from bot.domain.policy import Policy
from bot.domain.polling import Poll
from bot.domain.training import Curve
from bot.domain.work import Moved, Place, Post

Row = TypeVar("Row")


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
        """Read the row, apply the pure step, save row, posts and audit in one guarded transaction; gives the saved row.

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

    async def decide(
        self, dataset_id: str, step: Callable[[Dataset, DatasetGround], Moved[Dataset]]
    ) -> Dataset:
        """As `change`, with a step that also sees what holds; until it is saved, nobody else decides."""
        ...

    async def retitle(
        self, place: Place, step: Callable[[list[Dataset], Ground], Iterable[Moved[Dataset]]]
    ) -> None:
        """Save the titles that the pure step gives to the channel's datasets that are not deleted, newest first."""
        ...

    async def of_file(self, workspace: str, file_id: str) -> list[Dataset]:
        """Every dataset made of this Slack file, in whichever channel."""
        ...

    async def uses(self, path: str) -> bool:
        """Whether any dataset that is not deleted keeps its content at this path."""
        ...

    async def in_workspace(self, workspace: str) -> list[Dataset]:
        """Every dataset of a workspace that is not deleted."""
        ...

    async def with_old_words(self, before: datetime) -> list[Dataset]:
        """Those uploaded before then whose report still tells what it found line by line."""
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

    async def of_dataset(self, dataset_id: str) -> list[Errand]:
        """What people had done with a dataset, oldest first."""
        ...

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread, or may have been."""
        ...


class JobStore(Rows[Job], Protocol):
    """Fine-tuning jobs."""

    async def add(self, moved: Moved[Job], check: Callable[[JobGround], None] = ...) -> Job:
        """Save a new request; the job saved earlier when its request_key is known already.

        What `check` raises about that on which the request rests keeps it from being saved.
        """
        ...

    async def listed(
        self, place: Place | None = None, states: frozenset[JobState] | None = None, limit: int = 20
    ) -> list[Job]:
        """Jobs, newest first: of one channel (or all), in some states (or any)."""
        ...

    async def decide(
        self, job_id: str, step: Callable[[Job, JobGround], Moved[Job]], *, token: str | None = None
    ) -> Job:
        """As `change`, with a step that also sees what holds: rules, money, what was approved lately.

        Two such steps in one workspace never run at once, on however many replicas: the second sees the first.
        """
        ...

    async def of_month(self, workspace: str, month: str, channel_id: str = "", limit: int = 20) -> list[Job]:
        """The newest jobs that take money of this month; without a channel those of the whole workspace."""
        ...

    async def tuned(self, workspace: str, limit: int = 100) -> list[Job]:
        """The succeeded jobs of a workspace, newest first: what its models came from."""
        ...

    async def called(self, workspace: str, name: str) -> list[Job]:
        """Of those, the ones that may go by this name, in lower case, however old they are; newest first."""
        ...

    async def rename(self, job_id: str, step: Callable[[Job, ModelGround], Moved[Job]]) -> Job:
        """As `decide`, with a step that sees the other models of the workspace, to give this one an alias."""
        ...

    async def of_provider(self, provider_job_id: str) -> Job | None:
        """The job that the provider knows by this id."""
        ...

    async def ended_since(self, place: Place, begin: datetime, end: datetime) -> list[Job]:
        """The channel's jobs that ended from `begin` until before `end`, oldest first."""
        ...

    async def of_content(self, sha256_begin: str) -> list[Job]:
        """The jobs of all workspaces that train on a content whose hash begins so, or validate on it."""
        ...

    async def live_in(self, workspace: str) -> list[Job]:
        """Every job of a workspace that has not ended."""
        ...

    async def followed(self, provider: str) -> list[Job]:
        """Every job that is under way at this provider."""
        ...

    async def running(self, provider: str) -> int:
        """How many jobs train at this provider now."""
        ...

    async def next_in_queue(self, provider: str, model: str, now: datetime) -> None:
        """Make the job due that waits longest for a free place to train this model.

        Those that a worker tries to create right now get a new due time too, from which the worker sees that a
        place became free after it had asked.
        """
        ...

    async def hasten(self, job_ids: Collection[str], now: datetime, *, again: bool = False) -> None:
        """Make these jobs due, if they are still under way, would be so later, and no fault puts them off.

        With `again`, one that a worker looks at right now gets a new due time too, from which the worker sees that
        it has to look once more.
        """
        ...


class ChoreStore(Rows[Chore], Protocol):
    """What is done again and again."""

    async def add(self, chore: Chore) -> None:
        """Save it, unless it is there already."""
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

    async def of(self, job_ids: Collection[str]) -> dict[str, Curve]:
        """What is kept of the curves of these jobs, by their ids."""
        ...

    async def holding(self, model: str) -> dict[str, Curve]:
        """The curves that may have a checkpoint of this name, in whatever case, by their jobs' ids."""
        ...

    async def save(self, job_id: str, curve: Curve, *, ends: bool = False) -> None:
        """Keep this instead, and have its picture looked at; `ends`: the provider has ended the job."""
        ...


class PictureStore(Rows[Picture], Protocol):
    """Pictures of loss curves; saving a curve adds its picture and makes it due."""


class ConversationStore(Protocol):
    """Conversations; the thread is found through the conversation's card."""

    async def add(self, moved: Moved[Conversation]) -> Conversation:
        """Save a new conversation; the one saved earlier when its request_key is known already."""
        ...

    async def get(self, row_id: str) -> Conversation | None: ...

    async def in_thread(self, place: Place) -> Conversation | None:
        """The conversation whose card is the root of this thread (`place.thread_ts`), or None."""
        ...

    async def bound_to(self, model: str) -> list[Conversation]:
        """The conversations and comparisons with this model, those that have ended too."""
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


class BallotStore(Rows[Ballot], Protocol):
    """Ballots; one that waits can be claimed when no turn of its message is open.

    Whenever votes change, the conversation's revision counts up and its card becomes due in the same transaction.
    """

    async def ask(self, ballot: Ballot, turns: Collection[Turn]) -> bool:
        """Save a message's turns and their ballot together; False when the message is known already."""
        ...

    async def tally(self, conversation_id: str) -> Tally:
        """The votes of a conversation so far."""
        ...


class PostStore(Rows[Post], Protocol):
    """Posts; saving a subject makes its cards due, see Rows.change."""

    async def add(self, post: Post) -> bool:
        """Ask for a post; False when a post with this id is there already."""
        ...

    async def of(self, subject_id: str) -> list[Post]:
        """Every post that shows this subject."""
        ...

    async def redraw(self, subject_id: str) -> None:
        """Have every card of this subject drawn anew, though the subject did not change."""
        ...


class BudgetStore(Protocol):
    """Budgets of channels and workspaces, and how they stand."""

    async def change(self, budget: Budget, step: Callable[[Budget, Ground], Moved[Budget]]) -> Budget:
        """Apply the pure step to the budget of this channel or workspace as it is now, and save it with its audit.

        `budget` only names which; the step sees the rules that hold there. While it is saved, nobody else decides.
        In the same transaction the cards of all jobs that wait become due.
        """
        ...

    async def standings(self, place: Place, month: str) -> tuple[Standing, Standing]:
        """How the channel and the workspace stand in this month ("2026-11"), with or without a limit."""
        ...

    async def funds(self, job: Job) -> Funds:
        """The budgets with a limit under which this job stands, as they are without it."""
        ...


class PolicyStore(Protocol):
    """The rules of channels and workspaces that have some of their own."""

    async def of(self, place: Place) -> tuple[Policy | None, Policy | None]:
        """The rules of the channel and those of its workspace, where they have any of their own."""
        ...

    async def change(
        self, place: Place, step: Callable[[Policy | None, Ground], Moved[Policy | None]]
    ) -> Policy | None:
        """Apply the pure step to the rules of this channel, or with no `channel_id` of the workspace.

        The step sees the workspace's rules too; while it is saved, nobody else decides. None: it has none of its own.
        Waiting jobs and their cards become due in the same transaction.
        """
        ...


class AuditStore(Protocol):
    """What is kept for good; entries of a change come with it, see Moved.entries."""

    async def add(self, entry: Entry) -> None:
        """Keep what changed no row of ours, e.g. that somebody read the audit."""
        ...

    async def listed(
        self, workspace: str, begin: datetime | None = None, end: datetime | None = None
    ) -> list[Entry]:
        """The workspace's entries from `begin` until before `end`, in the order in which they were kept."""
        ...


class PlaceStore(Protocol):
    """Where there is anything of ours."""

    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        """The ids of all channels of a workspace to which something belongs.

        Of direct messages only those in which this person shared or began something.
        """
        ...


class WordStore(Protocol):
    """Forgets words of people."""

    async def of_dataset(self, dataset_id: str) -> bool:
        """Forget what the conversations with models trained on it hold: its prompt, their questions and answers.

        True while an answer is still to be written there: then once more, later.
        """
        ...

    async def of_chats_before(self, when: datetime) -> int:
        """Forget the questions and answers of chats from before then; gives how many there were."""
        ...

    async def of_workspace(self, workspace: str) -> None:
        """Remove the workspace's conversations, and have nothing more said there."""
        ...

    async def wipe(self) -> None:
        """Overwrite what was forgotten where the database would keep it for a while."""
        ...


class Storage(Protocol):
    """The stores over one database."""

    datasets: DatasetStore
    errands: ErrandStore
    jobs: JobStore
    polls: PollStore
    chores: ChoreStore
    curves: CurveStore
    pictures: PictureStore
    conversations: ConversationStore
    turns: TurnStore
    ballots: BallotStore
    posts: PostStore
    audit: AuditStore
    budgets: BudgetStore
    policies: PolicyStore
    words: WordStore
    places: PlaceStore

    async def wake(self, now: datetime, channel: Place | None = None) -> None:
        """Make everything due that a fault put off: all of it, or what belongs to this channel."""
        ...

    async def ping(self) -> None:
        """Raise Temporary when the database does not answer."""
        ...
