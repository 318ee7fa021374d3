"""When things are due: the times of what comes again and again, ticks, and the moment at which a row comes due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot import scheduler
from bot.clock import SystemClock
from bot.domain import periodic
from bot.domain.periodic import NOWHERE, Done, PeriodicTask, PeriodicTaskKind
from bot.ports import Claim, Clock
from bot.scheduler import DAILY, MONDAYS_AT_NINE, Scheduler
from bot.services.work_queue import Worker, WorkQueue
from storage.database import Database
from tests.handlers.fakes import Log

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


@asynccontextmanager
async def worked(
    database: Database, clock: Clock, task: PeriodicTask, alarms: Scheduler | None = None
) -> AsyncIterator[tuple[Worker, asyncio.Event]]:
    """A worker over a database with this task, and what is set once it ran; `alarms` wake it when a row comes due."""
    ran = asyncio.Event()

    async def step(claim: Claim[PeriodicTask]) -> None:
        await database.periodic.change(
            claim.row.id, lambda row: periodic.done(row, Done(clock.now()), None), token=claim.token
        )
        ran.set()

    await database.upgrade()
    await database.periodic.add(task)
    queue = WorkQueue(
        "periodic",
        database.periodic,
        step,
        lambda row, _: periodic.put_off(row, clock.now(), None),
        at_once=1,
    )
    worker = Worker(
        clock=clock,
        lease=60,
        log=Log(),
        next_due=database.next_due,
        alarm=partial(alarms.once, "row") if alarms else lambda *_: None,
    )
    worker.serve([queue])
    try:
        yield worker, ran
    finally:
        await worker.drain(10)
        await database.close()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (MONDAY - timedelta(seconds=1), MONDAY),
        (MONDAY - timedelta(milliseconds=1), MONDAY),
        (MONDAY, MONDAY + WEEK),
        (MONDAY + timedelta(milliseconds=1), MONDAY + WEEK),
        (MONDAY + timedelta(seconds=1), MONDAY + WEEK),
        (MONDAY + timedelta(days=6, hours=23), MONDAY + WEEK),
        (datetime(2026, 11, 23, 17, 59, tzinfo=timezone(timedelta(hours=9))), MONDAY),
    ],
)
def test_a_digest_comes_on_mondays_at_nine_in_utc(now: datetime, due: datetime) -> None:
    assert MONDAYS_AT_NINE.after(now) == due
    assert MONDAYS_AT_NINE.after(now).tzinfo == UTC


def test_what_is_daily_comes_a_day_after_it_was_begun() -> None:
    assert DAILY.after(MONDAY) == MONDAY + timedelta(days=1)


async def test_a_row_is_worked_on_as_soon_as_it_is_due_however_long_the_ticks_are(tmp_path: Path) -> None:
    clock, alarms = SystemClock(), Scheduler()
    due_at = clock.now() + timedelta(seconds=0.5)
    task = PeriodicTask("retention", PeriodicTaskKind.RETENTION, NOWHERE, due_at=due_at)
    async with worked(Database(f"sqlite:///{tmp_path}/bot.db", clock), clock, task, alarms) as (worker, ran):
        alarms.every(3600, "look", worker.tick)
        alarms.start()
        try:
            await asyncio.wait_for(ran.wait(), 30)
        finally:
            alarms.close()
    assert clock.now() >= due_at


async def test_ticks_go_on_when_the_machines_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back, the machine's clock leaves the next tick an hour away, as it is made here."""
    monkeypatch.setattr(scheduler, "WATCHED_EVERY", 0.05)
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    ticks = Scheduler()
    ticks.every(0.5, "look", tick)
    ticks.once("row", 10 * HOUR, tick)
    ticks.start()
    try:
        await asyncio.wait_for(ticked.wait(), 30)
        ticked.clear()
        inner: Any = ticks._scheduler
        inner.get_job("look").modify(next_run_time=datetime.now(UTC) + HOUR)
        await asyncio.wait_for(ticked.wait(), 30)
    finally:
        ticks.close()


async def test_a_run_under_way_goes_on_when_the_scheduler_closes_and_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run() -> None:
        began.set()
        await go_on.wait()
        done.set()

    ticks = Scheduler()
    ticks.every(60, "look", run)
    ticks.start()
    await asyncio.wait_for(began.wait(), 30)
    ticks.close()
    go_on.set()
    await asyncio.wait_for(done.wait(), 30)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
