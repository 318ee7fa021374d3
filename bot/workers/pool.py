"""The pool of worker processes: forked when needed, killed when their work is not wanted.

All are forked by one process (forkserver.py), which has loaded what each of them needs: a new worker is there at once,
and they share the memory of the vocabularies.
"""

import asyncio
import os
import signal
import socket
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec

from bot.domain.worker_tasks import AnyTask, Task
from bot.errors import Temporary
from bot.workers import worker
from bot.workers.forkserver import Forkserver
from bot.workers.protocol import HEADER, Reply, packed, reply_to, result_of

EXACT = "bot.tokenizer:counter"
"""The token counter that is never wrong. For small files a quicker one would load longer than it counts."""

_START_SECONDS = 60.0
"""A forkserver that has no worker for us in so long hangs."""

_END_SECONDS = 5.0
"""So long is waited for a process that was let go or killed: what the system holds fast ends when that lets go."""

Result = TypeVar("Result")


class Pool:
    """See bot.ports.Workers. Keeps as many workers as its forkserver says, for checks; any other task gets its own.

    Whoever needs a kept one waits for a free one, the warmest first. They start with their first task and stay until
    `close`; together they hold 200 to 400 MB, 150 of them shared.
    """

    def __init__(self, forkserver: Forkserver | None = None) -> None:
        self._forkserver = forkserver or Forkserver()
        self._replaced: list[Forkserver] = []
        self._kept = [_Worker() for _ in range(self._forkserver.workers)]
        self._busy: set[_Worker] = set()
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for each in self._kept:
            self._free.put_nowait(each)

    @property
    def count(self) -> int:
        """How many checks are done at once."""
        return len(self._kept)

    @property
    def counter(self) -> str:
        """What makes the token counter."""
        return self._forkserver.counter

    def count_with(self, counter: str) -> None:
        """Have all later tasks count with this one; what is under way ends as it began."""
        if counter != self.counter:
            self._replaced.append(self._forkserver)
            self._forkserver = Forkserver(counter, self._forkserver.encoding, self.count)

    async def run(self, task: Task[Result]) -> Result:
        """Have a task done by a worker; cancelling ends its process. Raises Unreliable too: the counter was wrong."""
        one = _Worker() if task.kind.alone else await self._free.get()
        self._busy.add(one)
        try:
            return await one.run(task, self._forkserver)
        finally:
            self._busy.discard(one)
            if task.kind.alone:
                await one.end()
            else:
                self._free.put_nowait(one)

    async def close(self) -> None:
        """End all processes."""
        for each in self._busy:
            each.kill()
        for each in set(self._kept) - self._busy:
            await each.end()
        for forkserver in (*self._replaced, self._forkserver):
            await _ended(forkserver)


class InProcess:
    """In place of a pool, does what is asked in this process: for small files, sooner than a fork would be there.

    One task after the other, none of which can be cancelled half-way.
    """

    counter = EXACT
    count = 1

    def __init__(self) -> None:
        self._meter = worker.meters(EXACT)

    async def run(self, task: Task[Result]) -> Result:
        """Do it. Raises as Pool.run."""
        reply: Reply[Result] = worker.answer(cast("AnyTask", task), self._meter)
        return result_of(task, reply)

    def count_with(self, counter: str) -> None:
        """The exact counter is never doubted."""

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class _Line:
    """The connection to one worker process."""

    pid: int
    forkserver: Forkserver
    reader: StreamReader
    writer: StreamWriter

    async def ask(self, task: Task[Result]) -> Reply[Result]:
        self.writer.write(packed(task))
        await self.writer.drain()
        size = int.from_bytes(await self.reader.readexactly(HEADER), "big")
        return reply_to(task, await self.reader.readexactly(size))

    async def end(self) -> None:
        """Say that there will be no more, and wait until nobody holds the other end: all that it writes is written."""
        try:
            with suppress(OSError):
                self.writer.write_eof()
            with suppress(OSError):
                async with asyncio.timeout(_END_SECONDS):
                    while await self.reader.read(1 << 16):
                        pass
        finally:
            self.writer.close()


class _Worker:
    """One process, or the place for one."""

    def __init__(self) -> None:
        self._line: _Line | None = None

    async def run(self, task: Task[Result], forkserver: Forkserver) -> Result:
        """See Pool.run. When it is cancelled the process is killed: half a reply is no use.

        A process that holds too much memory, or is of another forkserver, is ended; the next task starts a new one.
        """
        try:
            line = await self._reached(forkserver)
            async with asyncio.timeout(task.kind.seconds):
                reply = await line.ask(task)
        except (OSError, EOFError, TimeoutError, msgspec.DecodeError) as error:
            if self._line is None:
                await _ended(forkserver, at_once=True)
            self.kill()
            await self.end()
            raise Temporary(task.kind.interrupted) from error
        except asyncio.CancelledError:
            self.kill()
            await self.end()
            raise
        if reply.full:
            await self.end()
        return result_of(task, reply)

    async def end(self) -> None:
        """Let the process go and wait until it is gone, if there is one."""
        line, self._line = self._line, None
        if line is not None:
            await line.end()

    def kill(self) -> None:
        """End the process at once, if there is one."""
        if self._line is not None:
            # One that has died keeps its number until the forkserver forks another worker.
            with suppress(ProcessLookupError):
                os.kill(self._line.pid, signal.SIGKILL)

    async def _reached(self, forkserver: Forkserver) -> _Line:
        if self._line is not None and self._line.forkserver is not forkserver:
            await self.end()
        if self._line is None:
            async with asyncio.timeout(_START_SECONDS):
                self._line = await _forked(forkserver)
        return self._line


async def _forked(forkserver: Forkserver) -> _Line:
    """The connection to a new worker. Raises OSError or EOFError when there will be none."""
    mine, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_unix_connection(sock=mine)
        try:
            socket.send_fds(forkserver.reach(), [b"+"], [theirs.fileno()])
            theirs.close()  # so that the end of the worker, or of the forkserver, is the end of what can be read
            pid = int.from_bytes(await reader.readexactly(HEADER), "big")
        except BaseException:
            writer.close()
            raise
    return _Line(pid, forkserver, reader, writer)


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
