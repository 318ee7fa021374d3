"""Budgets as rows, and what the jobs beside them take; decides nothing.

Jobs and answers are the only book: each is saved with what it takes of its month, and a sum over them is what a budget
has left. So that two approvals on two replicas never count the same money, whoever approves holds the workspace
(see storage.decision_basis), and whoever changes what a job takes locks the budgets' rows before summing; the second
waits, and then sees the first.
"""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.budgets import Budget, Funds, Standing, month_of
from bot.domain.chats import Turn
from bot.domain.decision_basis import Basis
from bot.domain.jobs.job import Job, JobState
from bot.domain.money import Money
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import BudgetStore, Clock
from storage.audit import insert_entries
from storage.connections import Connections, unbroken
from storage.decision_basis import hold
from storage.mapping import MappedTable
from storage.rows import make_cards_due
from storage.tables import BUDGETS, JOBS, OUTBOX, TURNS

_WAITS = JOBS.c.state == JobState.REQUESTED


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
            await BUDGETS.insert(connection, Budget(budget.workspace, budget.channel_id))
            row = select(BUDGETS.table).filter_by(**key).with_for_update()
            transition = step(BUDGETS.load((await connection.execute(row)).one()), basis)
            await connection.execute(
                update(BUDGETS.table).filter_by(**key).values(BUDGETS.dump(transition.row))
            )
            await insert_entries(connection, transition.entries)
            await make_cards_due(connection, waiting(budget.workspace), self._clock.now())
            return transition.row

    @unbroken
    async def standings(self, place: Place, month: str) -> tuple[Standing, Standing]:
        """How the channel and the workspace stand in this month, with or without a limit."""
        async with self._connections.reading() as connection:
            known = {each.channel_id: each for each in await _under(connection, place)}
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
    limited = await _under(connection, job.place, limited=True, alone=alone)
    later = or_(
        JOBS.c.requested_at > job.requested_at,
        and_(JOBS.c.requested_at == job.requested_at, JOBS.c.id > job.id),
    )
    others = and_(JOBS.c.id != job.id, not_(and_(_WAITS, later)))
    month = month_of(job.requested_at)
    return tuple([await _standing(connection, each, month, others) for each in limited])


def waiting(workspace: str) -> ColumnElement[bool]:
    """Messages that show a job of this workspace on which nobody has decided."""
    return OUTBOX.c.subject_id.in_(select(JOBS.c.id).where(JOBS.c.workspace == workspace, _WAITS))


async def _under(
    connection: AsyncConnection, place: Place, *, limited: bool = False, alone: bool = False
) -> list[Budget]:
    """The budgets of a channel and of its workspace, always in the same order."""
    c = BUDGETS.c
    where = [c.workspace == place.workspace, c.channel_id.in_(("", place.channel_id))]
    where += [c.limit.is_not(None)] if limited else []
    return await BUDGETS.read(connection, *where, order=[c.channel_id.desc()], alone=alone)


async def funds_of_turn(connection: AsyncConnection, turn: Turn, month: str) -> Funds:
    """The budgets with a limit under which an answer stands, as they are without it."""
    limited = await _under(connection, turn.place, limited=True)
    others = TURNS.c.id != turn.id
    return tuple([await _standing(connection, each, month, chats=others) for each in limited])


async def _standing(
    connection: AsyncConnection,
    budget: Budget,
    month: str,
    jobs: ColumnElement[bool] | None = None,
    *,
    chats: ColumnElement[bool] | None = None,
) -> Standing:
    """A budget with the sums over its jobs and over the answers of its chats, or only over these."""

    def sums(
        table: MappedTable[Job] | MappedTable[Turn], which: ColumnElement[bool] | None
    ) -> Select[int, int]:
        c = table.c
        where = [c.workspace == budget.workspace, c.month == month]
        where += [c.channel_id == budget.channel_id] if budget.channel_id else []
        where += [which] if which is not None else []
        return select(func.sum(c.reserved), func.sum(c.spent)).where(*where)

    reserved, spent = (await connection.execute(sums(JOBS, jobs))).one()
    asked, answered = (await connection.execute(sums(TURNS, chats))).one()
    return Standing(
        budget,
        month,
        Money(int(reserved or 0)),
        Money(int(spent or 0)),
        chats=Money(int(asked or 0) + int(answered or 0)),
    )
