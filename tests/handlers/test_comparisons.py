"""Comparisons as people meet them: the card, the question under a pair, the buttons and the word."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.chats import ModelGone
from bot.domain.comparisons import BallotState, Choice, Comparison, Tally
from bot.domain.outbox import MessageKind
from bot.errors import NotAllowed
from bot.sandbox.slack.blocks import check_message
from handlers.ids import Action
from handlers.views import comparisons
from handlers.views.blocks import Message
from handlers.views.jobs import cards
from handlers.views.outbox import render
from tests.handlers import samples
from tests.handlers.conftest import Desk, until
from tests.handlers.samples import HOSTILE, NOW
from tests.handlers.views.test_views import assert_harmless, words

if TYPE_CHECKING:
    from bot.ports import Subject

ASKED = samples.ballot()
WILD_TALK = samples.comparison(title=HOSTILE, model=HOSTILE, other_title=HOSTILE, other_model=HOSTILE)
WILD_BALLOT = replace(ASKED, question=HOSTILE, title=HOSTILE, other_title=HOSTILE)
NONE = Tally()
MANY = {f"U{number % 3 + 1}" + "X" * number: Choice.MODEL for number in range(500)}


def card(tally: Tally = NONE, **changes: object) -> Message:
    return comparisons.card(Comparison(replace(samples.comparison(), **changes), tally))  # type: ignore[arg-type]


def test_the_card_says_what_is_compared_and_counts_the_votes() -> None:
    assert card().text == "⚖️ Comparing *tone* with its base *gpt-4.1-mini*"
    assert "No votes yet" in words(card())
    assert "tone 4 · gpt-4.1-mini 1 · same 2" in words(card(Tally(4, 1, 2)))
    assert "its base" not in card(other_model="ft:other", other_title="polite").text
    assert "Make it a blind test" in words(card())


def test_the_end_says_what_people_found_and_how_to_go_on() -> None:
    over = Comparison(samples.comparison(ended_by="U2"), Tally(1, 0, 0))
    for message in (comparisons.card(over), comparisons.ended(over)):
        assert "tone 1 · gpt-4.1-mini 0 · same 0" in words(message)
        assert message.blocks[-1]["elements"][0]["text"]["text"] == "Compare again"
    deleted = replace(over.conversation, gone=ModelGone("ft:x", "U2"))
    assert "Compare again" not in words(comparisons.card(Comparison(deleted, Tally())))


def test_the_question_names_the_message_and_who_voted_for_what() -> None:
    shown = words(comparisons.ballot(replace(ASKED, votes={"U1": Choice.MODEL, "U2": Choice.SAME})))
    assert "Which answer to “Which lamp?” is better?" in shown
    assert "A is *tone*, B is *gpt-4.1-mini*." in shown
    assert "A is better: <@U1>" in shown
    assert "About the same: <@U2>" in shown
    assert "B is better: " not in shown


def test_a_blind_test_tells_nobody_who_and_how_until_it_ends() -> None:
    """Neither the card nor the question, in no text of theirs; only how many voted."""
    votes = {"U1": Choice.OTHER, "U2": Choice.MODEL}
    hidden = replace(ASKED, blind=True, swapped=True, votes=votes)
    for message in (card(Tally(1, 1, 0), blind=True), comparisons.ballot(hidden)):
        said = json.dumps([message.text, message.blocks])
        assert "2 votes so far" in said
        assert not [name for name in ("tone", "gpt", "ft:", "U2", "is better:") if name in said]
    told = words(comparisons.ballot(replace(hidden, state=BallotState.CLOSED)))
    assert "A is *gpt-4.1-mini*, B is *tone*." in told
    assert "A is better: <@U1>" in told
    assert "compare_a" not in told
    over = words(card(Tally(1, 1, 0), blind=True, ended_by="U1"))
    assert "tone 1 · gpt-4.1-mini 1 · same 0" in over


def test_each_voter_of_a_blind_test_reads_alone_which_was_which() -> None:
    hidden = replace(ASKED, blind=True, swapped=True, votes={"U1": Choice.OTHER, "U3": Choice.SAME})
    assert "You voted for A. A is *gpt-4.1-mini*, B is *tone*." in comparisons.my_vote(hidden, "U1").text
    assert "You voted for both alike." in comparisons.my_vote(hidden, "U3").text
    other = words(comparisons.my_vote(hidden, "U2"))
    assert "You haven't voted" in other
    assert "tone" not in other


def test_the_link_to_a_blind_test_names_no_model() -> None:
    assert "<https://x/1|go to its thread>" in comparisons.link(samples.comparison(), "https://x/1").text
    assert "tone" not in comparisons.link(samples.comparison(blind=True), "https://x/1").text


@pytest.mark.parametrize(
    "message",
    [
        comparisons.card(Comparison(WILD_TALK, Tally(10**9, 10**9, 10**9))),
        comparisons.card(Comparison(replace(WILD_TALK, ended_by="U1"), Tally())),
        comparisons.ended(Comparison(replace(WILD_TALK, ended_by="U1"), Tally())),
        comparisons.opening(WILD_TALK, "C2"),
        comparisons.ballot(WILD_BALLOT),
        comparisons.ballot(replace(WILD_BALLOT, votes=MANY)),
    ],
    ids=["card", "over", "ended", "opening", "ballot", "voted"],
)
def test_a_message_stays_within_slacks_limits_and_harmless(message: Message) -> None:
    check_message(message.blocks)
    assert message.text
    assert_harmless(message.text)
    assert_harmless(json.dumps(message.blocks))


def test_every_post_of_a_comparison_has_a_renderer() -> None:
    both = Comparison(samples.comparison(), Tally())
    subjects: dict[MessageKind, Subject] = {
        MessageKind.CHAT_CARD: both,
        MessageKind.CHAT_ENDED: both,
        MessageKind.CHAT_OVER: both,
        MessageKind.BALLOT: ASKED,
    }
    for kind, subject in subjects.items():
        assert render(samples.post(kind), subject, NOW).text


async def test_the_button_compares_with_the_base_in_its_channel(desk: Desk) -> None:
    where = await desk.say(cards.card(samples.succeeded(), samples.NOW).blocks)
    await desk.act("click", "jonas", **where, action={"action_id": Action.COMPARE})
    await desk.sees("to compare *tone*", who="jonas")
    [(place, model, other)] = desk.comparisons.opened.values()
    assert (place.channel_id, model, other) == (desk.channels["ft-support"], "k3x9mp", "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("tone", ("tone", "")),
        ("tone polite", ("tone", "polite")),
        ("`tone` with gpt-4.1-mini", ("tone", "gpt-4.1-mini")),
    ],
)
async def test_the_word_takes_one_model_or_two(desk: Desk, text: str, names: tuple[str, str]) -> None:
    await desk.command(f"compare {text}")
    await desk.sees("to compare *tone*")
    assert [found[1:] for found in desk.comparisons.opened.values()] == [names]


@pytest.mark.parametrize("text", ["", "a b c"])
async def test_the_word_without_models_or_with_too_many_says_how(desk: Desk, text: str) -> None:
    await desk.command(f"compare {text}")
    await desk.sees("`/finetune compare MODEL OTHER`")
    assert desk.comparisons.opened == {}


async def test_each_button_of_a_question_is_its_vote(desk: Desk) -> None:
    where = await desk.say(comparisons.ballot(ASKED).blocks)
    for action_id in (Action.VOTE_A, Action.VOTE_B, Action.VOTE_SAME):
        await desk.act("click", **where, action={"action_id": action_id})

    async def three() -> list[tuple[str, str, str]] | None:
        return desk.comparisons.votes if len(desk.comparisons.votes) == 3 else None

    mina = desk.users["mina"]
    assert sorted(await until(three)) == [(mina, "b1", ""), (mina, "b1", "A"), (mina, "b1", "B")]


async def test_who_may_not_vote_is_told_so(desk: Desk) -> None:
    desk.comparisons.fault = NotAllowed("Guests can read along.")
    where = await desk.say(comparisons.ballot(ASKED).blocks)
    await desk.act("click", **where, action={"action_id": Action.VOTE_A})
    assert (await desk.sees("Guests can read along"))["is_ephemeral"]


async def test_a_voter_of_a_blind_test_is_told_privately_and_asks_again(desk: Desk) -> None:
    desk.comparisons.asked = replace(ASKED, blind=True)
    where = await desk.say(comparisons.ballot(desk.comparisons.asked).blocks)
    await desk.act("click", **where, action={"action_id": Action.VOTED})
    assert (await desk.sees("You haven't voted on these"))["is_ephemeral"]
    await desk.act("click", **where, action={"action_id": Action.VOTE_A})
    assert (await desk.sees("You voted for A. A is *tone*"))["is_ephemeral"]
    assert not [m for m in await desk.messages(who="jonas") if "You voted" in m["text"]]


async def test_the_cards_buttons_make_it_blind_end_it_and_open_it_again(desk: Desk) -> None:
    """A button from before carries more than the id."""
    old = card().blocks
    old[-1]["elements"][0]["value"] = "c1:told"
    ended = card(ended_by="U2").blocks
    for blocks, action_id, done in (
        (old, Action.BLIND, desk.comparisons.hidden),
        (card(blind=True).blocks, Action.END, desk.comparisons.finished),
        (ended, Action.COMPARE_AGAIN, desk.comparisons.repeated),
    ):
        where = await desk.say(blocks)
        await desk.act("click", **where, action={"action_id": action_id})

        async def happened(done: list[str] = done) -> list[str] | None:
            return done or None

        assert await until(happened) == ["c1"]
