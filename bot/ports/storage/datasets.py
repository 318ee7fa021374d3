"""Stores of datasets and of what is made of them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from bot.domain.access import Sight
from bot.domain.datasets.lifecycle import Dataset, Label
from bot.domain.decision_basis import Basis, DatasetBasis
from bot.domain.places import Place
from bot.domain.transforms.lifecycle import Transform
from bot.domain.work_queue import Transition
from bot.ports.storage.rows import Page, Rows, Seen


class DatasetStore(Rows[Dataset], Seen[Dataset], Protocol):
    """Uploaded datasets."""

    async def add(self, moved: Transition[Dataset]) -> Dataset | None:
        """Save a new upload with the next version of its name in the channel, called as the last one was.

        None when this file in this channel is known already (the same upload told twice).
        """
        ...

    async def decide(
        self, dataset_id: str, step: Callable[[Dataset, DatasetBasis], Transition[Dataset]]
    ) -> Dataset:
        """As `change`, with a step that also sees what holds; until it is saved, nobody else decides."""
        ...

    async def retitle(
        self, place: Place, step: Callable[[list[Dataset], Basis], Iterable[Transition[Dataset]]]
    ) -> None:
        """Save the titles that the pure step gives to the channel's datasets that are not deleted, newest first."""
        ...

    async def of_file(self, workspace: str, file_id: str) -> list[Dataset]:
        """Every dataset made of this Slack file, in whichever channel."""
        ...

    async def uses(self, path: str) -> bool:
        """Whether any dataset that is not deleted keeps its content at this path."""
        ...

    async def in_workspace(self, workspace: str) -> list[Dataset]:
        """Every dataset of a workspace that is not deleted."""
        ...

    async def with_old_words(self, before: datetime) -> list[Dataset]:
        """Those uploaded before then whose report still tells what it found line by line."""
        ...

    async def of_content(self, place: Place, sha256: str) -> list[Dataset]:
        """The channel's datasets with this content that are not deleted, oldest first."""
        ...

    async def listed(self, sight: Sight, limit: int, *, ready: bool = False) -> Page[Dataset]:
        """The datasets in sight that are not deleted, newest first; `ready`: that can be trained on."""
        ...

    async def labels(self, sight: Sight) -> list[Label]:
        """What all of these are called, newest first."""
        ...

    async def of_name(self, sight: Sight, name: str) -> list[Dataset]:
        """Of these all versions of one: those whose file is called so, newest first."""
        ...


class TransformStore(Rows[Transform], Protocol):
    """What people have done with datasets."""

    async def add(self, moved: Transition[Transform]) -> tuple[Transform, bool]:
        """Save a new wish, and True; the one saved earlier, and False, when its request_key is known already."""
        ...

    async def of_dataset(self, dataset_id: str) -> list[Transform]:
        """What people had done with a dataset, oldest first."""
        ...

    async def files(self, place: Place) -> frozenset[str]:
        """The Slack ids of all files that were sent into this thread, or may have been."""
        ...
