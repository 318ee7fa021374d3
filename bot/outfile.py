"""Files that appear whole or not at all, and files read line by line with a bar; knows nothing of what they hold."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.errors import BadInput
from bot.validation.reader import LINE_CAP, read_lines

Tell = Callable[[int], None]
"""Hears how many bytes more were read."""


@contextmanager
def replacing(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A new file to write, which takes the name `path` when the block ends well; else nothing is left of it.

    Raises:
        BadInput: something of that name is there, and `force` does not allow to replace it.
        OSError: it cannot be written.
    """
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


def lines_of(path: Path, tell: Tell | None = None) -> Iterator[bytes | None]:
    """The lines of a file with their line ends; None stands for one longer than LINE_CAP.

    Raises:
        OSError: the file cannot be read.
    """
    for line in read_lines(path, 0, path.stat().st_size):
        if tell is not None:
            tell(LINE_CAP if line is None else len(line))
        yield line
