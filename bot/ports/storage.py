"""The database as the services see it: stores of frozen domain objects; no table, no SQL."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from bot.domain.access import Sight
from bot.domain.approvals.decisions import Basis, ChatBasis, DatasetBasis, JobBasis, ModelBasis, Pause
from bot.domain.audit import Entry
from bot.domain.budgets import Budget, Funds, Standing
from bot.domain.chats import Conversation, Early, Turn
from bot.domain.comparisons import Ballot, Tally
from bot.domain.datasets.lifecycle import Dataset, Label
from bot.domain.jobs.job import Job
from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.polling import Poll
from bot.domain.jobs.training import Curve
from bot.domain.models import Named, Share
from bot.domain.outbox import OutboxMessage
from bot.domain.periodic import PeriodicTask
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.transforms.lifecycle import Transform
from bot.domain.work_queue import Transition

Row = TypeVar("Row")
Found_co = TypeVar("Found_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Claim(Generic[Row]):
    """A row that this worker alone works on until `until`; `token` proves it."""

    row: Row
    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, in its order, and how many the whole list has."""

    rows: tuple[Row, ...]
    total: int

    def beyond(self, shown: int) -> int:
        """How many of the list do not stand among the first `shown` of these."""
        return self.total - min(shown, len(self.rows))


class Seen(Protocol[Found_co]):
    """Rows that people look up: nobody is given what is not in their sight.

    Everything else that a store gives is for work that no person looks at, or of a place that was looked at before.
    """

    async def seen(self, sight: Sight, row_id: str) -> Found_co | None:
        """The row as it is now; None when there is none, and when it is not in sight."""
        ...


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
        self, row_id: str, step: Callable[[Row], Transition[Row]], *, token: str | None = None
    ) -> Row:
        """Read the row, apply the step, save row, messages and audit in one guarded transaction; gives the saved row.

        Read and tried again when another writer came between. With a `token` the save also demands that the
        lease still stands. In the same transaction every card that shows the row becomes due.

        Raises:
            NotFound: there is no such row.
            StaleState: the step does not fit the row any more, or the lease was lost.
        """
        ...


class Ruled(Protocol[Row]):
    """Rows on which people decide where nothing but the rules matters."""

    async def ruled(self, row_id: str, step: Callable[[Row, Basis], Transition[Row]]) -> Row:
        """As Rows.change, with a step that also sees the rules that hold; until it is saved, nobody else decides."""
        ...


