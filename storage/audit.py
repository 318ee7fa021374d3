"""The audit as rows: added with the change they tell of, read, and nothing else; the database refuses the rest."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.audit import Did, Entry
from bot.ports import AuditStore
from storage.connections import Connections, unbroken
from storage.tables import AUDIT


class Audit(AuditStore):
    """bot.ports.AuditStore."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def add(self, entry: Entry) -> None:
        """Keep what changed no row of ours."""
        async with self._connections.writing() as connection:
            await insert_entries(connection, (entry,))

    @unbroken
    async def listed(
        self, sight: Sight, begin: datetime | None = None, end: datetime | None = None
    ) -> list[Entry]:
        """The entries in sight, or of the whole workspace, in the order in which they were kept."""
        c = AUDIT.c
        where = [c.workspace == sight.workspace, c.channel_id.in_(sight.channels | {""})]
        where += [c.at >= begin] if begin is not None else []
        where += [c.at < end] if end is not None else []
        async with self._connections.reading() as connection:
            return await AUDIT.read(connection, *where, order=[c.number])

    @unbroken
    async def files_deleted(self, workspace: str, file_ids: Collection[str]) -> dict[str, datetime]:
        """Which of these files we deleted at the provider because they were old, and when."""
        c = AUDIT.c
        told = c.details["file"].as_string().in_(file_ids)
        async with self._connections.reading() as connection:
            found = await AUDIT.read(connection, c.workspace == workspace, c.what == Did.FILE_DELETED, told)
            return {str(entry.details["file"]): entry.at for entry in found}

    @unbroken
    async def places(self, workspace: str) -> frozenset[str]:
        """The ids of all channels of which there are entries."""
        statement = select(AUDIT.c.channel_id).where(AUDIT.c.workspace == workspace).distinct()
        async with self._connections.reading() as connection:
            return frozenset(await connection.scalars(statement)) - {""}


async def insert_entries(connection: AsyncConnection, entries: Iterable[Entry]) -> None:
    """Add these, in the transaction of the change that they tell of; the database numbers them."""
    rows = [AUDIT.dump(entry) for entry in entries]
    for row in rows:
        del row["number"]
    if rows:
        await connection.execute(insert(AUDIT.table), rows)
