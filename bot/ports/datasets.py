"""What reads and makes dataset files, off the event loop: counting, validation, the workshop."""

from collections.abc import Callable
from collections.abc import Mapping as Values
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.domain.catalog import Format
from bot.domain.datasets.report import Progress, Report
from bot.domain.jobs.training import Curve
from bot.domain.transforms.compare import Difference
from bot.domain.transforms.convert import Mapping, Part
from bot.domain.transforms.mend import Deed
from bot.domain.transforms.tidying import Example


class Validation(Protocol):
    """Runs the pure checks over a file of any size, off the event loop."""

    async def validate(
        self, path: Path, *, name: str, on_progress: Callable[[Progress], None] | None = None
    ) -> Report:
        """Read the whole file and report. Raises Temporary when a worker died; cancelling stops the work."""
        ...


@dataclass(frozen=True, slots=True)
class Mended:
    """So many examples were kept; `deeds` is what was done, empty when there was nothing to do."""

    kept: int
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """So many examples were written; `left_out` counts rows by why they were not, `done` by what was done to them."""

    examples: int
    left_out: dict[str, int]
    done: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parted:
    """How many examples each part has."""

    training: int
    validation: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A file's columns, what they are taken for (None: no telling), and what its first rows would become.

    `sheet` is the sheet that is read of a spreadsheet.
    """

    columns: tuple[str, ...]
    mapping: Mapping | None
    examples: tuple[Example, ...] = ()
    sheet: str = ""


class Workshop(Protocol):
    """Makes files of datasets, off the event loop; cancelling stops the work.

    Each may raise BadInput (it cannot be done with this file; the sentence says why), UnusableFile (the file cannot
    be read) or Temporary.
    """

    async def mend(self, source: Path, target: Path, expected: Format | None) -> Mended:
        """Write the lines of a file of one format (None: the one its lines have), mended."""
        ...

    async def convert(self, source: Path, target: Path, mapping: Mapping) -> Converted:
        """Write the examples that the rows of a file become."""
        ...

    async def split(
        self, source: Path, training: Path, validation: Path, *, share: float, seed: int
    ) -> Parted:
        """Write a dataset as two, `share` of it for validation."""
        ...

    async def compare(self, old: Path, new: Path) -> Difference:
        """What changed from one dataset to another."""
        ...

    async def table(self, source: Path, report: Report, target: Path) -> int:
        """Write the whole report on a file as CSV; gives how many kinds of problem it tells of."""
        ...

    async def chart(self, report: Report, limit: int, target: Path) -> None:
        """Draw how many tokens the examples have, as PNG; `limit` is what models take of one."""
        ...

    async def curve(self, curve: Curve, target: Path) -> None:
        """Draw a training's losses over its steps, as PNG; one without losses cannot be drawn."""
        ...

    async def preview(self, source: Path, columns: Values[Part, str]) -> Preview:
        """What the columns of a file are taken for (as given, else guessed), from its first rows only."""
        ...
