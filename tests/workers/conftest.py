"""Workers whose processes end with the test, and files to give them."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date
from pathlib import Path

import pytest

from bot.domain import catalog
from bot.domain.datasets.report_builder import limits_for
from bot.workers.pool import Pool
from bot.workers.validator import Validator

Write = Callable[[Iterable[bytes]], Path]

TODAY = date(2026, 11, 22)
LIMITS = limits_for(catalog.load(), "chat", TODAY)


def example(number: int, answer: str = "Fine.") -> bytes:
    messages = [
        {"role": "user", "content": f"How is number {number}?"},
        {"role": "assistant", "content": answer},
    ]
    return json.dumps({"messages": messages}).encode()


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool()
    yield pool
    await pool.close()


@pytest.fixture
def validator(pool: Pool) -> Validator:
    return Validator(pool, today=lambda: TODAY)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes lines into a file, a line end after each."""

    def write(lines: Iterable[bytes]) -> Path:
        path = tmp_path / "data.jsonl"
        with path.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        return path

    return write
