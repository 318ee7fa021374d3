"""Which channels have anything of ours; knows nothing of who may see it."""

from sqlalchemy import not_, or_, select, union

from bot.ports import PlaceStore
from storage.connections import Connections, unbroken
from storage.tables import ConversationRow, DatasetRow, JobRow, ShareRow


class Places(PlaceStore):
    """bot.ports.PlaceStore."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        """The ids of all channels to which something belongs; of direct messages only this person's."""
        owned = (
            (JobRow, JobRow.requested_by),
            (DatasetRow, DatasetRow.uploaded_by),
            (ConversationRow, ConversationRow.started_by),
            (ShareRow, ShareRow.by),
        )
        each = [
            select(row.channel_id)
            .where(row.workspace == workspace)
            .where(or_(not_(row.channel_id.startswith("D")), by == user_id))
            for row, by in owned
        ]
        async with self._connections.reading() as connection:
            return frozenset(await connection.scalars(union(*each)))
