"""Datasets as rows; knows no file and no check."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import RowMapping, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.approvals.decisions import Basis, DatasetBasis
from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import GONE, Checking, Dataset, DatasetState, Deletion, Label
from bot.domain.datasets.report import from_json, to_json
from bot.domain.jobs.job import LIVE, Job
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import Clock, DatasetStore, Page
from storage.connections import Connections, unbroken
from storage.decisions import hold
from storage.jobs import load_job
from storage.rows import (
    SeenRows,
    Values,
    WorkedRows,
    dump_place,
    in_sight,
    insert_messages,
    insert_once,
    load_place,
)
from storage.tables import DatasetRow, JobRow

_THERE = DatasetRow.state.not_in([state.value for state in GONE])
_NEWEST = (DatasetRow.uploaded_at.desc(), DatasetRow.id)


class Datasets(SeenRows[Dataset], WorkedRows[Dataset], DatasetStore):
    """bot.ports.DatasetStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections,
            clock,
            DatasetRow,
            noun="dataset",
            load=load_dataset,
            dump=dump_dataset,
            has_cards=True,
        )

    @unbroken
    async def add(self, moved: Transition[Dataset]) -> Dataset | None:
        """Save a new upload with the next version of its name, called as the last one was.

        None when this file in this channel is known.
        """
        async with self._connections.writing() as connection:
            version, title = await _last(connection, moved.row)
            dataset = replace(moved.row, version=version + 1, title=title or moved.row.title)
            if not await insert_once(connection, DatasetRow, dump_dataset(dataset)):
                return None
            await insert_messages(connection, moved.messages)
            return dataset

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
        here = [DatasetRow.workspace == place.workspace, DatasetRow.channel_id == place.channel_id, _THERE]
        known = select(DatasetRow).where(*here).order_by(DatasetRow.uploaded_at.desc(), DatasetRow.id)
        async with self._connections.writing() as connection:
            basis = await hold(connection, place)
            rows = (await connection.execute(known)).mappings()
            for moved in step([load_dataset(row) for row in rows], basis):
                await self._changed(connection, moved.row.id, partial(_as_told, moved), None)

    async def of_file(self, workspace: str, file_id: str) -> list[Dataset]:
        """Every dataset made of this Slack file, oldest first."""
        return await self._read(
            DatasetRow.workspace == workspace,
            DatasetRow.file_id == file_id,
            order=[DatasetRow.uploaded_at, DatasetRow.id],
        )

    async def uses(self, path: str) -> bool:
        """Whether any dataset that is not deleted keeps its content at this path."""
        return bool(await self._read(DatasetRow.path == path, _THERE, limit=1))

    async def in_workspace(self, workspace: str) -> list[Dataset]:
        """Every dataset of a workspace that is not deleted."""
        return await self._read(DatasetRow.workspace == workspace, _THERE)

    async def with_old_words(self, before: datetime) -> list[Dataset]:
        """Those uploaded before then whose report still tells what it found line by line, oldest first."""
        old = await self._read(
            DatasetRow.uploaded_at < before,
            DatasetRow.report.is_not(None),
            order=[DatasetRow.uploaded_at, DatasetRow.id],
        )
        return [each for each in old if lifecycle.has_words(each)]

    async def of_content(self, place: Place, sha256: str) -> list[Dataset]:
        """The channel's datasets with this content that are not deleted, oldest first."""
        return await self._read(
            DatasetRow.workspace == place.workspace,
            DatasetRow.channel_id == place.channel_id,
            DatasetRow.sha256 == sha256,
            _THERE,
            order=[DatasetRow.uploaded_at, DatasetRow.id],
        )

    async def listed(self, sight: Sight, limit: int, *, ready: bool = False) -> Page[Dataset]:
        """The datasets in sight that are not deleted, newest first; `ready`: that can be trained on."""
        there = DatasetRow.state == DatasetState.READY.value if ready else _THERE
        return await self._page(in_sight(DatasetRow, sight), there, order=_NEWEST, limit=limit)

    @unbroken
    async def labels(self, sight: Sight) -> list[Label]:
        """What all of these are called, newest first."""
        named = select(DatasetRow.id, DatasetRow.name, DatasetRow.title)
        statement = named.where(in_sight(DatasetRow, sight), _THERE).order_by(*_NEWEST)
        async with self._connections.reading() as connection:
            return [Label(*row) for row in await connection.execute(statement)]

    async def of_name(self, sight: Sight, name: str) -> list[Dataset]:
        """Of these all versions of one, newest first."""
        return await self._read(in_sight(DatasetRow, sight), _THERE, DatasetRow.name == name, order=_NEWEST)


