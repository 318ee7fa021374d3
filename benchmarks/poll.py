"""Counts the calls of one look over 10, 100 and 1,000 live jobs, at the sandbox's OpenAI over real sockets.

The application's own steps, adapter and database do the work; only the jobs are put there by hand. The last line:
list calls of a tick in which nothing moved, for each number of jobs; and the calls per moved job, without those of
the list, of the dearer of two ticks: one in which all jobs began to train, and one in which all of them succeeded.
"""

import asyncio
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.jobs.job import Hyperparameters, Job, JobState, Sending
from bot.domain.places import Place
from bot.domain.pricing import Estimate
from bot.domain.work_queue import Transition
from bot.ports import JobOrder
from bot.providers import profiles
from bot.providers.openai_api import OpenAIProvider
from bot.sandbox import openai as simulated
from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock as TrainingClock
from bot.sandbox.faults import Faults
from bot.services.jobs.polling import JobPolling
from storage.database import Database

SIZES = (10, 100, 1_000)
MODEL = "gpt-4o-mini-2024-07-18"
POLL = 20.0
LEASE = 600.0
START = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
LIST = "GET /fine_tuning/jobs"
QUEUED_BY = 21  # seconds of training after which every job is checked and waits in the queue
RUNNING_BY = 16  # more until it runs
TRAINED_BY = 100_000  # and far more than ten lines need to be learned


@dataclass
class _Clock:
    """The application's time, moved by hand."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time


class _Silence:
    """A thousand jobs that move are a thousand lines."""

    def info(self, event: str, **fields: Any) -> None: ...

    warning = error = exception = info


@dataclass(frozen=True)
class Bench:
    """The following of jobs over one database and one sandbox."""

    database: Database
    provider: OpenAIProvider
    following: JobPolling
    clock: _Clock
    training: TrainingClock
    calls: Counter[str]

    async def tick(self) -> Counter[str]:
        """Everything that is due, done once; gives the calls that it took by name."""
        self.calls.clear()
        while poll := await self.database.polls.claim(self.clock.now(), LEASE):
            await self.following.poll(poll)
            await self.database.polls.release(poll.row.id, poll.token)
        while job := await self.database.jobs.claim(self.clock.now(), LEASE):
            await self.following.look(job)
            await self.database.jobs.release(job.row.id, job.token)
        return self.calls.copy()

    async def start(self, jobs: int, file_id: str) -> None:
        """Create jobs at the provider, with a row for each."""
        for number in range(jobs):
            order = JobOrder(f"j{number}", MODEL, file_id, "supervised", "bench", Hyperparameters(), None)
            made = await self.provider.create_job(order)
            await self.database.jobs.add(Transition(_job(number, made.id, self.clock.now())))


async def count(jobs: int, folder: Path) -> tuple[int, float]:
    """List calls of a tick in which nothing moved, and the most calls per job of one in which all moved."""
    app = web.Application()
    training, calls, clock = (
        TrainingClock(speed=1e-9),
        Counter[str](),
        _Clock(),
    )  # it stands until it is moved
    seen = Calls(keep=1, seen=lambda call: calls.update([call["name"]]))
    world = simulated.mount(app, clock=training, faults=Faults(), calls=seen)
    database = Database(f"sqlite:///{folder}/bench-{jobs}.db", clock)
    await database.upgrade()
    async with TestServer(app, host="127.0.0.1") as server:
        url = f"{server.make_url('/openai/v1')}"
        provider = OpenAIProvider(profiles.load()["openai"], api_key=simulated.KEY, base_url=url)
        following = JobPolling(database, provider, clock, _Silence(), POLL)
        bench = Bench(database, provider, following, clock, training, calls)
        file = await provider.upload(_dataset(folder), "bench.jsonl", begun=None, keep=_forget)
        training.advance(world.settings.processing_seconds)
        await bench.start(jobs, file.id)
        await following.begin()
        while any(job.read_at is None for job in world.jobs.values()):  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.05)
        training.advance(QUEUED_BY)
        still = await bench.tick()
        training.advance(RUNNING_BY)
        clock.time += timedelta(seconds=POLL * 3)
        begun = await bench.tick()
        running = await database.jobs.running("openai")
        training.advance(TRAINED_BY)
        clock.time += timedelta(seconds=POLL * 3)
        ended = await bench.tick()
        live = len(await database.jobs.followed("openai"))
        await provider.close()
    await database.close()
    assert still.total() == still[LIST], still
    assert (running, live) == (jobs, 0), (running, live)
    told = [f"{still[LIST]} calls when none moved"]
    for word, tick in (("began", begun), ("ended", ended)):
        told.append(f"{tick[LIST]} + {tick.total() - tick[LIST]:,} when all {word}")
    print(f"  {jobs:>5,} live jobs: {' · '.join(told)}")
    return still[LIST], max(tick.total() - tick[LIST] for tick in (begun, ended)) / jobs


async def _forget(_: Sending) -> None:
    """Ten lines are there before anybody asks how far they are."""


def _dataset(folder: Path) -> Path:
    path = folder / "bench.jsonl"
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    path.write_text((json.dumps({"messages": said}) + "\n") * 10)
    return path


def _job(number: int, provider_job_id: str, now: datetime) -> Job:
    return Job(
        id=f"j{number}",
        request_key=f"bench-{number}",
        place=Place("-/T1", "C1"),
        requested_by="U1",
        requested_at=now,
        dataset_id="d1",
        dataset_name="bench.jsonl",
        dataset_sha256="",
        provider="openai",
        model=MODEL,
        method="supervised",
        suffix="bench",
        estimate=Estimate(MODEL, "supervised", 3, "default", 1_000, 0.01, 3.0, date(2026, 11, 1), None),
        state=JobState.QUEUED,
        seen_by_provider=True,
        provider_job_id=provider_job_id,
        due_at=now + timedelta(hours=1),
    )


async def main() -> None:
    """All sizes, and the line that the claim is read from."""
    lists, per_moved = {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for jobs in SIZES:
            lists[jobs], calls = await count(jobs, Path(folder))
            per_moved = max(per_moved, calls)
    told = " ".join(f"list_calls_{jobs}={calls}" for jobs, calls in lists.items())
    print(f"poll {told} calls_per_moved={per_moved:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
