"""The audit as rows: added with the change they tell of, read, and nothing else; the database refuses the rest."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

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
        self, workspace: str, begin: datetime | None = None, end: datetime | None = None
    ) -> list[Entry]:
        """The workspace's entries from `begin` until before `end`, in the order in which they were kept."""
        statement = select(AuditRow).where(AuditRow.workspace == workspace).order_by(AuditRow.number)
        if begin is not None:
            statement = statement.where(AuditRow.at >= begin)
        if end is not None:
            statement = statement.where(AuditRow.at < end)
        async with self._connections.reading() as connection:
            rows = (await connection.execute(statement)).mappings()
            return [Entry(**{**row, "what": Did(row["what"])}) for row in rows]


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
