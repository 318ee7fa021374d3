"""Reads the rows of what other tools export: JSON Lines, a JSON list, CSV, TSV, XLSX; knows nothing of training.

Takes a file's lines as they come and gives rows as they are ready; only JSON that spans lines, and a spreadsheet, are
held whole.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from json import JSONDecodeError, JSONDecoder
from typing import Any

from bot.domain.dataset.line import Malformed, parse
from bot.domain.dataset.recognition import BOM, SAMPLE_LINES, ZIP, recognise
from bot.errors import BadInput

WHOLE_CAP = 256 << 20
"""Bytes of the largest JSON that is not one value a line; such a file is held in memory several times over."""

_CELL_CAP = 8 << 20
_UNREADABLE = frozenset(
    {"empty_file", "compressed_file", "packed_file", "utf16_file", "binary_file", "html_file"}
)
_DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it ends on (in a JSON list or sheet its place there), and its values, or why it has none."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    sheet: str = ""


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
    for number, line in enumerate(lines, start=1):
        if line is None:
            yield Row(number, fault="it is too long to be read")
            continue
        body = line.removeprefix(BOM).strip()
        if not body:
            continue
        try:
            value = parse(body)
        except Malformed as found:
            yield Row(number, fault=f"it is no JSON that can be read ({found.code})")
            continue
        yield _row(number, value)


def _of_json(lines: Iterable[bytes | None]) -> Iterator[Row]:
    """The objects of one JSON list, or of JSON values that follow each other over several lines."""
    text = _joined(lines)
    # NaN is what some tools write where nothing is.
    decoder, at, number = JSONDecoder(parse_constant=lambda _: None), 0, 0
    try:
        while (at := _next(text, at)) < len(text):
            value, at = decoder.raw_decode(text, at)
            for each in value if isinstance(value, list) else [value]:
                number += 1
                yield _row(number, each)
    except JSONDecodeError as error:
        line = text.count("\n", 0, error.pos) + 1
        raise BadInput(f"The JSON breaks off at line {line:,}: {error.msg}. Mend it there.") from None
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
    texts = _texts(lines)
    first = next(texts, "")
    csv.field_size_limit(_CELL_CAP)
    reader = csv.reader(chain([first], texts), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        if len(header) < 2 or not all(header) or len(set(header)) < len(header):
            raise BadInput(
                "This is neither JSON nor a table with a header: the first line must name each column once, "
                "parted by commas, tabs or semicolons."
            )
        for cells in reader:
            if len(cells) == len(header):
                yield Row(reader.line_num, dict(zip(header, cells, strict=True)))
            elif cells:
                yield Row(reader.line_num, fault=f"it has {len(cells)} cells, the header {len(header)}")
    except csv.Error as error:
        raise BadInput(f"The table cannot be read at line {reader.line_num:,}: {error}.") from None


def _of_sheet(lines: Iterable[bytes | None]) -> Iterator[Row]:
    # openpyxl takes a quarter of a second to load, and few files are spreadsheets.
    from bot.domain.dataset.sheets import FILE_CAP, read_sheet  # noqa: PLC0415

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
