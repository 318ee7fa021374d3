"""Somebody sets the machine's clock: time goes on."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SystemClock
from bot.domain.periodic import NOWHERE, PeriodicTask, PeriodicTaskKind
from bot.scheduler import Scheduler
from storage.database import Database
from tests.test_scheduler import worked

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


async def test_what_is_due_in_a_moment_waits_no_hour_when_the_machines_clock_is_set_back(
    tmp_path: Path,
) -> None:
    """A job's next look, a card's next edit, a lease that has to run out: all of it is a time in a row."""
    clock = SetClock()
    soon = clock.now() + timedelta(seconds=0.5)
    task = PeriodicTask("retention", PeriodicTaskKind.RETENTION, NOWHERE, due_at=soon)
    async with worked(Database(f"sqlite:///{tmp_path}/bot.db", clock), clock, task) as (worker, ran):
        clock.machine -= HOUR
        ticks = Scheduler()
        ticks.every(0.1, "look", worker.tick)
        ticks.start()
        try:
            await asyncio.wait_for(ran.wait(), 30)
        finally:
            ticks.close()
