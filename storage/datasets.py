"""Datasets as rows; knows no file and no check."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import GONE, Dataset, DatasetState, Label
from bot.domain.decision_basis import Basis, DatasetBasis
from bot.domain.jobs.job import LIVE, Job
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import DatasetStore, Page
from storage.connections import unbroken
from storage.decision_basis import hold
from storage.rows import SeenRows, WorkedRows, in_channel, in_sight
from storage.tables import DATASETS, JOBS

_THERE = DATASETS.c.state.not_in(GONE)
_SHOWN = and_(_THERE, DATASETS.c.quiet.is_(False))
"""What people find: a file that may be anything is none of it before it turned out to be a dataset."""

_OLDEST = (DATASETS.c.uploaded_at, DATASETS.c.id)
_NEWEST = (DATASETS.c.uploaded_at.desc(), DATASETS.c.id)


class Datasets(SeenRows[Dataset], WorkedRows[Dataset], DatasetStore):
    """bot.ports.DatasetStore."""

    table = DATASETS
    noun = "dataset"
    has_cards = True

    @unbroken
    async def add(self, transition: Transition[Dataset]) -> Dataset | None:
        """Save a new upload with the next version of its name, called as the last one was.

        None when this file in this channel is known.
        """
        async with self._connections.writing() as connection:
            version, title = await _last(connection, transition.row)
            dataset = replace(transition.row, version=version + 1, title=title or transition.row.title)
            return dataset if await self._insert(connection, replace(transition, row=dataset)) else None

    async def decide(
        self, dataset_id: str, step: Callable[[Dataset, DatasetBasis], Transition[Dataset]]
    ) -> Dataset:
        """As `change`, with a step that also sees what holds; until it is saved, nobody else decides."""

        async def with_basis(
            connection: AsyncConnection, dataset: Dataset, basis: Basis
        ) -> Transition[Dataset]:
            needed = await _needed_by(connection, dataset)
            return step(dataset, DatasetBasis(basis.channel, basis.workspace, basis.paused, needed))

        return await self._decide(dataset_id, with_basis)

    @unbroken
    async def retitle(
        self, place: Place, step: Callable[[list[Dataset], Basis], Iterable[Transition[Dataset]]]
    ) -> None:
        """Save what the pure step makes of the channel's datasets that are not deleted, newest first."""
        async with self._connections.writing() as connection:
            basis = await hold(connection, place)
            known = await DATASETS.read(connection, in_channel(DATASETS, place), _THERE, order=_NEWEST)
            for transition in step(known, basis):
                await self._changed(connection, transition.row.id, partial(_as_told, transition), None)

    async def of_file(self, workspace: str, file_id: str) -> list[Dataset]:
        """Every dataset made of this Slack file, oldest first."""
        c = DATASETS.c
        return await self._read(c.workspace == workspace, c.file_id == file_id, order=_OLDEST)

    async def uses(self, path: str) -> bool:
        """Whether any dataset that is not deleted keeps its content at this path."""
        return bool(await self._read(DATASETS.c.path == path, _THERE, limit=1))

    async def in_workspace(self, workspace: str) -> list[Dataset]:
        """Every dataset of a workspace that is not deleted."""
        return await self._read(DATASETS.c.workspace == workspace, _THERE)

    async def with_old_words(self, before: datetime) -> list[Dataset]:
        """Those uploaded before then whose report still tells what it found line by line, oldest first."""
        c = DATASETS.c
        old = await self._read(c.uploaded_at < before, c.report.is_not(None), order=_OLDEST)
        return [each for each in old if lifecycle.has_words(each)]

    async def of_content(self, place: Place, sha256: str) -> list[Dataset]:
        """The channel's datasets with this content that are not deleted, oldest first."""
        here = in_channel(DATASETS, place)
        return await self._read(here, DATASETS.c.sha256 == sha256, _THERE, order=_OLDEST)

    async def listed(self, sight: Sight, limit: int, *, ready: bool = False) -> Page[Dataset]:
        """The datasets in sight that are not deleted, newest first; `ready`: that can be trained on."""
        there = DATASETS.c.state == DatasetState.READY if ready else _SHOWN
        return await self._page(in_sight(DATASETS, sight), there, order=_NEWEST, limit=limit)

    @unbroken
    async def labels(self, sight: Sight) -> list[Label]:
        """What all of these are called, newest first."""
        named = select(DATASETS.c.id, DATASETS.c.name, DATASETS.c.title)
        statement = named.where(in_sight(DATASETS, sight), _SHOWN).order_by(*_NEWEST)
        async with self._connections.reading() as connection:
            return [Label(*row) for row in await connection.execute(statement)]

    async def of_name(self, sight: Sight, name: str) -> list[Dataset]:
        """Of these all versions of one, newest first."""
        return await self._read(in_sight(DATASETS, sight), _SHOWN, DATASETS.c.name == name, order=_NEWEST)


async def _as_told(transition: Transition[Dataset], _: AsyncConnection, now: Dataset) -> Transition[Dataset]:
    return replace(transition, row=replace(now, title=transition.row.title))


async def _needed_by(connection: AsyncConnection, dataset: Dataset) -> tuple[Job, ...]:
    """The jobs that have not ended and train on this dataset, or validate on it."""
    c = JOBS.c
    needs = or_(c.dataset_id == dataset.id, c.validation["dataset_id"].as_string() == dataset.id)
    live = and_(c.workspace == dataset.place.workspace, c.state.in_(LIVE))
    return tuple(await JOBS.read(connection, live, needs))


async def _last(connection: AsyncConnection, dataset: Dataset) -> tuple[int, str]:
    """The highest version of this name in this channel, deleted ones included, and its title; 0 and "" if none."""
    if connection.dialect.name == "postgresql":  # two uploads at once count one after the other
        name = f"{dataset.place.workspace} {dataset.place.channel_id} {dataset.name}"
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
    found = await connection.execute(
        select(DATASETS.c.version, DATASETS.c.title)
        .where(in_channel(DATASETS, dataset.place), DATASETS.c.name == dataset.name)
        .order_by(DATASETS.c.version.desc())
        .limit(1)
    )
    last = found.one_or_none()
    return (last.version, last.title) if last is not None else (0, "")
