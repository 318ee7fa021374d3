"""A worker process: reads tasks from its socket, replies on it, and ends when the other end is gone.

What a task needs beyond a check is imported when it comes: matplotlib takes a second.
"""

import gc
import os
import socket
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path
from traceback import extract_tb
from typing import Any

from msgspec.structs import replace

from bot.domain import worker_tasks
from bot.domain.datasets.report import Recognised
from bot.domain.datasets.statistics import Counts, Examiner
from bot.domain.datasets.tokens import Meter, Unreliable
from bot.domain.transforms.format_detection import SAMPLE_BYTES, SAMPLE_LINES, recognise
from bot.domain.worker_tasks import AnyTask
from bot.errors import BadInput, disk_full
from bot.workers.protocol import HEADER, Done, Failed, Reply, next_task, packed
from bot.workers.reader import LINE_CAP, read_lines

MeterFactory = Callable[[str], Meter]


def serve(line: socket.socket, meter: MeterFactory, room: int) -> None:
    """Say which process this is, then do tasks; with `room` more bytes of memory ask to be replaced."""
    incoming = line.makefile("rb")
    line.sendall(os.getpid().to_bytes(HEADER, "big"))
    begun = memory()
    while (task := next_task(incoming)) is not None:
        if task.kind.alone:
            gc.enable()  # a check leaves no cycles behind; others do
        line.sendall(packed(replace(answer(task, meter), full=memory() - begun > room)))


def meters(counter: str) -> MeterFactory:
    """A meter per range of a file, so that it remembers no more than a range holds; counters keep their vocabulary."""
    module, _, name = counter.partition(":")
    make = getattr(import_module(module), name)
    return lambda encoding: Meter(make(encoding).count)


def answer(task: AnyTask, meter: MeterFactory) -> Reply[Any]:
    """Do what is asked; whatever goes wrong becomes a reply too."""
    try:
        return Done(_done(task, meter))
    except BadInput as refused:
        return Failed("refused", str(refused), refused.field)
    except Unreliable:
        return Failed("unreliable")
    except OSError as error:
        return Failed("no_room") if disk_full(error) else Failed("unreadable", error.strerror or _name(error))
    except Exception as error:  # noqa: BLE001 - its text stays here, it may quote the dataset
        last = extract_tb(error.__traceback__)[-1]
        return Failed("fault", f"{_name(error)} at {Path(last.filename).name}:{last.lineno}")


def _done(task: AnyTask, meter: MeterFactory) -> object:
    match task:
        case worker_tasks.Recognise():
            return _recognised(task)
        case worker_tasks.Examine():
            return _examined(task, meter)
        case worker_tasks.WriteReportTable():
            from bot.workers.report_table import write_table

            return write_table(task.source, task.report, task.target)
        case worker_tasks.DrawTokenChart():
            from bot.workers.token_chart import draw_token_chart

            draw_token_chart(task.report, task.limit, task.target)
            return None
        case worker_tasks.DrawLossChart():
            from bot.workers.loss_chart import draw_loss_chart

            draw_loss_chart(task.curve, task.target)
            return None
        case _:
            from bot.workers.transforms import transformed

            return transformed(task)


def _recognised(task: worker_tasks.Recognise) -> Recognised:
    return recognise(list(islice(read_lines(task.path, 0, SAMPLE_BYTES), SAMPLE_LINES)))


def _examined(task: worker_tasks.Examine, meter: MeterFactory) -> Counts:
    examiner = Examiner(task.format, task.limits, meter(task.limits.encoding))
    for number, line in enumerate(read_lines(task.path, task.start, task.end)):
        if line is None:
            examiner.take_too_long(LINE_CAP)
        else:
            examiner.take(line, first_of_file=task.start == 0 and number == 0)
    return examiner.done()


def _name(error: Exception) -> str:
    return type(error).__name__


def memory() -> int:
    """Bytes this process holds now; 0 where the system does not tell so easily."""
    try:
        resident = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(resident) * os.sysconf("SC_PAGE_SIZE")
