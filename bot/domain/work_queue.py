"""How a row that has something to do goes on: the transition that is saved, and when a failed try is made again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from bot.domain.audit import Entry
from bot.domain.outbox import OutboxMessage

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Transition(Generic[Row]):
    """A row after a step, the messages that the step calls for, and what the audit keeps of it: one transaction."""

    row: Row
    messages: tuple[OutboxMessage, ...] = ()
    entries: tuple[Entry, ...] = ()


def backoff(attempts: int) -> timedelta:
    """How long to wait before try number `attempts` + 1: 2, 4, 8 … 300 seconds."""
    return timedelta(seconds=min(300.0, 2.0 ** min(attempts + 1, 9)))


def pause(attempts: int, retry_after: float | None) -> timedelta:
    """As `backoff`, unless the server said how many seconds it wants."""
    return backoff(attempts) if retry_after is None else timedelta(seconds=retry_after)


def slowly(attempts: int) -> timedelta:
    """How long to wait before try number `attempts` + 1 of what only somebody's mending cures: 1, 2, 4 … 60 minutes."""
    return timedelta(minutes=min(60.0, 2.0 ** min(attempts, 6)))
