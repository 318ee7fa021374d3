"""Transforms: what people have done with a dataset; made by a worker, sent into the dataset's thread, checked anew."""

import asyncio
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bot.domain import stale_buttons, worker_tasks
from bot.domain.access import Viewer
from bot.domain.catalog import Format
from bot.domain.datasets.lifecycle import GONE, Dataset
from bot.domain.datasets.report import Report
from bot.domain.escaping import plain
from bot.domain.policies import Policy
from bot.domain.pricing import Estimate
from bot.domain.transforms import captions, convert, lifecycle
from bot.domain.transforms.convert import Part
from bot.domain.transforms.lifecycle import Produced, Transform, TransformKind, TransformState, offered
from bot.domain.work_queue import Transition
from bot.domain.worker_tasks import Mended, Preview
from bot.errors import (
    BadInput,
    CurableRefusal,
    DiskFull,
    NotFound,
    SlackRefused,
    StaleState,
    Temporary,
    UnusableFile,
    room,
)
from bot.ports import Claim, Clock, Logger, SlackFile, Storage, Uploads, Workers
from bot.services.datasets.contents import Fetching
from bot.services.datasets.service import MEND_PAUSE, ROOM_PAUSE, DatasetService

CHARTED = 10  # examples from which on a picture of their tokens says something


