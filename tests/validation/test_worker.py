"""A worker leaves nothing behind when a range is done: its garbage collector is off."""

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain import catalog
from bot.domain.dataset.outcome import limits_for
from bot.validation.protocol import Examine
from bot.validation.worker import answer, meters
from tests.validation.conftest import TODAY, Write, example

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def written(*messages: dict[str, Any], **more: object) -> bytes:
    return json.dumps({"messages": messages, **more}).encode()


LINES = (
    example(1),
    written(
        {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1", "content": "7"}
    ),
    written({"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]}),
    written({"role": "user", "content": "<|endoftext|>"}, colour="red"),
    b'{"messages": [',
    b"\xff\xfe",
    b"[" * 100_000,
    b"",
    example(2, "sk-" + "a1B2c3D4" * 4),
)


@pytest.fixture
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_uncollected")
def test_a_range_leaves_nothing_that_only_a_collector_would_find(write: Write) -> None:
    path = write(LINES * 20)
    meter = meters("bot.tokenizer:counter")
    limits = limits_for(catalog.load(), "chat", TODAY)
    request = Examine(str(path), 0, path.stat().st_size, "chat", limits)
    answer(request, meter)  # what is made once stays
    gc.collect()
    reply = answer(request, meter)
    assert reply.tally is not None
    assert reply.tally.valid == 40
    assert gc.collect() == 0
