"""The workshop as the bot sees it (ports.Workshop): a process for each order, ended when its work is not wanted."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping as Values
from pathlib import Path
from typing import TypeVar

import msgspec

from bot.domain.catalog import Format
from bot.domain.datasets.report import Report, to_json
from bot.domain.jobs.training import Curve
from bot.domain.transforms.compare import Difference
from bot.domain.transforms.convert import Mapping, Part
from bot.errors import BadInput, BotError, DiskFull, Temporary, UnusableFile
from bot.lifeline import held
from bot.ports import Converted, Mended, Parted, Preview
from bot.workers import tasks as orders
from bot.workers.tasks import Answer, Order

_Made = TypeVar("_Made")

LONGEST = 3600.0
"""Seconds after which a process is given up: hundreds of MB take a minute."""

SHOWN_EXAMPLES = 3

_PASSED_ON = ("PYTHONPATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "HOME", "TMPDIR", "MPLCONFIGDIR")
"""Environment that a process gets: it reads hostile data and must not hold the application's secrets."""


class Workshop:
    """See bot.ports.Workshop. Each process takes 0.3 s to start and 50 to 400 MB of memory."""

    async def mend(self, source: Path, target: Path, expected: Format | None) -> Mended:
        """Write a file's mended lines."""
        return _there((await _ask(orders.Mend(str(source), str(target), expected))).mended)

    async def convert(self, source: Path, target: Path, mapping: Mapping) -> Converted:
        """Write the examples that a file's rows become."""
        return _there((await _ask(orders.Convert(str(source), str(target), mapping))).converted)

    async def split(
        self, source: Path, training: Path, validation: Path, *, share: float, seed: int
    ) -> Parted:
        """Write a dataset as two."""
        order = orders.Split(str(source), str(training), str(validation), share, seed)
        return _there((await _ask(order)).parted)

    async def compare(self, old: Path, new: Path) -> Difference:
        """What changed from one file to another."""
        return _there((await _ask(orders.Compare(str(old), str(new)))).difference)

    async def table(self, source: Path, report: Report, target: Path) -> int:
        """Write the whole report as a table."""
        return _there((await _ask(orders.Table(str(source), str(target), to_json(report)))).count)

    async def chart(self, report: Report, limit: int, target: Path) -> None:
        """Draw the tokens of a dataset's examples."""
        _there((await _ask(orders.Chart(str(target), to_json(report), limit))).count)

    async def curve(self, curve: Curve, target: Path) -> None:
        """Draw a training's losses."""
        _there((await _ask(orders.DrawCurve(str(target), curve))).count)

    async def preview(self, source: Path, columns: Values[Part, str]) -> Preview:
        """What a file's columns are taken for, and its first examples."""
        return _there((await _ask(orders.Look(str(source), dict(columns), SHOWN_EXAMPLES))).preview)


def _there(answer: _Made | None) -> _Made:
    if answer is None:
        raise RuntimeError("the workshop answered another order")
    return answer


async def _ask(order: Order) -> Answer:
    """The answer of a process of its own, which ends with this call, cancelled or not."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.workers",
        str(held()),
        pass_fds=(held(),),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        # Ctrl-C in the terminal is for the application, which then ends its processes.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(LONGEST):
            said, _ = await process.communicate(msgspec.json.encode(order))
        answer = orders.answer_in.decode(said)
    except (TimeoutError, OSError, msgspec.DecodeError) as error:
        raise Temporary("The work on this file was interrupted, and will be tried again.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if answer.refused:
        raise BadInput(answer.refused, answer.field)
    if answer.full:
        raise DiskFull
    if answer.unreadable:
        raise UnusableFile(f"The file cannot be read or written: {answer.unreadable}.")
    if answer.fault:
        raise BotError(f"The fault is the bot's own ({answer.fault}).")
    return answer
