"""Worker processes seen from the validator: started when first needed, killed when their work is not wanted."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import Temporary
from bot.validation.protocol import HEADER, Reply, Request, packed, reply

ANSWER_SECONDS = 60.0
"""A range takes about a second; a worker that says nothing for so long hangs."""

FULL = 380 << 20
"""Bytes of memory that all workers together may hold: counters remember words without bound. See Reply.full."""

_PASSED_ON = ("PYTHONPATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
"""Environment the workers get: they read hostile data and must not hold the application's secrets."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""The fast counter loads numpy, which would start a thread for each processor and never use it."""


class Worker:
    """One process, or the place for one."""

    def __init__(self, factory: str, full: int) -> None:
        self._arguments = (factory, str(full))
        self._process: Process | None = None

    async def ask(self, request: Request) -> Reply:
        """The worker's reply. When it is cancelled the process is killed: half a reply is no use.

        A process that holds too much memory is ended; the next request starts a new one.

        Raises:
            Temporary: the process died or hangs; the next request starts a new one.
        """
        try:
            process = await self._running()
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await _talk(process, request)
        except (OSError, EOFError, TimeoutError) as error:
            await self.kill()
            raise Temporary("The check was interrupted, and will be tried again.") from error
        except asyncio.CancelledError:
            await self.kill()
            raise
        if answer.full:
            await self.kill()
        return answer

    async def close(self) -> None:
        """End the process by ending its input."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()

    async def kill(self) -> None:
        """End the process at once, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()

    async def _running(self) -> Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.validation.worker",
                *self._arguments,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD,
                # Ctrl-C in the terminal is for the application, which then ends its workers.
                start_new_session=True,
            )
        return self._process


class Workers:
    """A fixed number of workers; whoever needs one waits for a free one, the warmest first."""

    def __init__(self, factory: str, count: int) -> None:
        self.factory = factory
        self.count = count
        self._all = [Worker(factory, FULL // count) for _ in range(count)]
        self._free: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        for worker in self._all:
            self._free.put_nowait(worker)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Worker]:
        """A worker for oneself."""
        worker = await self._free.get()
        try:
            yield worker
        finally:
            self._free.put_nowait(worker)

    async def close(self) -> None:
        """End all processes."""
        for worker in self._all:
            await worker.close()


async def _talk(process: Process, request: Request) -> Reply:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(packed(request))
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(HEADER), "big")
    return reply(await process.stdout.readexactly(size))
