"""What training and validation data share is found, also where a few words differ, and named by line."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.leakage import gist_of, leakage

KEYS = st.sampled_from(["messages", "input", "preferred_output", "role", "content", "text"])
WORDS = [
    f"{first}{second}" for first in ("ka", "lo", "mi", "ne", "pu", "ra") for second in ("ba", "do", "fi")
]


def prose(seed: int) -> list[str]:
    return Random(seed).choices(WORDS, k=120)


def chat(asked: Any, said: str) -> dict[str, Any]:
    system = {"role": "system", "content": "Be brief, be kind, and never guess what you do not know."}
    messages = [system, {"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    return {"messages": messages}


def pair(asked: str, said: str) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": asked}]},
        "preferred_output": [{"role": "assistant", "content": said}],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }


def file(*values: Any) -> list[tuple[int, bytes]]:
    return [(number, json.dumps(value).encode()) for number, value in enumerate(values, start=1)]


def found(training: list[tuple[int, bytes]], validation: list[tuple[int, bytes]]) -> list[tuple[Any, ...]]:
    return [(each.code, each.count, each.lines) for each in leakage(training, validation)]


def test_what_validation_holds_or_asks_too_is_told_with_the_lines_of_training() -> None:
    training = file(chat("a", "1"), chat("b", "1"), chat("c", "1"))
    assert found(training, file(chat("x", "1"), chat("b", "1"), chat("c", "2"))) == [
        ("leaked_example", 1, (2,)),
        ("leaked_prompt", 1, (3,)),
    ]
    assert found(training, file(chat("x", "1"))) == []


@pytest.mark.parametrize("kind", [chat, pair])
def test_an_example_that_differs_in_a_word_or_two_is_found_too(kind: Any) -> None:
    training = [kind(f"Question {seed}", " ".join(prose(seed))) for seed in range(30)]
    changed = prose(7)
    changed[3], changed[70] = "else", "other"
    assert found(file(*training), file(kind("Question 700", " ".join(changed)))) == [("leaked_near", 1, (8,))]


def test_examples_that_only_share_their_instructions_are_not_alike() -> None:
    task = "Read the following text with care and say in one word which product it is about, or none: "
    training = [chat(task + " ".join(prose(seed)[:30]), "None") for seed in range(30)]
    validation = [chat(task + " ".join(prose(seed)[:30]), "None") for seed in range(100, 130)]
    assert found(file(*training), file(*validation)) == []


def test_two_pictures_with_the_same_question_are_not_alike() -> None:
    def shown(url: str) -> dict[str, Any]:
        picture = {"type": "image_url", "image_url": {"url": url}}
        return chat([{"type": "text", "text": " ".join(prose(1))}, picture], "A cat.")

    assert found(file(shown("https://pictures.test/1")), file(shown("https://pictures.test/2"))) == []


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_nothing_that_was_parsed_is_too_strange_to_have_a_gist(value: Any) -> None:
    assert isinstance(gist_of(value), str)
