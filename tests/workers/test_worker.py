"""A worker leaves nothing behind when a range is done: its garbage collector is off."""

import gc
import json
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.domain.worker_tasks import Examine
from bot.workers.protocol import Done
from bot.workers.worker import answer, meters
from tests.workers.conftest import LIMITS, Write, example

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def written(*messages: dict[str, Any], **more: object) -> bytes:
    return json.dumps({"messages": messages, **more}).encode()


def shown(kind: str, *, mode: str = "RGB", cut: int | None = None) -> bytes:
    """An example with an image of this kind; only so many bytes of it."""
    file = BytesIO()
    Image.new(mode, (64, 48)).save(file, kind)
    url = f"data:image/{kind};base64,{b64encode(file.getvalue()[:cut]).decode()}"
    question = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
    return written(question, {"role": "assistant", "content": "Nothing."})


LINES = (
    *(shown(kind) for kind in ("png", "jpeg", "webp")),
    *(shown(kind, cut=60) for kind in ("png", "jpeg", "webp")),
    shown("png", mode="L"),
    example(1),
    written(
        {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1", "content": "7"}
    ),
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
    task = Examine(path, 0, path.stat().st_size, "chat", LIMITS)
    answer(task, meter)  # what is made once stays
    gc.collect()
    reply = answer(task, meter)
    assert isinstance(reply, Done)
    assert reply.result.valid == 100
    assert gc.collect() == 0
