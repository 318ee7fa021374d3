"""The audit as rows: added with the change they tell of, read, and nothing else; the database refuses the rest."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.audit import Did, Entry
from bot.ports import AuditStore
from storage.connections import Connections, unbroken
from storage.tables import AuditRow


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
        seen = AuditRow.channel_id.in_(sight.channels | {""})
        statement = select(AuditRow).where(AuditRow.workspace == sight.workspace, seen)
        if begin is not None:
            statement = statement.where(AuditRow.at >= begin)
        if end is not None:
            statement = statement.where(AuditRow.at < end)
        async with self._connections.reading() as connection:
            rows = (await connection.execute(statement.order_by(AuditRow.number))).mappings()
            return [Entry(**{**row, "what": Did(row["what"])}) for row in rows]

    @unbroken
    async def places(self, workspace: str) -> frozenset[str]:
        """The ids of all channels of which there are entries."""
        statement = select(AuditRow.channel_id).where(AuditRow.workspace == workspace).distinct()
        async with self._connections.reading() as connection:
            return frozenset(await connection.scalars(statement)) - {""}


async def insert_entries(connection: AsyncConnection, entries: Iterable[Entry]) -> None:
    """Add these, in the transaction of the change that they tell of."""
    rows = [
        {
            "at": entry.at,
            "workspace": entry.workspace,
            "channel_id": entry.channel_id,
            "who": entry.who,
            "what": entry.what.value,
            "subject": entry.subject,
            "details": dict(entry.details),
        }
        for entry in entries
    ]
    if rows:
        await connection.execute(insert(AuditRow), rows)
