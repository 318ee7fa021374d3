"""What can be asked of a worker process, and what comes back; does none of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import msgspec

from bot.domain.catalog import Format
from bot.domain.datasets.examples import Shown
from bot.domain.datasets.report import Recognised, Report
from bot.domain.datasets.statistics import Counts, Limits
from bot.domain.jobs.training import Curve
from bot.domain.transforms.compare import Difference
from bot.domain.transforms.convert import Mapping, Part
from bot.domain.transforms.mend import Deed
from bot.domain.transforms.tidying import Example

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Kind:
    """How tasks of a kind are done, and what a person reads when one could not be."""

    alone: bool
    """In a process that does nothing else and ends with the task."""

    seconds: float
    """How long it may take; a worker that says nothing for so long hangs."""

    interrupted: str
    unreadable: str
    fault: str


CHECKING = Kind(
    alone=False,
    seconds=60.0,  # a range takes about a second
    interrupted="The check was interrupted, and will be tried again.",
    unreadable="The file cannot be read: {}.",
    fault="The bot failed to check this file; the fault is its own ({}).",
)

MAKING = Kind(
    alone=True,  # Pillow, openpyxl and matplotlib read and hold what no check should suffer from
    seconds=3600.0,  # hundreds of MB take a minute
    interrupted="The work on this file was interrupted, and will be tried again.",
    unreadable="The file cannot be read or written: {}.",
    fault="The fault is the bot's own ({}).",
)


class Task(msgspec.Struct, Generic[Result], frozen=True):
    """Something that a worker does; paths are of files that it reads or writes."""

    kind: ClassVar[Kind]


class _Checking(Task[Result], Generic[Result], frozen=True):
    kind: ClassVar[Kind] = CHECKING


class _Making(Task[Result], Generic[Result], frozen=True):
    kind: ClassVar[Kind] = MAKING


class Recognise(_Checking[Recognised], tag=True, frozen=True):
    """Tell what a file is, from its first lines."""

    path: Path


class Examine(_Checking[Counts], tag=True, frozen=True):
    """Check the lines that begin within [start, end) against a format's rules (None: only as JSON)."""

    path: Path
    start: int
    end: int
    format: Format | None
    limits: Limits


@dataclass(frozen=True, slots=True)
class Mended:
    """So many examples were kept, so many of them `repaired`, so many lines `left_out`.

    `deeds` is what was done, empty when there was nothing to do.
    """

    kept: int
    deeds: tuple[Deed, ...]
    repaired: int = 0
    left_out: int = 0


class Mend(_Making[Mended], tag=True, frozen=True):
    """Write the mended lines of a file of one format (None: the one its lines have)."""

    source: Path
    target: Path
    expected: Format | None


class ShowMending(_Making[Mended], tag=True, frozen=True):
    """Tell what mending a file would do; nothing is written."""

    source: Path
    expected: Format | None


@dataclass(frozen=True, slots=True)
class Converted:
    """So many examples were written; `left_out` counts rows by why they were not, `done` by what was done to them."""

    examples: int
    left_out: dict[str, int]
    done: dict[str, int] = field(default_factory=dict)


class Convert(_Making[Converted], tag=True, frozen=True):
    """Write the examples that a file's rows become."""

    source: Path
    target: Path
    mapping: Mapping
    system: str = ""


@dataclass(frozen=True, slots=True)
class Parted:
    """How many examples each part has."""

    training: int
    validation: int


class Split(_Making[Parted], tag=True, frozen=True):
    """Write a dataset as two, `share` of it for validation."""

    source: Path
    training: Path
    validation: Path
    share: float
    seed: int


class Compare(_Making[Difference], tag=True, frozen=True):
    """Tell what changed from one dataset to another."""

    old: Path
    new: Path


@dataclass(frozen=True, slots=True)
class Preview:
    """A file's columns, what they are taken for (None: no telling), and what its first rows would become.

    `sheet` is the sheet that is read of a spreadsheet.
    """

    columns: tuple[str, ...]
    mapping: Mapping | None
    examples: tuple[Example, ...] = ()
    sheet: str = ""


class ShowPreview(_Making[Preview], tag=True, frozen=True):
    """Tell what a file's columns are taken for, and show its first examples."""

    source: Path
    columns: dict[Part, str]
    examples: int = 3
    system: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Lines as people read them; `later` is the next one that holds something, None where there is none."""

    shown: tuple[Shown, ...]
    later: int | None = None


class ShowExamples(_Making[Examples], tag=True, frozen=True):
    """Show these lines of a file or, where none is named, up to `most` from line `first` on."""

    path: Path
    first: int = 1
    most: int = 10
    lines: tuple[int, ...] = ()


class WriteReportTable(_Making[int], tag=True, frozen=True):
    """Write the whole report on a file as a table; gives how many kinds of problem it tells of."""

    source: Path
    target: Path
    report: Report


class DrawTokenChart(_Making[None], tag=True, frozen=True):
    """Draw how many tokens the examples of a dataset have; `limit` is what models take of one."""

    target: Path
    report: Report
    limit: int


class DrawLossChart(_Making[None], tag=True, frozen=True):
    """Draw a training's losses over its steps."""

    target: Path
    curve: Curve


AnyTask = (
    Recognise
    | Examine
    | Mend
    | ShowMending
    | Convert
    | Split
    | Compare
    | ShowPreview
    | ShowExamples
    | WriteReportTable
    | DrawTokenChart
    | DrawLossChart
)
