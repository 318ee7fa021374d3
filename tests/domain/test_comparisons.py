"""Pairs of turns, their ballots, and the counting of votes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import comparisons
from bot.domain.catalog import load
from bot.domain.chats import Conversation, Turn, TurnState, Usage, model_of
from bot.domain.comparisons import Ballot, BallotState, Choice, Tally
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.errors import StaleState

NOW = datetime(2026, 11, 23, tzinfo=UTC)
THREAD = Place("-/T1", "C1", "1.0")
BOTH = Conversation(
    id="c1",
    request_key="k",
    place=Place("-/T1", "C1"),
    provider="openai",
    model="ft:m",
    title="tone",
    base_model="m",
    started_by="U1",
    started_at=NOW,
    other_model="m",
    other_title="base",
)
ASKED = Turn(
    id="t1",
    conversation_id="c1",
    place=THREAD,
    message_ts="2.0",
    user_id="U1",
    team_id="T1",
    text="what\nnow  " + "x" * 100,
    asked_at=NOW,
    due_at=NOW,
)


def pair(*, swapped: bool = False, blind: bool = False) -> tuple[Turn, Turn, Ballot]:
    return comparisons.pair(replace(BOTH, blind=blind), ASKED, "b1", swapped=swapped)


def ended(*states: TurnState) -> list[Turn]:
    return [replace(turn, state=state) for turn, state in zip(pair()[:2], states, strict=True)]


@pytest.mark.parametrize(("swapped", "models"), [(False, ["ft:m", "m"]), (True, ["m", "ft:m"])])
def test_a_message_is_put_to_both_models_a_first(swapped: bool, models: list[str]) -> None:
    a, b, ballot = pair(swapped=swapped)
    assert [(turn.letter, model_of(BOTH, turn)) for turn in (a, b)] == list(zip("AB", models, strict=True))
    assert a.id != b.id
    assert (a.text, b.text, a.due_at, b.due_at) == (ASKED.text, ASKED.text, NOW, NOW)
    assert ballot.question.startswith("what now xxx")
    assert len(ballot.question) == comparisons.QUESTION


def test_people_are_asked_when_both_have_answered() -> None:
    moved = comparisons.opened(pair()[2], ended(TurnState.DONE, TurnState.DONE), NOW)
    assert (moved.row.state, moved.row.due_at) == (BallotState.OPEN, None)
    (card,) = moved.messages
    assert (card.kind, card.place, card.subject_id) == (MessageKind.BALLOT, THREAD, "b1")
    assert comparisons.opened(moved.row, ended(TurnState.DONE, TurnState.DONE), NOW).messages == ()


@pytest.mark.parametrize("failed", [(TurnState.DONE, TurnState.FAILED), (TurnState.FAILED, TurnState.FAILED)])
def test_nobody_is_asked_when_there_is_nothing_to_choose(failed: tuple[TurnState, TurnState]) -> None:
    moved = comparisons.opened(pair()[2], ended(*failed), NOW)
    assert (moved.row.state, moved.row.due_at, moved.messages) == (BallotState.VOID, None, ())
    with pytest.raises(StaleState):
        comparisons.voted(moved.row, "U1", Choice.SAME)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(Choice))))
def test_the_last_word_of_each_person_counts_once(votes: list[tuple[str, Choice]]) -> None:
    ballot = replace(pair()[2], state=BallotState.OPEN)
    for user_id, choice in votes:
        ballot = comparisons.voted(ballot, user_id, choice).row
    last = list(dict(votes).values())
    assert comparisons.tally([ballot]) == Tally(*(last.count(choice) for choice in Choice))


@pytest.mark.parametrize("swapped", [False, True])
def test_a_vote_is_for_whoever_stands_under_the_letter(swapped: bool) -> None:
    a, b, ballot = pair(swapped=swapped)
    assert [ballot.behind(turn.letter) is Choice.OTHER for turn in (a, b)] == [a.other, b.other]
    assert ballot.title_of("A") == ("base" if swapped else "tone")
    assert ballot.behind("") is Choice.SAME


def test_votes_of_all_pairs_are_counted_together() -> None:
    ballots = [replace(pair()[2], votes={"U1": Choice.MODEL, "U2": choice}) for choice in Choice]
    assert comparisons.tally(ballots) == Tally(model=4, other=1, same=1)


def test_a_blind_vote_stays_and_tells_nobody_until_the_end() -> None:
    """Whoever voted knows which is which, so another vote of theirs would not be blind."""
    ballot = replace(pair(blind=True)[2], state=BallotState.OPEN)
    once = comparisons.voted(ballot, "U1", Choice.SAME).row
    assert comparisons.voted(once, "U1", Choice.MODEL).row == once
    assert not once.reveals
    over = comparisons.closed(once)
    assert over.reveals
    with pytest.raises(StaleState, match="votes are closed"):
        comparisons.voted(over, "U2", Choice.MODEL)
    assert comparisons.closed(pair(blind=True)[2]).state is BallotState.VOID
    assert pair()[2].reveals


def test_the_end_of_a_comparison_that_is_not_blind_leaves_its_questions_open() -> None:
    ballot = replace(pair()[2], state=BallotState.OPEN)
    assert comparisons.closed(ballot) == ballot


def test_the_heading_names_the_model_unless_it_is_hidden() -> None:
    a, b, _ = pair()
    assert [comparisons.heading(BOTH, turn) for turn in (a, b, ASKED)] == ["A · tone", "B · base", ""]
    hidden = comparisons.made_blind(BOTH).row
    assert [comparisons.heading(hidden, turn) for turn in (a, b)] == ["A", "B"]


def test_what_an_answer_took_is_told_with_its_price_where_that_is_known() -> None:
    model = load().find("gpt-4o-mini")
    assert comparisons.took(Usage(1_021, 34), model) == "1,021 tokens in, 34 out · $0.000347"
    assert comparisons.took(Usage(21, 34), None) == "21 tokens in, 34 out"
