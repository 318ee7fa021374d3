"""A worker process: reads requests from its socket, answers on it, and ends when the other end is gone."""

import os
import socket
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path
from traceback import extract_tb

from msgspec.structs import replace

from bot.domain.datasets.report import Recognised
from bot.domain.datasets.statistics import Counts, Examiner
from bot.domain.datasets.tokens import Meter, Unreliable
from bot.domain.transforms.format_detection import SAMPLE_BYTES, SAMPLE_LINES, recognise
from bot.workers.protocol import HEADER, Examine, Recognise, Reply, Request, next_request, packed
from bot.workers.reader import LINE_CAP, read_lines

MeterFactory = Callable[[str], Meter]


def serve(line: socket.socket, meter: MeterFactory, room: int) -> None:
    """Say which process this is, then answer requests; with `room` more bytes of memory ask to be replaced."""
    requests = line.makefile("rb")
    line.sendall(os.getpid().to_bytes(HEADER, "big"))
    begun = memory()
    while (request := next_request(requests)) is not None:
        done = answer(request, meter)
        line.sendall(packed(replace(done, full=memory() - begun > room)))


def meters(factory: str) -> MeterFactory:
    """A meter per range of a file, so that it remembers no more than a range holds; counters keep their vocabulary."""
    module, _, name = factory.partition(":")
    make = getattr(import_module(module), name)
    return lambda encoding: Meter(make(encoding).count)


def answer(request: Request, meter: MeterFactory) -> Reply:
    """Do what is asked; whatever goes wrong becomes a reply too."""
    try:
        if isinstance(request, Recognise):
            return Reply(recognised=_recognise(request))
        return Reply(counts=_examine(request, meter))
    except Unreliable:
        return Reply(unreliable=True)
    except OSError as error:
        return Reply(unreadable=error.strerror or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - its text stays here, it may quote the dataset
        last = extract_tb(error.__traceback__)[-1]
        return Reply(fault=f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}")


def _recognise(request: Recognise) -> Recognised:
    return recognise(list(islice(read_lines(Path(os.fsdecode(request.path)), 0, SAMPLE_BYTES), SAMPLE_LINES)))


def _examine(request: Examine, meter: MeterFactory) -> Counts:
    path = Path(os.fsdecode(request.path))
    examiner = Examiner(request.format, request.limits, meter(request.limits.encoding))
    for number, line in enumerate(read_lines(path, request.start, request.end)):
        if line is None:
            examiner.take_too_long(LINE_CAP)
        else:
            examiner.take(line, first_of_file=request.start == 0 and number == 0)
    return examiner.done()


def memory() -> int:
    """Bytes this process holds now; 0 where the system does not tell so easily."""
    try:
        resident = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(resident) * os.sysconf("SC_PAGE_SIZE")
