"""Validates a file of any size: byte ranges go to worker processes, their counts add up to one report."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from threading import Event

from msgspec.structs import replace

from bot.domain.catalog import Catalog, Format, load
from bot.domain.datasets.report import Progress, Recognised, Report
from bot.domain.datasets.report_builder import Facts, conclude, limits_for
from bot.domain.datasets.statistics import Counts, Sum
from bot.domain.datasets.tokens import Unreliable
from bot.domain.transforms.format_detection import OTHER_SHAPES
from bot.errors import BotError, UnusableFile, disk_full
from bot.workers.here import EXACT, Here
from bot.workers.journal import Journal, beside, key_of
from bot.workers.pool import Workers
from bot.workers.protocol import Examine, Recognise, Reply, Request
from bot.workers.reader import ranges
from bot.workers.start import PROCESSORS, QUICKEST, Forkserver

RANGE = 4 << 20
"""Bytes given to a worker at a time: about a third of a second of work, so progress moves and cancelling is quick."""

AHEAD = 4
"""Ranges begun for each worker before the oldest must be done: they are added up in order."""

_CHUNK = 256 << 10
_log = logging.getLogger(__name__)

OnProgress = Callable[[Progress], None]


def _today() -> date:
    return datetime.now(UTC).date()


class Validator:
    """See bot.ports.Validation.

    `counter` names what makes a token counter, as "module:function": worker processes import it themselves. Should
    that counter find itself wrong, the file is read again, and every later one, with tiktoken (`EXACT`).
    `today` decides which models of the catalog can be trained. Workers (two where there are two processors)
    start at the first file, or with `warm`, and stay until `close`; they hold 200 to 400 MB, 150 of them shared.
    They come from `nursery` if one was made before, which then says what counts and how many work.
    With `here` there are none: this process examines the files, which had better be small, and tiktoken counts.
    With `expected` every file is taken for that format, instead of being recognised. With `resumes` what was counted
    is kept beside the file (journal.py) until somebody removes it, and a check that was interrupted goes on there.
    """

    def __init__(
        self,
        catalog: Catalog | None = None,
        *,
        counter: str = QUICKEST,
        today: Callable[[], date] = _today,
        workers: int = PROCESSORS,
        forkserver: Forkserver | None = None,
        expected: Format | None = None,
        resumes: bool = False,
        here: bool = False,
    ) -> None:
        self._catalog = catalog or load()
        self._today = today
        self._expected = expected
        self._resumes = resumes
        self._workers: Workers | Here = (
            Here() if here else Workers(forkserver or self._nursery(counter, workers))
        )

    async def validate(self, path: Path, *, name: str, on_progress: OnProgress | None = None) -> Report:
        """Read the whole file and report; `on_progress` hears at once, then about three times a second.

        Cancelling stops the work within a moment.

        Raises:
            UnusableFile: the file cannot be read.
            Temporary: a worker died; worth another try.
            BotError: a fault of ours while checking.
        """
        tell = on_progress or _nobody
        stop = Event()
        hashing = asyncio.create_task(asyncio.to_thread(_sha256, path, stop))
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
            tell(Progress(0, size, 0, 0))
            try:
                found, whole = await self._read(path, size, tell)
            except Unreliable:
                await self._trust_tiktoken()
                found, whole = await self._read(path, size, tell)
            facts = Facts(name, size, await hashing)
        except OSError as error:
            # What was counted is kept beside the file, see journal.py.
            raise disk_full(error) or _unreadable(error.strerror or type(error).__name__) from error
        finally:
            stop.set()
            await asyncio.gather(hashing, return_exceptions=True)
        return conclude(facts, found, whole, self._catalog, self._today())

    async def warm(self) -> None:
        """Start a worker with its vocabulary loaded, so that the first file does not wait for it."""
        limits = limits_for(self._catalog, "chat", self._today())
        await self._ask(Examine(os.fsencode(os.devnull), 0, 0, "chat", limits))

    async def close(self) -> None:
        """End the worker processes."""
        await self._workers.close()

    async def _trust_tiktoken(self) -> None:
        _log.warning("the fast token counter was wrong; tiktoken counts from here on")
        unreliable, self._workers = self._workers, Workers(self._nursery(EXACT, self._workers.count))
        await unreliable.close()

    def _nursery(self, counter: str, workers: int) -> Forkserver:
        """One that has the vocabulary of most files; another one is loaded by the worker that needs it."""
        return Forkserver(counter, limits_for(self._catalog, "chat", self._today()).encoding, workers)

    async def _read(self, path: Path, size: int, tell: OnProgress) -> tuple[Recognised, Sum]:
        found = (await self._ask(Recognise(os.fsencode(path)))).recognised
        if found is None:
            raise RuntimeError("a worker answered another question")
        if self._expected and (found.fault is None or found.fault.code in OTHER_SHAPES):
            found = Recognised(self._expected)
        limits = limits_for(self._catalog, found.format, self._today(), size=size)
        whole = Sum(limits)
        if found.fault is not None:
            return found, whole
        request = Examine(os.fsencode(path), 0, size, found.format, limits)
        if not self._resumes:
            await self._add_up(request, whole, tell, None)
            return found, whole
        key = key_of(path, found, limits, self._workers.factory, RANGE)
        with Journal(beside(path), key) as journal:
            await self._add_up(request, whole, tell, journal)
        return found, whole

    async def _add_up(self, request: Examine, whole: Sum, tell: OnProgress, journal: Journal | None) -> None:
        """Do the request range by range, adding to `whole` in order; what the journal has is not read again."""
        size = request.end
        left = ranges(size, RANGE)
        running: deque[tuple[int, asyncio.Task[Counts]]] = deque()

        def add(end: int, counts: Counts) -> None:
            whole.add(counts)
            tell(Progress(end, size, whole.counts.examples, whole.counts.problem_count))

        async def add_next() -> None:
            end, task = running[0]
            counts = await task
            running.popleft()
            add(end, counts)
            if journal is not None:
                await asyncio.to_thread(journal.add, counts)

        try:
            for counts, (_, end) in zip(journal.kept() if journal else (), left, strict=False):
                add(end, counts)
                await asyncio.sleep(0)  # there may be thousands
            for start, end in left:
                part = replace(request, start=start, end=end)
                running.append((end, asyncio.create_task(self._examine(part))))
                # More than there are workers, so that none of them waits for us, or for another that is slow.
                if len(running) > AHEAD * self._workers.count:
                    await add_next()
            while running:
                await add_next()
        finally:
            for _, task in running:
                task.cancel()
            await asyncio.gather(*(task for _, task in running), return_exceptions=True)

    async def _examine(self, request: Examine) -> Counts:
        counts = (await self._ask(request)).counts
        if counts is None:
            raise RuntimeError("a worker answered another question")
        return counts

    async def _ask(self, request: Request) -> Reply:
        async with self._workers.one() as worker:
            reply = await worker.ask(request)
        if reply.unreliable:
            raise Unreliable
        if reply.unreadable:
            raise _unreadable(reply.unreadable)
        if reply.fault:
            raise BotError(f"The bot failed to check this file; the fault is its own ({reply.fault}).")
        return reply


def _sha256(path: Path, stop: Event) -> str:
    """The hash of the file, in hex; read beside the workers, from what the system has in memory by then."""
    digest, chunk = sha256(), memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while not stop.is_set() and (size := file.readinto(chunk)):
            digest.update(chunk[:size])
    return digest.hexdigest()


def _unreadable(why: str) -> UnusableFile:
    return UnusableFile(f"The file cannot be read: {why}.")


def _nobody(_: Progress) -> None:
    pass
