"""Errands: what people have done with datasets."""

import msgspec
from sqlalchemy import RowMapping, select

from bot.domain.places import Place
from bot.domain.transforms.lifecycle import Produced, Transform, TransformKind, TransformState
from bot.domain.work_queue import Transition
from bot.ports import Clock, TransformStore
from storage.connections import Connections, unbroken
from storage.rows import Values, WorkedRows, dump_place, insert_messages, insert_once, load_place
from storage.tables import TransformRow


class Transforms(WorkedRows[Transform], TransformStore):
    """bot.ports.ErrandStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections,
            clock,
            TransformRow,
            noun="errand",
            load=load_errand,
            dump=dump_errand,
            has_cards=False,
        )

    @unbroken
    async def add(self, moved: Transition[Transform]) -> tuple[Transform, bool]:
        """Save a new wish, and True; the one saved earlier, and False, when its request_key is known already."""
        async with self._connections.writing() as connection:
            if await insert_once(connection, TransformRow, dump_errand(moved.row)):
                await insert_messages(connection, moved.messages)
                return moved.row, True
            found = await connection.execute(
                select(TransformRow).where(TransformRow.request_key == moved.row.request_key)
            )
            return load_errand(found.mappings().one()), False

    async def of_dataset(self, dataset_id: str) -> list[Transform]:
        """What people had done with a dataset, oldest first."""
        return await self._read(
            TransformRow.dataset_id == dataset_id, order=[TransformRow.asked_at, TransformRow.id]
        )

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread, or may have been."""
        transforms = await self._read(
            TransformRow.workspace == place.workspace,
            TransformRow.channel_id == place.channel_id,
            TransformRow.thread_ts == place.thread_ts,
        )
        files = (file for transform in transforms for file in transform.produced)
        return frozenset(file_id for file in files if (file_id := file.file_id or file.given))


def load_errand(row: RowMapping) -> Transform:
    """The errand in a row of `errands`."""
    return Transform(
        id=row["id"],
        request_key=row["request_key"],
        place=load_place(row),
        kind=TransformKind(row["kind"]),
        dataset_id=row["dataset_id"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        options=row["options"],
        state=TransformState(row["state"]),
        produced=msgspec.convert(row["produced"]["files"], tuple[Produced, ...]),
        outcome=row["outcome"],
        failure=row["failure"],
        begun_at=row["begun_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def dump_errand(transform: Transform) -> Values:
    """The columns of an errand."""
    return dump_place(transform.place) | {
        "id": transform.id,
        "request_key": transform.request_key,
        "kind": transform.kind.value,
        "dataset_id": transform.dataset_id,
        "asked_by": transform.asked_by,
        "asked_at": transform.asked_at,
        "options": dict(transform.options),
        "state": transform.state.value,
        "produced": {"files": msgspec.to_builtins(transform.produced)},
        "outcome": dict(transform.outcome),
        "failure": transform.failure,
        "begun_at": transform.begun_at,
        "due_at": transform.due_at,
        "attempts": transform.attempts,
        "revision": transform.revision,
    }
