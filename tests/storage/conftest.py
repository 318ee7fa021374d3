"""Databases with their tables made, and a clock that tests set."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from storage.database import Database
from tests.storage.samples import NOW


class SetClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        return self.time


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def database(database_url: str, clock: SetClock) -> AsyncIterator[Database]:
    """A database with its tables, as one replica sees it."""
    opened = Database(database_url, clock)
    await opened.upgrade()
    yield opened
    await opened.close()


@pytest.fixture
async def replica(database: Database, database_url: str, clock: SetClock) -> AsyncIterator[Database]:
    """The same database as another replica sees it."""
    opened = Database(database_url, clock)
    yield opened
    await opened.close()
