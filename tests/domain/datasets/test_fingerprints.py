"""What two files ask in common, told from their sketches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.fingerprints import (
    KEPT,
    NOTHING_ASKED,
    PromptFingerprints,
    fingerprint_of,
    in_share,
    shared,
    sketched,
)
from bot.domain.datasets.sampling import share_of


def sketch(asked: list[str], share: int = 1) -> PromptFingerprints:
    prints = [fingerprint_of(each, f"user\0{each}") for each in asked if in_share(each, share)]
    return sketched(prints, share, cut=False)


def questions(start: int, end: int) -> list[str]:
    return [f"How is number {number}?" for number in range(start, end)]


@given(
    st.sets(st.integers(0, 400)),
    st.sets(st.integers(0, 400)),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([1, 4]),
)
def test_of_small_files_every_prompt_in_both_samples_is_told(
    training: set[int], validation: set[int], one: int, other: int
) -> None:
    asked = [f"How is number {number}?" for number in sorted(validation)]
    learned = [f"How is number {number}?" for number in sorted(training)]
    compared = [each for each in asked if in_share(each, max(one, other))]
    both = [each for each in compared if each in learned]
    found = shared(sketch(learned, one), sketch(asked, other))
    assert found[0] == len(both)
    assert found[1] == len(compared)


def test_of_big_files_the_share_in_common_is_about_right() -> None:
    training, validation = questions(0, 40_000), questions(35_000, 45_000)
    found, compared = shared(sketch(training), sketch(validation))
    assert compared > 100
    assert found / compared == pytest.approx(0.5, abs=0.15)


def test_a_sketch_stays_small() -> None:
    assert len(sketch(questions(0, 3 * KEPT)).prompts) == 8 * KEPT


def test_the_same_question_in_another_conversation_is_another_prompt() -> None:
    assert fingerprint_of("Why?", "system\0Be brief.") != fingerprint_of("Why?", "system\0Be long.")


def test_what_has_no_sketch_has_nothing_in_common() -> None:
    assert shared(NOTHING_ASKED, NOTHING_ASKED) == (0, 0)
    assert shared(sketch(["a"]), NOTHING_ASKED) == (0, 0)


@pytest.mark.parametrize("megabytes", [0, 1, 3, 4, 7, 500, 8192])
def test_every_share_holds_the_samples_of_the_rarer_ones(megabytes: int) -> None:
    share = share_of(megabytes << 20)
    assert share & (share - 1) == 0
    assert share <= max(1, megabytes // 2) < 2 * share
