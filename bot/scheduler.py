"""The ticks: calls coroutines at fixed intervals; the only importer of apscheduler, and it knows no service.

The rows are the schedule. Jobs live in memory only, so nothing has to be brought in step after a restart.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Scheduler:
    """Runs each coroutine every so many seconds; a run that takes longer than its interval is not doubled."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def every(self, seconds: float, name: str, tick: Callable[[], Awaitable[None]]) -> None:
        """Call `tick` at once when started, and then every `seconds`."""
        self._scheduler.add_job(
            tick, "interval", seconds=seconds, id=name, name=name, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()

    def close(self) -> None:
        """Begin no further run; runs under way go on."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
