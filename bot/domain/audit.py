"""What is kept for good of who did what, when and for how much; knows no row it tells of and no place to keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Detail = str | int | float | None

POLICY = "policy"
PROVIDER = "provider"
BOT = "bot"
"""Who did what no person did; a person is told by the user id."""


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
