"""A database of its own for each test, and a clock that stands still until it is moved."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.storage.conftest import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def database(tmp_path: Path, clock: SetClock) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/bot.db", clock)
    await opened.upgrade()
    yield opened
    await opened.close()
