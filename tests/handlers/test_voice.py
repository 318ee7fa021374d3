"""A model's answers in threads: streamed, edited, found again, and harmless."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.conversations import Turn
from bot.domain.work import Place
from bot.errors import CurableRefusal, SlackUnavailable
from bot.sandbox.server import Sandbox
from handlers.voice import CUT, EDIT_PAUSE, LONGEST, STREAM_LIFE, STREAM_PAUSE, SlackVoice
from tests.handlers import samples
from tests.handlers.conftest import Desk
from tests.handlers.fakes import Log


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def voice(client: AsyncWebClient, seconds: Seconds) -> SlackVoice:
    return SlackVoice(client, log=Log(), now=seconds)


async def asked(desk: Desk) -> Turn:
    """A question in a thread that the bot has opened."""
    channel = desk.channels["ft-support"]
    root = await desk.client.chat_postMessage(channel=channel, text="Chat")
    question = await desk.act("message", channel=channel, text="Hello?", thread_ts=root["ts"])
    place = Place("-/T1", channel, root["ts"])
    team = (await desk.get("world"))["team"]["id"]
    return samples.turn(place, question["ts"], user_id=desk.users["mina"], team_id=team)


async def answers(desk: Desk, turn: Turn) -> list[dict[str, Any]]:
    thread = await desk.messages(thread_ts=turn.place.thread_ts)
    return [m for m in thread[1:] if m["user"] == desk.bot_user]


async def calls(desk: Desk, method: str) -> list[dict[str, Any]]:
    return list((await desk.get("calls", direction="app_to_slack", name=method))["calls"])


async def test_an_answer_streams_in_pieces_and_ends(desk: Desk, voice: SlackVoice, seconds: Seconds) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await answer.append("Good ")
    [message] = await answers(desk, turn)
    assert message["streaming"]
    seconds.now += STREAM_PAUSE
    await answer.append("morning")
    await answer.append("!")
    await answer.finish("A note.")
    [message] = await answers(desk, turn)
    assert message["ts"] == answer.ts
    assert not message["streaming"]
    assert "Good morning!\n\n_A note._" in message["text"]


async def test_pieces_that_come_fast_are_sent_together(desk: Desk, voice: SlackVoice) -> None:
    answer = await voice.begin(await asked(desk))
    for piece in ["one", "two", "three", "four", "five"]:
        await answer.append(piece)
    await answer.finish()
    assert len(await calls(desk, "chat.appendStream")) == 1


async def test_what_pings_or_links_is_broken_even_across_pieces(
    desk: Desk, voice: SlackVoice, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    for piece in ("Hi <", "!channel> see https", ":/", "/evil.example"):
        seconds.now += STREAM_PAUSE
        await answer.append(piece)
    await answer.finish()
    [message] = await answers(desk, turn)
    assert "<!" not in message["text"]
    assert "://" not in message["text"]


async def test_a_stream_that_grows_old_goes_on_by_edits_of_the_same_message(
    desk: Desk, voice: SlackVoice, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await answer.append("Once upon ")
    seconds.now += STREAM_LIFE
    await answer.append("a time")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["ts"] == answer.ts
    assert message["blocks"] == [{**message["blocks"][0], "type": "markdown", "text": "Once upon a time"}]


async def test_a_stream_that_slack_has_ended_goes_on_by_edits(
    desk: Desk, voice: SlackVoice, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await desk.client.chat_stopStream(channel=turn.place.channel_id, ts=answer.ts)
    await answer.append("Still ")
    seconds.now += EDIT_PAUSE
    await answer.append("here")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Still here"


async def test_without_streams_one_message_is_edited(desk: Desk, voice: SlackVoice, seconds: Seconds) -> None:
    await desk.control("faults", side="slack", match="chat.startStream", kind="error", code="unknown_method")
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await answer.append("Plain ")
    seconds.now += EDIT_PAUSE
    await answer.append("words")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Plain words"
    await voice.begin(replace(turn, id="t2"))
    assert len(await calls(desk, "chat.startStream")) == 1  # not tried again


async def test_slack_asking_to_wait_loses_no_word(desk: Desk, voice: SlackVoice, seconds: Seconds) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await desk.control("faults", side="slack", match="chat.appendStream", kind="429", retry_after=3)
    await answer.append("All ")
    seconds.now += STREAM_PAUSE
    await answer.append("the ")
    await answer.append("words")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert "All the words" in message["text"]


async def test_a_piece_whose_fate_is_unknown_is_not_said_twice(
    desk: Desk, voice: SlackVoice, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await desk.control("faults", side="slack", match="chat.appendStream", kind="drop_after")
    await answer.append("Once ")
    seconds.now += EDIT_PAUSE
    await answer.append("only")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Once only"


async def test_an_answer_that_could_not_be_shown_whole_is_worth_another_try(
    desk: Desk, voice: SlackVoice
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await desk.control("faults", side="slack", match="chat.stopStream", kind="500")
    with pytest.raises(SlackUnavailable):
        await answer.finish()
    again = await voice.begin(replace(turn, answer_ts=answer.ts))
    await again.append("The answer")
    await again.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "The answer"


async def test_an_endless_answer_is_cut_and_says_so(desk: Desk, voice: SlackVoice) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    for _ in range(30):
        await answer.append("lorem ipsum " * 100)
    await answer.finish()
    [message] = await answers(desk, turn)
    assert CUT in message["text"]
    assert len(message["text"]) < LONGEST + 500


async def test_an_empty_answer_leaves_no_empty_message(desk: Desk, voice: SlackVoice) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["text"] == "…"


async def test_a_heading_stands_above_an_answer_streamed_edited_and_said(
    desk: Desk, voice: SlackVoice, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn, "A · to*ne")
    [message] = await answers(desk, turn)
    assert message["text"].strip() == "**A · to∗ne**"
    await answer.append("Good ")
    seconds.now += STREAM_LIFE
    await answer.append("morning")
    await answer.finish("21 tokens in")
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "**A · to∗ne**\n\nGood morning\n\n_21 tokens in_"
    await voice.say(replace(turn, answer_ts=answer.ts), "The model is asleep.", "A · to*ne")
    [message] = await answers(desk, turn)
    assert message["text"] == "*A · to∗ne*\nThe model is asleep."


async def test_while_a_model_is_silent_our_sentence_stands_there_and_then_its_answer(
    desk: Desk, voice: SlackVoice
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await answer.wait("It wakes up.")
    [message] = await answers(desk, turn)
    assert (message["text"], message["streaming"]) == ("It wakes up.", False)
    await answer.append("Good morning")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Good morning"


async def test_an_answer_known_to_be_another_is_not_taken_for_this_one(desk: Desk, voice: SlackVoice) -> None:
    turn = await asked(desk)
    other = await voice.begin(turn)
    assert await voice.find(begun(turn), {other.ts}) is None


async def test_our_own_sentence_takes_the_place_of_the_answer(desk: Desk, voice: SlackVoice) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await voice.say(replace(turn, answer_ts=answer.ts), "The model is asleep.")
    [message] = await answers(desk, turn)
    assert message["text"] == "The model is asleep."


async def test_our_own_sentence_stands_in_the_thread_when_there_is_no_answer_yet(
    desk: Desk, voice: SlackVoice
) -> None:
    turn = await asked(desk)
    await voice.say(turn, "The model is asleep.")
    [message] = await answers(desk, turn)
    assert message["text"] == "The model is asleep."


def begun(turn: Turn) -> Turn:
    return replace(turn, begun_at=datetime.fromtimestamp(float(turn.message_ts), UTC) + timedelta(seconds=1))


async def test_an_answer_that_was_begun_before_a_crash_is_found(desk: Desk, voice: SlackVoice) -> None:
    turn = await asked(desk)
    assert await voice.find(begun(turn)) is None
    answer = await voice.begin(turn)
    assert await voice.find(begun(turn)) == answer.ts
    await answer.finish()
    assert await voice.find(begun(turn)) == answer.ts


async def test_the_answer_to_another_turn_is_not_taken_for_this_one(desk: Desk, voice: SlackVoice) -> None:
    turn = await asked(desk)
    other = await voice.begin(replace(turn, id="t0"))
    await other.finish()
    assert await voice.find(begun(turn)) is None


async def test_the_sandbox_ends_streams_as_slack_does(
    desk: Desk, voice: SlackVoice, sandbox: Sandbox, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await voice.begin(turn)
    await answer.append("Before. ")
    await desk.control("clock", advance=301)
    seconds.now += STREAM_PAUSE
    await answer.append("After.")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Before. After."


async def test_where_slack_refuses_us_altogether_an_answer_is_not_gone_on_with(
    desk: Desk, voice: SlackVoice
) -> None:
    """The model would be asked, and paid, for what nobody could be told."""
    turn = await asked(desk)
    begun = await voice.begin(turn)
    await desk.control("faults", side="slack", match="*", kind="error", code="token_revoked", times=-1)
    with pytest.raises(CurableRefusal):
        await voice.begin(replace(turn, answer_ts=begun.ts))
