"""Transforms with real workers and a real database: what reaches the thread, once, whatever is interrupted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import Checking, Dataset
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.transforms.lifecycle import Transform, TransformKind, TransformState
from bot.domain.work_queue import Transition
from bot.errors import SlackRefused, SlackUnavailable, StaleState
from bot.services.datasets.contents import Contents, Fetching
from bot.services.datasets.service import DatasetService
from bot.services.transforms import TransformService
from bot.workers.forkserver import Forkserver
from bot.workers.pool import Pool
from bot.workers.validator import Validator
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.stories.driver import dataset as good
from tests.stories.driver import sample
from tests.viewers import datasets_in, looking


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Thread:
    """Files in a thread; `before` and `after` are called around the moment in which one appears there."""

    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    given: int = 0
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    async def send(
        self,
        place: Place,
        path: Path,
        *,
        name: str,
        title: str,
        comment: str,
        begin: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        assert place == samples.THREAD
        assert title == name
        self.given += 1
        file_id = f"F{self.given}"
        if begin is not None:
            await begin(file_id)
        self.before()
        self.files.append((name, comment, path.read_bytes()))  # noqa: ASYNC240 - a small file
        self.ids.append(file_id)
        self.after()
        return file_id

    async def find(self, place: Place, name: str, since: datetime, except_ids: Collection[str]) -> str | None:
        assert place == samples.THREAD
        known = [its for its, (each, _, _) in zip(self.ids, self.files, strict=True) if each == name]
        return next((file_id for file_id in known if file_id not in except_ids), None)

    async def delete(self, file_id: str) -> None:
        raise AssertionError("an errand takes no file out of the thread")


@dataclass
class Bench:
    """The service over a real database and real workers; `uploads` is the thread."""

    service: TransformService
    uploads: Thread
    database: Database
    clock: SetClock
    folder: Path
    pool: Pool

    async def checked(self, name: str, content: bytes, row_id: str = "d1") -> Dataset:
        """A dataset that was uploaded and checked."""
        contents = self.service.fetching.contents
        incoming = contents.incoming(row_id)
        incoming.write_bytes(content)
        report = await Validator(self.pool, today=samples.NOW.date).validate(incoming, name=name)
        path = contents.keep(row_id, report.sha256)
        await self.database.datasets.add(lifecycle.received(samples.dataset(row_id, name=name), samples.NOW))
        progress = Checking("checking", 0, len(content))
        await self.database.datasets.change(row_id, lambda d: lifecycle.checking(d, progress))
        return await self.database.datasets.change(
            row_id, lambda d: lifecycle.reported(d, report, path, samples.NOW)
        )

    async def works(self) -> None:
        """One step of what is due, as the worker does it."""
        self.clock.pass_seconds(1_000)
        claim = await self.database.transforms.claim(self.clock.now(), 60)
        assert claim is not None
        try:
            await self.service.step(claim)
        finally:
            await self.database.transforms.release(claim.row.id, claim.token)


@pytest.fixture
async def bench(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[Bench]:
    pool = Pool(Forkserver(workers=1))
    nothing: Any = None
    contents, uploads = Contents(tmp_path / "datasets"), Thread()
    datasets = DatasetService(
        storage=database,
        files=nothing,
        validation=nothing,
        policy=Policy(),
        clock=clock,
        log=Log(),
        wake=lambda: None,
        contents=contents,
        library=nothing,
        cap=1 << 30,
    )
    service = TransformService(
        policy=Policy(),
        storage=database,
        datasets=datasets,
        uploads=uploads,
        workers=pool,
        fetching=Fetching(nothing, contents, Log(), cap=1 << 30),
        clock=clock,
        log=Log(),
        wake=lambda: None,
        folder=tmp_path / "made",
    )
    yield Bench(service, uploads, database, clock, tmp_path / "made", pool)
    await pool.close()


def named(bench: Bench) -> list[str]:
    return [name for name, _, _ in bench.uploads.files]


async def test_a_mended_file_comes_into_the_thread_and_is_the_next_version(bench: Bench) -> None:
    await bench.checked("support.jsonl", good() + b"\n{broken\n")
    transform, is_new = await bench.service.ask(
        looking("U9", place=samples.THREAD), "d1", TransformKind.MEND, {}
    )
    assert is_new
    await bench.works()
    ((name, comment, content),) = bench.uploads.files
    assert (name, content) == ("support.jsonl", good())
    assert "12 examples" in comment
    assert "• Line 13: Empty line removed." in comment
    first, second = sorted(await datasets_in(bench.database), key=lambda d: d.version)
    assert (second.version, second.file_id, second.uploaded_by, second.place) == (2, "F1", "U9", first.place)
    done = await bench.database.transforms.get(transform.id)
    assert done is not None
    assert (done.state, done.outcome["kept"]) == (TransformState.DONE, 12)
    assert not (bench.folder / transform.id).exists()


async def test_the_same_wish_again_is_not_done_again(bench: Bench) -> None:
    await bench.checked("support.jsonl", good() + b"\n")
    first, _ = await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})
    again, is_new = await bench.service.ask(looking("U2", place=samples.THREAD), "d1", TransformKind.MEND, {})
    assert (again.id, again.asked_by, is_new) == (first.id, "U1", False)


async def test_both_parts_of_a_split_are_datasets_of_their_own(bench: Bench) -> None:
    await bench.checked("support.jsonl", good(40))
    await bench.service.ask(
        looking("U1", place=samples.THREAD), "d1", TransformKind.SPLIT, {"share": 0.25, "seed": 7}
    )
    await bench.works()
    assert named(bench) == ["support-train.jsonl", "support-validation.jsonl"]
    training, validation = (content.splitlines() for _, _, content in bench.uploads.files)
    assert (len(training), len(validation)) == (30, 10)
    assert sorted(training + validation) == sorted(good(40).splitlines())
    assert {d.name for d in await datasets_in(bench.database)} == {
        "support.jsonl", "support-train.jsonl", "support-validation.jsonl",
    }  # fmt: skip


async def test_a_table_becomes_a_dataset_and_what_was_left_out_is_counted(bench: Bench) -> None:
    await bench.checked("faq.csv", sample("faq.csv"))
    preview = await bench.service.preview(looking("U1", place=samples.THREAD), "d1")
    assert preview.mapping is not None
    mapping = {"shape": preview.mapping.shape, "format": "chat", "columns": preview.mapping.columns,
               "confidence": "certain"}  # fmt: skip
    await bench.service.ask(
        looking("U1", place=samples.THREAD), "d1", TransformKind.CONVERT, {"mapping": mapping}
    )
    await bench.works()
    ((name, comment, content),) = bench.uploads.files
    assert name == "faq.jsonl"
    assert len(content.splitlines()) == 23
    assert "1 row left out: the answer is empty" in comment


async def test_a_comparison_is_told_in_numbers_without_a_file(bench: Bench) -> None:
    await bench.checked("support.jsonl", good(40))
    await bench.checked("support.jsonl", good(42), row_id="d2")
    transform, _ = await bench.service.ask(
        looking("U1", place=samples.THREAD), "d2", TransformKind.COMPARE, {"with": "d1"}
    )
    await bench.works()
    done = await bench.database.transforms.get(transform.id)
    assert done is not None
    outcome = done.outcome
    assert [outcome[key] for key in ("same", "added", "removed", "changed")] == [40, 2, 0, 0]
    assert outcome["tokens_before"] < outcome["tokens_after"]
    assert all(cost["before"] < cost["after"] for cost in outcome["costs"])
    assert [post.kind for post in await bench.database.outbox.of(transform.id)] == [MessageKind.ERRAND]
    assert not bench.uploads.files


async def test_the_report_comes_as_a_table_and_a_picture(bench: Bench) -> None:
    await bench.checked("support.jsonl", good(40))
    await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.REPORT, {})
    await bench.works()
    assert named(bench) == ["support-report.csv", "support-tokens.png"]
    assert "half have up to" in bench.uploads.files[1][1]
    assert [d.name for d in await datasets_in(bench.database)] == ["support.jsonl"]


async def test_what_cannot_be_done_is_told_in_the_thread_and_can_be_asked_again(bench: Bench) -> None:
    await bench.checked("notes.jsonl", b"{broken\n" * 12)
    await bench.database.datasets.change("d1", lambda d: Transition(replace(d, report=samples.REPORT)))
    transform, _ = await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})
    await bench.works()
    failed = await bench.database.transforms.get(transform.id)
    assert failed is not None
    assert failed.state is TransformState.FAILED
    assert "not mended line by line" in failed.failure
    assert [post.kind for post in await bench.database.outbox.of(transform.id)] == [MessageKind.ERRAND]
    again, is_new = await bench.service.ask(looking("U2", place=samples.THREAD), "d1", TransformKind.MEND, {})
    assert (again.id, again.state, again.asked_by, is_new) == (
        transform.id,
        TransformState.WAITING,
        "U2",
        True,
    )


async def test_a_deleted_dataset_has_nothing_done_with_it(bench: Bench) -> None:
    await bench.checked("support.jsonl", good())
    await bench.database.datasets.change("d1", lambda d: lifecycle.delete_asked(d, "U1", samples.NOW))
    with pytest.raises(StaleState, match="was deleted"):
        await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})


async def test_slack_in_trouble_delays_and_slack_refusing_ends_an_errand(bench: Bench) -> None:
    await bench.checked("support.jsonl", good() + b"\n")
    transform, _ = await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})

    def away() -> None:
        bench.uploads.before = refuse
        raise SlackUnavailable("Slack does not answer.")

    def refuse() -> None:
        raise SlackRefused("Slack takes no file: uploads are switched off.", "file_uploads_disabled")

    bench.uploads.before = away
    await bench.works()
    waiting = await bench.database.transforms.get(transform.id)
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == (TransformState.WORKING, 1)
    await bench.works()
    failed = await bench.database.transforms.get(transform.id)
    assert failed is not None
    assert (failed.state, failed.failure) == (
        TransformState.FAILED,
        "Slack takes no file: uploads are switched off.",
    )
    assert not bench.uploads.files


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("folder_lost", [False, True])
async def test_a_kill_around_sending_leaves_each_file_once(
    bench: Bench, moment: str, nth: int, *, folder_lost: bool
) -> None:
    await bench.checked("support.jsonl", good(40))
    transform, _ = await bench.service.ask(
        looking("U1", place=samples.THREAD), "d1", TransformKind.SPLIT, {"share": 0.25, "seed": 7}
    )
    calls = 0

    def kill() -> None:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise Killed

    setattr(bench.uploads, moment, kill)
    with pytest.raises(Killed):
        await bench.works()
    if folder_lost:
        for made in (bench.folder / transform.id).iterdir():
            made.unlink()
    await bench.works()
    assert named(bench) == ["support-train.jsonl", "support-validation.jsonl"]
    assert len(await datasets_in(bench.database)) == 3
    done = await bench.database.transforms.get(transform.id)
    assert done is not None
    assert done.state is TransformState.DONE


async def test_a_file_of_the_same_name_that_another_errand_sent_is_not_taken_for_its_own(
    bench: Bench,
) -> None:
    await bench.checked("support.jsonl", good() + b"\n")
    await bench.checked("support.jsonl", good(14) + b"\n", row_id="d2")
    await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})
    await bench.works()

    def kill() -> None:
        bench.uploads.before = lambda: None
        raise Killed

    bench.uploads.before = kill
    transform, _ = await bench.service.ask(looking("U1", place=samples.THREAD), "d2", TransformKind.MEND, {})
    with pytest.raises(Killed):
        await bench.works()
    await bench.works()
    assert [content for _, _, content in bench.uploads.files] == [good(), good(14)]
    done = await bench.database.transforms.get(transform.id)
    assert done is not None
    assert [file.file_id for file in done.produced] == ["F3"]


async def test_two_errands_killed_in_the_same_moment_do_not_swap_their_files(bench: Bench) -> None:
    await bench.checked("support.jsonl", good() + b"\n")
    await bench.checked("support.jsonl", good(14) + b"\n", row_id="d2")

    def kill() -> None:
        raise Killed

    bench.uploads.after = kill
    asked = [
        (await bench.service.ask(looking("U1", place=samples.THREAD), each, TransformKind.MEND, {}))[0]
        for each in ("d1", "d2")
    ]
    store = bench.database.transforms
    claims = [await store.claim(bench.clock.now(), 60) for _ in asked]
    for claim in claims:
        assert claim is not None
        with pytest.raises(Killed):
            await bench.service.step(claim)
        await store.release(claim.row.id, claim.token)
    bench.uploads.after = lambda: None
    for _ in asked:
        await bench.works()
    assert len(bench.uploads.files) == len(asked)
    for transform, content in zip(asked, (good(), good(14)), strict=True):
        done = await bench.database.transforms.get(transform.id)
        assert done is not None
        [sent] = (bench.uploads.ids.index(str(file.file_id)) for file in done.produced)
        assert bench.uploads.files[sent][2] == content


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
async def test_a_kill_around_any_save_leaves_one_file_and_one_dataset(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, nth: int, *, saved: bool
) -> None:
    """The saves of mending: made, about to send, sent, done."""
    await bench.checked("support.jsonl", good() + b"\n")
    transform, _ = await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})
    store, calls = bench.database.transforms, 0
    change = store.change

    async def kill(
        row_id: str, step: Callable[[Transform], Transition[Transform]], *, token: str | None = None
    ) -> Transform:
        nonlocal calls
        calls += 1
        if calls == nth and saved:
            await change(row_id, step, token=token)
        if calls == nth:
            raise Killed
        return await change(row_id, step, token=token)

    monkeypatch.setattr(store, "change", kill)
    with pytest.raises(Killed):
        await bench.works()
    if (nth, saved) != (4, True):  # the last save ends it: nothing is due any more
        await bench.works()
    await bench.service.begin()
    assert named(bench) == ["support.jsonl"]
    assert [d.version for d in await datasets_in(bench.database)] == [2, 1]
    done = await bench.database.transforms.get(transform.id)
    assert done is not None
    assert done.state is TransformState.DONE
    assert not list(bench.folder.iterdir())


async def test_what_was_made_of_a_dataset_deleted_meanwhile_is_not_sent(bench: Bench) -> None:
    await bench.checked("support.jsonl", good() + b"\n")
    transform, _ = await bench.service.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.MEND, {})

    def away() -> None:
        raise SlackUnavailable("Slack does not answer.")

    bench.uploads.before = away
    await bench.works()
    bench.uploads.before = lambda: None
    await bench.database.datasets.change("d1", lambda d: lifecycle.delete_asked(d, "U1", samples.NOW))
    await bench.works()
    ended = await bench.database.transforms.get(transform.id)
    assert ended is not None
    assert (ended.state, bench.uploads.files) == (TransformState.FAILED, [])
    assert "was deleted" in ended.failure
    assert not (bench.folder / transform.id).exists()


async def test_a_start_removes_only_what_no_errand_needs(bench: Bench) -> None:
    await bench.service.begin()  # before anything was ever made
    await bench.checked("support.jsonl", good())
    transform, _ = await bench.service.ask(
        looking("U1", place=samples.THREAD), "d1", TransformKind.REPORT, {}
    )
    for name in (transform.id, "unknown"):
        (bench.folder / name).mkdir(parents=True)
    await bench.service.begin()
    assert [each.name for each in bench.folder.iterdir()] == [transform.id]
