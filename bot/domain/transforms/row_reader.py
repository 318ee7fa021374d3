"""Reads the rows of what other tools export: JSON Lines, a JSON list, CSV, TSV, XLSX; knows nothing of training.

Takes a file's lines as they come and gives rows as they are ready; only JSON that spans lines, and a spreadsheet, are
held whole.
"""

import csv
import re
import warnings
from ast import literal_eval
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from json import JSONDecodeError, JSONDecoder, dumps, loads
from typing import Any

from bot.domain.datasets.json_faults import json_fault_from
from bot.domain.datasets.line import BOM, Malformed, parse, refuse_too_much
from bot.domain.transforms.format_detection import SAMPLE_LINES, ZIP, recognise
from bot.domain.transforms.tables import cells_of, fitted, names_of
from bot.errors import BadInput

WHOLE_CAP = 256 << 20
"""Bytes of the largest JSON that is not one value a line; such a file is held in memory several times over."""

_JOINED_LINES, _JOINED_CAP = 200, 1 << 20
"""How many lines, and bytes, one row may spread over in JSON Lines, where its texts hold line breaks as they are."""

_UNREADABLE = frozenset(
    {"empty_file", "compressed_file", "packed_file", "utf16_file", "binary_file", "html_file"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it ends on (in a JSON list or sheet its place there), and its values, or why it has none.

    `note` says what was done to read it, if it was not written as it should be.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    sheet: str = ""
    note: str = ""


def read_rows(lines: Iterable[bytes | None]) -> Iterator[Row]:
    """The rows of a file, from its lines with their line ends (None: one too long to be read).

    Raises:
        BadInput: the file holds no rows that can be told apart; the sentence says what to do.
    """
    rest = iter(lines)
    first = list(islice(rest, SAMPLE_LINES))
    sample = [line for line in first if line is not None]
    found = recognise(first).fault
    if found is not None and found.code in _UNREADABLE:
        raise BadInput(f"{found.message} {found.fix}")
    # A BOM may stand before the first line; anything else it would break is told by its own reader.
    head = next((line for line in (each.removeprefix(BOM).strip() for each in sample) if line), b"")
    whole = chain(first, rest)
    if head.startswith(ZIP):
        yield from _of_sheet(whole)
    elif head.startswith(b"[") or (found is not None and found.code == "pretty_json"):
        yield from _of_json(whole)
    elif head.startswith(b"{"):
        yield from _of_lines(whole)
    else:
        yield from _of_table(whole)


def _of_lines(lines: Iterable[bytes | None]) -> Iterator[Row]:
    begun: _OpenRow | None = None
    for number, line in enumerate(lines, start=1):
        if begun is not None and line is not None and (more := begun.with_next(number, line)):
            begun = more
        else:
            if begun is not None:
                yield begun.given_up()
            begun = _OpenRow.of(number, line)
        if begun is not None and (row := begun.row) is not None:
            yield row
            begun = None
    if begun is not None:
        yield begun.given_up()


def _of_line(number: int, body: bytes) -> Row | None:
    """The row on one line; None where a text does not end on it."""
    try:
        return _row(number, parse(body))
    except Malformed as found:
        if found.code == "broken_text":
            return None
        if found.code == "single_quotes" and (value := _python_value(body)) is not None:
            return Row(number, value, note="Read as Python writes objects, with single quotes")
        if (value := _unescaped(body)) is not None:
            return Row(number, value, note="Tabs and other control characters in texts taken as they are")
        return Row(number, fault=_why(found.message))


@dataclass(frozen=True, slots=True)
class _OpenRow:
    """A row as far as it was read, from the line of this number on; without `row` it ends inside a text."""

    number: int
    text: bytes
    row: Row | None

    @classmethod
    def of(cls, number: int, line: bytes | None) -> "_OpenRow | None":
        """What begins on this line; None for a line without anything."""
        if line is None:
            return cls(number, b"", Row(number, fault="it is too long to be read"))
        body = line.removeprefix(BOM).strip()
        return cls(number, line.removeprefix(BOM), _of_line(number, body)) if body else None

    def with_next(self, number: int, line: bytes) -> "_OpenRow | None":
        """With the line that follows; None if that begins a row of its own, or is too much."""
        if _OBJECT.match(line) or number - self.number > _JOINED_LINES:
            return None
        text = self.text + line
        if len(text) > _JOINED_CAP:
            return None
        # Reading it at every line would take for ever.
        value = _unescaped(text.strip()) if line.rstrip().endswith(b"}") else None
        row = None if value is None else Row(number, value, note="Line breaks in texts taken as they are")
        return _OpenRow(self.number, text, row)

    def given_up(self) -> Row:
        """The row without what is missing of it."""
        try:
            parse(self.text.split(b"\n", 1)[0].strip())
        except Malformed as found:
            return Row(self.number, fault=_why(found.message))
        return Row(self.number, fault="it is no JSON")


_OBJECT = re.compile(rb"\s{0,200}+\{\s{0,200}+[\"']")


def _why(message: str) -> str:
    return f"it is no JSON: {message.removeprefix('This line is not JSON: ').rstrip('.')}"


def _unescaped(text: bytes) -> dict[str, Any] | None:
    """The object of a text whose only fault is that control characters stand in it as they are."""
    try:
        refuse_too_much(text)
        value = JSONDecoder(strict=False).decode(text.decode())
    except (Malformed, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _python_value(text: bytes) -> dict[str, Any] | None:
    """The object that Python's way to write a dictionary means, if JSON can say it too."""
    try:
        refuse_too_much(text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of an escape that Python would not have written
            value = literal_eval(text.decode())
        written = dumps(value, allow_nan=False)
    except (Malformed, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return loads(written) if isinstance(value, dict) else None


def _of_json(lines: Iterable[bytes | None]) -> Iterator[Row]:
    """The objects of one JSON list, or of JSON values that follow each other over several lines."""
    text = _joined(lines)
    # NaN is what some tools write where nothing is; a line break in a text can mean nothing else.
    decoder, at, number = JSONDecoder(parse_constant=lambda _: None, strict=False), 0, 0
    try:
        while (at := _next(text, at)) < len(text):
            value, at = decoder.raw_decode(text, at)
            for each in value if isinstance(value, list) else [value]:
                number += 1
                yield _row(number, each)
    except JSONDecodeError as error:
        line = text.count("\n", 0, error.pos) + 1
        column = error.pos - text.rfind("\n", 0, error.pos)
        raise BadInput(
            f"This is not JSON from line {line:,}, column {column:,} on: {json_fault_from(error).why}. Mend it there."
        ) from None
    except RecursionError:
        raise BadInput("This JSON nests objects or lists too deeply to be converted.") from None


def _next(text: str, at: int) -> int:
    """Where the next value begins, behind spaces and commas."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _joined(lines: Iterable[bytes | None]) -> str:
    pieces: list[bytes] = []
    size = 0
    for line in lines:
        size += len(line or b"")
        if line is None or size > WHOLE_CAP:
            raise BadInput(
                f"This JSON is one value of more than {WHOLE_CAP >> 20} MiB, or has a line that is too long. "
                "Write one object a line (for example with jq -c '.[]') and convert that."
            )
        pieces.append(line)
    try:
        return b"".join(pieces).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("This file is not UTF-8. Save it as UTF-8 and convert it again.") from None


def _of_table(lines: Iterable[bytes | None]) -> Iterator[Row]:
    counted = _Counted(_texts(lines))
    cells_of_rows = cells_of(counted)
    try:
        header = next(cells_of_rows, [])
        names = names_of(header)
        if not names:
            raise BadInput(
                "This is neither JSON nor a table with a header: the first line must name two columns or more, "
                "separated by commas, tabs or semicolons."
            )
        for cells in cells_of_rows:
            if (fitting := fitted(cells, header)) is not None:
                yield Row(counted.number, dict(zip(names, fitting, strict=True)))
            elif cells:
                yield Row(counted.number, fault=f"it has {len(cells)} cells, the header {len(header)}")
    except csv.Error as error:
        raise BadInput(f"The table cannot be read at line {counted.number:,}: {error}.") from None


class _Counted:
    """Lines, and the number of the last one that was given."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return line


def _of_sheet(lines: Iterable[bytes | None]) -> Iterator[Row]:
    # openpyxl takes a quarter of a second to load, and few files are spreadsheets.
    from bot.domain.transforms.spreadsheets import FILE_CAP, read_sheet  # noqa: PLC0415

    pieces: list[bytes] = []
    size = 0
    for line in lines:
        size += len(line or b"")
        if line is None or size > FILE_CAP:
            raise BadInput(
                f"This spreadsheet has more than {FILE_CAP >> 20} MiB. Save it as CSV (UTF-8) and convert that."
            )
        pieces.append(line)
    for row in read_sheet(b"".join(pieces)):
        yield Row(row.number, dict(row.values), sheet=row.sheet)


def _texts(lines: Iterable[bytes | None]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if line is None:
            raise BadInput(f"Line {number:,} is too long to be read.")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BadInput(
                f"Line {number:,} is not UTF-8. Save the table as CSV in UTF-8 and convert it again."
            ) from None


def _row(number: int, value: Any) -> Row:
    if isinstance(value, dict):
        return Row(number, value)
    return Row(number, fault="it is no object with named values")
