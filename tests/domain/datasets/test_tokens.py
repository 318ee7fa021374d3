"""Token totals by the reference script's formula, and the documented estimates beside it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.tokens import ExampleTokens, Meter


def letters(text: str) -> int:
    """A token counter for tests: one token a character."""
    return len(text)


def reference(example: dict[str, Any]) -> int:
    """The notebook's formula, written down a second time."""
    tokens = 3
    for message in example["messages"]:
        tokens += 3
        for key, value in message.items():
            tokens += letters(value) + (1 if key == "name" else 0)
    return tokens


MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text()},
    optional={"name": st.text(min_size=1)},
)


@given(st.lists(MESSAGE, min_size=1, max_size=6))
def test_plain_conversations_follow_the_formula_exactly(messages: list[dict[str, Any]]) -> None:
    example = {"messages": messages}
    trained = sum(len(message["content"]) for message in messages if message["role"] == "assistant")
    assert Meter(letters).measure(example, "chat") == ExampleTokens(reference(example), trained, exact=True)


def test_an_answer_of_weight_0_is_not_trained_but_counted() -> None:
    messages = [
        {"role": "user", "content": "abc"},
        {"role": "assistant", "content": "12", "weight": 0},
        {"role": "assistant", "content": "1234", "weight": 1},
    ]
    tokens = Meter(letters).measure({"messages": messages}, "chat")
    assert tokens == ExampleTokens(3 + (3 + 4 + 3) + (3 + 9 + 2) + (3 + 9 + 4), 4, exact=True)


def test_tools_and_their_calls_are_estimated() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "abc"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "12"},
    ]
    tokens = Meter(letters).measure({"messages": messages, "tools": [tool]}, "chat")
    definition = len(json.dumps(tool, separators=(",", ":")))
    assert tokens == ExampleTokens(
        3 + (3 + 4 + 3) + (3 + 9 + 5) + (3 + 4 + 2 + 2) + definition, 5, exact=False
    )


def test_older_function_calls_and_refusals_are_estimated() -> None:
    function = {"name": "f", "parameters": {}}
    messages = [
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "12"},
        {"role": "assistant", "refusal": "No."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "Never."}]},
    ]
    tokens = Meter(letters).measure({"messages": messages, "functions": [function]}, "chat")
    definition = len(json.dumps(function, separators=(",", ":")))
    total = 3 + (3 + 9 + 3) + (3 + 8 + 2 + 1 + 1) + (3 + 9 + 3) + (3 + 9 + 6) + definition
    assert tokens == ExampleTokens(total, 3 + 3 + 6, exact=False)


def test_images_cost_by_detail() -> None:
    def image(**more: str) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": "https://a.kr/b.png", **more}}

    def total(*parts: dict[str, Any]) -> int:
        message = {"role": "user", "content": list(parts)}
        return Meter(letters).measure({"messages": [message]}, "chat").total

    assert total(image(detail="low")) == 3 + 3 + 4 + 85
    assert total(image(), {"type": "text", "text": "ab"}) == 3 + 3 + 4 + 765 + 2


def test_a_pair_counts_its_input_and_both_outputs_once() -> None:
    question = {"role": "user", "content": "abc"}
    example = {
        "input": {"messages": [question, {"role": "assistant", "content": "earlier"}, question]},
        "preferred_output": [{"role": "assistant", "content": "12"}],
        "non_preferred_output": [{"role": "assistant", "content": "1234"}],
    }
    tokens = Meter(letters).measure(example, "preference")
    given = (3 + 4 + 3) + (3 + 9 + 7) + (3 + 4 + 3)
    assert tokens == ExampleTokens(3 + given + (3 + 9 + 2) + (3 + 9 + 4), 2 + 4, exact=False)


def test_reinforcement_trains_on_no_text_of_the_file() -> None:
    messages = [{"role": "assistant", "content": "12"}, {"role": "user", "content": "abc"}]
    tokens = Meter(letters).measure({"messages": messages, "target": "x"}, "reinforcement")
    assert (tokens.trained, tokens.exact) == (0, False)


def test_a_system_prompt_that_repeats_is_counted_once() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text)

    meter = Meter(count)
    for question in ("a", "b"):
        meter.measure(
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": question},
                ]
            },
            "chat",
        )
    assert counted.count("Be brief.") == 1