class DatasetStore(Rows[Dataset], Seen[Dataset], Protocol):
    """Uploaded datasets."""

    async def add(self, moved: Transition[Dataset]) -> Dataset | None:
        """Save a new upload with the next version of its name in the channel, called as the last one was.

        None when this file in this channel is known already (the same upload told twice).
        """
        ...

    async def decide(
        self, dataset_id: str, step: Callable[[Dataset, DatasetBasis], Transition[Dataset]]
    ) -> Dataset:
        """As `change`, with a step that also sees what holds; until it is saved, nobody else decides."""
        ...

    async def retitle(
        self, place: Place, step: Callable[[list[Dataset], Basis], Iterable[Transition[Dataset]]]
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

    async def listed(self, sight: Sight, limit: int, *, ready: bool = False) -> Page[Dataset]:
        """The datasets in sight that are not deleted, newest first; `ready`: that can be trained on."""
        ...

    async def labels(self, sight: Sight) -> list[Label]:
        """What all of these are called, newest first."""
        ...

    async def of_name(self, sight: Sight, name: str) -> list[Dataset]:
        """Of these all versions of one: those whose file is called so, newest first."""
        ...


class TransformStore(Rows[Transform], Protocol):
    """What people have done with datasets."""

    async def add(self, moved: Transition[Transform]) -> tuple[Transform, bool]:
        """Save a new wish, and True; the one saved earlier, and False, when its request_key is known already."""
        ...

    async def of_dataset(self, dataset_id: str) -> list[Transform]:
        """What people had done with a dataset, oldest first."""
        ...

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread, or may have been."""
        ...


class JobStore(Rows[Job], Seen[Job], Protocol):
    """Fine-tuning jobs, and the models that they leave.

    A model is in sight where its job is, and where it was shared; a job itself is not shared.
    """

    async def add(self, moved: Transition[Job], check: Callable[[JobBasis], None] = ...) -> Job:
        """Save a new request; the job saved earlier when its request_key is known already.

        What `check` raises about that on which the request rests keeps it from being saved.
        """
        ...

    async def listed(self, sight: Sight, limit: int, asked_by: str = "") -> Page[Job]:
        """The jobs in sight, newest first; those that one person asked for, if named."""
        ...

    async def names(self, sight: Sight) -> list[Named]:
        """What the jobs in sight are called, newest first."""
        ...

    async def model(self, sight: Sight, job_id: str) -> Job | None:
        """The succeeded job whose model is in sight."""
        ...

    async def models(
        self,
        sight: Sight,
        limit: int,
        begin: int = 0,
        *,
        there: bool = False,
        provider: str = "",
        bases: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> Page[Job]:
        """The succeeded jobs whose models are in sight, newest first, from the one with the number `begin` on.

        What was deleted stands at the end. `there`: only models that nobody had deleted; `provider`: only those at
        this one, `bases`: only those that came from these base models, `without`: none of those.
        """
        ...

    async def model_names(self, sight: Sight) -> list[Named]:
        """What all of these are called, newest first."""
        ...

    async def share(
        self,
        job_id: str,
        step: Callable[[Job, tuple[Share, ...], Basis], tuple[Transition[Job], tuple[Share, ...]]],
    ) -> Job:
        """As `decide`, with a step that says with which channels the model of a job is shared."""
        ...

    async def shares(self, job_id: str) -> tuple[Share, ...]:
        """With which channels the model of this job is shared, by whom."""
        ...

    async def decide(
        self, job_id: str, step: Callable[[Job, JobBasis], Transition[Job]], *, token: str | None = None
    ) -> Job:
        """As `change`, with a step that also sees what holds: rules, money, what was approved lately.

        Two such steps in one workspace never run at once, on however many replicas: the second sees the first.
        """
        ...

    async def of_month(self, sight: Sight, month: str, limit: int) -> Page[Job]:
        """The jobs in sight that take money of this month, newest first."""
        ...

    async def rename(self, job_id: str, step: Callable[[Job, ModelBasis], Transition[Job]]) -> Job:
        """As `decide`, with a step that sees the other models of the workspace, to give this one an alias."""
        ...

    async def of_provider(self, provider_job_id: str) -> Job | None:
        """The job that the provider knows by this id."""
        ...

    async def waiting(self, place: Place) -> list[Job]:
        """The channel's requests on which nobody has decided, newest first."""
        ...

    async def left_models(self, place: Place) -> list[Job]:
        """The channel's succeeded jobs whose models nobody had deleted, newest first."""
        ...

    async def using(self, dataset_id: str) -> Job | None:
        """A job that has not ended and trains or validates on this dataset."""
        ...

    async def needing(self, sha256: str) -> Job | None:
        """A job that has not ended and trains or validates on this content, in whatever workspace."""
        ...

    async def uploading(self, sha256: str) -> list[Job]:
        """The jobs that are uploading and have this content among what they need."""
        ...

    async def last_answered(self, provider: str) -> Job | None:
        """The newest job that this provider created, or refused since it takes no more."""
        ...

    async def trained_since(self, model: str, since: datetime) -> bool:
        """Whether the model that the provider calls so was trained since then."""
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


class PeriodicTaskStore(Rows[PeriodicTask], Ruled[PeriodicTask], Protocol):
    """What is done again and again."""

    async def add(self, task: PeriodicTask) -> None:
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


class LossChartStore(Rows[LossChart], Protocol):
    """Pictures of loss curves; saving a curve adds its picture and makes it due."""


class ConversationStore(Seen[Conversation], Ruled[Conversation], Protocol):
    """Conversations; the thread is found through the conversation's card."""

    async def add(self, moved: Transition[Conversation]) -> Conversation:
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

    async def change(
        self, row_id: str, step: Callable[[Conversation], Transition[Conversation]]
    ) -> Conversation:
        """As Rows.change."""
        ...


class TurnStore(Rows[Turn], Protocol):
    """Turns; only the oldest open turn of a conversation can be claimed."""

    async def add(self, turn: Turn) -> Turn | None:
        """Save a new turn; None when this message is known already."""
        ...

    async def spend(
        self, turn_id: str, step: Callable[[Turn, ChatBasis], Transition[Turn]], *, token: str | None = None
    ) -> Turn:
        """As `change`, with a step that also sees the rules, the money and what the person asked lately.

        Two such steps in one workspace never run at once, on however many replicas: the second sees the first.
        """
        ...

    async def of(self, conversation_id: str) -> list[Turn]:
        """The conversation so far, oldest first."""
        ...


class EarlyStore(Rows[Early], Protocol):
    """Messages that wait for their thread; claimed once its card is known, or no card is on its way any more."""

    async def add(self, early: Early) -> None:
        """Keep it, unless this message is kept already."""
        ...

    async def drop(self, row_id: str) -> None:
        """Forget it: it has found its place, or has none."""
        ...


class BallotStore(Rows[Ballot], Seen[Ballot], Ruled[Ballot], Protocol):
    """Ballots; one that waits can be claimed when no turn of its message is open.

    Whenever votes change, the conversation's revision counts up and its card becomes due in the same transaction.
    """

    async def ask(self, ballot: Ballot, turns: Collection[Turn]) -> bool:
        """Save a message's turns and their ballot together; False when the message is known already."""
        ...

    async def tally(self, conversation_id: str) -> Tally:
        """The votes of a conversation so far."""
        ...


class OutboxStore(Rows[OutboxMessage], Protocol):
    """Our messages; saving a subject makes its cards due, see Rows.change."""

    async def add(self, message: OutboxMessage) -> bool:
        """Ask for a message; False when one with this id is there already."""
        ...

    async def of(self, subject_id: str) -> list[OutboxMessage]:
        """Every message that shows this subject."""
        ...

    async def redraw(self, subject_id: str) -> None:
        """Have every card of this subject drawn anew, though the subject did not change."""
        ...


class BudgetStore(Protocol):
    """Budgets of channels and workspaces, and how they stand."""

    async def change(self, budget: Budget, step: Callable[[Budget, Basis], Transition[Budget]]) -> Budget:
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
        self, place: Place, step: Callable[[Policy | None, Basis], Transition[Policy | None]]
    ) -> Policy | None:
        """Apply the pure step to the rules of this channel, or with no `channel_id` of the workspace.

        The step sees the workspace's rules too; while it is saved, nobody else decides. None: it has none of its own.
        Waiting jobs and their cards become due in the same transaction.
        """
        ...


