"""Files as a terminal gives them: a plain file is read where it lies, stdin and pipes are written to disk first."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.errors import UnusableFile

STDIN = Path("-")
MOST_PIPED = 8 << 30
"""Bytes that are taken from a pipe: an endless one would fill the disk."""

_PIECE = 1 << 20


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """A file that can be read again and again, as datasets are; for stdin or a pipe a copy that is gone afterwards.

    What is not there, or a folder, stays as it is: who reads it tells so.

    Raises:
        UnusableFile: a device, or a pipe without an end.
        OSError: it cannot be read.
    """
    if path != STDIN and not _is_special(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="finetune-") as folder:
        copy = Path(folder) / ("stdin" if path == STDIN else path.name)
        with copy.open("wb") as target:
            if path == STDIN:
                _copied(sys.stdin.buffer, target, path)
            else:
                with path.open("rb") as source:
                    _copied(source, target, path)
        yield copy


def _is_special(path: Path) -> bool:
    """Whether it is a pipe. Raises UnusableFile for a device, which may never end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and path.resolve() != Path(os.devnull)):
        raise UnusableFile(f"{path} is a device and no file.")
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _copied(source: BinaryIO, target: BinaryIO, path: Path) -> None:
    left = MOST_PIPED
    while piece := source.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise UnusableFile(f"{path} does not end after {MOST_PIPED:,} bytes; save it as a file first.")
        target.write(piece)
