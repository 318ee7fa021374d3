"""Loss curves and their pictures as rows; knows no provider and no drawing."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, Text, cast, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.training import Curve
from bot.ports import Clock, CurveStore, LossChartStore
from storage.connections import Connections, unbroken
from storage.rows import Values, WorkedRows, insert_once
from storage.tables import CurveRow, LossChartRow


class LossCharts(WorkedRows[LossChart], LossChartStore):
    """bot.ports.PictureStore; saving a curve adds the row and makes it due, see storage.loss_curves."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections, clock, LossChartRow, noun="picture", load=_load, dump=_dump, has_cards=False
        )


async def want_picture(connection: AsyncConnection, job_id: str, now: datetime, *, ends: bool) -> None:
    """Have the picture of this job's curve looked at, in the transaction that saves the curve.

    One that waits for a later moment keeps it, unless the training `ends`. One that a worker looks at always gets a
    new due time, from which the worker sees that the curve grew.
    """
    if await insert_once(connection, LossChartRow, _dump(LossChart(job_id, ends=ends, due_at=now))):
        return
    wanted = update(LossChartRow).where(LossChartRow.id == job_id)
    if ends:
        await connection.execute(wanted.values(due_at=now, ends=True))
        return
    behind = or_(
        LossChartRow.due_at.is_(None), LossChartRow.due_at <= now, LossChartRow.lease_token.is_not(None)
    )
    await connection.execute(wanted.where(behind).values(due_at=now))


def _load(row: RowMapping) -> LossChart:
    return LossChart(
        id=row["id"],
        begun=row["begun"],
        step=row["step"],
        made=row["made"],
        made_at=row["made_at"],
        old=tuple(row["old"]),
        since=row["since"],
        ends=row["ends"],
        last=row["last"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def _dump(picture: LossChart) -> Values:
    return {
        "id": picture.id,
        "begun": picture.begun,
        "step": picture.step,
        "made": picture.made,
        "made_at": picture.made_at,
        "old": list(picture.old),
        "since": picture.since,
        "ends": picture.ends,
        "last": picture.last,
        "due_at": picture.due_at,
        "attempts": picture.attempts,
        "revision": picture.revision,
    }


class Curves(CurveStore):
    """bot.ports.CurveStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    @unbroken
    async def get(self, job_id: str) -> Curve:
        """What is kept of this job's curve; an empty one when nothing is."""
        async with self._connections.reading() as connection:
            found = await connection.scalar(select(CurveRow.curve).where(CurveRow.job_id == job_id))
        return Curve() if found is None else msgspec.convert(found, Curve)

    @unbroken
    async def of(self, job_ids: Collection[str]) -> dict[str, Curve]:
        """What is kept of the curves of these jobs, by their ids."""
        async with self._connections.reading() as connection:
            rows = await connection.execute(select(CurveRow).where(CurveRow.job_id.in_(job_ids)))
            return {row["job_id"]: msgspec.convert(row["curve"], Curve) for row in rows.mappings()}

    @unbroken
    async def holding(self, model: str) -> dict[str, Curve]:
        """The curves that may have a checkpoint of this name, in whatever case, by their jobs' ids."""
        text = func.lower(cast(CurveRow.curve, Text))
        holds = text.contains(model.lower(), autoescape=True)
        async with self._connections.reading() as connection:
            rows = await connection.execute(select(CurveRow).where(holds))
            return {row["job_id"]: msgspec.convert(row["curve"], Curve) for row in rows.mappings()}

    @unbroken
    async def save(self, job_id: str, curve: Curve, *, ends: bool = False) -> None:
        """Keep this instead, and have its picture looked at; `ends`: the provider has ended the job."""
        kept = msgspec.to_builtins(curve)
        async with self._connections.writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insert(CurveRow).values(job_id=job_id, curve=kept)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[CurveRow.job_id], set_={"curve": kept})
            )
            await want_picture(connection, job_id, self._clock.now(), ends=ends)