@dataclass(frozen=True)
class TransformService:
    """The use cases of transforms; what is made lies in `folder` until it was sent.

    Outcomes: mend {kept, deeds {code: lines}}, convert {examples, left_out {why: rows}, shape, columns}, split
    {training, validation, seed}, report {problems}, compare {version, with_version, added, removed, changed, same,
    tokens_before, tokens_after, costs [{model, before, after}]}.
    """

    storage: Storage
    datasets: DatasetService
    policy: Policy
    uploads: Uploads
    workers: Workers
    fetching: Fetching
    clock: Clock
    log: Logger
    wake: Callable[[], None]
    folder: Path

    async def ask(
        self, viewer: Viewer, dataset_id: str, kind: TransformKind, options: Mapping[str, Any]
    ) -> tuple[Transform, bool]:
        """Write down a wish; the same wish as before is that transform and not new, unless it had failed.

        Raises:
            NotAllowed: guests.
            NotFound, StaleState: the dataset is unknown, deleted, or this cannot be done with it.
        """
        user_id = viewer.user_id
        dataset = await self.check(viewer, dataset_id, kind)
        if kind is TransformKind.COMPARE:
            await self.datasets.get(viewer, str(options["with"]))
        now = self.clock.now()
        transform = Transform(
            id=secrets.token_hex(8),
            request_key=lifecycle.request_key(dataset_id, kind, options),
            place=dataset.place,
            kind=kind,
            dataset_id=dataset_id,
            asked_by=user_id,
            asked_at=now,
            options=options,
        )
        saved, is_new = await self.storage.transforms.add(lifecycle.asked(transform, now))
        if not is_new and saved.state is TransformState.FAILED:
            saved = await self.storage.transforms.change(
                saved.id, lambda each: lifecycle.asked_again(each, user_id, now)
            )
            is_new = True
        self.log.info("transform asked", transform=saved.id, kind=kind.value, by=user_id, new=is_new)
        self.wake()
        return saved, is_new

    async def check(self, viewer: Viewer, dataset_id: str, kind: TransformKind) -> Dataset:
        """The dataset, if this person may have this done with it as it is now. Raises as `ask`."""
        self.policy.check_errand(viewer.member)
        dataset = await self.datasets.get(viewer, dataset_id)
        if dataset.state in GONE:
            raise StaleState("This file was deleted, and my copy with it. Drop it here again to go on.")
        if kind not in offered(dataset):
            raise StaleState("This cannot be done with this file as it is now; its card shows what can.")
        return dataset

    async def show_mending(self, viewer: Viewer, dataset_id: str) -> tuple[Dataset, Mended]:
        """The dataset, and what mending would do to which lines of it; nothing is done. Raises as `check`, BadInput."""
        dataset = _there(await self.check(viewer, dataset_id, TransformKind.MEND))
        return dataset, await self.workers.run(
            worker_tasks.ShowMending(await self._content(dataset), _format_of(dataset))
        )

    async def mend(self, viewer: Viewer, dataset_id: str, read: str) -> tuple[Transform, bool]:
        """As `ask`, for what was `read` (stale_buttons): Changed where it is another content by now."""
        dataset = await self.check(viewer, dataset_id, TransformKind.MEND)
        stale_buttons.check(dataset_id, read, stale_buttons.dataset(dataset))
        return await self.ask(viewer, dataset_id, TransformKind.MEND, {})

    async def preview(
        self, viewer: Viewer, dataset_id: str, columns: Mapping[Part, str] | None = None, system: str = ""
    ) -> Preview:
        """What the columns of a file are taken for (as given, else guessed), and its first examples.

        `system` is the system prompt that they get.

        Raises:
            NotFound, StaleState: the dataset is unknown, or deleted.
            BadInput: a given column is not there, or the file holds no rows that can be told apart.
        """
        dataset = _there(await self.datasets.get(viewer, dataset_id))
        return await self.workers.run(
            worker_tasks.ShowPreview(await self._content(dataset), dict(columns or {}), system=system)
        )

    # ---- the work -------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Remove what a crash left of transforms that have ended: it is content of datasets."""
        for made in await asyncio.to_thread(_inside, self.folder):
            transform = await self.storage.transforms.get(made.name)
            if transform is None or transform.state in lifecycle.ENDED:
                await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)

    async def step(self, claim: Claim[Transform]) -> None:
        """Make the files, send them, have them checked; done again after a crash it goes on where it was."""
        transform = claim.row
        try:
            with room():
                transform = await self._done(claim)
        except CurableRefusal as refused:
            sentence, due = str(refused), self.clock.now() + MEND_PAUSE
            await self._change(claim, lambda each: lifecycle.waits(each, sentence, due))
            return  # what was made waits for the next try
        except DiskFull as full:
            sentence, due = str(full), self.clock.now() + ROOM_PAUSE
            await asyncio.to_thread(
                shutil.rmtree, self._made(transform), ignore_errors=True
            )  # room for others
            await self._change(claim, lambda each: lifecycle.waits(each, sentence, due))
            return
        except (BadInput, NotFound, UnusableFile, SlackRefused) as final:
            sentence = str(final)
            await self._change(claim, lambda each: lifecycle.failed(each, sentence, self.clock.now()))
        except Temporary as fault:
            sentence, after = str(fault), fault.retry_after
            saved = await self._change(
                claim, lambda each: lifecycle.delayed(each, sentence, self.clock.now(), after)
            )
            if saved.state not in lifecycle.ENDED:
                return  # what was made waits for the next try
        self.log.info("transform ended", transform=transform.id, kind=transform.kind.value)
        await asyncio.to_thread(shutil.rmtree, self._made(transform), ignore_errors=True)

    async def _done(self, claim: Claim[Transform]) -> Transform:
        """The transform with all its files made and sent."""
        transform = claim.row
        if transform.state is TransformState.WORKING and not await self._all_there(transform):
            transform = await self._change(claim, lifecycle.lost)
        if transform.state is TransformState.WAITING:
            produced, outcome = await self._make(transform)
            now = self.clock.now()
            transform = await self._change(claim, lambda each: lifecycle.made(each, produced, outcome, now))
        for number in range(len(transform.produced)):
            transform = await self._send(claim, transform, number)
        return await self._change(claim, lambda each: lifecycle.done(each, self.clock.now()))

    def trouble(self, transform: Transform, reference: str) -> Transition[Transform]:
        """After a fault that nobody foresaw: again later."""
        sentence = f"Something in me broke (code {reference})."
        return lifecycle.delayed(transform, sentence, self.clock.now(), None)

    async def _send(self, claim: Claim[Transform], transform: Transform, number: int) -> Transform:
        """Put one file into the thread unless it is there, and have it checked if it is a dataset."""
        file = transform.produced[number]
        path = self._made(transform) / file.name

        async def begin(given: str) -> None:
            await self._change(claim, lambda each: lifecycle.sending(each, number, given))

        file_id = file.file_id
        if file_id is None and file.begun and transform.begun_at is not None:
            others = await self.storage.transforms.files(transform.place) - {file.given}
            file_id = await self.uploads.find(transform.place, file.name, transform.begun_at, others)
        if file_id is None:
            await self._to_work_on(transform.dataset_id)  # deleted meanwhile: nothing of it is shown any more
            file_id = await self.uploads.send(
                transform.place, path, name=file.name, title=file.name, comment=file.note, begin=begin
            )
        sent = file_id
        transform = await self._change(claim, lambda each: lifecycle.sent(each, number, sent))
        if file.is_dataset:
            size = (await asyncio.to_thread(path.stat)).st_size
            made = SlackFile(id=sent, name=file.name, size=size, mode="hosted")
            half = lifecycle.half(transform, number)
            await self.datasets.receive(transform.place, made, transform.asked_by, half)
        return transform

    async def _make(self, transform: Transform) -> tuple[tuple[Produced, ...], dict[str, Any]]:
        """Make the files anew, and what there is to tell."""
        dataset = await self._to_work_on(transform.dataset_id)
        folder = self._made(transform)
        await asyncio.to_thread(_empty, folder)
        match transform.kind:
            case TransformKind.MEND:
                return await self._mend(dataset, folder)
            case TransformKind.CONVERT:
                return await self._convert(transform, dataset, folder)
            case TransformKind.SPLIT:
                return await self._split(transform, dataset, folder)
            case TransformKind.COMPARE:
                return await self._compare(transform, dataset)
            case TransformKind.REPORT:
                return await self._report(dataset, folder)

    async def _mend(self, dataset: Dataset, folder: Path) -> tuple[tuple[Produced, ...], dict[str, Any]]:
        name = captions.jsonl(dataset)
        made = await self.workers.run(
            worker_tasks.Mend(await self._content(dataset), folder / name, _format_of(dataset))
        )
        deeds = Counter[str]()
        for deed in made.deeds:
            deeds[deed.code] += deed.count
        outcome: dict[str, Any] = {"kept": made.kept, "deeds": dict(deeds)}
        if not made.deeds:
            return (), outcome
        note = captions.mended(dataset, made.kept, made.left_out, made.deeds)
        return (Produced(name, note, is_dataset=True),), outcome

    async def _convert(
        self, transform: Transform, dataset: Dataset, folder: Path
    ) -> tuple[tuple[Produced, ...], dict[str, Any]]:
        mapping = msgspec.convert(transform.options["mapping"], convert.Mapping)
        name, system = captions.jsonl(dataset), str(transform.options.get("system", ""))
        made = await self.workers.run(
            worker_tasks.Convert(await self._content(dataset), folder / name, mapping, system)
        )
        outcome = msgspec.to_builtins(made) | {"shape": mapping.shape, "columns": dict(mapping.columns)}
        note = captions.converted(dataset, made.examples, made.left_out, mapping, made.done)
        return (Produced(name, note, is_dataset=True),), outcome

    async def _split(
        self, transform: Transform, dataset: Dataset, folder: Path
    ) -> tuple[tuple[Produced, ...], dict[str, Any]]:
        training, validation = captions.jsonl(dataset, "-train"), captions.jsonl(dataset, "-validation")
        seed = int(transform.options["seed"])
        share, content = float(transform.options["share"]), await self._content(dataset)
        made = await self.workers.run(
            worker_tasks.Split(content, folder / training, folder / validation, share, seed)
        )
        files = (
            Produced(
                training, captions.part(dataset, training, "training", made.training, seed), is_dataset=True
            ),
            Produced(
                validation,
                captions.part(dataset, validation, "validation", made.validation, seed),
                is_dataset=True,
            ),
        )
        return files, {"training": made.training, "validation": made.validation, "seed": seed}

    async def _compare(
        self, transform: Transform, dataset: Dataset
    ) -> tuple[tuple[Produced, ...], dict[str, Any]]:
        other = await self._to_work_on(str(transform.options["with"]))
        found = await self.workers.run(
            worker_tasks.Compare(await self._content(other), await self._content(dataset))
        )
        return (), {
            "version": dataset.version,
            "with_version": other.version,
            "same": found.same,
            "added": found.added.count,
            "removed": found.removed.count,
            "changed": found.changed.count,
            "tokens_before": other.report.tokens.total if other.report else 0,
            "tokens_after": dataset.report.tokens.total if dataset.report else 0,
            "costs": _costs(other.report, dataset.report),
        }

    async def _report(self, dataset: Dataset, folder: Path) -> tuple[tuple[Produced, ...], dict[str, Any]]:
        report = dataset.report
        if report is None:
            raise BadInput("There is no report on this file; it could not be read.")
        table, chart = f"{captions.stem(dataset)}-report.csv", f"{captions.stem(dataset)}-tokens.png"
        content = await self._content(dataset)
        count = await self.workers.run(worker_tasks.WriteReportTable(content, folder / table, report))
        files = [Produced(table, captions.report(dataset, count, len(report.advice)))]
        if report.valid >= CHARTED and report.tokens.histogram:
            limit = max((each.limit for each in report.billable), default=report.tokens.max)
            await self.workers.run(worker_tasks.DrawTokenChart(folder / chart, report, limit))
            files.append(Produced(chart, captions.tokens(report)))
        return tuple(files), {"problems": count}

    async def _to_work_on(self, dataset_id: str) -> Dataset:
        """As `_there`; where it was deleted the transform ends, for to the worker a stale state is one that moved."""
        dataset = await self.storage.datasets.get(dataset_id)
        if dataset is None:
            raise NotFound("I don't know this dataset any more.")
        try:
            return _there(dataset)
        except StaleState as gone:
            raise BadInput(str(gone)) from gone

    async def _all_there(self, transform: Transform) -> bool:
        """Whether what is still to be sent lies where it was made."""
        paths = [self._made(transform) / each.name for each in transform.produced]
        return await asyncio.to_thread(lambda: all(path.is_file() for path in paths))

    async def _content(self, dataset: Dataset) -> Path:
        return await self.fetching.path(dataset.file_id, str(dataset.sha256))

    def _made(self, transform: Transform) -> Path:
        return self.folder / transform.id

    async def _change(
        self, claim: Claim[Transform], step: Callable[[Transform], Transition[Transform]]
    ) -> Transform:
        return await self.storage.transforms.change(claim.row.id, step, token=claim.token)


def _format_of(dataset: Dataset) -> Format | None:
    return dataset.report.format if dataset.report else None


def _there(dataset: Dataset) -> Dataset:
    """The dataset, if its content is here. Raises StaleState."""
    if dataset.state in GONE or dataset.path is None:
        raise StaleState(
            f"*{plain(dataset.label)}* was deleted, and my copy with it. Drop it here again to go on."
        )
    return dataset


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _costs(before: Report | None, after: Report | None) -> list[dict[str, Any]]:
    """What each model that both versions can train costs, before and after; USD."""
    old = _by_model(before)
    return [
        {"model": each.model, "before": old[each.model].usd, "after": each.usd}
        for each in (after.estimates if after else ())
        if each.model in old
    ]


def _by_model(report: Report | None) -> dict[str, Estimate]:
    return {each.model: each for each in (report.estimates if report else ())}
