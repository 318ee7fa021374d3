"""What is done again and again at set times: a channel's weekly digest, old files at the provider, old words here.

A periodic task is one row: the worker that claims it does it and saves when it is due next in the same transaction, so
that it is done once, on however many replicas and after whatever restart.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.audit import Entry
from bot.domain.outbox import OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition, pause

NOWHERE = Place("", "")


class PeriodicTaskKind(StrEnum):
    """What there is to do."""

    DIGEST = "digest"
    OLD_FILES = "old_files"
    RETENTION = "retention"
    FAREWELL = "farewell"


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Something to do at `due_at` (None: not wanted now); it was done for the time until `done_at`.

    `place` is the channel of a digest; what belongs to no channel has an empty one.
    """

    id: str
    kind: PeriodicTaskKind
    place: Place
    done_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to: until when everything is done, and what is to be said of it."""

    until: datetime
    messages: tuple[OutboxMessage, ...] = ()


def digest_of(place: Place) -> PeriodicTask:
    """The digest of a channel, not wanted yet."""
    channel = Place(place.workspace, place.channel_id)
    return PeriodicTask(f"digest:{channel.workspace}:{channel.channel_id}", PeriodicTaskKind.DIGEST, channel)


def farewell(workspace: str, now: datetime) -> PeriodicTask:
    """What is to be removed of a workspace that removed the app, due now."""
    return PeriodicTask(f"farewell:{workspace}", PeriodicTaskKind.FAREWELL, Place(workspace, ""), due_at=now)


def again(task: PeriodicTask, now: datetime) -> Transition[PeriodicTask]:
    """It is wanted once more, now."""
    return Transition(replace(task, due_at=now, attempts=0))


def wanted(task: PeriodicTask, due_at: datetime) -> Transition[PeriodicTask]:
    """Somebody wants it from `due_at` on; one that is wanted already keeps its time."""
    return Transition(task if task.due_at is not None else replace(task, due_at=due_at, attempts=0))


def unwanted(task: PeriodicTask) -> Transition[PeriodicTask]:
    """Nobody wants it any more."""
    return Transition(replace(task, due_at=None))


def done(task: PeriodicTask, run: Done, due_at: datetime | None) -> Transition[PeriodicTask]:
    """It was done, and comes again at `due_at` (None: not by itself); one turned off meanwhile stays so."""
    if task.due_at is None:
        return Transition(task)
    return Transition(replace(task, done_at=run.until, due_at=due_at, attempts=0), run.messages)


def file_deleted(task: PeriodicTask, entries: tuple[Entry, ...]) -> Transition[PeriodicTask]:
    """An old file is gone, which the audit of each workspace that had used it is told; there may be more to do."""
    return Transition(task, entries=entries)


def put_off(task: PeriodicTask, now: datetime, retry_after: float | None) -> Transition[PeriodicTask]:
    """It could not be done now: again after `retry_after` seconds, or a growing pause."""
    if task.due_at is None:
        return Transition(task)
    due = now + pause(task.attempts, retry_after)
    return Transition(replace(task, due_at=due, attempts=task.attempts + 1))
