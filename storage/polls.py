"""The looks over live jobs as rows, one per provider; knows no provider."""

from sqlalchemy import RowMapping

from bot.domain.jobs.polling import Poll
from bot.ports import Clock, PollStore
from storage.connections import Connections, unbroken
from storage.rows import Values, WorkedRows, insert_once
from storage.tables import PollRow


class Polls(WorkedRows[Poll], PollStore):
    """bot.ports.PollStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(connections, clock, PollRow, noun="poll", load=_load, dump=_dump, has_cards=False)

    @unbroken
    async def add(self, poll: Poll) -> None:
        """Save it, unless the provider has one already."""
        async with self._connections.writing() as connection:
            await insert_once(connection, PollRow, _dump(poll))


def _load(row: RowMapping) -> Poll:
    return Poll(id=row["id"], due_at=row["due_at"], attempts=row["attempts"], revision=row["revision"])


def _dump(poll: Poll) -> Values:
    return {"id": poll.id, "due_at": poll.due_at, "attempts": poll.attempts, "revision": poll.revision}
