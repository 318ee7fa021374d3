"""Loss curves as rows, one per job; knows no provider and no picture."""

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.training import Curve
from bot.ports import CurveStore
from storage.connections import Connections, unbroken
from storage.tables import CurveRow


class Curves(CurveStore):
    """bot.ports.CurveStore."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def get(self, job_id: str) -> Curve:
        """What is kept of this job's curve; an empty one when nothing is."""
        async with self._connections.reading() as connection:
            found = await connection.scalar(select(CurveRow.curve).where(CurveRow.job_id == job_id))
        return Curve() if found is None else msgspec.convert(found, Curve)

    @unbroken
    async def save(self, job_id: str, curve: Curve) -> None:
        """Keep this instead."""
        kept = msgspec.to_builtins(curve)
        async with self._connections.writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insert(CurveRow).values(job_id=job_id, curve=kept)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[CurveRow.job_id], set_={"curve": kept})
            )
