"""What is done again and again at set times: a channel's weekly digest, old files at the provider, old words here.

A chore is one row: the worker that claims it does it and saves when it is due next in the same transaction, so that
it is done once, on however many replicas and after whatever restart.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from bot.domain.audit import Entry
from bot.domain.outbox import OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition, pause

DIGEST_AT = time(9, tzinfo=UTC)  # on Mondays
DAY = timedelta(days=1)


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


def digest_of(place: Place) -> PeriodicTask:
    """The digest of a channel, not wanted yet."""
    channel = Place(place.workspace, place.channel_id)
    return PeriodicTask(f"digest:{channel.workspace}:{channel.channel_id}", PeriodicTaskKind.DIGEST, channel)


def old_files_of(provider: str, now: datetime) -> PeriodicTask:
    """The look for old files at a provider, due now."""
    return PeriodicTask(f"files:{provider}", PeriodicTaskKind.OLD_FILES, Place("", ""), due_at=now)


def retention(now: datetime) -> PeriodicTask:
    """The look for words that are old, due now."""
    return PeriodicTask("retention", PeriodicTaskKind.RETENTION, Place("", ""), due_at=now)


def farewell(workspace: str, now: datetime) -> PeriodicTask:
    """What is to be removed of a workspace that removed the app, due now."""
    return PeriodicTask(f"farewell:{workspace}", PeriodicTaskKind.FAREWELL, Place(workspace, ""), due_at=now)


def again(task: PeriodicTask, now: datetime) -> Transition[PeriodicTask]:
    """It is wanted once more, now."""
    return Transition(replace(task, due_at=now, attempts=0))


def over(task: PeriodicTask, now: datetime) -> Transition[PeriodicTask]:
    """It was done, and is not wanted again."""
    return Transition(replace(task, done_at=now, due_at=None, attempts=0))


def next_digest(now: datetime) -> datetime:
    """The next Monday, nine o'clock in UTC; on such a moment the one a week later."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    due = datetime.combine(monday, DIGEST_AT)
    return due if due > now else datetime.combine(monday + 7 * DAY, DIGEST_AT)


def wanted(task: PeriodicTask, now: datetime) -> Transition[PeriodicTask]:
    """Somebody wants this channel's digest from the next Monday on."""
    return Transition(task if task.due_at is not None else replace(task, due_at=next_digest(now), attempts=0))


def unwanted(task: PeriodicTask) -> Transition[PeriodicTask]:
    """Nobody wants it any more."""
    return Transition(replace(task, due_at=None))


def done(
    task: PeriodicTask, until: datetime, due_at: datetime, messages: tuple[OutboxMessage, ...] = ()
) -> Transition[PeriodicTask]:
    """It was done for the time `until` then, and called for these messages; one turned off meanwhile stays so."""
    if task.due_at is None:
        return Transition(task)
    return Transition(replace(task, done_at=until, due_at=due_at, attempts=0), messages)


def file_deleted(task: PeriodicTask, entries: tuple[Entry, ...]) -> Transition[PeriodicTask]:
    """An old file is gone, which the audit of each workspace that had used it is told; there may be more to do."""
    return Transition(task, entries=entries)


def put_off(task: PeriodicTask, now: datetime, retry_after: float | None) -> Transition[PeriodicTask]:
    """It could not be done now: again after `retry_after` seconds, or a growing pause."""
    if task.due_at is None:
        return Transition(task)
    due = now + pause(task.attempts, retry_after)
    return Transition(replace(task, due_at=due, attempts=task.attempts + 1))
