"""How many tokens an example has, by the reference script's formula; knows no tokenizer, it is given one.

The formula is that of OpenAI's data preparation notebook: three tokens for each message, the tokens of each text in
it, one more for a name, and three for each example. The notebook has no formula for the following, so they are
estimates, and `exact` is false: tool definitions count as their compact JSON; a tool call as its id, name and
arguments; an image by GPT-4o's tiles (see `image_tokens`), where an address stands for 1024 x 1024 pixels; a preference
example as its input and both outputs, each once; what a reinforcement job bills is not the data alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from bot.domain.catalog import Format
from bot.domain.datasets.fast_path import PlainMessage
from bot.domain.datasets.formats import learned_of, messages_of, tools_of
from bot.domain.datasets.images import size_of

PER_MESSAGE = 3
PER_NAME = 1
PER_EXAMPLE = 3

_IMAGE = 85
_TILE = 170
_TILE_SIDE = 512
_LONGEST_SIDE = 2_048
_SHORTEST_SIDE = 768
_ASSUMED_SIZE = (1_024, 1_024)
"""Of an image at an address, which is not fetched."""

_REMEMBERED = 4_096
_REMEMBERED_LENGTH = 8_192
"""Bounds of what is remembered with its count: system prompts, tools and roles come again and again."""


@dataclass(frozen=True, slots=True)
class ExampleTokens:
    """Tokens of one example before any cut; `trained` are those the model learns to say."""

    total: int
    trained: int
    exact: bool


class TokenCounter(Protocol):
    """Counts tokens exactly as one encoding does; text of reserved tokens counts as plain text."""

    encoding: str

    def count(self, text: str) -> int:
        """The tokens of a text."""
        ...


class Unreliable(Exception):  # noqa: N818 - it is a finding about a counter, not an error of the user's
    """A token counter found itself wrong: nothing it has counted so far can be believed."""


def image_tokens(size: tuple[int, int] | None, detail: str = "auto") -> int:
    """What an image of this width and height costs, by the formula that OpenAI publishes for GPT-4o.

    85 tokens at low detail. Otherwise, taking "auto" for high: scaled down into 2,048 x 2,048, then until the shorter
    side is 768 pixels, 170 tokens for each tile of 512 x 512 that it touches, and 85. An unknown size counts as
    1024 x 1024 (765 tokens). Other models count otherwise: gpt-4o-mini 33 times as much, the small GPT-4.1 by patches.
    """
    if detail == "low":
        return _IMAGE
    width, height = size or _ASSUMED_SIZE
    # In whole numbers, so that a side of exactly 512 stays one tile: as if multiplied by the fraction up / down.
    up, down = min((1, 1), (_LONGEST_SIDE, max(width, height)), key=lambda pair: pair[0] / pair[1])
    if min(width, height) * up > _SHORTEST_SIDE * down:
        up, down = _SHORTEST_SIDE, min(width, height)
    tiles = 1
    for side in (width, height):
        tiles *= -(-side * up // (down * _TILE_SIDE))
    return _IMAGE + _TILE * tiles


class Meter:
    """Measures examples; remembers the counts of texts that usually repeat."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self._remembered: dict[str, int] = {}

    def measure(self, example: dict[str, Any], example_format: Format) -> ExampleTokens:
        """The tokens of an example that was found valid."""
        total, trained, exact = PER_EXAMPLE, 0, example_format == "chat"
        learned = {id(message) for message in learned_of(example, example_format)}
        for message in messages_of(example, example_format):
            said, plain = self._said(message)
            total += PER_MESSAGE + self._around(message) + said
            if id(message) in learned:
                trained += said
            exact = exact and plain
        for tool in tools_of(example, example_format):
            total += self._again(msgspec.json.encode(tool).decode())
            exact = False
        return ExampleTokens(total, trained, exact)

    def measure_plain(self, messages: Sequence[PlainMessage]) -> ExampleTokens:
        """What `measure` would give for a chat of these messages and nothing else."""
        total, trained = PER_EXAMPLE + PER_MESSAGE * len(messages), 0
        count, known = self._count, self._remembered
        for message in messages:
            role = message.role
            said = self._again(message.content) if role == "system" else count(message.content)
            total += said + (known.get(role) or self._again(role))
            if role == "assistant" and message.weight != 0:
                trained += said
        return ExampleTokens(total, trained, exact=True)

    def _around(self, message: dict[str, Any]) -> int:
        """Role, name and id of a message: what stands beside what it says."""
        tokens = self._again(message["role"])
        if (name := message.get("name")) is not None:
            tokens += self._again(name) + PER_NAME
        if (answered := message.get("tool_call_id")) is not None:
            tokens += self._count(answered)
        return tokens

    def _said(self, message: dict[str, Any]) -> tuple[int, bool]:
        """What a message says, and whether the notebook's formula covers all of it."""
        content = message.get("content")
        tokens, plain = 0, message["role"] != "tool"
        if isinstance(content, str):
            tokens += (
                self._again(content) if message["role"] in ("system", "developer") else self._count(content)
            )
        elif isinstance(content, list):
            plain = False
            tokens += sum(self._part(part) for part in content)
        if (refusal := message.get("refusal")) is not None:
            plain = False
            tokens += self._count(refusal)
        if message.get("function_call") is not None:
            plain = False
            tokens += self._called(message["function_call"])
        for call in message.get("tool_calls") or ():
            plain = False
            tokens += self._count(call["id"]) + self._called(call["function"])
        return tokens, plain

    def _part(self, part: dict[str, Any]) -> int:
        if part["type"] == "image_url":
            detail = part["image_url"].get("detail", "auto")
            return image_tokens(None if detail == "low" else size_of(part["image_url"]["url"]), detail)
        return self._count(part[part["type"]])

    def _called(self, function: dict[str, Any]) -> int:
        return self._again(function["name"]) + self._count(function["arguments"])

    def _again(self, text: str) -> int:
        known = self._remembered.get(text)
        if known is None:
            known = self._count(text)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            if len(text) <= _REMEMBERED_LENGTH:
                self._remembered[text] = known
        return known
