"""Reads the commonest examples quickly: plain chats in which nothing can be wrong; says nothing of any other line.

Whatever this module accepts, the careful way (line.py, formats.py) would accept too, and measure alike; what it does
not accept may be right all the same, and goes the careful way. Knows no problem's name.
"""

import re
from typing import Literal

import msgspec

from bot.domain.dataset.line import TEXT_CAP


class PlainMessage(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A message that holds a text and nothing else but perhaps a weight (None: not given)."""

    role: Literal["system", "user", "assistant"]
    content: str
    weight: Literal[0, 1] | None = None


class _Chat(msgspec.Struct, forbid_unknown_fields=True):
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
    # A weight of null is read like none, which the careful way minds; the count of keys below tells them apart.
    weights = 0
    trained = False
    for message in messages:
        if message.weight is not None:
            weights += 1
        if message.role == "assistant":
            trained = trained or message.weight != 0
        elif message.weight is not None:
            return None
        if "<|" in message.content:
            return None
    if not trained or messages[-1].role != "assistant":
        return None
    return messages if _names_keys(line, 1 + 2 * len(messages) + weights) else None


def _names_keys(line: bytes, wanted: int) -> bool:
    """Whether the line names so many keys; of one named twice, what was read holds the last only.

    None of the known keys ends in a backslash, so one before the quote tells a text.
    """
    found = len(_ENDS_OF_KEYS(line))
    return found == wanted or (found > wanted and found - len(_ESCAPED(line)) == wanted)
