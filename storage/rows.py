"""What every store does alike: read, claim, hold and change rows; knows no table's meaning."""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, RowMapping, SQLColumnExpression, and_, func, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.domain.access import Sight
from bot.domain.approvals.decisions import Basis
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import NotFound, StaleState
from bot.ports import Claim, Clock, Page
from storage.audit import insert_entries
from storage.connections import Connections, unbroken
from storage.decisions import hold
from storage.tables import Changed, OutboxRow, Placed, Worked

Values = dict[str, Any]
_CARDS = [kind.value for kind in MessageKind if kind.is_card]


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


class ChangedRows(Generic[Row]):
    """Rows of one table, changed by pure steps.

    `load` makes the domain object of a table's row, `dump` the columns of a domain object. `noun` names one row
    in sentences. `has_cards`: messages may show such a row and become due when it changes.
    """

    def __init__(
        self,
        connections: Connections,
        clock: Clock,
        table: type[Changed],
        *,
        noun: str,
        load: Callable[[RowMapping], Row],
        dump: Callable[[Row], Values],
        has_cards: bool,
    ) -> None:
        self._connections = connections
        self._clock = clock
        self._table = table
        self._noun = noun
        self._load = load
        self._dump = dump
        self._has_cards = has_cards

    async def get(self, row_id: str) -> Row | None:
        """The row as it is now, or None."""
        found = await self._read(self._table.id == row_id)
        return found[0] if found else None

    async def change(
        self, row_id: str, step: Callable[[Row], Transition[Row]], *, token: str | None = None
    ) -> Row:
        """Read, apply the pure step, save row, messages and audit, make its cards due: one transaction.

        The row is locked from the read on, so that no other writer comes between; a step that changes nothing
        saves nothing. Raises NotFound or StaleState as bot.ports.Rows says.
        """

        async def pure(_: AsyncConnection, row: Row) -> Transition[Row]:
            return step(row)

        return await self._change(row_id, pure, token)

    @unbroken
    async def _change(
        self,
        row_id: str,
        step: Callable[[AsyncConnection, Row], Awaitable[Transition[Row]]],
        token: str | None,
    ) -> Row:
        """As `change`, with a step that may look into the database too."""
        async with self._connections.writing() as connection:
            return await self._changed(connection, row_id, step, token)

    async def ruled(self, row_id: str, step: Callable[[Row, Basis], Transition[Row]]) -> Row:
        """As `change`, with a step that also sees the rules that hold; until it is saved, nobody else decides."""

        async def pure(_: AsyncConnection, row: Row, basis: Basis) -> Transition[Row]:
            return step(row, basis)

        return await self._decide(row_id, pure)

    @unbroken
    async def _decide(
        self,
        row_id: str,
        step: Callable[[AsyncConnection, Row, Basis], Awaitable[Transition[Row]]],
        token: str | None = None,
    ) -> Row:
        """As `_change`, while nobody else decides in the row's workspace; the step sees what holds there."""
        async with self._connections.writing() as connection:
            where = select(self._table).where(self._table.id == row_id)
            found = (await connection.execute(where)).mappings().one_or_none()
            if found is None:
                raise self._missing(row_id)
            basis = await hold(connection, load_place(found))

            async def with_basis(connection: AsyncConnection, row: Row) -> Transition[Row]:
                return await step(connection, row, basis)

            return await self._changed(connection, row_id, with_basis, token)

    async def _changed(
        self,
        connection: AsyncConnection,
        row_id: str,
        step: Callable[[AsyncConnection, Row], Awaitable[Transition[Row]]],
        token: str | None,
    ) -> Row:
        table = self._table
        result = await connection.execute(select(table).where(table.id == row_id).with_for_update())
        read = result.mappings().one_or_none()
        if read is None:
            raise self._missing(row_id)
        if token is not None and read["lease_token"] != token:
            raise StaleState(f"Somebody else took over this {self._noun}.")
        row = self._load(read)
        moved = await step(connection, row)
        if moved.row == row and not moved.messages and not moved.entries:
            return row
        values = self._dump(moved.row) | {"revision": row.revision + 1}
        saved = await connection.execute(
            update(table)
            .where(table.id == row_id, table.revision == row.revision)
            .values(values)
            .returning(table)
        )
        await self._also(connection, row, moved.row)
        await insert_entries(connection, moved.entries)
        await insert_messages(connection, moved.messages)
        if self._has_cards and _looks_other(row, moved.row):
            await self._make_cards_due(connection, row_id)
        return self._load(saved.mappings().one())

    def _missing(self, row_id: str) -> NotFound:
        return NotFound(f"There is no {self._noun} {row_id} any more.")

    async def _also(self, connection: AsyncConnection, before: Row, after: Row) -> None:
        """What else a store saves in the same transaction; before messages, so that all lock in the same order."""

    @unbroken
    async def _read(
        self,
        *where: ColumnElement[bool],
        order: Iterable[SQLColumnExpression[Any]] = (),
        limit: int | None = None,
    ) -> list[Row]:
        statement = select(self._table).where(*where).order_by(*order).limit(limit)
        async with self._connections.reading() as connection:
            return [self._load(row) for row in (await connection.execute(statement)).mappings()]

    async def _make_cards_due(self, connection: AsyncConnection, row_id: str) -> None:
        await make_cards_due(connection, OutboxRow.subject_id == row_id, self._clock.now())


