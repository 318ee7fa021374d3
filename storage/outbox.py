"""Posts as rows; knows nothing of Slack."""

from sqlalchemy import RowMapping, update

from bot.domain.outbox import MessageKind, OutboxMessage
from bot.ports import Clock, OutboxStore
from storage.connections import Connections, unbroken
from storage.rows import WorkedRows, dump_message, insert_once, load_place, make_cards_due
from storage.tables import OutboxRow

UNDRAWN = -1  # no row's revision: what stands in Slack is not what it should show


class Outbox(WorkedRows[OutboxMessage], OutboxStore):
    """bot.ports.PostStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections,
            clock,
            OutboxRow,
            noun="message",
            load=load_message,
            dump=dump_message,
            has_cards=False,
        )

    @unbroken
    async def add(self, message: OutboxMessage) -> bool:
        """Ask for a message; False when it was asked for before."""
        async with self._connections.writing() as connection:
            return await insert_once(connection, OutboxRow, dump_message(message))

    async def of(self, subject_id: str) -> list[OutboxMessage]:
        """Every message that shows this subject, by id."""
        return await self._read(OutboxRow.subject_id == subject_id, order=[OutboxRow.id])

    @unbroken
    async def redraw(self, subject_id: str) -> None:
        """Have every card of this subject drawn anew, though the subject did not change."""
        async with self._connections.writing() as connection:
            which = OutboxRow.subject_id == subject_id
            await connection.execute(update(OutboxRow).where(which).values(drawn=UNDRAWN))
            await make_cards_due(connection, which, self._clock.now())


def load_message(row: RowMapping) -> OutboxMessage:
    """The message in a row of `posts`."""
    return OutboxMessage(
        id=row["id"],
        kind=MessageKind(row["kind"]),
        place=load_place(row),
        subject_id=row["subject_id"],
        data=row["data"],
        under=row["under"],
        ts=row["ts"],
        begun_at=row["begun_at"],
        drawn=row["drawn"],
        drawn_at=row["drawn_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        fault=row["fault"],
        revision=row["revision"],
    )
