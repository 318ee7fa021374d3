"""Examines small files in this process: to load a vocabulary twice, or fork, would take longer than they do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from bot.workers import worker
from bot.workers.protocol import Reply, Request

EXACT = "bot.tokenizer:counter"
"""A quicker counter would load longer than it counts."""


class Here:
    """In place of processes.Workers; one request after the other, and none can be cancelled half-way."""

    factory = EXACT
    count = 1

    def __init__(self) -> None:
        self._meter = worker.meters(EXACT)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Self]:
        """Itself."""
        yield self

    async def ask(self, request: Request) -> Reply:
        """The reply."""
        return worker.answer(request, self._meter)

    async def close(self) -> None:
        """Nothing is held."""
