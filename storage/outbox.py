"""Messages of ours as rows; knows nothing of Slack."""

from sqlalchemy import update

from bot.domain.outbox import OutboxMessage
from bot.ports import OutboxStore
from storage.connections import unbroken
from storage.rows import AddedRows, make_cards_due
from storage.tables import OUTBOX

UNDRAWN = -1  # no row's revision: what stands in Slack is not what it should show


class Outbox(AddedRows[OutboxMessage], OutboxStore):
    """bot.ports.OutboxStore."""

    table = OUTBOX
    noun = "message"

    async def of(self, subject_id: str) -> list[OutboxMessage]:
        """Every message that shows this subject, by id."""
        return await self._read(OUTBOX.c.subject_id == subject_id, order=[OUTBOX.c.id])

    @unbroken
    async def redraw(self, subject_id: str) -> None:
        """Have every card of this subject drawn anew, though the subject did not change."""
        async with self._connections.writing() as connection:
            which = OUTBOX.c.subject_id == subject_id
            await connection.execute(update(OUTBOX.table).where(which).values(drawn=UNDRAWN))
            await make_cards_due(connection, which, self._clock.now())
