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
from bot.domain.worker_tasks import Examine, Recognise
from bot.errors import UnusableFile, disk_full
from bot.workers.journal import Journal, beside, key_of
from bot.workers.pool import EXACT, InProcess, Pool
from bot.workers.reader import ranges

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

    Should the pool's token counter find itself wrong, the file is read again, and every later one, with tiktoken.
    `today` decides which models of the catalog can be trained. With `expected` every file is taken for that format,
    instead of being recognised. With `resumes` what was counted is kept beside the file (journal.py) until somebody
    removes it, and a check that was interrupted goes on there.
    """

    def __init__(
        self,
        pool: Pool | InProcess,
        catalog: Catalog | None = None,
        *,
        today: Callable[[], date] = _today,
        expected: Format | None = None,
        resumes: bool = False,
    ) -> None:
        self._pool = pool
        self._catalog = catalog or load()
        self._today = today
        self._expected = expected
        self._resumes = resumes

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
                _log.warning("the fast token counter was wrong; tiktoken counts from here on")
                self._pool.count_with(EXACT)
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
        await self._pool.run(Examine(Path(os.devnull), 0, 0, "chat", limits))

    async def _read(self, path: Path, size: int, tell: OnProgress) -> tuple[Recognised, Sum]:
        found = await self._pool.run(Recognise(path))
        if self._expected and (found.fault is None or found.fault.code in OTHER_SHAPES):
            found = Recognised(self._expected)
        limits = limits_for(self._catalog, found.format, self._today(), size=size)
        whole = Sum(limits)
        if found.fault is not None:
            return found, whole
        file = Examine(path, 0, size, found.format, limits)
        if not self._resumes:
            await self._add_up(file, whole, tell, None)
            return found, whole
        key = key_of(path, found, limits, self._pool.counter, RANGE)
        with Journal(beside(path), key) as journal:
            await self._add_up(file, whole, tell, journal)
        return found, whole

    async def _add_up(self, file: Examine, whole: Sum, tell: OnProgress, journal: Journal | None) -> None:
        """Examine a file range by range, adding to `whole` in order; what the journal has is not read again."""
        size = file.end
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
                part = replace(file, start=start, end=end)
                running.append((end, asyncio.create_task(self._pool.run(part))))
                # More than there are workers, so that none of them waits for us, or for another that is slow.
                if len(running) > AHEAD * self._pool.count:
                    await add_next()
            while running:
                await add_next()
        finally:
            for _, task in running:
                task.cancel()
            await asyncio.gather(*(task for _, task in running), return_exceptions=True)


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
