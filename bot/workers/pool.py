"""Worker processes seen from the validator: forked when first needed, killed when their work is not wanted.

All workers are forked by one process, the nursery (nursery.py), which has loaded what each of them needs: a new
worker is there at once, and they share the memory of the vocabularies.
"""

import asyncio
import os
import signal
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bot.errors import Temporary
from bot.workers.protocol import HEADER, Reply, Request, packed, reply
from bot.workers.start import Forkserver

ANSWER_SECONDS = 60.0
"""A range takes about a second; a worker that says nothing for so long hangs."""


@dataclass(frozen=True)
class _Line:
    """The connection to one worker process."""

    pid: int
    reader: StreamReader
    writer: StreamWriter

    async def ask(self, request: Request) -> Reply:
        self.writer.write(packed(request))
        await self.writer.drain()
        size = int.from_bytes(await self.reader.readexactly(HEADER), "big")
        return reply(await self.reader.readexactly(size))


async def _forked(forkserver: Forkserver) -> _Line:
    """The connection to a new worker. Raises OSError or EOFError when there will be none."""
    mine, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_unix_connection(sock=mine)
        try:
            socket.send_fds(forkserver.reach(), [b"+"], [theirs.fileno()])
            theirs.close()  # so that the end of the worker, or of the nursery, is the end of what can be read
            return _Line(int.from_bytes(await reader.readexactly(HEADER), "big"), reader, writer)
        except BaseException:
            writer.close()
            raise


async def _ended(forkserver: Forkserver, *, at_once: bool = False) -> None:
    """Wait until it has ended, and all workers that were let go; `at_once`, workers under way go on without it."""
    process = forkserver.let_go()
    if process is None:
        return
    if at_once:
        process.kill()
    try:
        await asyncio.to_thread(process.wait)
    except asyncio.CancelledError:
        process.kill()  # or the thread would wait on, and keep the application from ending
        raise


class Worker:
    """One process, or the place for one."""

    def __init__(self, forkserver: Forkserver) -> None:
        self._nursery = forkserver
        self._line: _Line | None = None

    async def ask(self, request: Request) -> Reply:
        """The worker's reply. When it is cancelled the process is killed: half a reply is no use.

        A process that holds too much memory is ended; the next request starts a new one.

        Raises:
            Temporary: the process died or hangs; the next request starts a new one.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._line is None:
                    self._line = await _forked(self._nursery)
                answer = await self._line.ask(request)
        except (OSError, EOFError, TimeoutError) as error:
            if self._line is None:
                await _ended(self._nursery, at_once=True)
            self.kill()
            raise Temporary("The check was interrupted, and will be tried again.") from error
        except asyncio.CancelledError:
            self.kill()
            raise
        if answer.full:
            self.close()
        return answer

    def close(self) -> None:
        """Let the process go: it ends by itself as soon as it finds out."""
        line, self._line = self._line, None
        if line is not None:
            line.writer.close()

    def kill(self) -> None:
        """End the process at once, if there is one."""
        if self._line is not None:
            # One that has died keeps its number until the nursery forks another worker.
            with suppress(ProcessLookupError):
                os.kill(self._line.pid, signal.SIGKILL)
        self.close()


class Workers:
    """A fixed number of workers; whoever needs one waits for a free one, the warmest first."""

    def __init__(self, forkserver: Forkserver) -> None:
        self.factory = forkserver.factory
        self.count = forkserver.workers
        self._nursery = forkserver
        self._all = [Worker(forkserver) for _ in range(forkserver.workers)]
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
            worker.close()
        await _ended(self._nursery)
