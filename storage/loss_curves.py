"""Loss curves and their charts as rows; knows no provider and no drawing."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Text, cast, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.training import Curve
from bot.ports import Clock, CurveStore
from storage.connections import Connections, insert_into, unbroken
from storage.rows import WorkedRows
from storage.tables import CURVES, LOSS_CHARTS


class LossCharts(WorkedRows[LossChart]):
    """What there is to draw; saving a curve adds the row and makes it due, see Curves."""

    table = LOSS_CHARTS
    noun = "picture"


class Curves(CurveStore):
    """bot.ports.CurveStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def get(self, job_id: str) -> Curve:
        """What is kept of this job's curve; an empty one when nothing is."""
        return (await self.of([job_id])).get(job_id, Curve())

    async def of(self, job_ids: Collection[str]) -> dict[str, Curve]:
        """What is kept of the curves of these jobs, by their ids."""
        return await self._read(CURVES.c.job_id.in_(job_ids))

    async def holding(self, model: str) -> dict[str, Curve]:
        """The curves that may have a checkpoint of this name, in whatever case, by their jobs' ids."""
        text = func.lower(cast(CURVES.c.curve, Text))
        return await self._read(text.contains(model.lower(), autoescape=True))

    @unbroken
    async def _read(self, which: ColumnElement[bool]) -> dict[str, Curve]:
        async with self._connections.reading() as connection:
            rows = await connection.execute(select(CURVES).where(which))
            return {job_id: msgspec.convert(curve, Curve) for job_id, curve in rows}

    @unbroken
    async def save(self, job_id: str, curve: Curve, *, ends: bool = False) -> None:
        """Keep this instead, and have its chart looked at; `ends`: the provider has ended the job."""
        kept = msgspec.to_builtins(curve)
        async with self._connections.writing() as connection:
            statement = insert_into(connection, CURVES).values(job_id=job_id, curve=kept)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[CURVES.c.job_id], set_={"curve": kept})
            )
            await _want_chart(connection, job_id, self._clock.now(), ends=ends)


async def _want_chart(connection: AsyncConnection, job_id: str, now: datetime, *, ends: bool) -> None:
    """Have the chart of this job's curve looked at, in the transaction that saves the curve.

    One that waits for a later moment keeps it, unless the training `ends`. One that a worker looks at always gets a
    new due time, from which the worker sees that the curve grew.
    """
    if await LOSS_CHARTS.insert(connection, LossChart(job_id, ends=ends, due_at=now)):
        return
    c = LOSS_CHARTS.c
    wanted = update(LOSS_CHARTS.table).where(c.id == job_id)
    if ends:
        await connection.execute(wanted.values(due_at=now, ends=True))
        return
    behind = or_(c.due_at.is_(None), c.due_at <= now, c.lease_token.is_not(None))
    await connection.execute(wanted.where(behind).values(due_at=now))
