"""What the validator and its worker processes say to each other: four bytes of length, then JSON, both ways."""

from typing import BinaryIO

import msgspec

from bot.domain.catalog import Format
from bot.domain.datasets.report import Recognised
from bot.domain.datasets.statistics import Counts, Limits

HEADER = 4


class Recognise(msgspec.Struct, tag=True, frozen=True):
    """Tell what the file is, from its first lines."""

    path: bytes  # as the system spells it, which need not be UTF-8


class Examine(msgspec.Struct, tag=True, frozen=True):
    """Check the lines that begin within [start, end) against a format's rules (None: only as JSON)."""

    path: bytes
    start: int
    end: int
    format: Format | None
    limits: Limits


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a request: what was asked for, or why not.

    `unreadable` is what the system says of the file; `fault` a mistake of ours, as exception and source line,
    never with its text, which could quote the dataset. `unreliable` says that the token counter found itself wrong.
    `full` says that the worker holds more memory than it should and wants to be replaced.
    """

    recognised: Recognised | None = None
    counts: Counts | None = None
    unreadable: str = ""
    fault: str = ""
    unreliable: bool = False
    full: bool = False


Request = Recognise | Examine

_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_replies: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


def packed(message: Request | Reply) -> bytes:
    """A message as it goes over the pipe."""
    body = msgspec.json.encode(message)
    return len(body).to_bytes(HEADER, "big") + body


def reply(body: bytes) -> Reply:
    """The reply in a body that was read."""
    return _replies.decode(body)


def next_request(pipe: BinaryIO) -> Request | None:
    """The next request on a blocking pipe; None when the other end is gone."""
    header = pipe.read(HEADER)
    size = int.from_bytes(header, "big")
    body = pipe.read(size) if len(header) == HEADER else b""
    return _requests.decode(body) if body and len(body) == size else None
