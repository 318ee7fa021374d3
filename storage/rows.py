"""What every store does alike: read, add, claim, hold and change rows; knows no table's meaning."""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, FromClause, SQLColumnExpression, and_, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.decision_basis import Basis
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import NotFound, StaleState
from bot.ports import Claim, Clock, Page
from storage.audit import insert_entries
from storage.connections import Connections, unbroken
from storage.decision_basis import hold
from storage.mapping import MappedTable
from storage.tables import OUTBOX

_CARDS = [kind for kind in MessageKind if kind.is_card]


class Revised(Protocol):
    """A frozen domain object that is kept as one row."""

    @property
    def id(self) -> str:
        """The primary key."""
        ...

    @property
    def revision(self) -> int:
        """How often the row was changed."""
        ...


Row = TypeVar("Row", bound=Revised)
Step = Callable[[Row], Transition[Row]]
Look = Callable[[AsyncConnection, Row], Awaitable[Transition[Row]]]
"""A step that may look into the database too, within its transaction."""
Decision = Callable[[AsyncConnection, Row, Basis], Awaitable[Transition[Row]]]
"""A step that sees what holds while nobody else decides."""


class ChangedRows(Generic[Row]):
    """Rows of one table, changed by pure steps.

    `noun` names one row in sentences. `has_cards`: messages may show such a row and become due when it changes.
    """

    table: MappedTable[Row]
    noun: str
    has_cards = False

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def get(self, row_id: str) -> Row | None:
        """The row as it is now, or None."""
        return await self._first(self.table.c.id == row_id)

    async def change(self, row_id: str, step: Step[Row], *, token: str | None = None) -> Row:
        """Read, apply the pure step, save row, messages and audit, make its cards due: one transaction.

        The row is locked from the read on, so that no other writer comes between; a step that changes nothing
        saves nothing. Raises NotFound or StaleState as bot.ports.Rows says.
        """

        async def pure(_: AsyncConnection, row: Row) -> Transition[Row]:
            return step(row)

        return await self._change(row_id, pure, token)

    @unbroken
    async def _change(self, row_id: str, step: Look[Row], token: str | None) -> Row:
        """As `change`, with a step that may look into the database too."""
        async with self._connections.writing() as connection:
            return await self._changed(connection, row_id, step, token)

    async def ruled(self, row_id: str, step: Callable[[Row, Basis], Transition[Row]]) -> Row:
        """As `change`, with a step that also sees the rules that hold; until it is saved, nobody else decides."""

        async def pure(_: AsyncConnection, row: Row, basis: Basis) -> Transition[Row]:
            return step(row, basis)

        return await self._decide(row_id, pure)

    @unbroken
    async def _decide(self, row_id: str, step: Decision[Row], token: str | None = None) -> Row:
        """As `_change`, while nobody else decides in the row's workspace; the step sees what holds there."""
        async with self._connections.writing() as connection:
            found = await self.table.read(connection, self.table.c.id == row_id)
            if not found:
                raise self._missing(row_id)
            basis = await hold(connection, cast("Any", found[0]).place)

            async def with_basis(connection: AsyncConnection, row: Row) -> Transition[Row]:
                return await step(connection, row, basis)

            return await self._changed(connection, row_id, with_basis, token)

    async def _changed(
        self, connection: AsyncConnection, row_id: str, step: Look[Row], token: str | None
    ) -> Row:
        table, c = self.table.table, self.table.c
        result = await connection.execute(select(table).where(c.id == row_id).with_for_update())
        read = result.one_or_none()
        if read is None:
            raise self._missing(row_id)
        if token is not None and read.lease_token != token:
            raise StaleState(f"Somebody else took over this {self.noun}.")
        row = self.table.load(read)
        transition = await step(connection, row)
        if transition.row == row and not transition.messages and not transition.entries:
            return row
        values = self.table.dump(transition.row) | {"revision": row.revision + 1}
        saved = await connection.execute(
            update(table).where(c.id == row_id, c.revision == row.revision).values(values).returning(table)
        )
        await self._also(connection, row, transition.row)
        await insert_entries(connection, transition.entries)
        await insert_messages(connection, transition.messages)
        if self.has_cards and _looks_other(row, transition.row):
            await self._make_cards_due(connection, row_id)
        return self.table.load(saved.one())

    def _missing(self, row_id: str) -> NotFound:
        return NotFound(f"There is no {self.noun} {row_id} any more.")

    async def _also(self, connection: AsyncConnection, before: Row, after: Row) -> None:
        """What else a store saves in the same transaction; before messages, so that all lock in the same order."""

    async def _insert(self, connection: AsyncConnection, transition: Transition[Row]) -> bool:
        """Save a new row with its messages and audit; False when one of its unique keys is there already."""
        if not await self.table.insert(connection, transition.row):
            return False
        await insert_entries(connection, transition.entries)
        await insert_messages(connection, transition.messages)
        return True

    async def _insert_request(
        self, connection: AsyncConnection, transition: Transition[Row]
    ) -> tuple[Row, bool]:
        """Save a new row, and True; the one saved earlier, and False, when its request_key is known already."""
        if await self._insert(connection, transition):
            return transition.row, True
        known = self.table.c.request_key == cast("Any", transition.row).request_key
        return (await self.table.read(connection, known))[0], False

    @unbroken
    async def _read(
        self,
        *where: ColumnElement[bool],
        order: Iterable[SQLColumnExpression[Any]] = (),
        limit: int | None = None,
    ) -> list[Row]:
        async with self._connections.reading() as connection:
            return await self.table.read(connection, *where, order=order, limit=limit)

    async def _first(
        self, *where: ColumnElement[bool], order: Iterable[SQLColumnExpression[Any]] = ()
    ) -> Row | None:
        found = await self._read(*where, order=order, limit=1)
        return found[0] if found else None

    async def _make_cards_due(self, connection: AsyncConnection, row_id: str) -> None:
        await make_cards_due(connection, OUTBOX.c.subject_id == row_id, self._clock.now())


