"""Worker processes seen from the validator: started when first needed, killed when their work is not wanted.

All workers are forked by one process, the nursery (nursery.py), which has loaded what each of them needs: a new
worker is there at once, and they share the memory of the vocabularies.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bot.errors import Temporary
from bot.validation.protocol import HEADER, Reply, Request, packed, reply

ANSWER_SECONDS = 60.0
"""A range takes about a second; a worker that says nothing for so long hangs."""

FULL = 300 << 20
"""Bytes of memory that nursery and workers may hold together, about: counters remember words without bound.

What a worker wrote to pages that it shared until then is not seen, some 50 MB of each.
"""

_PASSED_ON = ("PYTHONPATH", "LANG", "LC_ALL", "TZ")
"""Environment the workers get: they read hostile data and must not hold the application's secrets."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""The fast counter loads numpy, which would start a thread for each processor and never use it."""


class Nursery:
    """The process that forks the workers, or the place for it."""

    def __init__(self, factory: str, encoding: str, workers: int) -> None:
        self._arguments = (factory, encoding, str(FULL), str(workers))
        self._starting = asyncio.Lock()
        self._process: Process | None = None
        self._control: socket.socket | None = None

    async def fork(self) -> "_Line":
        """A new worker. Raises OSError or EOFError when there will be none."""
        mine, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_unix_connection(sock=mine)
            try:
                socket.send_fds(await self._running(), [b"+"], [theirs.fileno()])
                theirs.close()  # so that the end of the worker, or of the nursery, is the end of what can be read
                return _Line(int.from_bytes(await reader.readexactly(HEADER), "big"), reader, writer)
            except BaseException:
                writer.close()
                raise

    async def kill(self) -> None:
        """End it at once; workers under way go on, and the next one comes from another nursery."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self.close()

    async def close(self) -> None:
        """Wait until it has ended, and all workers that were let go."""
        process, self._process = self._process, None
        if self._control is not None:
            self._control.close()
        if process is not None:
            await process.wait()

    async def _running(self) -> socket.socket:
        async with self._starting:
            if self._control is None or self._process is None:
                mine, theirs = socket.socketpair()
                with theirs:
                    try:
                        self._process = await self._start(theirs)
                    except BaseException:
                        mine.close()
                        raise
                self._control = mine
            return self._control

    async def _start(self, control: socket.socket) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.validation.nursery",
            *self._arguments,
            stdin=control.fileno(),
            stdout=DEVNULL,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD,
            # Ctrl-C in the terminal is for the application, which then ends its workers.
            start_new_session=True,
        )


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


class Worker:
    """One process, or the place for one."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
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
                    self._line = await self._nursery.fork()
                answer = await self._line.ask(request)
        except (OSError, EOFError, TimeoutError) as error:
            if self._line is None:
                await self._nursery.kill()
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

    def __init__(self, factory: str, encoding: str, count: int) -> None:
        self.factory = factory
        self.count = count
        self._nursery = Nursery(factory, encoding, count)
        self._all = [Worker(self._nursery) for _ in range(count)]
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
        await self._nursery.close()
