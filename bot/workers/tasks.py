"""What the bot and its workshop's processes say to each other: one order in, one answer out, as JSON."""

from typing import Any

import msgspec

from bot.domain.catalog import Format
from bot.domain.jobs.training import Curve
from bot.domain.transforms.compare import Difference
from bot.domain.transforms.convert import Mapping, Part
from bot.ports import Converted, Mended, Parted, Preview


class Mend(msgspec.Struct, tag=True, frozen=True):
    """Write a file's mended lines; this and the others are the calls of bot.ports.Workshop."""

    source: str
    target: str
    expected: Format | None


class Convert(msgspec.Struct, tag=True, frozen=True):
    """Write the examples that a file's rows become."""

    source: str
    target: str
    mapping: Mapping


class Split(msgspec.Struct, tag=True, frozen=True):
    """Write a dataset as two."""

    source: str
    training: str
    validation: str
    share: float
    seed: int


class Compare(msgspec.Struct, tag=True, frozen=True):
    """Tell what changed from one file to another."""

    old: str
    new: str


class Table(msgspec.Struct, tag=True, frozen=True):
    """Write the whole report as a table; it travels as its JSON, as it is kept in the database."""

    source: str
    target: str
    report: dict[str, Any]


class Chart(msgspec.Struct, tag=True, frozen=True):
    """Draw the tokens of a dataset's examples."""

    target: str
    report: dict[str, Any]
    limit: int


class DrawCurve(msgspec.Struct, tag=True, frozen=True):
    """Draw a training's losses."""

    target: str
    curve: Curve


class Look(msgspec.Struct, tag=True, frozen=True):
    """Tell what a file's columns are, and show its first examples."""

    source: str
    columns: dict[Part, str]
    examples: int


Order = Mend | Convert | Split | Compare | Table | Chart | DrawCurve | Look


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was made, or why not: `refused` is a sentence for the person who asked (`field` as BadInput has it).

    `unreadable` is what the system says of a file; `fault` a mistake of ours, as exception and source line, never
    with its text, which could quote the dataset. `full`: the disk has no room for it.
    """

    mended: Mended | None = None
    converted: Converted | None = None
    parted: Parted | None = None
    difference: Difference | None = None
    count: int | None = None
    preview: Preview | None = None
    refused: str = ""
    field: str = ""
    unreadable: str = ""
    full: bool = False
    fault: str = ""


order_in: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
answer_in: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
