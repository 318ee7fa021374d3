"""What is done again and again at set times: a channel's weekly digest, old files at the provider, old words here.

A chore is one row: the worker that claims it does it and saves when it is due next in the same transaction, so that
it is done once, on however many replicas and after whatever restart.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from bot.domain.audit import Entry
from bot.domain.datasets.lifecycle import pause
from bot.domain.outbox import Moved, Place, Post

DIGEST_AT = time(9, tzinfo=UTC)  # on Mondays
DAY = timedelta(days=1)


class ChoreKind(StrEnum):
    """What there is to do."""

    DIGEST = "digest"
    OLD_FILES = "old_files"
    RETENTION = "retention"
    FAREWELL = "farewell"


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do at `due_at` (None: not wanted now); it was done for the time until `done_at`.

    `place` is the channel of a digest; what belongs to no channel has an empty one.
    """

    id: str
    kind: ChoreKind
    place: Place
    done_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


def digest_of(place: Place) -> Chore:
    """The digest of a channel, not wanted yet."""
    channel = Place(place.workspace, place.channel_id)
    return Chore(f"digest:{channel.workspace}:{channel.channel_id}", ChoreKind.DIGEST, channel)


def old_files_of(provider: str, now: datetime) -> Chore:
    """The look for old files at a provider, due now."""
    return Chore(f"files:{provider}", ChoreKind.OLD_FILES, Place("", ""), due_at=now)


def retention(now: datetime) -> Chore:
    """The look for words that are old, due now."""
    return Chore("retention", ChoreKind.RETENTION, Place("", ""), due_at=now)


def farewell(workspace: str, now: datetime) -> Chore:
    """What is to be removed of a workspace that removed the app, due now."""
    return Chore(f"farewell:{workspace}", ChoreKind.FAREWELL, Place(workspace, ""), due_at=now)


def again(chore: Chore, now: datetime) -> Moved[Chore]:
    """It is wanted once more, now."""
    return Moved(replace(chore, due_at=now, attempts=0))


def over(chore: Chore, now: datetime) -> Moved[Chore]:
    """It was done, and is not wanted again."""
    return Moved(replace(chore, done_at=now, due_at=None, attempts=0))


def next_digest(now: datetime) -> datetime:
    """The next Monday, nine o'clock in UTC; on such a moment the one a week later."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    due = datetime.combine(monday, DIGEST_AT)
    return due if due > now else datetime.combine(monday + 7 * DAY, DIGEST_AT)


def wanted(chore: Chore, now: datetime) -> Moved[Chore]:
    """Somebody wants this channel's digest from the next Monday on."""
    return Moved(chore if chore.due_at is not None else replace(chore, due_at=next_digest(now), attempts=0))


def unwanted(chore: Chore) -> Moved[Chore]:
    """Nobody wants it any more."""
    return Moved(replace(chore, due_at=None))


def done(chore: Chore, until: datetime, due_at: datetime, posts: tuple[Post, ...] = ()) -> Moved[Chore]:
    """It was done for the time `until` then, and called for these posts; one turned off meanwhile stays so."""
    if chore.due_at is None:
        return Moved(chore)
    return Moved(replace(chore, done_at=until, due_at=due_at, attempts=0), posts)


def file_deleted(chore: Chore, entries: tuple[Entry, ...]) -> Moved[Chore]:
    """An old file is gone, which the audit of each workspace that had used it is told; there may be more to do."""
    return Moved(chore, entries=entries)


def put_off(chore: Chore, now: datetime, retry_after: float | None) -> Moved[Chore]:
    """It could not be done now: again after `retry_after` seconds, or a growing pause."""
    if chore.due_at is None:
        return Moved(chore)
    due = now + pause(chore.attempts, retry_after)
    return Moved(replace(chore, due_at=due, attempts=chore.attempts + 1))