async def _as_told(moved: Transition[Dataset], _: AsyncConnection, now: Dataset) -> Transition[Dataset]:
    return replace(moved, row=replace(now, title=moved.row.title))


async def _needed_by(connection: AsyncConnection, dataset: Dataset) -> tuple[Job, ...]:
    """The jobs that have not ended and train on this dataset, or validate on it."""
    validates = JobRow.validation["dataset_id"].as_string()
    needs = select(JobRow).where(
        JobRow.workspace == dataset.place.workspace,
        JobRow.state.in_(sorted(state.value for state in LIVE)),
        or_(JobRow.dataset_id == dataset.id, validates == dataset.id),
    )
    return tuple(load_job(row) for row in (await connection.execute(needs)).mappings())


async def _last(connection: AsyncConnection, dataset: Dataset) -> tuple[int, str]:
    """The highest version of this name in this channel, deleted ones included, and its title; 0 and "" if none."""
    if connection.dialect.name == "postgresql":  # two uploads at once count one after the other
        name = f"{dataset.place.workspace} {dataset.place.channel_id} {dataset.name}"
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
    found = await connection.execute(
        select(DatasetRow.version, DatasetRow.title)
        .where(
            DatasetRow.workspace == dataset.place.workspace,
            DatasetRow.channel_id == dataset.place.channel_id,
            DatasetRow.name == dataset.name,
        )
        .order_by(DatasetRow.version.desc())
        .limit(1)
    )
    last = found.one_or_none()
    return (last.version, last.title) if last is not None else (0, "")


def load_dataset(row: RowMapping) -> Dataset:
    """The dataset in a row of `datasets`."""
    checking, report, deletion = row["checking"], row["report"], row["deletion"]
    return Dataset(
        id=row["id"],
        place=load_place(row),
        file_id=row["file_id"],
        name=row["name"],
        size=row["size"],
        uploaded_by=row["uploaded_by"],
        uploaded_at=row["uploaded_at"],
        version=row["version"],
        state=DatasetState(row["state"]),
        sha256=row["sha256"],
        path=row["path"],
        checking=None if checking is None else msgspec.convert(checking, Checking),
        report=None if report is None else from_json(report),
        failure=row["failure"],
        title=row["title"],
        twin=row["twin"],
        deletion=None if deletion is None else msgspec.convert(deletion, Deletion),
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def dump_dataset(dataset: Dataset) -> Values:
    """The columns of a dataset."""
    return dump_place(dataset.place) | {
        "id": dataset.id,
        "file_id": dataset.file_id,
        "name": dataset.name,
        "size": dataset.size,
        "uploaded_by": dataset.uploaded_by,
        "uploaded_at": dataset.uploaded_at,
        "version": dataset.version,
        "state": dataset.state.value,
        "sha256": dataset.sha256,
        "path": dataset.path,
        "checking": None if dataset.checking is None else msgspec.to_builtins(dataset.checking),
        "report": None if dataset.report is None else to_json(dataset.report),
        "failure": dataset.failure,
        "title": dataset.title,
        "twin": dataset.twin,
        "deletion": None if dataset.deletion is None else msgspec.to_builtins(dataset.deletion),
        "due_at": dataset.due_at,
        "attempts": dataset.attempts,
        "revision": dataset.revision,
    }
