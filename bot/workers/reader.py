"""Reads the lines of a file, or of one byte range of it, without ever holding more than one; knows nothing of JSON."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from bot.domain.datasets.line import BOM

LINE_CAP = 16 << 20
"""Bytes of the longest line that is read; longer ones are skipped. An image of 10 MB fits in, as base64."""

_BUFFER = 1 << 20

Tell = Callable[[int], None]
"""Hears how many bytes more were read."""


def ranges(size: int, step: int) -> Iterator[tuple[int, int]]:
    """Byte ranges (start, end) that cover a file of `size` bytes; a line belongs to the range it begins in."""
    return ((start, min(start + step, size)) for start in range(0, size, step))


def read_lines(path: Path, start: int, end: int, *, cap: int = LINE_CAP) -> Iterator[bytes | None]:
    """The lines that begin within [start, end), with their line ends; None stands for a line beyond `cap` bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=_BUFFER) as file:
        at = start
        if start:
            file.seek(start - 1)
            at = start - 1 + _skip_line(file, end - start + 1)
        while at < end:
            line = file.readline(cap + 1)
            if not line:
                return
            at += len(line)
            if len(line) <= cap or line.endswith(b"\n"):
                yield line
                continue
            # What follows a line that reaches past the range belongs to the next one.
            at += _skip_line(file, end - at)
            yield None


def lines_of(path: Path, tell: Tell | None = None) -> Iterator[bytes | None]:
    """The lines of a file with their line ends; None stands for one longer than LINE_CAP.

    Raises:
        OSError: the file cannot be read.
    """
    for line in read_lines(path, 0, path.stat().st_size):
        if tell is not None:
            tell(LINE_CAP if line is None else len(line))
        yield line


def filled(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line of a file that holds something; one that is too long has none.

    Raises:
        OSError: the file cannot be read.
    """
    for number, line in enumerate(lines_of(path), start=1):
        body = (line or b"").removeprefix(BOM).strip()
        if body:
            yield number, body


def _skip_line(file: BinaryIO, most: int) -> int:
    """Read on to just behind the next line end, but no more than about `most` bytes; gives how many were read."""
    skipped = 0
    while skipped < most:
        piece = file.readline(_BUFFER)
        skipped += len(piece)
        if not piece or piece.endswith(b"\n"):
            break
    return skipped
