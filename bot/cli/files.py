"""Files as a terminal has them: stdin and pipes are written to disk first, what is made appears whole or not at all."""

import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from bot.errors import BadInput, UnusableFile

STDOUT = Path("-")


@contextmanager
def writable(path: Path) -> Iterator[Path]:
    """Where to write what is meant for `path`: there, or, for stdout, in a file that goes out when the block ends."""
    if path != STDOUT:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="finetune-") as folder:
        made = Path(folder) / "stdout"
        yield made
        if made.exists():
            with made.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.flush()


@contextmanager
def replacing(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A new file to write, which takes the name `path` when the block ends well; else nothing is left of it.

    Raises:
        BadInput: something of that name is there, and `force` does not allow to replace it.
        OSError: it cannot be written.
    """
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent}; make it first.")
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is not a file that could be written; give the name of a new file.")
    if path.exists() and not force:
        raise BadInput(f"{path} is there already. Give another name, or --force to replace it.")
    # Beside its place, so that the last step is a mere renaming.
    part = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


STDIN = Path("-")
MOST_PIPED = 8 << 30
"""Bytes that are taken from a pipe: an endless one would fill the disk."""

_PIECE = 1 << 20
_MOST_NAMES = 1_000
"""Files of a folder among which the nearest name is looked for."""


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


def absent(path: Path) -> str:
    """Why nothing can be read there, as a sentence, with the nearest name beside it; empty if there is a file."""
    if path.is_dir():
        return f"{path} is a folder; name the files in it."
    if path == STDIN or path.exists():
        return ""
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    names = [each.name for each in islice(path.parent.iterdir(), _MOST_NAMES) if each.is_file()]
    near = get_close_matches(path.name, names, n=1)
    return f"There is no file {path}." + (f" Did you mean {path.with_name(near[0])}?" if near else "")


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
