"""What is kept for good of who did what, when and for how much; knows no row it tells of and no place to keep it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Detail = str | int | float | None

POLICY = "policy"
PROVIDER = "provider"
BOT = "bot"
"""Who did what no person did; a person is told by the user id."""


NOBODY = {POLICY: "the policy", PROVIDER: "the provider", BOT: "Finetune bot"}
USER = re.compile(r"\b[UW][A-Z0-9]{5,20}\b")
MONTHS = 24  # that can be picked


class Did(StrEnum):
    """What was done, in the words of the export."""

    REQUESTED = "requested"
    EDITED = "edited"
    APPROVED = "approved"
    OVERRIDDEN = "budget overridden"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REPRICED = "price moved"
    CANCEL_ASKED = "cancel asked"
    PAUSE_ASKED = "pause asked"
    RESUME_ASKED = "resume asked"
    CREATED = "created at provider"
    ENDED = "ended"
    POLICY_CHANGED = "policy changed"
    BUDGET_CHANGED = "budget changed"
    SPENDING_PAUSED = "spending paused"
    SPENDING_RESUMED = "spending resumed"
    MODEL_RENAMED = "model renamed"
    MODEL_DELETED = "model deleted"
    MODEL_SHARED = "model shared"
    MODEL_UNSHARED = "model no longer shared"
    DATASET_DELETED = "dataset deleted"
    FILE_DELETED = "provider file deleted"
    AUDIT_READ = "audit read"
    AUDIT_EXPORTED = "audit exported"
    APP_REMOVED = "app removed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit; it is added with the change that it tells of, and never changed or removed.

    `channel_id` is empty for the whole workspace. `who` is a user id, or POLICY, PROVIDER, BOT. `subject` is the id
    of a job, a dataset or a channel. `details` are our own words and figures: never text of a dataset, of a model or
    of a person, and no secrets. `number` is given by the database, rising; a gap is no lost entry but a change that
    was not kept.
    """

    at: datetime
    workspace: str
    channel_id: str
    who: str
    what: Did
    subject: str
    details: Mapping[str, Detail] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries somebody wants to see: of a month ("2026-11", or "all"); None takes whatever it is."""

    month: str
    who: str | None = None
    what: Did | None = None
    channel_id: str | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether an entry of that month is among them."""
        return (
            self.who in (None, entry.who)
            and self.what in (None, entry.what)
            and self.channel_id in (None, entry.channel_id)
        )


@dataclass(frozen=True, slots=True)
class Names:
    """What people call the people, channels, jobs and datasets of some entries, by their ids."""

    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)

    def who(self, who: str) -> str:
        """Who did it, as people know them."""
        return NOBODY.get(who) or self.people.get(who, who)

    def told(self, value: Detail) -> str:
        """A detail, with people and channels by their names."""
        text = "none" if value in (None, "") else str(value)
        return self.channels.get(text) or USER.sub(lambda found: self.who(found.group()), text)


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be picked to see less of the audit; what is picked now is among it."""

    months: tuple[str, ...]
    who: tuple[str, ...]
    what: tuple[Did, ...]
    channels: tuple[str, ...]

    @classmethod
    def of(cls, entries: Sequence[Entry], wanted: Filter, now: datetime) -> "Choices":
        """From the entries of a month; the months are those of the last two years."""
        at = now.year * 12 + now.month - 1
        months = [f"{each // 12}-{each % 12 + 1:02}" for each in range(at, at - MONTHS, -1)]
        who = {each.who for each in entries} | ({wanted.who} if wanted.who is not None else set())
        what = {each.what for each in entries} | ({wanted.what} if wanted.what is not None else set())
        channel = {wanted.channel_id} if wanted.channel_id is not None else set()
        channels = {each.channel_id for each in entries} | channel
        return cls(tuple(months), tuple(sorted(who)), tuple(sorted(what)), tuple(sorted(channels)))


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries, newest first, from the one with the number `first` on, of `total` that were wanted."""

    wanted: Filter
    entries: tuple[Entry, ...]
    names: Names
    first: int
    total: int
    choices: Choices
