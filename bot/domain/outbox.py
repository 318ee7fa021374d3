"""What rows that have something to do share: the place they belong to, and how a change is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from bot.domain.audit import Entry

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happens in Slack.

    `workspace` is the key of (enterprise_id, team_id), see `workspace_key`; `thread_ts` is the root of a
    thread, or None for the channel itself.
    """

    workspace: str
    channel_id: str
    thread_ts: str | None = None


def workspace_key(enterprise_id: str | None, team_id: str | None) -> str:
    """One text for (enterprise_id, team_id); either may be missing on Enterprise Grid, never both."""
    if not enterprise_id and not team_id:
        raise ValueError("a workspace needs an enterprise or a team id")
    return f"{enterprise_id or '-'}/{team_id or '-'}"


class MessageKind(StrEnum):
    """What a message of ours is; each kind has one renderer in handlers/views."""

    DATASET_CARD = "dataset_card"
    JOB_CARD = "job_card"
    CHAT_CARD = "chat_card"
    CHAT_ENDED = "chat_ended"
    CHAT_OVER = "chat_over"
    BALLOT = "ballot"
    JOB_ENDED = "job_ended"
    JOB_REJECTED = "job_rejected"
    JOB_NOTE = "job_note"
    JOB_STORY = "job_story"
    MODEL_SHARED = "model_shared"
    ERRAND = "errand"
    DIGEST = "digest"
    WELCOME = "welcome"
    HINT = "hint"

    @property
    def is_card(self) -> bool:
        """A card is redrawn whenever its subject changed; any other post is said once."""
        return self in _CARDS


PRIVATE = "private"
"""In the data of a post that shows a model: only the people of its channel may use it."""

ADRIFT = "adrift"
"""Set in a post's `data` once it stands in the channel because the root of its thread was deleted."""

_CARDS = frozenset(
    {MessageKind.DATASET_CARD, MessageKind.JOB_CARD, MessageKind.CHAT_CARD, MessageKind.BALLOT}
)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message of ours that must exist in Slack exactly once: a card, or an announcement.

    `id` is built from what it says (e.g. "job:k3x9:ended"), so asking for the same post twice is one post.
    `subject_id` names the row it shows (a dataset, job or conversation id, by `kind`).
    `under` is the id of the post in whose thread it stands, if that thread is not known yet when it is asked for.
    `begun_at` is written before Slack is asked to post: with no `ts` yet, a crash may have left the message
    behind, and it is looked for before it is posted again. `drawn` is the subject's revision last shown.
    """

    id: str
    kind: MessageKind
    place: Place
    subject_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    under: str = ""
    ts: str | None = None
    begun_at: datetime | None = None
    drawn: int = -1
    drawn_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    fault: str = ""
    revision: int = 0


def slowly(attempts: int) -> timedelta:
    """How long to wait before try number `attempts` + 1 of what only somebody's mending cures: 1, 2, 4 … 60 minutes."""
    return timedelta(minutes=min(60.0, 2.0 ** min(attempts, 6)))


@dataclass(frozen=True, slots=True)
class Transition(Generic[Row]):
    """A row after a step, the posts that the step calls for, and what the audit keeps of it: one transaction."""

    row: Row
    posts: tuple[OutboxMessage, ...] = ()
    entries: tuple[Entry, ...] = ()
