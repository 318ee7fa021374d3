"""Loss curves as rows, one per job; knows no provider and no picture."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.jobs.training import Curve
from bot.ports import Clock, CurveStore
from storage.connections import Connections, unbroken
from storage.loss_curves import want_picture
from storage.tables import CurveRow


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
