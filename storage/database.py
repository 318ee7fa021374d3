"""The one door to the database: its stores, its migrations, its closing; knows no use case."""

from datetime import datetime

from sqlalchemy import and_, func, select, text, union_all, update
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.places import Place
from bot.errors import Temporary
from bot.ports import Clock, Storage
from storage.audit import Audit
from storage.budgets import Budgets
from storage.chats import Conversations, EarlyMessages, Turns
from storage.comparisons import Ballots
from storage.connections import Connections, insert_into, unbroken
from storage.datasets import Datasets
from storage.jobs import Jobs, Polls
from storage.loss_curves import Curves, LossCharts
from storage.mapping import METADATA
from storage.migrations import upgrade
from storage.outbox import Outbox
from storage.periodic import PeriodicTasks
from storage.policies import Policies
from storage.retention import Words
from storage.rows import in_channel
from storage.tables import DATASETS, JOBS, MARKS, OUTBOX, TRANSFORMS, TURNS
from storage.transforms import Transforms
from storage.workspaces import Places, Workspaces

_PUT_OFF = (
    (DATASETS, DATASETS.c.failure != ""),
    (TRANSFORMS, TRANSFORMS.c.failure != ""),
    (JOBS, and_(JOBS.c.fault != "", JOBS.c.waits_until.is_(None))),  # who waits for a place keeps their turn
    (TURNS, TURNS.c.fault != ""),
    (OUTBOX, OUTBOX.c.fault != ""),
)
"""What is worked on with Slack's help, and where it says that a fault put it off."""

_WORKED = [table.c for table in METADATA.tables.values() if "due_at" in table.c]

_FOLDER = "folder of contents"


class Database(Storage):
    """The stores over the database that `url` names.

    `url` is sqlite:///file or postgresql://user:password@host/name; raises SettingsError when it is neither.
    Nothing is opened before the first use. `wait` is how long, in seconds, anybody waits for the database.
    """

    def __init__(self, url: str, clock: Clock, *, wait: float = 20.0) -> None:
        self._connections = Connections(url, wait=wait)
        self.datasets = Datasets(self._connections, clock)
        self.transforms = Transforms(self._connections, clock)
        self.jobs = Jobs(self._connections, clock)
        self.curves = Curves(self._connections, clock)
        self.loss_charts = LossCharts(self._connections, clock)
        self.periodic = PeriodicTasks(self._connections, clock)
        self.polls = Polls(self._connections, clock)
        self.conversations = Conversations(self._connections, clock)
        self.turns = Turns(self._connections, clock)
        self.early = EarlyMessages(self._connections, clock)
        self.ballots = Ballots(self._connections, clock)
        self.outbox = Outbox(self._connections, clock)
        self.audit = Audit(self._connections)
        self.budgets = Budgets(self._connections, clock)
        self.policies = Policies(self._connections, clock)
        self.words = Words(self._connections)
        self.workspaces = Workspaces(self._connections, clock)
        self.places = Places(self._connections)

    @unbroken
    async def wake(self, now: datetime, channel: Place | None = None) -> None:
        """Make everything due that a fault put off: all of it, or what belongs to this channel."""
        async with self._connections.writing() as connection:
            for table, put_off in _PUT_OFF:
                waits = update(table.table).where(put_off, table.c.due_at > now)
                if channel is not None:
                    waits = waits.where(in_channel(table, channel))
                await connection.execute(waits.values(due_at=now, attempts=0))

    @unbroken
    async def next_due(self, now: datetime) -> datetime | None:
        """When the next row of any kind comes due after `now`; None when none will by itself."""
        moments = union_all(
            *(select(func.min(c.due_at).label("at")).where(c.due_at > now) for c in _WORKED)
        ).subquery()
        async with self._connections.reading() as connection:
            due: datetime | None = await connection.scalar(select(func.min(moments.c.at)))
        return due

    @unbroken
    async def ping(self) -> None:
        """Raise Temporary when the database does not answer, or holds no tables of ours."""
        try:
            async with self._connections.reading() as connection:
                await connection.execute(text("SELECT version_num FROM alembic_version"))
        except SQLAlchemyError as fault:
            raise Temporary("My database does not answer.") from fault

    @unbroken
    async def mark(self) -> str:
        """What the folder of contents is known by; empty when this database knows none yet."""
        async with self._connections.reading() as connection:
            return await connection.scalar(select(MARKS.c.mark).where(MARKS.c.what == _FOLDER)) or ""

    @unbroken
    async def knows(self, mark: str) -> str:
        """Know the folder of contents by this mark from now on, unless one is known already; gives the one known."""
        async with self._connections.writing() as connection:
            known = await connection.scalar(select(MARKS.c.mark).where(MARKS.c.what == _FOLDER))
            if known is None:
                first = insert_into(connection, MARKS).values(what=_FOLDER, mark=mark)
                await connection.execute(first.on_conflict_do_nothing())
        return await self.mark()

    async def upgrade(self) -> None:
        """Bring the tables to what this version needs; safe to run from several processes at once."""
        await upgrade(self._connections)

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()
