"""Files of any kind and size through real worker processes."""

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.domain.datasets.report import Progress
from bot.domain.worker_tasks import Examine, Task
from bot.errors import BotError, UnusableFile
from bot.workers import validator as engine
from bot.workers.forkserver import Forkserver
from bot.workers.journal import beside
from bot.workers.pool import Pool
from bot.workers.reader import LINE_CAP
from bot.workers.validator import Validator
from tests.workers.conftest import TODAY, Write, example
from tests.workers.processes import workers


async def test_a_file_becomes_a_report(validator: Validator, write: Write) -> None:
    path = write(example(number) for number in range(60))
    content = path.read_bytes()
    report = await validator.validate(path, name="support.jsonl")
    assert report.ok
    assert (report.file, report.bytes, report.sha256) == (
        "support.jsonl",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    assert (report.format, report.examples, report.tokens.exact) == ("chat", 60, True)
    # Three for each example and message; " How is number 7?" and the rest are as tiktoken counts them.
    assert report.tokens.trained == 60 * 2
    assert report.tokens.total == 60 * (3 + 3 + 1 + 6 + 3 + 1 + 2)


async def test_many_ranges_add_up_to_the_same_report_as_one(
    validator: Validator, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [example(number % 70, "<|endoftext|>" if number % 9 == 0 else "Fine.") for number in range(200)]
    lines[77], lines[150] = b"", b"{"
    path = write(lines)
    whole = await validator.validate(path, name="data.jsonl")
    monkeypatch.setattr(engine, "RANGE", 1_000)
    told: list[Progress] = []
    assert await validator.validate(path, name="data.jsonl", on_progress=told.append) == whole
    assert len(told) > 10
    assert [problem.line for problem in whole.problems] == sorted(problem.line for problem in whole.problems)
    assert {78, 151} <= {problem.line for problem in whole.problems}


async def test_progress_begins_at_nothing_grows_and_ends_at_everything(
    validator: Validator, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "RANGE", 2_000)
    path = write([*(example(number) for number in range(100)), b"{"])
    size = path.stat().st_size
    told: list[Progress] = []
    await validator.validate(path, name="data.jsonl", on_progress=told.append)
    assert told[0] == Progress(0, size, 0, 0)
    assert told[-1] == Progress(size, size, 101, 1)
    assert told == sorted(told, key=lambda progress: (progress.done_bytes, progress.examples))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"\x1f\x8b\x08\x00\x00", "compressed_file"),
        (b'[\n  {"messages": []}\n]\n', "json_list"),
        (b"question,answer\nHow?,So.\n", "table_file"),
    ],
)
async def test_what_is_no_dataset_is_reported_not_read(
    validator: Validator, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    report = await validator.validate(path, name="file.jsonl")
    assert (report.ok, report.format, report.problem_codes) == (False, None, {code: 1})


async def test_an_endless_line_is_a_problem_of_that_line_only(validator: Validator, write: Write) -> None:
    lines = [example(number) for number in range(60)]
    lines[30] = example(30, "x" * (2 * LINE_CAP + 5))
    report = await validator.validate(write(lines), name="data.jsonl")
    assert [(problem.line, problem.code) for problem in report.problems] == [(31, "line_too_long")]
    assert (report.examples, report.valid) == (60, 59)


async def test_texts_that_make_the_tokenizer_slow_or_panic_are_counted(
    validator: Validator, write: Write
) -> None:
    lines = [example(number) for number in range(60)]
    lines[5] = example(5, " " * 1_200_000 + "x")
    lines[6] = example(6, "a" * 1_000_000)
    lines[7] = example(7, "=" * 100_000)
    report = await validator.validate(write(lines), name="data.jsonl")
    assert report.ok
    # tiktoken knows runs of eight letters a.
    assert report.tokens.max > 1_000_000 / 8


@pytest.mark.parametrize("name", ["gone.jsonl", "."])
async def test_a_file_that_cannot_be_read_is_told_in_a_sentence(
    validator: Validator, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UnusableFile, match="The file cannot be read"):
        await validator.validate(tmp_path / name, name=name)


async def test_cancelling_ends_the_work_and_the_next_file_is_read(
    validator: Validator, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "RANGE", 20_000)
    path = write(example(number) for number in range(5_000))
    begun = asyncio.Event()
    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        if progress.done_bytes:
            begun.set()

    task = asyncio.create_task(validator.validate(path, name="data.jsonl", on_progress=tell))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    until_then = list(told)
    assert until_then[-1].done_bytes < path.stat().st_size
    assert (await validator.validate(path, name="data.jsonl")).examples == 5_000
    assert told == until_then


async def test_several_files_at_once_share_the_workers(validator: Validator, write: Write) -> None:
    path = write(example(number) for number in range(60))
    reports = await asyncio.gather(*(validator.validate(path, name=f"{n}.jsonl") for n in range(5)))
    assert [report.file for report in reports] == [f"{n}.jsonl" for n in range(5)]
    assert len({report.tokens for report in reports}) == 1
    assert len(workers()) <= 2


async def test_a_fault_of_ours_names_its_place_but_never_the_data(write: Write) -> None:
    pool = Pool(Forkserver("tests.workers.broken:counter"))
    path = write([example(1, "a secret answer")])
    try:
        with pytest.raises(BotError, match=r"ZeroDivisionError at broken\.py:\d+") as caught:
            await Validator(pool).validate(path, name="data.jsonl")
    finally:
        await pool.close()
    assert "secret" not in str(caught.value)


async def test_a_counter_that_finds_itself_wrong_is_told_and_tiktoken_counts_all(
    validator: Validator, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(example(number) for number in range(60))
    doubted = Pool(Forkserver("tests.workers.unreliable:counter"))
    doubtful = Validator(doubted, today=lambda: TODAY)
    try:
        reports = [await doubtful.validate(path, name="data.jsonl") for _ in range(2)]
    finally:
        await doubted.close()
    assert reports == [await validator.validate(path, name="data.jsonl")] * 2
    assert caplog.text.count("the fast token counter was wrong") == 1


@pytest.mark.kill
async def test_a_check_that_was_killed_goes_on_where_it_was(
    pool: Pool, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(example(number, "Fine. " * 2_000) for number in range(5_000))
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SAYS_HOW_FAR, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert first.stdout is not None
    done = int(await first.stdout.readline())
    first.kill()
    await first.wait()
    read = read_by(monkeypatch)
    report = await Validator(pool, today=lambda: TODAY, resumes=True).validate(path, name="data.jsonl")
    assert done - engine.RANGE <= min(read) < path.stat().st_size
    assert report.ok
    assert report.examples == 5_000


def read_by(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where the ranges begin that are read from now on."""
    starts: list[int] = []

    async def run(pool: Pool, task: Task[Any]) -> object:
        if isinstance(task, Examine):
            starts.append(task.start)
        return await done(pool, task)

    done = Pool.run
    monkeypatch.setattr(Pool, "run", run)
    return starts


async def test_what_was_counted_of_a_file_that_has_changed_is_not_believed(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "RANGE", 1_000)
    pool = Pool(Forkserver(workers=1))
    resuming = Validator(pool, today=lambda: TODAY, resumes=True)
    path = write(example(number) for number in range(60))
    about = path.stat()
    read = read_by(monkeypatch)
    try:
        report = await resuming.validate(path, name="data.jsonl")
        everything = sorted(read)
        assert await resuming.validate(path, name="data.jsonl") == report
        assert sorted(read) == everything
        # A record that was written by half is read again, and those behind it.
        kept = beside(path)
        kept.write_bytes(kept.read_bytes()[:-5])
        assert await resuming.validate(path, name="data.jsonl") == report
        assert read[len(everything) :] == everything[-1:]
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
        assert await resuming.validate(path, name="data.jsonl") == report
        assert sorted(read[len(everything) + 1 :]) == everything
    finally:
        await pool.close()


SAYS_HOW_FAR = """
import asyncio, sys
from datetime import date
from pathlib import Path
from bot.workers.pool import Pool
from bot.workers.validator import Validator

def tell(progress):
    if progress.done_bytes >= 20 << 20:
        print(progress.done_bytes, flush=True)

path, today = Path(sys.argv[1]), date(2026, 11, 22)
asyncio.run(Validator(Pool(), today=lambda: today, resumes=True).validate(path, name="data.jsonl", on_progress=tell))
"""
"""Checks a file, and says how far it is from 20 MiB on."""
