"""What is done again and again, as rows; knows none of it."""

from sqlalchemy import RowMapping

from bot.domain.periodic import Chore, ChoreKind
from bot.ports import ChoreStore, Clock
from storage.connections import Connections, unbroken
from storage.rows import Values, WorkedRows, dump_place, insert_once, load_place
from storage.tables import ChoreRow


class Chores(WorkedRows[Chore], ChoreStore):
    """bot.ports.ChoreStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(connections, clock, ChoreRow, noun="chore", load=_load, dump=_dump, has_cards=False)

    @unbroken
    async def add(self, chore: Chore) -> None:
        """Save it, unless it is there already."""
        async with self._connections.writing() as connection:
            await insert_once(connection, ChoreRow, _dump(chore))


def _load(row: RowMapping) -> Chore:
    return Chore(
        id=row["id"],
        kind=ChoreKind(row["kind"]),
        place=load_place(row),
        done_at=row["done_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def _dump(chore: Chore) -> Values:
    return dump_place(chore.place) | {
        "id": chore.id,
        "kind": chore.kind.value,
        "done_at": chore.done_at,
        "due_at": chore.due_at,
        "attempts": chore.attempts,
        "revision": chore.revision,
    }
