"""Something to say when what one waits for takes longer than a moment; knows nothing of what is waited for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Waiting:
    """Ends the waiting: `over` returns when nothing will be said any more."""

    def __init__(self, task: asyncio.Task[None], ended: asyncio.Event) -> None:
        self._task = task
        self._ended = ended

    async def over(self) -> None:
        """What was waited for has come."""
        self._ended.set()
        await self._task


@asynccontextmanager
async def waiting(seconds: float, say: Callable[[], Awaitable[None]]) -> AsyncIterator[Waiting]:
    """Call `say`, once, when the context still waits after so many seconds; what it raises is its own affair."""
    ended = asyncio.Event()

    async def remind() -> None:
        try:
            await asyncio.wait_for(ended.wait(), seconds)
        except TimeoutError:
            await say()

    ours = Waiting(asyncio.get_running_loop().create_task(remind()), ended)
    try:
        yield ours
    finally:
        await ours.over()
