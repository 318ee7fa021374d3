"""A message of ours that must exist in Slack once: a card, redrawn while its subject moves, or an announcement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.places import Place


class MessageKind(StrEnum):
    """What a message of ours is; each kind has one renderer in handlers/views."""

    DATASET_CARD = "dataset_card"
    JOB_CARD = "job_card"
    CHAT_CARD = "chat_card"
    CHAT_ENDED = "chat_ended"
    CHAT_OVER = "chat_over"
    CHAT_LINK = "chat_link"
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
        """A card is redrawn whenever its subject changed; any other message is said once."""
        return self in _CARDS


PRIVATE = "private"
"""In the data of a message that shows a model: only the people of its channel may use it."""

LINK = "link"
"""In the data of a message that leads to another one: the address of that one."""

ADRIFT = "adrift"
"""Set in a message's `data` once it stands in the channel because the root of its thread was deleted."""

_CARDS = frozenset(
    {MessageKind.DATASET_CARD, MessageKind.JOB_CARD, MessageKind.CHAT_CARD, MessageKind.BALLOT}
)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message of ours that must exist in Slack exactly once: a card, or an announcement.

    `id` is built from what it says (e.g. "job:k3x9:ended"), so asking for the same message twice is one message.
    `subject_id` names the row it shows (a dataset, job or conversation id, by `kind`).
    `under` is the id of the message in whose thread it stands, if that thread is not known yet when it is asked for;
    a link names that message itself.
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
