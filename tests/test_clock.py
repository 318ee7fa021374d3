"""Somebody sets the machine's clock: time goes on, and so do the ticks."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import scheduler
from bot.clock import SystemClock
from bot.scheduler import Scheduler

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class SetClock(SystemClock):
    """A machine's clock that somebody sets."""

    machine = NOON

    def wall(self) -> datetime:
        return self.machine


def test_time_goes_on_when_the_machines_clock_is_set_back() -> None:
    clock = SetClock()
    clock.machine = NOON + HOUR
    assert clock.now() == NOON + HOUR
    clock.machine = NOON
    first = clock.now()
    assert NOON + HOUR <= first <= clock.now() < NOON + 2 * HOUR
    clock.machine = NOON + 3 * HOUR
    assert clock.now() == NOON + 3 * HOUR


async def test_ticks_go_on_when_the_machines_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back, the machine's clock leaves the next tick an hour away, as it is made here."""
    monkeypatch.setattr(scheduler, "WATCHED_EVERY", 0.05)
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    ticks = Scheduler()
    ticks.every(0.5, "look", tick)
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
