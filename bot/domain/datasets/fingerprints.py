"""Hashes that know an example again: the same one, the same prompt, the same in another file; no format's rules."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from zlib import crc32

import msgspec

from bot.domain.datasets.line import Malformed, refuse_too_much

REMEMBERED_EXAMPLES = 1 << 19
"""What comes again is looked for among so many examples, which bounds the memory."""

_SLOTS = 2 * REMEMBERED_EXAMPLES
"""With half of the slots free the right one is found at the second look or so."""


class Seen:
    """The first REMEMBERED_EXAMPLES of the 64-bit hashes it is shown, in 8 MiB; a set of them would take 50."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SLOTS))
        self._count = 0

    def again(self, digest: int) -> bool:
        """Whether this hash was shown before; it is remembered while there is room."""
        digest = digest or 1  # 0 marks a free slot
        at = digest % _SLOTS
        while held := self._slots[at]:
            if held == digest:
                return True
            at = (at + 1) % _SLOTS
        if self._count < REMEMBERED_EXAMPLES:
            self._slots[at] = digest
            self._count += 1
        return False


KEPT = 1_000
"""Fingerprints in a sketch: 11 kB of a report."""

_HALF = 32
_LOW = (1 << _HALF) - 1


@dataclass(frozen=True, slots=True)
class PromptFingerprints:
    """A sketch of a file's prompts: of one in `share` of them, and of these the smallest if it is `cut`.

    `prompts` holds the fingerprints in order, 8 bytes each; empty where nothing is asked.
    """

    share: int = 1
    cut: bool = False
    prompts: bytes = b""


NOTHING_ASKED = PromptFingerprints()


def in_share(question: str, share: int) -> bool:
    """Whether prompts with this question are in the sample of one in `share`."""
    return crc32(question.encode()) % share == 0


def fingerprint_of(question: str, prompt: str) -> int:
    """The fingerprint of a whole prompt that ends in, or is told apart by, this question."""
    upper = blake2b(prompt.encode(), digest_size=_HALF // 8).digest()
    return int.from_bytes(upper) << _HALF | crc32(question.encode())


def sketched(prompts: Iterable[int], share: int, *, cut: bool) -> PromptFingerprints:
    """The sketch of these prints, some more than once; `cut` says that larger ones were left out already."""
    known = sorted(set(prompts))
    packed = b"".join(each.to_bytes(8) for each in known[:KEPT])
    return PromptFingerprints(share, cut or len(known) > KEPT, packed)


def shared(training: PromptFingerprints, validation: PromptFingerprints) -> tuple[int, int]:
    """How many prompts of the validation file the training file has too, of how many that could be compared."""
    share = max(training.share, validation.share)
    learned = set(_unpacked(training))
    reach = min(_reach(training), _reach(validation))
    compared = [each for each in _unpacked(validation) if each <= reach and (each & _LOW) % share == 0]
    return sum(each in learned for each in compared), len(compared)


def _reach(sketch: PromptFingerprints) -> int:
    """The largest print that the sketch would hold, were it in the file."""
    return int.from_bytes(sketch.prompts[-8:]) if sketch.cut else 1 << 64


def _unpacked(sketch: PromptFingerprints) -> list[int]:
    packed = sketch.prompts
    return [int.from_bytes(packed[at : at + 8]) for at in range(0, len(packed), 8)]


_DIGEST = 16
_ASKING = ("user", "tool", "function")
_UNREADABLE = (Malformed, msgspec.DecodeError, ValueError, RecursionError)

_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Identity:
    """Two lines with the same `example` teach the same; with the same `prompt` they answer the same question."""

    example: bytes
    prompt: bytes


def identity_of(value: Any) -> Identity:
    """The identity of a parsed line, whatever it holds; neither the order of keys nor spaces count."""
    example = _digest(_encoded(value))
    prompt = _prompt(value)
    return Identity(example, example if prompt is None else _digest(_encoded(prompt)))


def identity_of_line(line: bytes) -> Identity:
    """The identity of one line; one that is no JSON, or too much to read, is the same as another only byte by byte."""
    line = line.strip()
    try:
        return identity_of(_read(line))
    except _UNREADABLE:
        raw = _digest(line)
        return Identity(raw, raw)


def read(line: bytes) -> Any:
    """The value of one line; None where it is no JSON, or too much to read."""
    try:
        return _read(line)
    except _UNREADABLE:
        return None


def _read(line: bytes) -> Any:
    refuse_too_much(line)
    return msgspec.json.decode(line)


def _prompt(value: Any) -> Any:
    """What comes before the last answer, with the tools at hand; None where nothing is asked.

    Without a question every example would have the same prompt, so there each stands for itself.
    """
    if not isinstance(value, dict):
        return None
    holder = value["input"] if isinstance(value.get("input"), dict) else value
    messages = holder.get("messages")
    if not isinstance(messages, list):
        return None
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    if "assistant" in roles and holder is value:
        end = len(roles) - 1 - roles[::-1].index("assistant")
        messages, roles = messages[:end], roles[:end]
    if not any(role in _ASKING for role in roles):
        return None
    return [messages, holder.get("tools"), holder.get("functions")]


def _encoded(value: Any) -> bytes:
    try:
        return _encode(value)
    except OverflowError:  # a whole number beyond 64 bits, which JSON may hold
        return repr(value).encode()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()
