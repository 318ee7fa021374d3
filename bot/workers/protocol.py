"""What the application and its workers say to each other: four bytes of length, then JSON, both ways."""

import os
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Generic, Literal, TypeVar, get_args

import msgspec

from bot.domain.datasets.tokens import Unreliable
from bot.domain.worker_tasks import AnyTask, Kind, Task
from bot.errors import BadInput, BotError, DiskFull, UnusableFile

HEADER = 4

Result = TypeVar("Result")


class Done(msgspec.Struct, Generic[Result], tag=True, frozen=True, omit_defaults=True):
    """The result; `full` says that the worker holds more memory than it should and wants to be replaced."""

    result: Result
    full: bool = False


class Failed(msgspec.Struct, tag=True, frozen=True, omit_defaults=True):
    """Why there is no result.

    `refused`: `why` is a sentence for the person who asked, `field` as BadInput has it. `unreadable`: what the system
    says of a file. `fault`: a mistake of ours, as exception and source line, never with its text, which could quote the
    dataset. `unreliable`: the token counter found itself wrong. `no_room`: the disk is full.
    """

    how: Literal["refused", "unreadable", "fault", "unreliable", "no_room"]
    why: str = ""
    field: str = ""
    full: bool = False

    def error(self, kind: Kind) -> Exception:
        """The same as what was asked may raise."""
        match self.how:
            case "refused":
                return BadInput(self.why, self.field)
            case "unreadable":
                return UnusableFile(kind.unreadable.format(self.why))
            case "fault":
                return BotError(kind.fault.format(self.why))
            case "unreliable":
                return Unreliable()
            case "no_room":
                return DiskFull()


Reply = Done[Result] | Failed


def packed(message: Task[Any] | Reply[Any]) -> bytes:
    """A message as it goes over the socket."""
    body = _encoder.encode(message)
    return len(body).to_bytes(HEADER, "big") + body


def reply_to(task: Task[Result], body: bytes) -> Reply[Result]:
    """The reply to a task in a body that was read: of the task's own result, whatever a worker may have sent."""
    return _replies(type(task)).decode(body)


def result_of(task: Task[Result], reply: Reply[Result]) -> Result:
    """What a reply says; raises the error that it tells of."""
    if isinstance(reply, Failed):
        raise reply.error(task.kind)
    return reply.result


def next_task(pipe: BinaryIO) -> AnyTask | None:
    """The next task on a blocking pipe; None when the other end is gone."""
    header = pipe.read(HEADER)
    size = int.from_bytes(header, "big")
    body = pipe.read(size) if len(header) == HEADER else b""
    return _tasks.decode(body) if body and len(body) == size else None


@cache
def _replies(asked: type[Task[Result]]) -> msgspec.json.Decoder[Reply[Result]]:
    (result,) = get_args(vars(asked)["__orig_bases__"][0])
    return msgspec.json.Decoder(Done[result] | Failed)  # type: ignore[valid-type]


def _as_bytes(path: object) -> bytes:
    """A path as the system spells it, which need not be UTF-8."""
    if isinstance(path, Path):
        return os.fsencode(path)
    raise NotImplementedError


def _as_path(_: type, written: str) -> Path:
    return Path(os.fsdecode(b64decode(written)))


_encoder = msgspec.json.Encoder(enc_hook=_as_bytes)
_tasks: msgspec.json.Decoder[AnyTask] = msgspec.json.Decoder(AnyTask, dec_hook=_as_path)
