"""A model's answers in threads: streamed, edited, found again, and harmless."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CurableRefusal, SlackUnavailable
from bot.sandbox.server import Sandbox
from handlers.slack.reply_writer import EDIT_PAUSE, IN_FILE, MESSAGES, STREAM_LIFE, STREAM_PAUSE
from handlers.views.pages import TEXT
from tests.handlers.conftest import Desk, until
from tests.handlers.replies import Seconds, Stream, answers, asked, begun, stream_of, visible


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def reply_stream(client: AsyncWebClient, seconds: Seconds) -> Stream:
    return stream_of(client, seconds)


async def calls(desk: Desk, method: str) -> list[dict[str, Any]]:
    return list((await desk.get("calls", direction="app_to_slack", name=method))["calls"])


async def test_an_answer_streams_in_pieces_and_ends(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
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


async def test_pieces_that_come_fast_are_sent_together(desk: Desk, reply_stream: Stream) -> None:
    answer = await reply_stream.begin(await asked(desk))
    for piece in ["one", "two", "three", "four", "five"]:
        await answer.append(piece)
    await answer.finish()
    assert len(await calls(desk, "chat.appendStream")) == 1


async def test_what_pings_or_links_is_broken_even_across_pieces(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    for piece in ("Hi <", "!channel> see https", ":/", "/evil.example"):
        seconds.now += STREAM_PAUSE
        await answer.append(piece)
    await answer.finish()
    [message] = await answers(desk, turn)
    assert "<!" not in message["text"]
    assert "://" not in message["text"]


async def test_a_stream_that_grows_old_goes_on_by_edits_of_the_same_message(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.append("Once upon ")
    seconds.now += STREAM_LIFE
    await answer.append("a time")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["ts"] == answer.ts
    assert message["blocks"] == [{**message["blocks"][0], "type": "markdown", "text": "Once upon a time"}]


async def test_a_stream_that_slack_has_ended_goes_on_by_edits(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await desk.client.chat_stopStream(channel=turn.place.channel_id, ts=answer.ts)
    await answer.append("Still ")
    seconds.now += EDIT_PAUSE
    await answer.append("here")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Still here"


async def test_without_streams_one_message_is_edited(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    await desk.control("faults", side="slack", match="chat.startStream", kind="error", code="unknown_method")
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.append("Plain ")
    seconds.now += EDIT_PAUSE
    await answer.append("words")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Plain words"
    await reply_stream.begin(replace(turn, id="t2"))
    assert len(await calls(desk, "chat.startStream")) == 1  # not tried again


async def test_slack_asking_to_wait_loses_no_word(desk: Desk, reply_stream: Stream, seconds: Seconds) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await desk.control("faults", side="slack", match="chat.appendStream", kind="429", retry_after=3)
    await answer.append("All ")
    seconds.now += STREAM_PAUSE
    await answer.append("the ")
    await answer.append("words")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert "All the words" in message["text"]


async def test_a_piece_whose_fate_is_unknown_is_not_said_twice(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await desk.control("faults", side="slack", match="chat.appendStream", kind="drop_after")
    await answer.append("Once ")
    seconds.now += EDIT_PAUSE
    await answer.append("only")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Once only"


async def test_an_answer_that_could_not_be_shown_whole_is_worth_another_try(
    desk: Desk, reply_stream: Stream
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await desk.control("faults", side="slack", match="chat.stopStream", kind="500")
    with pytest.raises(SlackUnavailable):
        await answer.finish()
    again = await reply_stream.begin(replace(turn, answer_ts=answer.ts))
    await again.append("The answer")
    await again.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "The answer"


def paragraphs(count: int) -> str:
    return "\n\n".join(f"Paragraph {n}. " + "lorem ipsum " * 20 for n in range(count))


async def test_a_long_answer_goes_on_in_further_messages(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    """Each is as long as a message can be, each ends between paragraphs, and nothing is missing or there twice."""
    turn = await asked(desk)
    answer = await reply_stream.begin(turn, "A · tone")
    text = paragraphs(80)
    for at in range(0, len(text), 300):
        seconds.now += EDIT_PAUSE
        await answer.append(text[at : at + 300])
    await answer.finish("21 tokens in")
    messages = await answers(desk, turn)
    assert [m["ts"] for m in messages] == answer.kept
    assert not any(m["streaming"] for m in messages)
    heading = "**A · tone**\n\n"
    shown = [visible(m) for m in messages]
    assert all(each.startswith(f"{heading}Paragraph") for each in shown)
    assert "".join(each.removeprefix(heading) for each in shown) == f"{text}\n\n_21 tokens in_"
    assert len(messages) == 2
    again = await reply_stream.begin(
        replace(turn, answer_ts=answer.ts, more_ts=tuple(answer.kept[1:])), "A · tone"
    )
    await again.append(text)
    await again.finish("21 tokens in")
    assert [(m["ts"], visible(m)) for m in await answers(desk, turn)] == list(
        zip(answer.kept, shown, strict=True)
    )


async def test_what_an_earlier_try_said_too_much_is_taken_away(desk: Desk, reply_stream: Stream) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.append(paragraphs(80))
    await answer.finish()
    again = await reply_stream.begin(replace(turn, answer_ts=answer.ts, more_ts=tuple(answer.kept[1:])))
    await again.append("Short")
    await again.finish()
    assert [visible(m) for m in await answers(desk, turn)] == ["Short"]


async def test_a_very_long_answer_is_a_file_with_all_of_it(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    text = paragraphs(300)
    answer = await reply_stream.begin(turn)
    for at in range(0, len(text), 5_000):
        seconds.now += EDIT_PAUSE
        await answer.append(text[at : at + 5_000])
    await answer.finish("A note.")

    async def file() -> dict[str, Any] | None:
        return next((m for m in await answers(desk, turn) if m.get("files")), None)

    shared = (await until(file))["files"][0]
    async with desk.http.get(f"{desk.url}/control/files/{shared['id']}") as content:
        assert (await content.read()).decode() == text
    messages = [m for m in await answers(desk, turn) if not m.get("files")]
    assert len(messages) == MESSAGES
    assert visible(messages[-1]).endswith(f"_{IN_FILE}_\n\n_A note._")
    again = await reply_stream.begin(replace(turn, answer_ts=answer.ts, more_ts=tuple(answer.kept[1:])))
    await again.append(text)
    await again.finish("A note.")
    assert len([m for m in await answers(desk, turn) if m.get("files")]) == 1


async def test_where_no_file_can_be_sent_a_very_long_answer_is_many_messages(
    desk: Desk, reply_stream: Stream
) -> None:
    await desk.control(
        "faults", side="slack", match="files.*", kind="error", code="file_uploads_disabled", times=-1
    )
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.append(paragraphs(300))
    await answer.finish()
    messages = await answers(desk, turn)
    assert len(messages) > MESSAGES
    assert "".join(visible(m) for m in messages) == paragraphs(300)


async def test_no_message_is_longer_than_slack_takes(desk: Desk, reply_stream: Stream) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.append("lorem ipsum " * 3_000)
    await answer.finish()
    assert all(len(visible(m)) <= TEXT for m in await answers(desk, turn))


async def test_an_empty_answer_leaves_no_empty_message(desk: Desk, reply_stream: Stream) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["text"] == "…"


async def test_a_heading_stands_above_an_answer_streamed_edited_and_said(
    desk: Desk, reply_stream: Stream, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn, "A · to*ne")
    [message] = await answers(desk, turn)
    assert message["text"].strip() == "**A · to∗ne**"
    await answer.append("Good ")
    seconds.now += STREAM_LIFE
    await answer.append("morning")
    await answer.finish("21 tokens in")
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "**A · to∗ne**\n\nGood morning\n\n_21 tokens in_"
    await reply_stream.say(replace(turn, answer_ts=answer.ts), "The model is asleep.", "A · to*ne")
    [message] = await answers(desk, turn)
    assert message["text"] == "*A · to∗ne*\nThe model is asleep."


async def test_while_a_model_is_silent_our_sentence_stands_there_and_then_its_answer(
    desk: Desk, reply_stream: Stream
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.wait("It wakes up.")
    [message] = await answers(desk, turn)
    assert (message["text"], message["streaming"]) == ("It wakes up.", False)
    await answer.append("Good morning")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Good morning"


async def test_an_answer_known_to_be_another_is_not_taken_for_this_one(
    desk: Desk, reply_stream: Stream
) -> None:
    turn = await asked(desk)
    other = await reply_stream.begin(turn)
    assert await reply_stream.find(begun(turn), {other.ts}) == []


async def test_our_own_sentence_takes_the_place_of_the_answer(desk: Desk, reply_stream: Stream) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await reply_stream.say(replace(turn, answer_ts=answer.ts), "The model is asleep.")
    [message] = await answers(desk, turn)
    assert message["text"] == "The model is asleep."


async def test_our_own_sentence_stands_in_the_thread_when_there_is_no_answer_yet(
    desk: Desk, reply_stream: Stream
) -> None:
    turn = await asked(desk)
    await reply_stream.say(turn, "The model is asleep.")
    [message] = await answers(desk, turn)
    assert message["text"] == "The model is asleep."


async def test_an_answer_that_was_begun_before_a_crash_is_found(desk: Desk, reply_stream: Stream) -> None:
    turn = await asked(desk)
    assert await reply_stream.find(begun(turn)) == []
    answer = await reply_stream.begin(turn)
    assert await reply_stream.find(begun(turn)) == [answer.ts]
    await answer.finish()
    assert await reply_stream.find(begun(turn)) == [answer.ts]


async def test_an_answer_whose_thread_lost_its_root_is_found_where_slack_put_it(
    desk: Desk, reply_stream: Stream
) -> None:
    turn = await asked(desk)
    await desk.act("delete_message", channel=turn.place.channel_id, ts=turn.message_ts)
    await desk.client.chat_delete(channel=turn.place.channel_id, ts=turn.place.thread_ts or "")
    await reply_stream.say(turn, "The model is asleep.")
    [adrift] = [m for m in await desk.messages() if "asleep" in m["text"]]
    assert await reply_stream.find(begun(turn)) == [adrift["ts"]]


async def test_the_answer_to_another_turn_is_not_taken_for_this_one(desk: Desk, reply_stream: Stream) -> None:
    turn = await asked(desk)
    other = await reply_stream.begin(replace(turn, id="t0"))
    await other.finish()
    assert await reply_stream.find(begun(turn)) == []


async def test_the_sandbox_ends_streams_as_slack_does(
    desk: Desk, reply_stream: Stream, sandbox: Sandbox, seconds: Seconds
) -> None:
    turn = await asked(desk)
    answer = await reply_stream.begin(turn)
    await answer.append("Before. ")
    await desk.control("clock", advance=301)
    seconds.now += STREAM_PAUSE
    await answer.append("After.")
    await answer.finish()
    [message] = await answers(desk, turn)
    assert message["blocks"][0]["text"] == "Before. After."


async def test_where_slack_refuses_us_altogether_an_answer_is_not_gone_on_with(
    desk: Desk, reply_stream: Stream
) -> None:
    """The model would be asked, and paid, for what nobody could be told."""
    turn = await asked(desk)
    first = await reply_stream.begin(turn)
    await desk.control("faults", side="slack", match="*", kind="error", code="token_revoked", times=-1)
    with pytest.raises(CurableRefusal):
        await reply_stream.begin(replace(turn, answer_ts=first.ts))