class WorkspaceStore(Protocol):
    """What holds for a whole workspace."""

    async def paused(self, workspace: str) -> Pause | None:
        """That all spending rests, if it does."""
        ...

    async def pause(self, workspace: str, step: Callable[[Basis], Transition[Pause | None]]) -> Pause | None:
        """Apply the pure step to what holds now, and save it; while it is saved, nobody else decides.

        Jobs that wait to be created become due in the same transaction.
        """
        ...


class AuditStore(Protocol):
    """What is kept for good; entries of a change come with it, see Moved.entries."""

    async def add(self, entry: Entry) -> None:
        """Keep what changed no row of ours, e.g. that somebody read the audit."""
        ...

    async def listed(
        self, sight: Sight, begin: datetime | None = None, end: datetime | None = None
    ) -> list[Entry]:
        """The entries in sight from `begin` until before `end`, in the order in which they were kept.

        Those of the whole workspace are in everybody's sight.
        """
        ...

    async def places(self, workspace: str) -> frozenset[str]:
        """The ids of all channels of which there are entries."""
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
    transforms: TransformStore
    jobs: JobStore
    polls: PollStore
    periodic: PeriodicTaskStore
    curves: CurveStore
    loss_charts: LossChartStore
    conversations: ConversationStore
    turns: TurnStore
    early: EarlyStore
    ballots: BallotStore
    outbox: OutboxStore
    audit: AuditStore
    budgets: BudgetStore
    policies: PolicyStore
    words: WordStore
    workspaces: WorkspaceStore
    places: PlaceStore

    async def wake(self, now: datetime, channel: Place | None = None) -> None:
        """Make everything due that a fault put off: all of it, or what belongs to this channel."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next row of any kind comes due after `now`; None when none will by itself."""
        ...

    async def ping(self) -> None:
        """Raise Temporary when the database does not answer."""
        ...
