"""Budgets as rows, and what the jobs beside them take; decides nothing.

Jobs and answers are the only book: each is saved with what it takes of its month, and a sum over them is what a budget
has left. So that two approvals on two replicas never count the same money, whoever approves holds the workspace (see
storage.decisions), and whoever changes what a job takes locks the budgets' rows before summing; the second waits, and
then sees the first.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.approvals.decisions import Basis
from bot.domain.budgets import Budget, Funds, Standing, month_of
from bot.domain.chats import Turn
from bot.domain.jobs.job import Job, JobState
from bot.domain.money import Money
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import BudgetStore, Clock
from storage.audit import insert_entries
from storage.connections import Connections, unbroken
from storage.decisions import hold
from storage.rows import make_cards_due
from storage.tables import BudgetRow, JobRow, OutboxRow, TurnRow

_WAITS = JobRow.state == JobState.REQUESTED.value


class Budgets(BudgetStore):
    """bot.ports.BudgetStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    @unbroken
    async def change(self, budget: Budget, step: Callable[[Budget, Basis], Transition[Budget]]) -> Budget:
        """Apply the pure step to the budget of this channel or workspace; the cards of waiting jobs become due."""
        key = {"workspace": budget.workspace, "channel_id": budget.channel_id}
        async with self._connections.writing() as connection:
            basis = await hold(connection, Place(budget.workspace, budget.channel_id))
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            empty = insert(BudgetRow).values(**key, limit=None, overriders=[])
            await connection.execute(empty.on_conflict_do_nothing())
            row = select(BudgetRow).filter_by(**key).with_for_update()
            moved = step(_load((await connection.execute(row)).mappings().one()), basis)
            await connection.execute(
                update(BudgetRow)
                .filter_by(**key)
                .values(limit=moved.row.limit, overriders=sorted(moved.row.overriders))
            )
            await insert_entries(connection, moved.entries)
            await make_cards_due(connection, waiting(budget.workspace), self._clock.now())
            return moved.row

    @unbroken
    async def standings(self, place: Place, month: str) -> tuple[Standing, Standing]:
        """How the channel and the workspace stand in this month, with or without a limit."""
        async with self._connections.reading() as connection:
            rows = (await connection.execute(_under(place))).mappings()
            known = {row["channel_id"]: _load(row) for row in rows}
            channel, workspace = [
                await _standing(connection, known.get(each) or Budget(place.workspace, each), month)
                for each in (place.channel_id, "")
            ]
            return channel, workspace

    @unbroken
    async def funds(self, job: Job) -> Funds:
        """The budgets with a limit under which this job stands, as they are without it."""
        async with self._connections.reading() as connection:
            return await funds_of(connection, job)


async def funds_of(connection: AsyncConnection, job: Job, *, alone: bool = False) -> Funds:
    """As BudgetStore.funds; `alone`: nobody else approves under these budgets until the transaction ends."""
    limited = _under(job.place).where(BudgetRow.limit.is_not(None))
    rows = (await connection.execute(limited.with_for_update() if alone else limited)).mappings().all()
    later = or_(
        JobRow.requested_at > job.requested_at,
        and_(JobRow.requested_at == job.requested_at, JobRow.id > job.id),
    )
    others = and_(JobRow.id != job.id, not_(and_(_WAITS, later)))
    month = month_of(job.requested_at)
    return tuple([await _standing(connection, _load(row), month, others) for row in rows])


def waiting(workspace: str) -> ColumnElement[bool]:
    """Posts that show a job of this workspace on which nobody has decided."""
    return OutboxRow.subject_id.in_(select(JobRow.id).where(JobRow.workspace == workspace, _WAITS))


def _under(place: Place) -> Any:
    """The budgets of a channel and of its workspace, always in the same order."""
    return (
        select(BudgetRow)
        .where(BudgetRow.workspace == place.workspace, BudgetRow.channel_id.in_(("", place.channel_id)))
        .order_by(BudgetRow.channel_id.desc())
    )


async def funds_of_turn(connection: AsyncConnection, turn: Turn, month: str) -> Funds:
    """The budgets with a limit under which an answer stands, as they are without it."""
    limited = _under(turn.place).where(BudgetRow.limit.is_not(None))
    rows = (await connection.execute(limited)).mappings().all()
    others = TurnRow.id != turn.id
    return tuple([await _standing(connection, _load(row), month, chats=others) for row in rows])


async def _standing(
    connection: AsyncConnection,
    budget: Budget,
    month: str,
    jobs: ColumnElement[bool] | None = None,
    *,
    chats: ColumnElement[bool] | None = None,
) -> Standing:
    """A budget with the sums over its jobs and over the answers of its chats, or only over these."""

    def sums(table: type[JobRow | TurnRow], which: ColumnElement[bool] | None) -> Select[int, int]:
        where = [table.workspace == budget.workspace, table.month == month]
        where += [table.channel_id == budget.channel_id] if budget.channel_id else []
        where += [which] if which is not None else []
        return select(func.sum(table.reserved), func.sum(table.spent)).where(*where)

    reserved, spent = (await connection.execute(sums(JobRow, jobs))).one()
    asked, answered = (await connection.execute(sums(TurnRow, chats))).one()
    return Standing(
        budget,
        month,
        Money(int(reserved or 0)),
        Money(int(spent or 0)),
        chats=Money(int(asked or 0) + int(answered or 0)),
    )


def _load(row: RowMapping) -> Budget:
    return Budget(row["workspace"], row["channel_id"], row["limit"], frozenset(row["overriders"]))
