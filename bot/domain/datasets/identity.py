"""When two lines are the same example, or ask the same: hashes of content, not of spelling; knows no format's rules."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from bot.domain.datasets.line import Malformed, refuse_too_much

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
