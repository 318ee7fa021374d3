"""Every rule of the three formats, legal and illegal, as tables that read like the published schemas."""

import json
from typing import Any

import pytest

from bot.domain.catalog import Format
from bot.domain.datasets.formats import check_example

Json = dict[str, Any]
Illegal = dict[str, tuple[Any, set[tuple[str, str]]]]

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "How are you?"}
ANSWER = {"role": "assistant", "content": "Fine."}
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"city": "Seoul"}'}}
CALLING = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "21 degrees"}
TOOL = {"type": "function", "function": {"name": "look_up", "description": "Weather", "parameters": {}}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
TEXT = {"type": "text", "text": "What is this?"}


def chat(*messages: Any, **more: Any) -> Json:
    return {"messages": list(messages), **more}


def user(content: Any, **more: Any) -> Json:
    return {"role": "user", "content": content, **more}


def answer(content: Any = "Fine.", **more: Any) -> Json:
    return {"role": "assistant", "content": content, **more}


def calling(**changes: Any) -> Json:
    return chat(USER, {"role": "assistant", "tool_calls": [{**CALL, **changes}]})


def called(**changes: Any) -> Json:
    return calling(function={**CALL["function"], **changes})  # type: ignore[dict-item]


def pair(**changes: Any) -> Json:
    return {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [answer("Bad.")],
        **changes,
    }


def found(example: Any, wanted: Format) -> set[tuple[str, str]]:
    problems: set[tuple[str, str]] = set()
    clean = check_example(example, wanted, lambda path, code, _message, _fix: problems.add((path, code)))
    assert clean == (not problems)
    return problems


LEGAL_CHAT = {
    "a question and an answer": chat(USER, ANSWER),
    "a system prompt": chat(SYSTEM, USER, ANSWER),
    "an answer alone": chat(ANSWER),
    "several turns": chat(USER, ANSWER, USER, ANSWER),
    "names": chat(user("Hi", name="Kim"), answer(name="bot")),
    "weights 0 and 1": chat(USER, answer(weight=0), USER, answer(weight=1)),
    "text parts": chat(user([TEXT]), answer([{"type": "text", "text": "A cat."}])),
    "an image": chat(user([TEXT, IMAGE]), ANSWER),
    "an image with detail": chat(
        user([{"type": "image_url", "image_url": {"url": "http://a.kr/b", "detail": "low"}}]), ANSWER
    ),
    "an image inside the file": chat(
        user([{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}"}}]), ANSWER
    ),
    "ten images": chat(user([IMAGE] * 10), ANSWER),
    "a refusal part": chat(USER, answer([{"type": "refusal", "refusal": "No."}])),
    "a refusal": chat(USER, answer(None, refusal="No.")),
    "a tool call at the end": chat(USER, CALLING, tools=[TOOL]),
    "a tool call with null content": chat(USER, {**CALLING, "content": None}, tools=[TOOL]),
    "a tool call answered": chat(USER, CALLING, RESULT, ANSWER, tools=[TOOL], parallel_tool_calls=False),
    "the same call id again, later": chat(USER, CALLING, RESULT, CALLING, RESULT, ANSWER, tools=[TOOL]),
    "two calls answered in any order": chat(
        USER,
        {"role": "assistant", "tool_calls": [CALL, {**CALL, "id": "c2"}]},
        {**RESULT, "tool_call_id": "c2"},
        RESULT,
        ANSWER,
    ),
    "a strict tool": chat(
        USER, ANSWER, tools=[{"type": "function", "function": {"name": "f", "strict": True}}]
    ),
    "the older functions": chat(
        USER,
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "ok"},
        ANSWER,
        functions=[{"name": "f", "description": "…", "parameters": {}}],
    ),
    "no function call": chat(USER, answer(function_call=None)),
    "something like a reserved token": chat(user("a <| endoftext |> b <|x|> <|"), ANSWER),
}

ILLEGAL_CHAT: Illegal = {
    "a list": ([1], {("", "not_an_object")}),
    "text": ("hello", {("", "not_an_object")}),
    "null": (None, {("", "not_an_object")}),
    "no messages key": ({"tools": [TOOL]}, {("", "missing_key")}),
    "an extra key that is noise": (chat(USER, ANSWER, id=1), {("id", "unknown_key")}),
    "an extra key that is empty": (
        chat(USER, ANSWER, label=None, images=[]),
        {("label", "unknown_key"), ("images", "unknown_key")},
    ),
    "an extra key that is none": (chat(USER, ANSWER, weight=1), {("weight", "meaningful_key")}),
    "details that are noise": (chat(USER, ANSWER, metadata={"source": "crm"}), {("metadata", "unknown_key")}),
    "details that are none": (
        chat(USER, ANSWER, metadata={"label": False}),
        {("metadata", "meaningful_key")},
    ),
    "an extra key too odd to quote": (chat(USER, ANSWER, **{"<!channel>": 1}), {("…", "meaningful_key")}),
    "one message instead of a list": ({"messages": USER}, {("messages", "unlisted_messages")}),
    "messages that are no list": ({"messages": {}}, {("messages", "wrong_type")}),
    "no message": (chat(), {("messages", "no_messages")}),
    "a message that is text": (chat("hi", ANSWER), {("messages[0]", "wrong_type")}),
    "a message that is null": (chat(USER, None), {("messages[1]", "wrong_type")}),
    "no role": (chat({"content": "hi"}, ANSWER), {("messages[0]", "missing_key")}),
    "an unknown role": (
        chat({"role": "robot", "content": "hi"}, ANSWER),
        {("messages[0].role", "unknown_role")},
    ),
    "a role of another tool": (
        chat({"role": "human", "content": "hi"}, ANSWER),
        {("messages[0].role", "other_role")},
    ),
    "the developer role": (
        chat({"role": "developer", "content": "hi"}, ANSWER),
        {("messages[0].role", "other_role")},
    ),
    "a role that is a number": (
        chat({"role": 1, "content": "hi"}, ANSWER),
        {("messages[0].role", "unknown_role")},
    ),
    "an extra key in a message": (
        chat(user("hi", mood="good"), ANSWER),
        {("messages[0].mood", "meaningful_key")},
    ),
    "no content from the user": (chat({"role": "user"}, ANSWER), {("messages[0]", "missing_key")}),
    "null from the user": (chat(user(None), ANSWER), {("messages[0].content", "wrong_type")}),
    "a number as content": (chat(user(7), ANSWER), {("messages[0].content", "wrong_type")}),
    "an answer without content": (
        chat(USER, {"role": "assistant"}),
        {("messages[1].content", "missing_content")},
    ),
    "an answer of null": (chat(USER, answer(None)), {("messages[1].content", "missing_content")}),
    "no assistant": (chat(SYSTEM, USER), {("messages", "no_assistant_message")}),
    "the user last": (chat(USER, ANSWER, USER), {("messages[2].role", "last_not_assistant")}),
    "only weights of 0": (chat(USER, answer(weight=0)), {("messages", "no_trained_message")}),
    "a weight of 2": (chat(USER, answer(weight=2)), {("messages[1].weight", "bad_weight")}),
    "a weight of 0.5": (chat(USER, answer(weight=0.5)), {("messages[1].weight", "bad_weight")}),
    "a weight as text": (chat(USER, answer(weight="1")), {("messages[1].weight", "bad_weight")}),
    "a weight as true": (chat(USER, answer(weight=True)), {("messages[1].weight", "bad_weight")}),
    "a weight on the user": (
        chat(user("hi", weight=0), ANSWER),
        {("messages[0].weight", "misplaced_weight")},
    ),
    "a part without type": (chat(user([{"text": "x"}]), ANSWER), {("messages[0].content[0]", "missing_key")}),
    "an audio part": (
        chat(user([{"type": "input_audio", "input_audio": {}}]), ANSWER),
        {("messages[0].content[0].type", "unknown_part")},
    ),
    "a part without its text": (
        chat(user([{"type": "text"}]), ANSWER),
        {("messages[0].content[0]", "missing_key")},
    ),
    "a part that is text": (chat(user(["x"]), ANSWER), {("messages[0].content[0]", "wrong_type")}),
    "an image from the assistant": (
        chat(USER, answer([IMAGE])),
        {("messages[1].content[0]", "misplaced_image")},
    ),
    "an image in the system prompt": (
        chat({"role": "system", "content": [IMAGE]}, USER, ANSWER),
        {("messages[0].content[0]", "misplaced_image")},
    ),
    "eleven images": (chat(user([IMAGE] * 11), ANSWER), {("messages", "too_many_images")}),
    "an image without address": (
        chat(user([{"type": "image_url", "image_url": {}}]), ANSWER),
        {("messages[0].content[0].image_url", "missing_key")},
    ),
    "an image as text": (
        chat(user([{"type": "image_url", "image_url": "https://a.kr/b.png"}]), ANSWER),
        {("messages[0].content[0].image_url", "wrong_type")},
    ),
    "an image from a disk": (
        chat(user([{"type": "image_url", "image_url": {"url": "file:///a.png"}}]), ANSWER),
        {("messages[0].content[0].image_url.url", "bad_image")},
    ),
    "a GIF": (
        chat(user([{"type": "image_url", "image_url": {"url": "data:image/gif;base64,aGk="}}]), ANSWER),
        {("messages[0].content[0].image_url.url", "bad_image")},
    ),
    "an unknown detail": (
        chat(user([{"type": "image_url", "image_url": {"url": "https://a.kr", "detail": "max"}}]), ANSWER),
        {("messages[0].content[0].image_url.detail", "bad_detail")},
    ),
    "no tool calls and no content": (
        chat(USER, {"role": "assistant", "tool_calls": []}),
        {("messages[1].content", "missing_content")},
    ),
    "a call without id": (
        chat(USER, {"role": "assistant", "tool_calls": [{"type": "function", "function": CALL["function"]}]}),
        {("messages[1].tool_calls[0]", "missing_key")},
    ),
    "a call that is text": (
        chat(USER, {"role": "assistant", "tool_calls": ["look_up"]}),
        {("messages[1].tool_calls[0]", "wrong_type")},
    ),
    "a call of nothing": (calling(function={}), {("messages[1].tool_calls[0].function", "missing_key")}),
    "a function call as text": (
        chat(USER, {"role": "assistant", "function_call": "look_up"}),
        {("messages[1].function_call", "wrong_type")},
    ),
    "an image part without image": (
        chat(user([{"type": "image_url"}]), ANSWER),
        {("messages[0].content[0]", "missing_key")},
    ),
    "a call of another type": (calling(type="custom"), {("messages[1].tool_calls[0].type", "bad_tool_type")}),
    "a call without function": (
        calling(function=None),
        {("messages[1].tool_calls[0].function", "wrong_type")},
    ),
    "arguments as an object": (
        called(arguments={"a": 1}),
        {("messages[1].tool_calls[0].function.arguments", "arguments_not_text")},
    ),
    "null as arguments": (
        called(arguments=None),
        {("messages[1].tool_calls[0].function.arguments", "wrong_type")},
    ),
    "a function name with spaces": (
        called(name="look up"),
        {("messages[1].tool_calls[0].function.name", "bad_function_name")},
    ),
    "an answer to no call": (
        chat(USER, RESULT, ANSWER),
        {("messages[1].tool_call_id", "unmatched_tool_answer")},
    ),
    "an answer to another call": (
        chat(USER, CALLING, {**RESULT, "tool_call_id": "c9"}, ANSWER),
        {
            ("messages[2].tool_call_id", "unmatched_tool_answer"),
            ("messages[1].tool_calls[0]", "unanswered_tool_call"),
        },
    ),
    "a call left unanswered": (
        chat(USER, CALLING, USER, ANSWER),
        {("messages[1].tool_calls[0]", "unanswered_tool_call")},
    ),
    "a tool message without id": (
        chat(USER, {"role": "tool", "content": "x"}, ANSWER),
        {("messages[1]", "missing_key")},
    ),
    "tools that are no list": (chat(USER, ANSWER, tools={}), {("tools", "wrong_type")}),
    "a tool of another type": (
        chat(USER, ANSWER, tools=[{**TOOL, "type": "retrieval"}]),
        {("tools[0].type", "bad_tool_type")},
    ),
    "a tool without name": (
        chat(USER, ANSWER, tools=[{"type": "function", "function": {}}]),
        {("tools[0].function", "missing_key")},
    ),
    "parameters as text": (
        chat(USER, ANSWER, tools=[{"type": "function", "function": {"name": "f", "parameters": "{}"}}]),
        {("tools[0].function.parameters", "wrong_type")},
    ),
    "parallel_tool_calls as text": (
        chat(USER, ANSWER, parallel_tool_calls="no"),
        {("parallel_tool_calls", "wrong_type")},
    ),
    "129 functions": (
        chat(USER, ANSWER, functions=[{"name": "f"}] * 129),
        {("functions", "too_many_functions")},
    ),
    "a reserved token in a text": (
        chat(USER, answer("x <|fim_suffix|> y")),
        {("messages[1].content", "reserved_token")},
    ),
    "a reserved token in a tool's parameters": (
        chat(
            USER,
            ANSWER,
            tools=[
                {
                    "type": "function",
                    "function": {"name": "f", "parameters": {"a": {"description": "<|im_end|>"}}},
                }
            ],
        ),
        {("tools[0].function.parameters", "reserved_token")},
    ),
    "a reserved token in a part": (
        chat(user([{"type": "text", "text": "<|endoftext|>"}]), ANSWER),
        {("messages[0].content[0].text", "reserved_token")},
    ),
    "two problems at once": (
        chat({"role": "usr", "content": ""}, answer(weight=3), x=1),
        {("x", "meaningful_key"), ("messages[0].role", "unknown_role"), ("messages[1].weight", "bad_weight")},
    ),
    "a preference pair": (pair(), {("", "other_format")}),
}

LEGAL_PREFERENCE = {
    "a pair": pair(),
    "a system prompt and tools": pair(
        input={"messages": [SYSTEM, USER], "tools": [TOOL], "parallel_tool_calls": True}
    ),
    "a weight in the input": pair(input={"messages": [USER, answer(weight=0), USER]}),
    "an input that ends with a tool's answer": pair(input={"messages": [USER, CALLING, RESULT]}),
    "equal outputs, which are only unwise": pair(non_preferred_output=[ANSWER]),
}

ILLEGAL_PREFERENCE: Illegal = {
    "no input": ({"preferred_output": [ANSWER], "non_preferred_output": [ANSWER]}, {("", "missing_key")}),
    "no preferred output": (
        {"input": {"messages": [USER]}, "non_preferred_output": [ANSWER]},
        {("", "missing_key")},
    ),
    "an extra key": (pair(id=7), {("id", "unknown_key")}),
    "an input that is a list": (pair(input=[USER]), {("input", "wrong_type")}),
    "an extra key in the input": (pair(input={"messages": [USER], "x": 1}), {("input.x", "meaningful_key")}),
    "an input without messages": (pair(input={}), {("input", "missing_key")}),
    "an input that ends with an answer": (
        pair(input={"messages": [USER, ANSWER]}),
        {("input.messages[1].role", "input_ends_with_assistant")},
    ),
    "no output": (pair(preferred_output=[]), {("preferred_output", "not_one_output")}),
    "two outputs": (pair(preferred_output=[ANSWER, ANSWER]), {("preferred_output", "several_outputs")}),
    "an output that is text": (pair(preferred_output="Fine."), {("preferred_output", "unlisted_output")}),
    "one message instead of an input": (
        pair(input={"messages": USER}),
        {("input.messages", "unlisted_messages")},
    ),
    "an output by the user": (
        pair(preferred_output=[USER]),
        {("preferred_output[0].role", "output_not_assistant")},
    ),
    "a weight": (
        pair(preferred_output=[answer(weight=1)]),
        {("preferred_output[0].weight", "misplaced_weight")},
    ),
    "an answer not to be learned": (
        pair(preferred_output=[answer(weight=0)]),
        {("preferred_output[0].weight", "unwanted_answer")},
    ),
    "an image": (
        pair(input={"messages": [user([TEXT, IMAGE])]}),
        {("input.messages[0].content[1]", "misplaced_image")},
    ),
    "a chat example": (chat(USER, ANSWER), {("", "other_format")}),
}

LEGAL_REINFORCEMENT = {
    "a question with what a grader needs": chat(USER, target="7", options=["a", {"b": 1}]),
    "a developer prompt": chat({"role": "developer", "content": "Count."}, USER),
    "an earlier answer": chat(USER, ANSWER, USER),
    "a weight": chat(USER, answer(weight=0), USER, target=1),
    "tools": chat(USER, tools=[TOOL]),
}

ILLEGAL_REINFORCEMENT: Illegal = {
    "no messages": ({"target": 1}, {("", "missing_key")}),
    "an answer last": (chat(USER, ANSWER, target=1), {("messages[1].role", "last_not_user")}),
    "a system prompt": (chat(SYSTEM, USER, target=1), {("messages[0].role", "other_role")}),
    "a weight of 2": (chat(USER, answer(weight=2), USER), {("messages[1].weight", "bad_weight")}),
    "broken tools": (chat(USER, tools=[1]), {("tools[0]", "wrong_type")}),
}

LEGAL: list[tuple[Format, dict[str, Json]]] = [
    ("chat", LEGAL_CHAT),
    ("preference", LEGAL_PREFERENCE),
    ("reinforcement", LEGAL_REINFORCEMENT),
]
ILLEGAL: list[tuple[Format, Illegal]] = [
    ("chat", ILLEGAL_CHAT),
    ("preference", ILLEGAL_PREFERENCE),
    ("reinforcement", ILLEGAL_REINFORCEMENT),
]


def doubted(example: Any, wanted: Format) -> set[tuple[str, str]]:
    doubts: set[tuple[str, str]] = set()
    check_example(example, wanted, lambda *_: None, lambda path, code: doubts.add((path, code)))
    return doubts


@pytest.mark.parametrize(
    ("wanted", "example"),
    [
        pytest.param(wanted, example, id=f"{wanted}-{name}")
        for wanted, table in LEGAL
        for name, example in table.items()
    ],
)
def test_a_legal_example_has_no_problem(wanted: Format, example: Json) -> None:
    assert found(example, wanted) == set()


@pytest.mark.parametrize(
    ("wanted", "example", "problems"),
    [
        pytest.param(wanted, example, problems, id=f"{wanted}-{name}")
        for wanted, table in ILLEGAL
        for name, (example, problems) in table.items()
    ],
)
def test_an_illegal_example_has_exactly_its_problems(
    wanted: Format, example: Any, problems: set[tuple[str, str]]
) -> None:
    assert found(example, wanted) == problems


@pytest.mark.parametrize(
    ("wanted", "example"),
    [
        ("chat", chat(USER, ANSWER, tools=[])),
        ("chat", chat(USER, {**ANSWER, "tool_calls": []})),
        ("preference", pair(input={"messages": [USER], "tools": []})),
        ("reinforcement", chat(USER, tools=[], target=1)),
    ],
)
def test_an_empty_list_that_may_be_left_out_trains(wanted: Format, example: Json) -> None:
    assert found(example, wanted) == set()
    assert doubted(example, wanted) == set()


def test_of_empty_lists_only_functions_need_an_entry() -> None:
    assert found(chat(USER, ANSWER, functions=[]), "chat") == {("functions", "empty_list")}


ARGUMENTS = "messages[1].tool_calls[0].function.arguments"
CALLED = {"tools": [TOOL]}
DOUBTFUL: dict[str, tuple[Json, set[tuple[str, str]]]] = {
    "arguments that are no JSON": (called(arguments="{city: Seoul}"), {(ARGUMENTS, "odd_arguments")}),
    "arguments in single quotes": (called(arguments="{'city': 'Seoul'}"), {(ARGUMENTS, "odd_arguments")}),
    "arguments that are a list": (called(arguments='["Seoul"]'), {(ARGUMENTS, "odd_arguments")}),
    "arguments that are the word null": (called(arguments="null"), {(ARGUMENTS, "odd_arguments")}),
    "no arguments at all": (called(arguments=""), {(ARGUMENTS, "odd_arguments")}),
    "a text as arguments": (called(arguments='"Seoul"'), {(ARGUMENTS, "odd_arguments")}),
    "arguments twice": (called(arguments=json.dumps('{"city": "Seoul"}')), {(ARGUMENTS, "arguments_twice")}),
    "a call with an empty id": (calling(id=""), {("messages[1].tool_calls[0].id", "empty_name")}),
    "an empty name": (chat(user("hi", name=""), ANSWER), {("messages[0].name", "empty_name")}),
    "no parts": (chat(user([]), ANSWER), {("messages[0].content", "empty_content")}),
    "an answer of a tool in parts": (
        chat(USER, CALLING, {**RESULT, "content": [{"type": "text", "text": "21"}]}, ANSWER),
        {("messages[2].content", "tool_parts")},
    ),
    "two calls with the same id": (
        chat(USER, {"role": "assistant", "tool_calls": [CALL, CALL]}, RESULT, RESULT, ANSWER),
        {("messages[1].tool_calls", "repeated_call_id")},
    ),
}


@pytest.mark.parametrize(("example", "doubts"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_the_server_is_only_believed_to_refuse_is_no_problem(
    example: Json, doubts: set[tuple[str, str]]
) -> None:
    assert found(example | CALLED, "chat") == set()
    assert doubted(example | CALLED, "chat") == doubts


@pytest.mark.parametrize(
    "tools",
    [{}, {"tools": []}, {"tools": [{**TOOL, "function": {"name": "look"}}]}, {"functions": [{"name": "x"}]}],
)
def test_a_call_of_a_function_that_is_not_defined_is_doubtful(tools: Json) -> None:
    assert doubted(chat(USER, CALLING, **tools), "chat") == {("messages[1]", "undefined_call")}
    old = {"role": "assistant", "function_call": {"name": "look_up", "arguments": "{}"}}
    assert doubted(chat(USER, old, **tools), "chat") == {("messages[1]", "undefined_call")}


def test_a_call_in_an_output_is_of_the_tools_of_the_input() -> None:
    example = pair(preferred_output=[CALLING])
    assert doubted(example, "preference") == {("preferred_output[0]", "undefined_call")}
    assert not doubted({**example, "input": {"messages": [USER], "tools": [TOOL]}}, "preference")


def test_all_reserved_tokens_of_a_text_are_told_together() -> None:
    said: list[str] = []
    example = chat(USER, answer("<|im_start|>So<|im_end|> <|im_start|> <|fim_suffix|>"))
    check_example(example, "chat", lambda _path, _code, message, _fix: said.append(message))
    (told,) = said
    assert "contains the reserved tokens <|im_start|>, <|im_end|> and <|fim_suffix|>; the server" in told


def test_no_sentence_quotes_what_people_wrote() -> None:
    secret = "the patient's diagnosis is gout"
    said: list[str] = []
    for wanted, table in ILLEGAL:
        for example, _ in table.values():
            told = json.loads(json.dumps(example).replace("hi", secret).replace("usr", secret))
            check_example(told, wanted, lambda *sentences: said.extend(sentences))
    assert said
    assert not [sentence for sentence in said if "gout" in sentence]


def cure(example: Any, wanted: Format = "chat") -> str:
    """What is said to do about the first problem."""
    said: list[str] = []
    check_example(example, wanted, lambda _path, _code, _message, fix: said.append(fix))
    return said[0]


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (chat(USER, ANSWER, weight=0), "give the assistant's messages a weight"),
        (chat(USER, ANSWER, label=False), "examples with bad answers must not be learned"),
        (chat(USER, ANSWER, system="x"), "write it as the first message"),
        (chat(USER, ANSWER, images=["x"]), "a part of its message"),
        (chat(USER, ANSWER, rejected="x"), "a worse answer"),
        (chat(USER, ANSWER, quality="bad"), "shows first what it leaves out"),
        (chat(USER, ANSWER, id=1), "check --fix"),
        (chat(user([{"type": "input_text", "text": "x"}]), ANSWER), "rename it. Mend does it in Slack"),
        (chat({"role": "human", "content": "x"}, ANSWER), 'Write "user" there. Convert does it'),
        (chat(SYSTEM), "write the system prompt as the first message of each"),
    ],
)
def test_a_cure_names_what_is_right_and_never_loses_what_is_to_be_learned(example: Any, said: str) -> None:
    assert said in cure(example)
    assert "weight, weight" not in cure(example)
    if "Remove it." in cure(example):
        assert "id" in example