class SeenRows(ChangedRows[Row]):
    """Rows that belong to a channel: people look them up within their sight."""

    async def seen(self, sight: Sight, row_id: str) -> Row | None:
        """The row as it is now; None when there is none, and when it is not in sight."""
        table = cast("type[Placed]", self._table)
        found = await self._read(self._table.id == row_id, in_sight(table, sight))
        return found[0] if found else None

    async def _page(
        self,
        *where: ColumnElement[bool],
        order: Iterable[SQLColumnExpression[Any]],
        limit: int,
        begin: int = 0,
    ) -> Page[Row]:
        """Some of these rows, and how many there are, in one look."""
        statement = select(self._table).where(*where).order_by(*order).limit(limit).offset(begin)
        counted = select(func.count()).select_from(self._table).where(*where)
        async with self._connections.reading() as connection:
            rows = [self._load(row) for row in (await connection.execute(statement)).mappings()]
            return Page(tuple(rows), await connection.scalar(counted) or 0)


class WorkedRows(ChangedRows[Row]):
    """Rows with something to do, each worked on by the one worker that claimed it."""

    _table: type[Worked]

    def _claimable(self, row: type[Worked]) -> ColumnElement[bool]:  # noqa: ARG002  a store may look at the row
        """What a due row must fulfil besides being free; `row` is an alias of the table."""
        return true()

    @unbroken
    async def claim(self, now: datetime, lease: float) -> Claim[Row] | None:
        """The row longest due that nobody holds, held from now on; None when there is none."""
        table, due = self._table, aliased(self._table)
        token, until = secrets.token_hex(16), now + timedelta(seconds=lease)
        longest_due = (
            select(due.id)
            .where(due.due_at <= now, or_(due.lease_until.is_(None), due.lease_until <= now))
            .where(self._claimable(due))
            .order_by(due.due_at, due.id)
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
            .where(table.id == alone)
            .values(lease_token=token, lease_until=until)
            .returning(table)
        )
        async with self._connections.writing() as connection:
            claimed = (await connection.execute(statement)).mappings().one_or_none()
        return None if claimed is None else Claim(self._load(claimed), token, until)

    async def renew(self, row_id: str, token: str, now: datetime, lease: float) -> bool:
        """Hold the row longer; False when another worker has taken it, or nobody holds it."""
        return await self._hold(row_id, token, token, now + timedelta(seconds=lease))

    async def release(self, row_id: str, token: str) -> None:
        """Let go of the row, if this token still holds it."""
        await self._hold(row_id, token, None, None)

    @unbroken
    async def _hold(self, row_id: str, token: str, then: str | None, until: datetime | None) -> bool:
        statement = (
            update(self._table)
            .where(self._table.id == row_id, self._table.lease_token == token)
            .values(lease_token=then, lease_until=until)
            .returning(self._table.id)
        )
        async with self._connections.writing() as connection:
            return (await connection.execute(statement)).one_or_none() is not None


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
    behind = or_(
        OutboxRow.lease_token.is_not(None),
        OutboxRow.due_at <= now,
        and_(OutboxRow.due_at.is_(None), OutboxRow.ts.is_not(None)),
    )
    await connection.execute(
        update(OutboxRow).where(which, OutboxRow.kind.in_(_CARDS), behind).values(due_at=now)
    )


async def insert_once(connection: AsyncConnection, table: type[Changed], values: Values) -> bool:
    """Insert the row; False when a row with its id or another of its unique keys is there already."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(values).on_conflict_do_nothing().returning(table.id)
    return (await connection.execute(statement)).one_or_none() is not None


async def insert_messages(connection: AsyncConnection, messages: Iterable[OutboxMessage]) -> None:
    """Ask for these messages; one that was asked for before is the same message."""
    for message in messages:
        await insert_once(connection, OutboxRow, dump_message(message))


def in_sight(table: type[Placed], sight: Sight) -> ColumnElement[bool]:
    """That a row of this table belongs to a channel in sight."""
    return and_(table.workspace == sight.workspace, table.channel_id.in_(sight.channels))


def load_place(row: RowMapping) -> Place:
    """The place of a row."""
    return Place(workspace=row["workspace"], channel_id=row["channel_id"], thread_ts=row["thread_ts"])


def dump_place(place: Place) -> Values:
    """The columns of a place."""
    return {
        "workspace": place.workspace,
        "channel_id": place.channel_id,
        "thread_ts": place.thread_ts,
    }


def dump_message(message: OutboxMessage) -> Values:
    """The columns of a message; here because every step may call for some."""
    return dump_place(message.place) | {
        "id": message.id,
        "kind": message.kind.value,
        "subject_id": message.subject_id,
        "under": message.under,
        "data": dict(message.data),
        "ts": message.ts,
        "begun_at": message.begun_at,
        "drawn": message.drawn,
        "drawn_at": message.drawn_at,
        "due_at": message.due_at,
        "attempts": message.attempts,
        "fault": message.fault,
        "revision": message.revision,
    }
