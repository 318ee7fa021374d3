"""Streams: text that grows in a thread, for whom, and for how long."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_side import MINA, SUPPORT, Hand, section

TEAM = "T0LUMENLAB"


async def code(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


@pytest.fixture
async def root(hand: Hand) -> str:
    return str((await hand.do("message", channel=SUPPORT, text="question"))["ts"])


async def test_a_stream_grows_is_watched_and_ends_with_blocks(
    hand: Hand, web: AsyncWebClient, root: str
) -> None:
    async with hand.live() as live:
        stream = await web.chat_stream(
            channel=SUPPORT, thread_ts=root, recipient_team_id=TEAM, recipient_user_id=MINA, buffer_size=1
        )
        await stream.append(markdown_text="**hello** ")
        await stream.append(markdown_text="world")
        assert (
            await code(web.chat_update(channel=SUPPORT, ts=str(stream.ts), text="x"))
            == "streaming_state_conflict"
        )
        stopped = await stream.stop(blocks=[section("below")])
        assert stopped["message"]["text"] == "**hello** world"
        assert [b["type"] for b in stopped["message"]["blocks"]] == ["markdown", "section"]
        shown: list[tuple[str, bool]] = []
        while not shown or shown[-1][1]:
            message = (await live.next(type="message"))["message"]
            if message["ts"] == stream.ts:
                shown.append((message["text"], message["streaming"]))
        assert ("**hello** ", True) in shown
        assert shown[-1] == ("**hello** world", False)
    ts = str(stream.ts)
    assert await code(web.chat_stopStream(channel=SUPPORT, ts=ts)) == "message_not_in_streaming_state"
    await web.chat_update(channel=SUPPORT, ts=ts, text="rolled over", blocks=[])


async def test_a_stream_in_a_channel_names_its_recipient_and_in_a_dm_need_not(
    hand: Hand, web: AsyncWebClient, root: str
) -> None:
    start = web.chat_startStream
    assert await code(start(channel=SUPPORT, thread_ts=root)) == "missing_recipient_team_id"
    assert (
        await code(start(channel=SUPPORT, thread_ts=root, recipient_team_id=TEAM))
        == "missing_recipient_user_id"
    )
    dm = (await web.conversations_open(users=MINA))["channel"]["id"]
    question = (await hand.do("message", channel=dm, text="question"))["ts"]
    assert (await start(channel=dm, thread_ts=question, markdown_text="hi"))["ok"]


async def test_a_stream_dies_five_minutes_after_it_began(hand: Hand, web: AsyncWebClient, root: str) -> None:
    started = await web.chat_startStream(
        channel=SUPPORT, thread_ts=root, recipient_team_id=TEAM, recipient_user_id=MINA
    )
    piece = {"channel": SUPPORT, "ts": started["ts"], "markdown_text": "x"}
    await hand.do("clock", advance=290)
    await web.chat_appendStream(**piece)
    async with hand.live() as live:
        await hand.do("clock", advance=20)
        while (await live.next(type="message"))["message"]["streaming"]:
            pass
    assert await code(web.chat_appendStream(**piece)) == "message_not_in_streaming_state"
    assert (await hand.messages(thread_ts=root))[-1]["text"] == "x"


async def test_a_stream_takes_no_more_than_a_message_holds(web: AsyncWebClient, root: str) -> None:
    started = await web.chat_startStream(
        channel=SUPPORT,
        thread_ts=root,
        recipient_team_id=TEAM,
        recipient_user_id=MINA,
        markdown_text="x" * 12_000,
    )
    piece = {"channel": SUPPORT, "ts": started["ts"]}
    assert await code(web.chat_appendStream(**piece, markdown_text="x" * 12_001)) == "msg_too_long"
    await web.chat_appendStream(**piece, markdown_text="x" * 1_200)
    assert await code(web.chat_appendStream(**piece, markdown_text="x")) == "msg_too_long"


async def test_chunks_bring_text_and_tasks(web: AsyncWebClient, root: str) -> None:
    started = await web.chat_startStream(
        channel=SUPPORT, thread_ts=root, recipient_team_id=TEAM, recipient_user_id=MINA
    )
    piece = {"channel": SUPPORT, "ts": started["ts"]}
    task = {"type": "task_update", "id": "1", "title": "Reading", "status": "in_progress"}
    await web.chat_appendStream(**piece, chunks=[task, {"type": "markdown_text", "text": "a"}])
    stopped = await web.chat_stopStream(**piece, chunks=[{**task, "status": "complete"}])
    assert [b.get("status") for b in stopped["message"]["blocks"]] == ["complete", None]
    assert await code(web.chat_stopStream(**piece, chunks=[])) == "message_not_in_streaming_state"


async def test_a_status_shows_until_the_app_answers(hand: Hand, web: AsyncWebClient, root: str) -> None:
    async with hand.live() as live:
        await web.assistant_threads_setStatus(channel_id=SUPPORT, thread_ts=root, status="is thinking…")
        assert (await live.next(type="status"))["status"] == "is thinking…"
        await web.chat_postMessage(channel=SUPPORT, thread_ts=root, text="answer")
        assert (await live.next(type="status"))["status"] == ""
        await web.assistant_threads_setStatus(channel_id=SUPPORT, thread_ts=root, status="is thinking…")
        await live.next(type="status", status="is thinking…")
        await hand.do("clock", advance=121)
        assert (await live.next(type="status"))["status"] == ""
