"""Transforms: what people have done with datasets."""

from bot.domain.places import Place
from bot.domain.transforms.lifecycle import Transform
from bot.domain.work_queue import Transition
from bot.ports import TransformStore
from storage.connections import unbroken
from storage.rows import WorkedRows, in_channel
from storage.tables import TRANSFORMS


class Transforms(WorkedRows[Transform], TransformStore):
    """bot.ports.TransformStore."""

    table = TRANSFORMS
    noun = "errand"

    @unbroken
    async def add(self, transition: Transition[Transform]) -> tuple[Transform, bool]:
        """Save a new wish, and True; the one saved earlier, and False, when its request_key is known already."""
        async with self._connections.writing() as connection:
            return await self._insert_request(connection, transition)

    async def of_dataset(self, dataset_id: str) -> list[Transform]:
        """What people had done with a dataset, oldest first."""
        c = TRANSFORMS.c
        return await self._read(c.dataset_id == dataset_id, order=[c.asked_at, c.id])

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread, or may have been."""
        thread = TRANSFORMS.c.thread_ts == place.thread_ts
        transforms = await self._read(in_channel(TRANSFORMS, place), thread)
        files = (file for transform in transforms for file in transform.produced)
        return frozenset(file_id for file in files if (file_id := file.file_id or file.given))
