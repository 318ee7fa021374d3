"""Ballots: asked for with both turns, opened after both answers, counted on the comparison's card."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import comparisons
from bot.domain.chats import Turn, TurnState
from bot.domain.comparisons import Ballot, BallotState, Choice, Tally
from bot.domain.outbox import MessageKind
from bot.domain.work_queue import Transition
from storage.database import Database
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

LEASE = 60.0
TS = "1700000001.000000"
HOUR = timedelta(hours=1)


@pytest.fixture
async def comparison(database: Database) -> None:
    """A conversation with two models, its card standing."""
    await database.conversations.add(Transition(samples.conversation("c1")))
    await database.outbox.add(samples.post("card", kind=MessageKind.CHAT_CARD, subject_id="c1"))


def asked(number: int = 1) -> tuple[Turn, Turn, Ballot]:
    turn = samples.turn(f"t{number}", f"170000000{number}.000000")
    return comparisons.pair(samples.conversation(), turn, f"b{number}", swapped=False)


async def ask(database: Database, number: int = 1) -> None:
    a, b, ballot = asked(number)
    assert await database.ballots.ask(ballot, (a, b))


async def end(database: Database, turn_id: str, state: TurnState = TurnState.DONE) -> None:
    await database.turns.change(turn_id, lambda t: Transition(replace(t, state=state, due_at=None)))


def vote(user_id: str, choice: Choice) -> Callable[[Ballot], Transition[Ballot]]:
    return lambda ballot: comparisons.voted(replace(ballot, state=BallotState.OPEN), user_id, choice)


@pytest.mark.usefixtures("comparison")
async def test_the_same_message_told_twice_at_once_is_one_pair(database: Database, replica: Database) -> None:
    a, b, ballot = asked()
    once_more = (replace(a, id="x"), replace(b, id="y"))
    saved = await asyncio.gather(
        database.ballots.ask(ballot, (a, b)), replica.ballots.ask(replace(ballot, id="b2"), once_more)
    )
    assert sorted(saved) == [False, True]
    assert [turn.letter for turn in await database.turns.of("c1")] == ["A", "B"]


@pytest.mark.usefixtures("comparison")
async def test_a_is_answered_before_b_and_the_next_message_after_both(database: Database) -> None:
    await ask(database)
    await ask(database, 2)
    order = []
    while claim := await database.turns.claim(NOW, LEASE):
        order.append(claim.row.id)
        assert await database.turns.claim(NOW, LEASE) is None
        await end(database, claim.row.id)
    assert order == ["t1a", "t1b", "t2a", "t2b"]


@pytest.mark.usefixtures("comparison")
async def test_b_goes_on_while_an_a_that_stands_already_is_put_off(database: Database) -> None:
    await ask(database)
    later = NOW + HOUR
    put_off: dict[str, Any] = {"state": TurnState.ANSWERING, "due_at": later, "attempts": 1}
    await database.turns.change("t1a", lambda t: Transition(replace(t, **put_off)))
    assert await database.turns.claim(NOW, LEASE) is None  # where A will stand is not known yet
    await database.turns.change("t1a", lambda t: Transition(replace(t, answer_ts="1700000001.500000")))
    claim = await database.turns.claim(NOW, LEASE)
    assert claim is not None
    assert claim.row.id == "t1b"


@pytest.mark.usefixtures("comparison")
async def test_a_ballot_waits_until_both_turns_have_ended(database: Database) -> None:
    await ask(database)
    assert await database.ballots.claim(NOW, LEASE) is None
    await end(database, "t1a")
    assert await database.ballots.claim(NOW, LEASE) is None
    await end(database, "t1b", TurnState.FAILED)
    claim = await database.ballots.claim(NOW, LEASE)
    assert claim is not None
    assert claim.row.id == "b1"


@pytest.mark.usefixtures("comparison")
async def test_a_vote_makes_the_comparisons_card_due_and_is_counted(
    database: Database, clock: SetClock
) -> None:
    await ask(database)
    await database.ballots.change("b1", vote("U1", Choice.MODEL))
    card = await database.outbox.get("card")
    conversation = await database.conversations.get("c1")
    assert card is not None
    assert conversation is not None
    assert card.due_at == clock.now()
    assert conversation.revision == 1
    assert await database.ballots.tally("c1") == Tally(model=1)

    await database.ballots.change("b1", vote("U1", Choice.MODEL))  # nothing new, nothing to draw
    again = await database.conversations.get("c1")
    assert again is not None
    assert again.revision == 1


@pytest.mark.usefixtures("comparison")
async def test_votes_given_at_the_same_moment_are_all_counted(database: Database, replica: Database) -> None:
    await ask(database)
    await ask(database, 2)
    choices = [Choice.MODEL, Choice.OTHER, Choice.SAME, Choice.OTHER]
    await asyncio.gather(
        *(
            (database, replica)[number % 2].ballots.change(f"b{1 + number // 2}", vote(f"U{number}", choice))
            for number, choice in enumerate(choices)
        )
    )
    assert await database.ballots.tally("c1") == Tally(model=1, other=2, same=1)
    conversation = await database.conversations.get("c1")
    assert conversation is not None
    assert conversation.revision == 4
