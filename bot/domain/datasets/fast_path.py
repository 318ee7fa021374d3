"""Reads the commonest examples quickly: plain chats in which nothing can be wrong; says nothing of any other line.

Whatever this module accepts, the careful way (line.py, formats.py) would accept too, and measure alike; what it does
not accept may be right all the same, and goes the careful way. Knows no problem's name.
"""

import re
from typing import Literal

import msgspec

from bot.domain.datasets.line import TEXT_CAP


class PlainMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A message that holds a text and nothing else but perhaps a weight (None: not given)."""

    role: Literal["system", "user", "assistant"]
    content: str
    weight: Literal[0, 1] | None = None


class _Chat(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[PlainMessage]


_decode = msgspec.json.Decoder(_Chat).decode

_ENDS_OF_KEYS = re.compile(rb'"\s*:').findall
_ESCAPED = re.compile(rb'\\"\s*:').findall
"""What looks like the end of a key but stands inside a text: there a quote has a backslash before it."""


def plain_chat(line: bytes) -> list[PlainMessage] | None:
    """The messages of a chat without any problem, if it is one of the plain kind; else None."""
    if len(line) > TEXT_CAP:
        return None
    try:
        messages = _decode(line).messages
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not messages or messages[-1].role != "assistant":
        return None
    for message in messages:
        # The first look is much quicker, and nearly always enough.
        if "|" in message.content and "<|" in message.content:
            return None
    keys = _keys(line, least := 1 + 2 * len(messages))
    if keys == least or _weighs_well(messages, keys - least):
        return messages
    return None


def _weighs_well(messages: list[PlainMessage], weights: int) -> bool:
    """Whether so many messages have a weight, all of them answers, and not all answers one of 0."""
    given = [message for message in messages if message.weight is not None]
    answers = [message for message in messages if message.role == "assistant"]
    return (
        # A weight of null is read like none, which the careful way minds.
        len(given) == weights
        and all(message.role == "assistant" for message in given)
        and any(message.weight != 0 for message in answers)
    )


def _keys(line: bytes, least: int) -> int:
    """How many keys the line names, at least so many; of one named twice, what was read holds the last only."""
    found = len(_ENDS_OF_KEYS(line))
    # None of the known keys ends in a backslash, so one before the quote tells a text.
    return found if found == least else found - len(_ESCAPED(line))
