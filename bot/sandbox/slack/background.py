"""The sandbox's own waiting work (retries, late shares): kept hold of, timed by its clock, ended with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.sandbox.clock import Clock

_LOOK_AGAIN = 0.1  # seconds; how soon a skipped-ahead clock is noticed


class Background:
    """Tasks that end when the sandbox closes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it ends or the sandbox closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait(self, seconds: float) -> None:
        """Wait `seconds` on the sandbox's clock: skipping it ahead ends the wait early."""
        until = self._clock.now() + seconds
        while (left := until - self._clock.now()) > 0:  # noqa: ASYNC110 - a clock is looked at, it sets no event
            await asyncio.sleep(min(left, _LOOK_AGAIN))

    async def close(self) -> None:
        """End everything that still waits."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
