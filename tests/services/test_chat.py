"""A thread's messages and the moment in which its card becomes known."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from bot.domain.conversations import Conversation, Turn
from bot.domain.work import Place
from bot.services.chat import ChatService
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock


@dataclass
class JustBeingPosted:
    """Conversations of which one's card becomes known right after the first question about it."""

    conversation: Conversation
    questions: int = 0

    async def in_thread(self, place: Place) -> Conversation | None:
        self.questions += 1
        return self.conversation if self.questions > 1 else None

    async def opening(self, place: Place) -> bool:
        self.questions += 1
        return self.questions == 1


@dataclass
class Turns:
    """Keeps what was asked."""

    asked: list[Turn] = field(default_factory=list)

    async def add(self, turn: Turn) -> Turn:
        self.asked.append(turn)
        return turn


async def test_a_message_under_a_card_that_becomes_known_at_this_moment_is_heard() -> None:
    conversations = JustBeingPosted(samples.conversation())
    turns = Turns()
    nothing: Any = None
    storage: Any = SimpleNamespace(conversations=conversations, turns=turns)
    chat = ChatService(
        access=nothing,
        storage=storage,
        provider=nothing,
        voice=nothing,
        catalog=nothing,
        counter=nothing,
        policy=nothing,
        people=nothing,
        clock=SetClock(),
        log=Log(),
        wake=lambda: None,
        speakers=nothing,
    )
    assert await chat.hear(samples.THREAD, "1700000000.000200", "U1", "T1", "Hello?")
    assert [turn.text for turn in turns.asked] == ["Hello?"]
