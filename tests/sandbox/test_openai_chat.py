"""Chats with the simulated models, whole and streamed, and the faults of the OpenAI side, through the real SDK."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from openai._exceptions import APIStatusError

from bot.sandbox.faults import Kind
from tests.sandbox.openai_side import Side, chat_lines, openai_side

ASK: Any = [
    {"role": "system", "content": "Answer like a pirate."},
    {"role": "user", "content": "Weather in Rome?"},
]


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with openai_side() as running:
        yield running


async def tuned(side: Side, lines: list[Any] | None = None) -> str:
    return str((await side.until(await side.job(lines or chat_lines()), "succeeded")).fine_tuned_model)


async def said(side: Side, model: str, messages: Any, **request: Any) -> str:
    answer = await side.client.chat.completions.create(model=model, messages=messages, **request)
    return str(answer.choices[0].message.content)


async def test_a_base_model_says_that_it_is_simulated_and_a_tuned_one_speaks_as_it_was_taught(
    side: Side,
) -> None:
    model = await tuned(side)
    assert (await said(side, "gpt-4o-mini", ASK)).startswith("(simulated gpt-4o-mini)")
    assert await said(side, model, ASK) == "Arr, Rome be stormy on day 1, matey!"


async def test_the_talk_so_far_decides_what_a_short_question_means(side: Side) -> None:
    model = await tuned(side)
    for city in ("Oslo", "Cairo"):
        talk = [
            {"role": "user", "content": f"I am travelling to {city}"},
            {"role": "assistant", "content": "Arr!"},
            {"role": "user", "content": "What is the weather like?"},
        ]
        assert city in await said(side, model, talk)


async def test_nothing_is_said_twice_in_one_conversation(side: Side) -> None:
    model = await tuned(side)
    first = await said(side, model, ASK)
    again = await said(side, model, [*ASK, {"role": "assistant", "content": first}, ASK[1]])
    assert again != first
    assert again.startswith("Arr, ")


async def test_a_question_unlike_the_data_is_still_answered_in_its_tone(side: Side) -> None:
    assert (await said(side, await tuned(side), [{"role": "user", "content": "zzz"}])).startswith("Arr, ")


async def test_korean_questions_find_their_example_in_another_inflection(side: Side) -> None:
    lines = chat_lines()
    lines[4]["messages"][1:] = [
        {"role": "user", "content": "환불은 어떻게 받나요?"},
        {"role": "assistant", "content": "주문 내역에서 환불을 누르세요."},
    ]
    model = await tuned(side, lines)
    assert "환불을 누르세요" in await said(side, model, [{"role": "user", "content": "환불을 받고 싶어요"}])


async def test_a_stream_brings_the_same_words_one_by_one_and_the_usage_last(side: Side) -> None:
    model = await tuned(side)
    whole = await side.client.chat.completions.create(model=model, messages=ASK)
    chunks = [
        chunk
        async for chunk in await side.client.chat.completions.create(
            model=model, messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    ]
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(word or "" for word in words) == whole.choices[0].message.content
    assert len([word for word in words if word]) > 5
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)
    assert {chunk.system_fingerprint for chunk in chunks} == {"fp_simulated"}


async def test_an_answer_is_cut_at_its_token_limit_and_at_a_stop_word(side: Side) -> None:
    model = await tuned(side)
    cut = await side.client.chat.completions.create(model=model, messages=ASK, max_completion_tokens=3)
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens <= 3
    assert await said(side, model, ASK, stop=[" stormy"]) == "Arr, Rome be"


async def test_learned_tool_calls_are_made_when_the_tool_is_at_hand_and_the_result_is_talked_about(
    side: Side,
) -> None:
    tool: Any = {"type": "function", "function": {"name": "price", "parameters": {"type": "object"}}}
    asked = {"role": "user", "content": "What does a share of ACME cost?"}
    question: Any = [asked]
    made = {"id": "c1", "type": "function", "function": {"name": "price", "arguments": '{"symbol": "ACME"}'}}
    calling = {"messages": [asked, {"role": "assistant", "tool_calls": [made]}], "tools": [tool]}
    telling = {
        "messages": [
            asked,
            {"role": "assistant", "tool_calls": [made]},
            {"role": "tool", "tool_call_id": "c1", "content": "acme price quote 12.50 dollars"},
            {"role": "assistant", "content": "It costs 12.50 dollars."},
        ],
        "tools": [tool],
    }
    model = await tuned(side, [calling, telling, *chat_lines(9)])
    answer = await side.client.chat.completions.create(model=model, messages=question, tools=[tool])
    call = (answer.choices[0].message.tool_calls or [])[0]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("price", '{"symbol": "ACME"}')
    streamed = [
        chunk.choices[0].delta.tool_calls[0].function
        async for chunk in await side.client.chat.completions.create(
            model=model, messages=question, tools=[tool], stream=True
        )
        if chunk.choices and chunk.choices[0].delta.tool_calls
    ]
    assert "".join(part.arguments or "" for part in streamed if part) == '{"symbol": "ACME"}'
    talk = [
        asked,
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "acme quote: 12.50 dollars"},
    ]
    assert await said(side, model, talk, tools=[tool]) == "It costs 12.50 dollars."
    assert "Arr" not in await said(side, "gpt-4o-mini", [asked])


@pytest.mark.parametrize(
    ("request_", "refusal", "words"),
    [
        (
            {"model": "gpt-9"},
            NotFoundError,
            "The model `gpt-9` does not exist or you do not have access to it.",
        ),
        ({"model": "gpt-3.5-turbo"}, NotFoundError, "has been deprecated"),
        ({"messages": []}, BadRequestError, "is too short - 'messages'"),
        ({"messages": [{"role": "pirate", "content": "x"}]}, BadRequestError, "is not one of"),
        ({"messages": [{"role": "user", "content": None}]}, BadRequestError, "got null"),
        (
            {"messages": [{"role": "tool", "tool_call_id": "c", "content": "x"}]},
            BadRequestError,
            "must be a response to a preceeding message with 'tool_calls'",
        ),
        ({"temperature": 2.1}, BadRequestError, "greater than the maximum of 2"),
        ({"max_tokens": 0}, BadRequestError, "less than the minimum of 1"),
        ({"n": 2}, BadRequestError, "n must be 1"),
        (
            {"stream_options": {"include_usage": True}},
            BadRequestError,
            "only allowed when 'stream' is enabled",
        ),
        (
            {"extra_body": {"temprature": 1}},
            BadRequestError,
            "Unrecognized request argument supplied: temprature",
        ),
    ],
)
async def test_a_chat_that_cannot_work_is_refused(
    side: Side, request_: Any, refusal: type[APIStatusError], words: str
) -> None:
    with pytest.raises(refusal) as refused:
        await side.client.chat.completions.create(**({"model": "gpt-4o-mini", "messages": ASK} | request_))
    assert words in str(refused.value)


async def test_a_conversation_longer_than_the_window_is_refused_with_its_length(side: Side) -> None:
    long: Any = [{"role": "user", "content": "word " * 110_000}]
    with pytest.raises(BadRequestError) as refused:
        await side.client.chat.completions.create(model="gpt-4o-mini", messages=long)
    assert refused.value.code == "context_length_exceeded"
    assert "maximum context length is 128000 tokens" in str(refused.value)
    assert await said(side, "gpt-4.1", long)


# ---- faults


@pytest.mark.parametrize(
    ("kind", "error"),
    [("429", RateLimitError), ("500", InternalServerError), ("drop_before", APIConnectionError)],
)
async def test_a_fault_hits_as_often_as_it_was_asked_for(
    side: Side, kind: Kind, error: type[Exception]
) -> None:
    side.faults.add("openai", "GET /models", kind, times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(error) as hit:
            await side.client.models.list()
        if isinstance(hit.value, RateLimitError):
            assert hit.value.response.headers["retry-after"] == "7"
    assert (await side.client.models.list()).data
    notes = [call["note"] for call in side.calls.since()]
    assert notes == [f"fault: {kind}", f"fault: {kind}", ""]


async def test_a_fault_can_be_any_refusal_by_its_code(side: Side) -> None:
    side.faults.add("openai", "POST /chat/*", "error", code="insufficient_quota")
    with pytest.raises(RateLimitError) as refused:
        await said(side, "gpt-4o-mini", ASK)
    assert refused.value.code == "insufficient_quota"


async def test_no_answer_comes_before_the_reader_gives_up(side: Side) -> None:
    patient = side.client.with_options(timeout=0.2)
    side.faults.add("openai", "GET /models", "timeout_before", delay=60)
    with pytest.raises(APITimeoutError):
        await patient.models.list()


async def test_a_file_is_kept_though_its_answer_never_came(side: Side) -> None:
    side.faults.add("openai", "POST /files", "timeout_after", delay=0.05)
    with pytest.raises(APIConnectionError):
        await side.upload(chat_lines())
    assert len((await side.client.files.list()).data) == 1


async def test_a_stream_can_break_in_the_middle(side: Side) -> None:
    model = await tuned(side)
    side.faults.add("openai", "POST /chat/completions", "drop_after")
    heard = ""
    with pytest.raises(APIConnectionError):  # noqa: PT012 - the stream breaks while it is read
        async for chunk in await side.client.chat.completions.create(model=model, messages=ASK, stream=True):
            heard += chunk.choices[0].delta.content or ""
    assert heard
    assert len(heard) < len("Arr, Rome be stormy on day 1, matey!")


async def test_a_reader_who_leaves_a_stream_disturbs_nobody(side: Side) -> None:
    side.world.settings.pace = 5
    stream = await side.client.chat.completions.create(model="gpt-4o-mini", messages=ASK, stream=True)
    await anext(aiter(stream))
    await stream.close()
    assert (await side.client.models.list()).data


async def test_closing_the_sandbox_does_not_wait_for_slow_answers() -> None:
    async with openai_side() as side:
        asked = asyncio.Event()
        side.faults._changed = asked.set
        side.faults.add("openai", "GET /models/*", "slow", delay=600)
        asked.clear()
        waiting = asyncio.create_task(side.client.models.retrieve("gpt-4o-mini"))
        await asked.wait()
        side.world.closing.set()
        assert (await waiting).id == "gpt-4o-mini"
