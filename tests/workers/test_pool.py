"""The worker processes: what they are given, how they end, and that the next one is there."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import psutil  # type: ignore[import-untyped]
import pytest

from bot.domain import worker_tasks
from bot.domain.datasets.histogram import Bar
from bot.domain.jobs.training import Curve, Point
from bot.domain.transforms.convert import Mapping
from bot.domain.worker_tasks import AnyTask, Task
from bot.errors import Temporary
from bot.workers.forkserver import Forkserver
from bot.workers.pool import Pool
from bot.workers.validator import Validator
from tests.storage import samples
from tests.workers.conftest import LIMITS, TODAY, Write, example
from tests.workers.greedy import WORKERS
from tests.workers.processes import alive, forkservers, workers


def hanging(pipe: Path) -> tuple[Task[Any], ...]:
    """A task of each type, which reads from a pipe that nobody writes, or the other way round."""
    other = pipe.with_name("other")
    return (
        worker_tasks.Recognise(pipe),
        worker_tasks.Examine(pipe, 0, 1, "chat", LIMITS),
        worker_tasks.Mend(pipe, other, None),
        worker_tasks.ShowMending(pipe, None),
        worker_tasks.Convert(pipe, other, Mapping("pairs", "chat", {"question": "q"}, "given")),
        worker_tasks.Split(pipe, other, other, 0.1, 0),
        worker_tasks.Compare(pipe, other),
        worker_tasks.ShowPreview(pipe, {}, 3),
        worker_tasks.ShowExamples(pipe),
        worker_tasks.WriteReportTable(other, pipe, REPORT),
        worker_tasks.DrawTokenChart(pipe, REPORT, 1_000),
        worker_tasks.DrawLossChart(pipe, Curve((Point(1, 2.0),))),
    )


REPORT = replace(
    samples.REPORT, problems=(), tokens=replace(samples.REPORT.tokens, histogram=(Bar(1, 100, 12),))
)
SECRETS = {"OPENAI_API_KEY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL"}

ALL = [type(task) for task in hanging(Path("pipe"))]


def test_a_task_of_each_type_is_tried() -> None:
    assert set(ALL) == set(get_args(AnyTask))


@pytest.mark.parametrize("asked", ALL)
async def test_whatever_is_asked_the_worker_has_no_secrets_and_ends_when_nobody_waits_for_it(
    pool: Pool, tmp_path: Path, asked: type[Task[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (task,) = (each for each in hanging(tmp_path / "pipe") if type(each) is asked)
    for name in SECRETS:
        monkeypatch.setenv(name, "sk-very-secret")
    work = asyncio.create_task(pool.run(task))
    async with asyncio.timeout(60):
        while not workers() and not work.done():  # noqa: ASYNC110  a process sets no event of ours
            await asyncio.sleep(0.01)
    for process in (*forkservers(), *workers()):
        held = process.environ()
        assert not {*held} & SECRETS
        assert "sk-very-secret" not in repr(held)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    async with asyncio.timeout(10):
        while workers():  # noqa: ASYNC110  one that was just forked sees that nobody waits, and ends by itself
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("asked", [worker_tasks.Recognise, worker_tasks.Mend])
async def test_a_worker_that_hangs_is_ended_and_the_next_task_has_another(
    pool: Pool, tmp_path: Path, asked: type[Task[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await pool.run(worker_tasks.Recognise(Path(os.devnull)))
    os.mkfifo(tmp_path / "pipe")
    (task,) = (each for each in hanging(tmp_path / "pipe") if type(each) is asked)
    with monkeypatch.context() as impatient:
        impatient.setattr(asked, "kind", replace(asked.kind, seconds=0.2))
        with pytest.raises(Temporary, match="was interrupted"):
            await pool.run(task)
    assert len(workers()) == (1 if task.kind.alone else 0)  # the one that was kept before did not hang
    (tmp_path / "data.jsonl").write_bytes(example(1) + b"\n")
    assert (await pool.run(worker_tasks.Mend(tmp_path / "data.jsonl", tmp_path / "mended", None))).kept == 1
    assert (await pool.run(worker_tasks.Recognise(tmp_path / "data.jsonl"))).format == "chat"


async def test_what_makes_files_does_so_in_a_process_that_ends_with_it(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_bytes(example(1) + b"\n")
    assert (await pool.run(worker_tasks.Mend(tmp_path / "data.jsonl", tmp_path / "mended", None))).kept == 1
    assert not workers()
    assert len(forkservers()) == 1


async def test_a_killed_worker_is_worth_another_try(validator: Validator, write: Write) -> None:
    path = write(example(number) for number in range(60))
    await validator.warm()
    (worker,) = workers()
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(Temporary):
        await validator.validate(path, name="data.jsonl")
    assert (await validator.validate(path, name="data.jsonl")).ok


async def test_a_killed_forkserver_is_replaced(validator: Validator, write: Write) -> None:
    path = write(example(number) for number in range(60))
    await validator.warm()
    (forkserver,), (worker,) = forkservers(), workers()
    os.kill(forkserver.pid, signal.SIGKILL)
    os.kill(worker.pid, signal.SIGKILL)
    for _ in range(2):
        with suppress(Temporary):
            await validator.validate(path, name="data.jsonl")
    assert (await validator.validate(path, name="data.jsonl")).ok
    assert [each.pid for each in forkservers()] != [forkserver.pid]


async def test_who_does_not_wait_for_a_forkserver_that_hangs_is_rid_of_it(
    pool: Pool, validator: Validator
) -> None:
    await validator.warm()
    (forkserver,) = forkservers()
    forkserver.suspend()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await pool.close()
    async with asyncio.timeout(10):
        while alive(forkserver):  # noqa: ASYNC110  another process ends it
            await asyncio.sleep(0.05)


async def test_closing_leaves_no_process_behind(write: Write) -> None:
    pool = Pool(Forkserver(workers=2))
    await Validator(pool).validate(write(example(number) for number in range(60)), name="data.jsonl")
    assert workers()
    await pool.close()
    assert not forkservers()


async def test_a_worker_that_holds_too_much_is_replaced(validator: Validator, write: Write) -> None:
    path = write(example(number) for number in range(60))
    greedy = Pool(Forkserver("tests.workers.greedy:counter", workers=WORKERS))
    try:
        report = await Validator(greedy, today=lambda: TODAY).validate(path, name="data.jsonl")
        async with asyncio.timeout(60):
            while workers():  # noqa: ASYNC110  another process ends it
                await asyncio.sleep(0.05)
    finally:
        await greedy.close()
    assert report == await validator.validate(path, name="data.jsonl")


async def test_a_worker_loads_nothing_that_only_the_application_needs() -> None:
    unwanted = (
        "{'asyncio', 'bot.ports', 'bot.domain.jobs.job', 'bot.workers.transforms', 'matplotlib', 'tiktoken'}"
    )
    asked = f"import sys, bot.workers.worker; print({unwanted} & {{*sys.modules}})"
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", asked, stdout=asyncio.subprocess.PIPE)
    said, _ = await worker.communicate()
    assert said.split() == [b"set()"]


@pytest.mark.kill
async def test_workers_end_when_the_application_is_killed() -> None:
    application = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS_A_WORKER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert application.stdout is not None
    assert await application.stdout.readline() == b"ready\n"
    processes = psutil.Process(application.pid).children(recursive=True)
    assert len(processes) == 2
    application.kill()
    await application.wait()
    _, left = await asyncio.to_thread(psutil.wait_procs, processes, 30)
    assert not left


@pytest.mark.kill
@pytest.mark.parametrize("asked", ["Recognise(path)", "Mend(path, path.with_name('mended'), None)"])
@pytest.mark.parametrize("orphaned_before", [False, True], ids=["all", "the forkserver first"])
async def test_a_worker_that_hangs_ends_when_the_application_is_killed(
    tmp_path: Path, orphaned_before: bool, asked: str
) -> None:
    """It hears nothing of its socket while it waits for a pipe that nobody writes."""
    os.mkfifo(tmp_path / "data.jsonl")
    application = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASKS_FOR_A_WORKER.format(asked), str(tmp_path / "data.jsonl"))
    )
    writing = await asyncio.to_thread(os.open, tmp_path / "data.jsonl", os.O_WRONLY)  # the worker reads now
    processes = psutil.Process(application.pid).children(recursive=True)
    assert len(processes) == 2
    if orphaned_before:
        processes[0].kill()
    application.kill()
    await application.wait()
    _, left = await asyncio.to_thread(psutil.wait_procs, processes, 30)
    for each in left:
        each.kill()
    os.close(writing)
    assert not left


ASKS_FOR_A_WORKER = """
import asyncio, sys
from pathlib import Path
from bot.domain.worker_tasks import Mend, Recognise
from bot.workers.pool import Pool

async def main():
    path = Path(sys.argv[1])
    await Pool().run({})

asyncio.run(main())
"""


HOLDS_A_WORKER = """
import asyncio, sys
from bot.workers.pool import Pool
from bot.workers.validator import Validator

async def main():
    validator = Validator(Pool())  # nobody else holds it, and it lets its workers go when it is no more
    await validator.warm()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
