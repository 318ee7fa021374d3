"""How a table begins: what parts its columns and what they are called; knows no files and not what columns mean."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

CELL_CAP = 8 << 20
"""Characters of the longest cell that is read."""

_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons"}


def names_of(cells: Sequence[str]) -> list[str]:
    """The columns' names under this header, each once; none unless two or more are named differently.

    A column without a name is called by its place, `column 1`, and of those that share one each by its own:
    `note (1)`, `note (2)`. So nothing is lost, and no column is taken for another.
    """
    given = [cell.strip() for cell in cells]
    often = Counter(name for name in given if name)
    if len(often) < 2:
        return []
    seen = Counter[str]()
    names: list[str] = []
    for place, name in enumerate(given, start=1):
        seen[name] += 1
        called = (name if often[name] == 1 else f"{name} ({seen[name]})") if name else f"column {place}"
        while called in names or (called != name and called in often):
            called += "'"
        names.append(called)
    return names


def fitted(cells: Sequence[str], header: Sequence[str]) -> Sequence[str] | None:
    """A row's cells, as many as the header has: commas at an end that nothing follows are none of its own."""
    least = max(place for place, name in enumerate(header, start=1) if name.strip())
    if len(cells) < least or any(cells[len(header) :]):
        return None
    return [*cells[: len(header)], *[""] * (len(header) - len(cells))]


def cells_of(lines: Iterable[str]) -> "Iterator[Sequence[str]]":
    """The rows of a table with its header, from its lines with their ends; raises csv.Error where it is none."""
    rest = iter(lines)
    first = next((line for line in rest if line.strip()), "")
    csv.field_size_limit(CELL_CAP)
    return csv.reader(chain([first], rest), delimiter=delimiter_of(first), strict=True)


def delimiter_of(header: str) -> str:
    """What parts the columns named in this line."""
    return max(_DELIMITERS, key=header.count)


def parted_by(lines: Sequence[str]) -> str:
    """What parts the columns of a table that begins with these lines, in words; empty when it is none.

    It is one when two columns or more are named, and the first row under them fits.
    """
    rows = cells_of(lines)
    try:
        header = next(rows, [])
        row = next((cells for cells in rows if cells), None)
    except csv.Error:
        return ""
    if not names_of(header) or row is None or fitted(row, header) is None:
        return ""
    return _DELIMITERS[delimiter_of(next(line for line in lines if line.strip()))]
