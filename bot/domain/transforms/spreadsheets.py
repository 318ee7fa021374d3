"""Reads the table in a spreadsheet (XLSX): its first sheet with a header; knows nothing of what the columns mean.

A spreadsheet is a ZIP of XML from strangers: what it would unpack to is bounded before any of it is parsed.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any
from zipfile import ZipFile, ZipInfo

from openpyxl import DEFUSEDXML, load_workbook

from bot.domain.transforms.tables import names_of
from bot.errors import BadInput

FILE_CAP = 32 << 20
"""Bytes of the largest spreadsheet that is read."""

UNPACKED_CAP = 128 << 20
_PIECE_CAP = 4 << 20
_MOST_PIECES = 2_000_000
"""Bytes that its XML may have in all; bytes until a row or text comes to its end; and how many of these there may be.

A parser keeps something of each, and many times as much of the one that it is at.
"""

MAX_ROWS = 1_048_576
"""Rows of a sheet, by the format's own limit."""

MAX_COLUMNS = 256
"""Columns that are looked at."""

_CHUNK = 1 << 20
_AT_A_TIME = 500
_END_OF_PIECE = re.compile(rb"</(?:\w+:)?(?:row|si)>")
_UNREADABLE = (
    "This spreadsheet cannot be read: it is broken or protected. Save it as CSV (UTF-8) and convert that."
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with something in it: its sheet, its number there, and a text for each named column."""

    sheet: str
    number: int
    values: dict[str, str]


def read_sheet(content: bytes) -> Iterator[SheetRow]:
    """The rows under the header of the first sheet that has one: two or more different names in its first row.

    Formulas give the value that was last shown, dates a text as in 2026-11-22.

    Raises:
        BadInput: no sheet has a header, it unpacks to too much, or it is none that can be read.
    """
    try:
        yield from _read(content)
    except BadInput:
        raise
    except Exception:  # noqa: BLE001 - zip, XML and openpyxl raise whatever broken files lead them to
        raise BadInput(_UNREADABLE) from None


def _read(content: bytes) -> Iterator[SheetRow]:
    if not DEFUSEDXML:
        raise RuntimeError("openpyxl would read XML without defusedxml")
    with ZipFile(BytesIO(content)) as archive:
        _refuse_bombs(archive)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and the like, which matter to nobody here
        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows = _quietly(sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True))
        filled = ((number, row) for number, row in enumerate(rows, start=1) if _holds_something(row))
        _, first = next(filled, (0, ()))
        header = _texts(first)
        names = names_of(header)
        if names:
            for number, row in filled:
                cells = zip(names, header, _texts(row), strict=False)
                # A sheet's empty columns are no columns; one that holds something is told, named or not.
                values = {name: text for name, given, text in cells if given.strip() or text}
                yield SheetRow(sheet.title, number, values)
            return
    raise BadInput("No sheet has a header: the first row must name two columns or more.")


def _quietly(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The same rows; warnings about them are for nobody."""
    more = True
    while more:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            some = list(islice(rows, _AT_A_TIME))
        more = bool(some)
        yield from some


def _refuse_bombs(archive: ZipFile) -> None:
    parts = [part for part in archive.infolist() if part.filename.lower().endswith((".xml", ".rels"))]
    # What a part says of its size is all that is ever unpacked of it.
    too_much = sum(part.file_size for part in parts) > UNPACKED_CAP
    if too_much or not all(_comes_in_pieces(archive, part) for part in parts):
        raise BadInput(
            "This spreadsheet unpacks to more than can be read. Save the sheet as CSV (UTF-8) and convert that."
        )


def _comes_in_pieces(archive: ZipFile, part: ZipInfo) -> bool:
    """Whether a part is small, or its rows or texts are small and not too many."""
    if part.file_size <= _PIECE_CAP:
        return True
    pieces = size = 0
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            ends = [found.end() for found in _END_OF_PIECE.finditer(chunk)]
            pieces += len(ends)
            if size + (ends or [len(chunk)])[0] > _PIECE_CAP or pieces > _MOST_PIECES:
                return False
            size = len(chunk) - ends[-1] if ends else size + len(chunk)
    return True


def _holds_something(row: Sequence[Any]) -> bool:
    # Counting first: a sheet may have a million empty rows before one that is not.
    return row.count(None) < len(row) and any(map(_said, row))


def _texts(row: Sequence[Any]) -> list[str]:
    return [_said(cell) for cell in row]


def _said(cell: Any) -> str:
    """A cell as text: nothing as nothing, a date without a time of day as the day alone."""
    return "" if cell is None else str(cell).removesuffix(" 00:00:00")
