"""The ticks: calls coroutines at fixed intervals; the only importer of apscheduler, and it knows no service.

The rows are the schedule. Jobs live in memory only, so nothing has to be brought in step after a restart.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler

WATCHED_EVERY = 5.0  # seconds between two looks at whether the runs are still near


class _Executor(AsyncIOExecutor):  # type: ignore[misc]  # apscheduler ships no types
    """Lets runs under way go on at the end: apscheduler's own cancels them, and logs each as an error."""

    def shutdown(self, wait: bool = True) -> None:
        """Nothing to end; the runs are kept in the base class until they are done."""


class Scheduler:
    """Runs each coroutine every so many seconds; a run that takes longer than its interval is not doubled."""

    def __init__(self) -> None:
        self._executor = _Executor()  # held here, so that runs under way outlive the scheduler
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": self._executor},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._watch: asyncio.Task[None] | None = None

    def every(self, seconds: float, name: str, tick: Callable[[], Awaitable[None]]) -> None:
        """Call `tick` at once when started, and then every `seconds`."""
        self._scheduler.add_job(
            tick, "interval", seconds=seconds, id=name, name=name, next_run_time=datetime.now(UTC)
        )

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
                if job.next_run_time is not None and job.next_run_time > now + 2 * job.trigger.interval:
                    job.modify(next_run_time=now)
