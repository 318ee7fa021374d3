"""Stores of conversations with models, of votes on their answers, and of what is to be forgotten of them."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from bot.domain.chats import Conversation, Early, Turn
from bot.domain.comparisons import Ballot, Tally
from bot.domain.decision_basis import ChatBasis
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports.storage.rows import Added, Rows, Ruled, Seen


class ConversationStore(Seen[Conversation], Ruled[Conversation], Protocol):
    """Conversations; the thread is found through the conversation's card."""

    async def add(self, moved: Transition[Conversation]) -> Conversation:
        """Save a new conversation; the one saved earlier when its request_key is known already."""
        ...

    async def get(self, row_id: str) -> Conversation | None: ...

    async def in_thread(self, place: Place) -> Conversation | None:
        """The conversation whose card is the root of this thread (`place.thread_ts`), or None."""
        ...

    async def bound_to(self, model: str) -> list[Conversation]:
        """The conversations and comparisons with this model, those that have ended too."""
        ...

    async def opening(self, place: Place) -> bool:
        """Whether a conversation's card is on its way into this channel, its ts not yet known."""
        ...

    async def change(
        self, row_id: str, step: Callable[[Conversation], Transition[Conversation]]
    ) -> Conversation:
        """As Rows.change."""
        ...


class TurnStore(Added[Turn], Protocol):
    """Turns; only the oldest open turn of a conversation can be claimed."""

    async def spend(
        self, turn_id: str, step: Callable[[Turn, ChatBasis], Transition[Turn]], *, token: str | None = None
    ) -> Turn:
        """As `change`, with a step that also sees the rules, the money and what the person asked lately.

        Two such steps in one workspace never run at once, on however many replicas: the second sees the first.
        """
        ...

    async def of(self, conversation_id: str) -> list[Turn]:
        """The conversation so far, oldest first."""
        ...


class EarlyStore(Added[Early], Protocol):
    """Messages that wait for their thread; claimed once its card is known, or no card is on its way any more."""

    async def drop(self, row_id: str) -> None:
        """Forget it: it has found its place, or has none."""
        ...


class BallotStore(Rows[Ballot], Seen[Ballot], Ruled[Ballot], Protocol):
    """Ballots; one that waits can be claimed when no turn of its message is open.

    Whenever votes change, the conversation's revision counts up and its card becomes due in the same transaction.
    """

    async def ask(self, ballot: Ballot, turns: Collection[Turn]) -> bool:
        """Save a message's turns and their ballot together; False when the message is known already."""
        ...

    async def tally(self, conversation_id: str) -> Tally:
        """The votes of a conversation so far."""
        ...


class WordStore(Protocol):
    """Forgets words of people."""

    async def of_dataset(self, dataset_id: str) -> bool:
        """Forget what the conversations with models trained on it hold: its prompt, their questions and answers.

        True while an answer is still to be written there: then once more, later.
        """
        ...

    async def of_chats_before(self, when: datetime) -> int:
        """Forget the questions and answers of chats from before then; gives how many there were."""
        ...

    async def of_workspace(self, workspace: str) -> None:
        """Remove the workspace's conversations, and have nothing more said there."""
        ...

    async def wipe(self) -> None:
        """Overwrite what was forgotten where the database would keep it for a while."""
        ...
