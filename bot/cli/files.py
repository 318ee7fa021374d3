"""Files that appear whole or not at all; knows nothing of what they hold."""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.errors import BadInput

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
