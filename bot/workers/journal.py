"""Keeps what was counted of a file, range by range, on disk, so that a check goes on after a crash; counts nothing.

A journal is thrown away on any doubt: another file, another day's limits, other code, a torn record.
"""

import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from zlib import crc32

import msgspec

from bot.domain.datasets.report import Recognised
from bot.domain.datasets.statistics import Counts, Limits

ENDING = ".checked"
"""What the name of a file's journal has more than the file's."""

_HEADER = 8
_CODE = Path(__file__).resolve().parent.parent
_COUNTING = ("domain", "workers", "tokenizer.py", "fast_tokens.py")
_counts: msgspec.json.Decoder[Counts] = msgspec.json.Decoder(Counts)


def beside(path: Path) -> Path:
    """Where the journal of this file is."""
    return path.with_name(path.name + ENDING)


def key_of(path: Path, found: Recognised, limits: Limits, counter: str, step: int) -> bytes:
    """What all counts of one journal have in common: the file, how it is counted, and the code that counts.

    Raises:
        OSError: the file cannot be looked at.
    """
    about = path.stat()
    told = (about.st_size, about.st_mtime_ns, found, limits, counter, step, _code())
    return blake2b(msgspec.json.encode(told), digest_size=16).digest()


class Journal:
    """The counts of a file's first ranges. All of it may block for a moment, or be an OSError: a full disk."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file = _opened(path)
        if self._file.read(len(key)) != key:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(key)

    def kept(self) -> Iterator[Counts]:
        """What an earlier check counted, in order; to be read to its end before more is added."""
        while True:
            start = self._file.tell()
            header = self._file.read(_HEADER)
            body = self._file.read(int.from_bytes(header[:4]))
            if len(header) < _HEADER or crc32(body) != int.from_bytes(header[4:]):
                self._file.seek(start)
                self._file.truncate()
                return
            yield _counts.decode(body)

    def add(self, counts: Counts) -> None:
        """The next range was counted."""
        body = msgspec.json.encode(counts)
        self._file.write(len(body).to_bytes(4) + crc32(body).to_bytes(4) + body)
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _opened(path: Path) -> BinaryIO:
    path.touch()
    return path.open("r+b")


@cache
def _code() -> str:
    """A hash of the code that counts: what another version counted is not added to."""
    digest = blake2b(sys.version.encode(), digest_size=16)
    for name in _COUNTING:
        place = _CODE / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()
