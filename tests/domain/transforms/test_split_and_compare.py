"""What counts as the same example, which side it goes to, and what changed between two versions."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.fingerprints import Identity, identity_of, identity_of_line
from bot.domain.datasets.line import TEXT_CAP, VALUES_CAP
from bot.domain.transforms.compare import Difference, Numbered, compare
from bot.domain.transforms.split import Planner, Split
from bot.errors import BadInput


def chat(asked: str, said: str, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    return {"messages": messages, **more}


def file(*examples: tuple[str, str]) -> list[Numbered]:
    return [(number, identity_of(chat(*each))) for number, each in enumerate(examples, start=1)]


def counts(difference: Difference) -> tuple[int, int, int, int]:
    marks = (difference.added, difference.removed, difference.changed)
    return difference.same, *(mark.count for mark in marks)  # type: ignore[return-value] # three of them


def test_neither_spaces_nor_escapes_nor_the_order_of_keys_make_another_example() -> None:
    one = identity_of_line(b'{"messages": [{"role": "user", "content": "a"}]}')
    assert identity_of_line(b' {"messages":[{"content":"\\u0061","role":"user"}]}\r\n') == one
    assert identity_of_line(b'{"messages": [{"role": "user", "content": "b"}]}').example != one.example


def test_the_prompt_is_what_stands_before_the_last_answer_and_the_tools() -> None:
    asked = identity_of(chat("a", "b"))
    assert identity_of(chat("a", "c")).prompt == asked.prompt
    assert identity_of(chat("a", "b", tools=[1])).prompt != asked.prompt
    pair = {"input": {"messages": chat("a", "b")["messages"][:1]}, "preferred_output": [], "other": 1}
    assert identity_of(pair).prompt == asked.prompt


@pytest.mark.parametrize("line", [b"{oops", b"[1]", b"3", b'{"messages": 3}', b"\xff", b"[" * 100_000])
def test_a_line_without_a_question_stands_for_itself(line: bytes) -> None:
    assert identity_of_line(line).example == identity_of_line(line).prompt


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"messages": [' + b"[]," * (VALUES_CAP // 3) + b"[]]}", id="brackets"),
        pytest.param(b'{"messages": ["' + b"a" * TEXT_CAP + b'"]}', id="text"),
    ],
)
def test_a_line_that_takes_too_much_memory_to_read_is_the_same_as_another_only_byte_by_byte(
    line: bytes,
) -> None:
    assert identity_of_line(line) == identity_of_line(line + b"\r\n")
    assert identity_of_line(line) != identity_of_line(line.replace(b": ", b":"))


def test_examples_without_a_question_do_not_all_have_the_same_prompt() -> None:
    def poem(text: str) -> Identity:
        return identity_of(
            {
                "messages": [
                    {"role": "system", "content": "Write."},
                    {"role": "assistant", "content": text},
                ]
            }
        )

    assert poem("a").prompt != poem("b").prompt


def planned(found: list[Identity], share: float, seed: int = 0) -> Split:
    planner = Planner(seed)
    for identity in found:
        planner.see(identity)
    return planner.plan(share)


@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=80).filter(lambda asked: len(set(asked)) > 1),
    st.floats(0.01, 0.99),
    st.integers(),
)
def test_a_prompt_is_never_on_both_sides_and_no_side_is_empty(
    asked: list[int], share: float, seed: int
) -> None:
    found = [identity_of(chat(str(number), str(at))) for at, number in enumerate(asked)]
    split = planned(found, share, seed)
    sides: dict[bytes, set[bool]] = {}
    for identity in found:
        sides.setdefault(identity.prompt, set()).add(split.is_validation(identity))
    assert all(len(side) == 1 for side in sides.values())
    assert set.union(*sides.values()) == {True, False}


def test_the_share_is_exact_where_no_prompt_repeats() -> None:
    found = [identity_of(chat(str(number), "")) for number in range(200)]
    split = planned(found, 0.15)
    assert sum(map(split.is_validation, found)) == 30


def test_the_seed_decides_and_the_order_does_not() -> None:
    found = [identity_of(chat(str(number), "")) for number in range(50)]
    assert planned(found, 0.2, 7) == planned(found[::-1], 0.2, 7)
    one, other = planned(found, 0.2, 7), planned(found, 0.2, 8)
    assert [one.is_validation(each) for each in found] != [other.is_validation(each) for each in found]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_a_share_outside_nought_and_one_is_refused(share: float) -> None:
    with pytest.raises(BadInput, match="between 0 and 1"):
        planned([identity_of(chat("a", "b")), identity_of(chat("b", "b"))], share)


def test_a_file_with_one_prompt_cannot_be_parted() -> None:
    with pytest.raises(BadInput, match="same prompt"):
        planned([identity_of(chat("a", str(number))) for number in range(5)], 0.5)


def test_a_new_answer_to_an_old_prompt_is_a_change() -> None:
    found = compare(
        file(("a", "1"), ("b", "1"), ("c", "1")), file(("d", "1"), ("c", "1"), ("b", "2"), ("e", "1"))
    )
    assert counts(found) == (1, 2, 1, 1)
    assert (found.added.lines, found.removed.lines, found.changed.lines) == ([1, 4], [1], [3])


def test_repetitions_count_as_often_as_they_stand_there() -> None:
    assert counts(compare(file(("a", "1"), ("a", "1")), file(("a", "1")))) == (1, 0, 1, 0)
    assert counts(compare(file(("a", "1")), file(("a", "2"), ("a", "3")))) == (0, 1, 0, 1)


versions = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("123")), max_size=12)


@given(versions, versions)
def test_every_example_is_counted_once_on_its_side(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    same, added, removed, changed = counts(compare(file(*old), file(*new)))
    assert same + removed + changed == len(old)
    assert same + added + changed == len(new)
    assert same == (Counter(old) & Counter(new)).total()


def test_identities_survive_numbers_that_no_64_bits_hold() -> None:
    line = json.dumps({"messages": [10**30]}).encode()
    assert identity_of_line(line) == identity_of_line(line)
