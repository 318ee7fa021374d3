"""Errands: what people have done with datasets."""

import msgspec
from sqlalchemy import RowMapping, select

from bot.domain.outbox import Moved, Place
from bot.domain.transforms.lifecycle import Errand, ErrandKind, ErrandState, Produced
from bot.ports import Clock, ErrandStore
from storage.connections import Connections, unbroken
from storage.rows import Values, WorkedRows, dump_place, insert_once, insert_posts, load_place
from storage.tables import ErrandRow


class Errands(WorkedRows[Errand], ErrandStore):
    """bot.ports.ErrandStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections,
            clock,
            ErrandRow,
            noun="errand",
            load=load_errand,
            dump=dump_errand,
            has_cards=False,
        )

    @unbroken
    async def add(self, moved: Moved[Errand]) -> tuple[Errand, bool]:
        """Save a new wish, and True; the one saved earlier, and False, when its request_key is known already."""
        async with self._connections.writing() as connection:
            if await insert_once(connection, ErrandRow, dump_errand(moved.row)):
                await insert_posts(connection, moved.posts)
                return moved.row, True
            found = await connection.execute(
                select(ErrandRow).where(ErrandRow.request_key == moved.row.request_key)
            )
            return load_errand(found.mappings().one()), False

    async def of_dataset(self, dataset_id: str) -> list[Errand]:
        """What people had done with a dataset, oldest first."""
        return await self._read(ErrandRow.dataset_id == dataset_id, order=[ErrandRow.asked_at, ErrandRow.id])

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread, or may have been."""
        errands = await self._read(
            ErrandRow.workspace == place.workspace,
            ErrandRow.channel_id == place.channel_id,
            ErrandRow.thread_ts == place.thread_ts,
        )
        files = (file for errand in errands for file in errand.produced)
        return frozenset(file_id for file in files if (file_id := file.file_id or file.given))


def load_errand(row: RowMapping) -> Errand:
    """The errand in a row of `errands`."""
    return Errand(
        id=row["id"],
        request_key=row["request_key"],
        place=load_place(row),
        kind=ErrandKind(row["kind"]),
        dataset_id=row["dataset_id"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        options=row["options"],
        state=ErrandState(row["state"]),
        produced=msgspec.convert(row["produced"]["files"], tuple[Produced, ...]),
        outcome=row["outcome"],
        failure=row["failure"],
        begun_at=row["begun_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def dump_errand(errand: Errand) -> Values:
    """The columns of an errand."""
    return dump_place(errand.place) | {
        "id": errand.id,
        "request_key": errand.request_key,
        "kind": errand.kind.value,
        "dataset_id": errand.dataset_id,
        "asked_by": errand.asked_by,
        "asked_at": errand.asked_at,
        "options": dict(errand.options),
        "state": errand.state.value,
        "produced": {"files": msgspec.to_builtins(errand.produced)},
        "outcome": dict(errand.outcome),
        "failure": errand.failure,
        "begun_at": errand.begun_at,
        "due_at": errand.due_at,
        "attempts": errand.attempts,
        "revision": errand.revision,
    }
