"""What a model is shown of a thread."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import chats
from bot.domain.chats import Conversation, Said, Turn, TurnState
from bot.domain.places import Place
from bot.errors import StaleState

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TALK = Conversation(
    id="c1",
    request_key="k",
    place=Place("-/T1", "C1"),
    provider="openai",
    model="ft:m",
    title="tone",
    base_model="m",
    started_by="U1",
    started_at=NOW,
    system="be kind",
)


def turn(n: int, text: str, state: TurnState = TurnState.DONE, answer: str = "") -> Turn:
    """The n-th turn of the thread."""
    return Turn(
        id=f"t{n}",
        conversation_id="c1",
        place=Place("-/T1", "C1", "1.0"),
        message_ts=f"{n}.0",
        user_id="U1",
        team_id="T1",
        text=text,
        asked_at=NOW + timedelta(seconds=n),
        state=state,
        answer=answer,
    )


def words(text: str) -> int:
    """A counter that people can follow."""
    return len(text.split())


def prompt(*turns: Turn, window: int = 1000) -> tuple[Said, ...]:
    """The prompt with 10 tokens of room for the answer."""
    return chats.prompt(TALK, turns, window=window, answer_room=10, count=words)


def test_the_prompt_is_system_then_the_past_then_the_open_question() -> None:
    """In the order in which it was said."""
    said = prompt(turn(1, "hi", answer="hello"), turn(2, "how are you", TurnState.ANSWERING))
    assert [(s.role, s.text) for s in said] == [
        ("system", "be kind"),
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "how are you"),
    ]


def test_a_question_that_was_never_answered_is_left_out() -> None:
    """A user message without an answer would make the model answer two at once."""
    said = prompt(turn(1, "lost", TurnState.FAILED), turn(2, "again", TurnState.ANSWERING))
    assert [s.text for s in said] == ["be kind", "again"]


def test_the_oldest_goes_first_when_the_window_is_full() -> None:
    """The open question and what came just before it stay."""
    past = [turn(n, f"question {n} " + "x " * 20, answer="answer " * 20) for n in range(1, 6)]
    said = prompt(*past, turn(9, "now", TurnState.ANSWERING), window=150)
    assert said[0] == Said("system", "be kind")
    assert said[-1] == Said("user", "now")
    assert [s.text.split()[1] for s in said if s.role == "user" and "question" in s.text] == ["4", "5"]


def test_an_open_question_longer_than_the_window_is_still_sent() -> None:
    """The server then says what is wrong in its own words; silence would be worse."""
    assert prompt(turn(1, "x " * 500, TurnState.ANSWERING), window=100)[-1].role == "user"


def test_a_turn_is_answered_once() -> None:
    """A second worker that comes late changes nothing."""
    done = chats.answered(chats.begun(turn(1, "hi", TurnState.PENDING), NOW).row).row
    assert done.state is TurnState.DONE
    with pytest.raises(StaleState):
        chats.answered(done)
    with pytest.raises(StaleState):
        chats.begun(done, NOW)


def test_stop_is_told_once() -> None:
    """The second stop of the same thread says nothing."""
    thread = Place("-/T1", "C1", "1.0")
    first = chats.ended(TALK, "U1", thread, NOW)
    again = chats.ended(replace(first.row, revision=1), "U2", thread, NOW)
    assert len(first.messages) == 1
    assert again.messages == ()
    assert again.row.ended_by == "U1"
