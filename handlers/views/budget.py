"""Slack's limits on whole messages: makes blocks fit. Knows no subjects."""

from collections.abc import Iterator, Sequence
from typing import Any

from handlers.views.blocks import Block

MESSAGE_BLOCKS = 50
MESSAGE_TEXT = 11_900
"""Characters of all texts of one message; Slack refuses somewhere above 13,000 (`msg_blocks_too_long`)."""


def fit(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that one message can hold: the first ones, and every row of buttons, for those must not go."""
    kept: list[Block] = []
    rows = sum(block["type"] == "actions" for block in blocks)
    left = MESSAGE_TEXT - sum(length(block) for block in blocks if block["type"] == "actions")
    room = MESSAGE_BLOCKS - rows
    for block in blocks:
        if block["type"] == "actions":
            kept.append(block)
        elif room > 0 and (left := left - length(block)) >= 0:
            kept.append(block)
            room -= 1
    return kept


def length(value: Any) -> int:
    """Characters of every text inside."""
    return sum(len(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
