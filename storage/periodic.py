"""What is done again and again, as rows; knows none of it."""

from sqlalchemy import RowMapping

from bot.domain.periodic import PeriodicTask, PeriodicTaskKind
from bot.ports import Clock, PeriodicTaskStore
from storage.connections import Connections, unbroken
from storage.rows import Values, WorkedRows, dump_place, insert_once, load_place
from storage.tables import PeriodicTaskRow


class PeriodicTasks(WorkedRows[PeriodicTask], PeriodicTaskStore):
    """bot.ports.ChoreStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections, clock, PeriodicTaskRow, noun="chore", load=_load, dump=_dump, has_cards=False
        )

    @unbroken
    async def add(self, task: PeriodicTask) -> None:
        """Save it, unless it is there already."""
        async with self._connections.writing() as connection:
            await insert_once(connection, PeriodicTaskRow, _dump(task))


def _load(row: RowMapping) -> PeriodicTask:
    return PeriodicTask(
        id=row["id"],
        kind=PeriodicTaskKind(row["kind"]),
        place=load_place(row),
        done_at=row["done_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def _dump(task: PeriodicTask) -> Values:
    return dump_place(task.place) | {
        "id": task.id,
        "kind": task.kind.value,
        "done_at": task.done_at,
        "due_at": task.due_at,
        "attempts": task.attempts,
        "revision": task.revision,
    }
