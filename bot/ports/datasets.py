"""What reads datasets, makes files of them and draws charts, off the event loop."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from bot.domain.datasets.report import Progress, Report
from bot.domain.worker_tasks import Task

Result = TypeVar("Result")


class Validation(Protocol):
    """Runs the pure checks over a file of any size, off the event loop."""

    async def validate(
        self, path: Path, *, name: str, on_progress: Callable[[Progress], None] | None = None
    ) -> Report:
        """Read the whole file and report. Raises Temporary when a worker died; cancelling stops the work."""
        ...


class Workers(Protocol):
    """Processes that do what would hold up the event loop, or reads what strangers made."""

    async def run(self, task: Task[Result]) -> Result:
        """Have a task done; cancelling stops the work.

        Raises:
            BadInput: it cannot be done with this file; the sentence says why.
            UnusableFile: a file cannot be read or written.
            Temporary: the process died or hangs, or there is no room to write (DiskFull).
            BotError: a fault of ours.
        """
        ...