class SeenRows(ChangedRows[Row]):
    """Rows that belong to a channel: people look them up within their sight."""

    async def seen(self, sight: Sight, row_id: str) -> Row | None:
        """The row as it is now; None when there is none, and when it is not in sight."""
        return await self._first(self.table.c.id == row_id, in_sight(self.table, sight))

    @unbroken
    async def _page(
        self,
        *where: ColumnElement[bool],
        order: Iterable[SQLColumnExpression[Any]],
        limit: int,
        begin: int = 0,
    ) -> Page[Row]:
        """Some of these rows, and how many there are, in one look."""
        counted = select(func.count()).select_from(self.table.table).where(*where)
        async with self._connections.reading() as connection:
            rows = await self.table.read(connection, *where, order=order, limit=limit, begin=begin)
            return Page(tuple(rows), await connection.scalar(counted) or 0)


class WorkedRows(ChangedRows[Row]):
    """Rows with something to do, each worked on by the one worker that claimed it."""

    def _claimable(self, row: FromClause) -> ColumnElement[bool]:  # noqa: ARG002  a store may look at the row
        """What a due row must fulfil besides being free; `row` is an alias of the table."""
        return true()

    @unbroken
    async def claim(self, now: datetime, lease: float) -> Claim[Row] | None:
        """The row longest due that nobody holds, held from now on; None when there is none."""
        table, due = self.table.table, self.table.table.alias()
        token, until = secrets.token_hex(16), now + timedelta(seconds=lease)
        longest_due = (
            select(due.c.id)
            .where(due.c.due_at <= now, or_(due.c.lease_until.is_(None), due.c.lease_until <= now))
            .where(self._claimable(due))
            .order_by(due.c.due_at, due.c.id)
            .limit(1)
        )
        # Mostly nothing is due, and looking disturbs no writer.
        async with self._connections.reading() as connection:
            if await connection.scalar(longest_due) is None:
                return None
        # SQLite ignores FOR UPDATE: it has one writer at a time.
        alone = longest_due.with_for_update(skip_locked=True, of=due).scalar_subquery()
        statement = (
            update(table)
            .where(table.c.id == alone)
            .values(lease_token=token, lease_until=until)
            .returning(table)
        )
        async with self._connections.writing() as connection:
            claimed = (await connection.execute(statement)).one_or_none()
        return None if claimed is None else Claim(self.table.load(claimed), token, until)

    async def renew(self, row_id: str, token: str, now: datetime, lease: float) -> bool:
        """Hold the row longer; False when another worker has taken it, or nobody holds it."""
        return await self._hold(row_id, token, token, now + timedelta(seconds=lease))

    async def release(self, row_id: str, token: str) -> None:
        """Let go of the row, if this token still holds it."""
        await self._hold(row_id, token, None, None)

    @unbroken
    async def _hold(self, row_id: str, token: str, then: str | None, until: datetime | None) -> bool:
        c = self.table.c
        statement = (
            update(self.table.table)
            .where(c.id == row_id, c.lease_token == token)
            .values(lease_token=then, lease_until=until)
            .returning(c.id)
        )
        async with self._connections.writing() as connection:
            return (await connection.execute(statement)).one_or_none() is not None


class AddedRows(WorkedRows[Row]):
    """Rows that are saved for themselves, with no message and no audit."""

    @unbroken
    async def add(self, row: Row) -> bool:
        """Save a new row; False when it is there already."""
        async with self._connections.writing() as connection:
            return await self.table.insert(connection, row)


def _looks_other(before: Revised, after: Revised) -> bool:
    """Whether a card would show it: when it is due again and how often it was tried are our own business."""
    unseen = {name: getattr(before, name) for name in ("due_at", "attempts") if hasattr(before, name)}
    return bool(replace(cast("Any", after), **unseen) != before)


async def make_cards_due(connection: AsyncConnection, which: ColumnElement[bool], now: datetime) -> None:
    """Have these cards drawn anew.

    A card that waits for a later moment (Slack asked for patience) keeps it: it will show the newest state
    then. One that Slack refused for good has no `ts` and is not due: it stays unsaid. One that a worker
    draws at this moment always gets a new due time, from which the worker sees that the row moved on.
    """
    c = OUTBOX.c
    behind = or_(c.lease_token.is_not(None), c.due_at <= now, and_(c.due_at.is_(None), c.ts.is_not(None)))
    await connection.execute(update(OUTBOX.table).where(which, c.kind.in_(_CARDS), behind).values(due_at=now))


async def insert_messages(connection: AsyncConnection, messages: Iterable[OutboxMessage]) -> None:
    """Ask for these messages; one that was asked for before is the same message."""
    for message in messages:
        await OUTBOX.insert(connection, message)


def in_channel(table: MappedTable[Any], place: Place) -> ColumnElement[bool]:
    """That a row of this table belongs to this channel."""
    return and_(table.c.workspace == place.workspace, table.c.channel_id == place.channel_id)


def in_sight(table: MappedTable[Any], sight: Sight) -> ColumnElement[bool]:
    """That a row of this table belongs to a channel in sight."""
    return and_(table.c.workspace == sight.workspace, table.c.channel_id.in_(sight.channels))
