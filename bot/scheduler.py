"""When things are due: the triggers of what is done again and again, and the jobs that wake the worker.

The only importer of apscheduler; it knows no service. The rows are the schedule: a trigger says when a row is due
next, the row keeps it, and whatever was missed while nobody ran is due at once. Jobs live in memory only, so that
nothing has to be brought in step after a restart or between replicas.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.ports import Trigger

WATCHED_EVERY = 5.0  # seconds between two looks at whether the runs are still near

Run = Callable[[], Awaitable[None]]


class _Trigger:
    """A trigger of apscheduler's, as services see it."""

    def __init__(self, trigger: BaseTrigger) -> None:
        self._trigger = trigger

    def after(self, moment: datetime) -> datetime:
        """The next time after this moment, in UTC."""
        due: datetime = self._trigger.get_next_fire_time(moment, moment)
        return due


MONDAYS_AT_NINE: Trigger = _Trigger(CronTrigger(day_of_week="mon", hour=9, timezone=UTC))
DAILY: Trigger = _Trigger(IntervalTrigger(days=1, timezone=UTC))


class _Executor(AsyncIOExecutor):  # type: ignore[misc]  # apscheduler ships no types
    """Lets runs under way go on at the end: apscheduler's own cancels them, and logs each as an error."""

    def shutdown(self, wait: bool = True) -> None:
        """Nothing to end; the runs are kept in the base class until they are done."""


class Scheduler:
    """Calls coroutines at fixed intervals and at single moments; a run that takes long is not doubled."""

    def __init__(self) -> None:
        self._executor = _Executor()  # held here, so that runs under way outlive the scheduler
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": self._executor},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._watch: asyncio.Task[None] | None = None

    def every(self, seconds: float, name: str, run: Run) -> None:
        """Call `run` at once when started, and then every `seconds`."""
        trigger = IntervalTrigger(seconds=seconds, timezone=UTC)
        self._scheduler.add_job(run, trigger, id=name, name=name, next_run_time=datetime.now(UTC))

    def once(self, name: str, wait: timedelta, run: Run) -> None:
        """Call `run` once after `wait`, in place of what waits under this name."""
        at = datetime.now(UTC) + wait
        self._scheduler.add_job(run, "date", run_date=at, id=name, name=name, replace_existing=True)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()
        self._watch = asyncio.get_running_loop().create_task(self._keep_going())

    def close(self) -> None:
        """Begin no further run; runs under way go on."""
        if self._watch is not None:
            self._watch.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _keep_going(self) -> None:
        """Bring runs near again that are further away than their interval: somebody has set the machine's clock back.

        apscheduler counts by that clock, and would stand still until it is as late as it was.
        """
        while True:
            await asyncio.sleep(WATCHED_EVERY)
            now = datetime.now(UTC)
            for job in self._scheduler.get_jobs():
                interval = getattr(job.trigger, "interval", None)
                if interval is not None and job.next_run_time > now + 2 * interval:
                    job.modify(next_run_time=now)
