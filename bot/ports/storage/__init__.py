"""The database as the services see it: stores of frozen domain objects; no table, no SQL."""

from datetime import datetime
from typing import Protocol

from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.polling import Poll
from bot.domain.outbox import OutboxMessage
from bot.domain.periodic import PeriodicTask
from bot.domain.places import Place
from bot.ports.storage.chats import BallotStore, ConversationStore, EarlyStore, TurnStore, WordStore
from bot.ports.storage.datasets import DatasetStore, TransformStore
from bot.ports.storage.jobs import CurveStore, JobStore
from bot.ports.storage.rows import Added, Rows, Ruled
from bot.ports.storage.workspaces import AuditStore, BudgetStore, PlaceStore, PolicyStore, WorkspaceStore


class OutboxStore(Added[OutboxMessage], Protocol):
    """Our messages; saving a subject makes its cards due, see Rows.change."""

    async def of(self, subject_id: str) -> list[OutboxMessage]:
        """Every message that shows this subject."""
        ...

    async def redraw(self, subject_id: str) -> None:
        """Have every card of this subject drawn anew, though the subject did not change."""
        ...


class PeriodicTaskStore(Added[PeriodicTask], Ruled[PeriodicTask], Protocol):
    """What is done again and again."""


class Storage(Protocol):
    """The stores over one database."""

    datasets: DatasetStore
    transforms: TransformStore
    jobs: JobStore
    polls: Added[Poll]
    periodic: PeriodicTaskStore
    curves: CurveStore
    loss_charts: Rows[LossChart]
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
