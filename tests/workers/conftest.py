"""Validators whose processes end with the test, and files to give them."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date
from pathlib import Path

import pytest

from bot.workers.validator import Validator

Write = Callable[[Iterable[bytes]], Path]

TODAY = date(2026, 11, 22)


def example(number: int, answer: str = "Fine.") -> bytes:
    messages = [
        {"role": "user", "content": f"How is number {number}?"},
        {"role": "assistant", "content": answer},
    ]
    return json.dumps({"messages": messages}).encode()


@pytest.fixture
async def validator() -> AsyncIterator[Validator]:
    validator = Validator(today=lambda: TODAY)
    yield validator
    await validator.close()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes lines into a file, a line end after each."""

    def write(lines: Iterable[bytes]) -> Path:
        path = tmp_path / "data.jsonl"
        with path.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        return path

    return write
