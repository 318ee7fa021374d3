"""What people see of an example, whatever its line holds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.examples import MESSAGES, RAW, TEXT, shown


def of(**value: Any) -> Any:
    return shown(3, json.dumps(value).encode())


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def test_a_chat_is_who_said_what_with_what_is_not_learned() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    found = of(
        messages=[
            user("Why?", name="Mina"),
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "assistant", "content": "So.", "weight": 0},
        ]
    )
    assert [(said.by, said.text, said.name, said.learned) for said in found.said] == [
        ("user", "Why?", "Mina", True),
        ("assistant", "→ look({})", "", True),
        ("assistant", "So.", "", False),
    ]


def test_of_a_preference_both_answers_are_shown_and_of_a_graded_prompt_what_it_is_graded_by() -> None:
    answers = {
        "preferred_output": [{"role": "assistant", "content": "Yes."}],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }
    pair = of(input={"messages": [user("Is it?")]}, **answers)
    assert [(said.by, said.text) for said in pair.said] == [
        ("user", "Is it?"),
        ("better answer", "Yes."),
        ("worse answer", "No."),
    ]
    graded = of(messages=[user("2+2?")], answer=4)
    assert [(said.by, said.text) for said in graded.said] == [("user", "2+2?"), ("answer", "4")]


def test_an_image_is_a_word_and_its_address_is_nowhere() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://evil.example/x.png"}}
    [said] = of(messages=[user([{"type": "text", "text": "Look:"}, image])]).said
    assert (said.text, said.images) == ("Look:", 1)


def test_what_is_left_out_is_counted() -> None:
    found = of(messages=[user("x" * (TEXT + 1_204))] * (MESSAGES + 3))
    assert (found.more, found.said[0].more, len(found.said[0].text)) == (3, 1_204, TEXT)


@pytest.mark.parametrize("body", [b'{"messages": [', b"\xff\xfe", b"[" * 100_000, b"[1]", b'{"a": 1}'])
def test_a_line_that_is_no_example_is_shown_as_it_is(body: bytes) -> None:
    found = shown(1, body)
    assert found.said == ()
    assert found.raw == body.decode(errors="replace")[:RAW]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["role", "content", "tool_calls", "function_call", "weight", "name", "messages"])
MESSAGE = st.dictionaries(KEYS, JSON | st.lists(st.dictionaries(KEYS, JSON)))


@given(st.fixed_dictionaries({"messages": st.lists(MESSAGE | JSON), "input": JSON, "preferred_output": JSON}))
def test_whatever_stands_in_a_line_is_shown_somehow(value: dict[str, Any]) -> None:
    assert shown(1, json.dumps(value).encode()).line == 1
