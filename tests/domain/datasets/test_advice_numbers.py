"""How tokens spread, and which hyperparameters are suggested."""

from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Format
from bot.domain.datasets.histogram import MOST_BARS, bars, bin_of, low_of, percentile
from bot.domain.datasets.suggestions import suggest
from tests.domain.datasets.test_advice import ordinary, report_on

TOKENS = st.integers(0, 200_000)


def binned(values: list[int]) -> dict[int, int]:
    bins: dict[int, int] = {}
    for value in values:
        bins[bin_of(value)] = bins.get(bin_of(value), 0) + 1
    return bins


@given(TOKENS)
def test_a_bin_holds_its_values_and_is_narrow(value: int) -> None:
    low, above = low_of(bin_of(value)), low_of(bin_of(value) + 1)
    assert low <= value < above
    assert above - low <= max(1, low / 64)


@given(st.lists(TOKENS, min_size=1), st.sampled_from([1, 50, 90, 99, 100]))
def test_percentiles_are_right_to_within_a_bin(values: list[int], percent: int) -> None:
    values.sort()
    exact = values[ceil(len(values) * percent / 100) - 1]
    assert abs(percentile(binned(values), percent) - exact) <= exact / 64


@given(st.lists(TOKENS, min_size=1))
def test_bars_hold_every_example_once_and_leave_no_gap(values: list[int]) -> None:
    drawn = bars(binned(values))
    assert len(drawn) <= MOST_BARS
    assert sum(bar.examples for bar in drawn) == len(values)
    for before, after in pairwise(drawn):
        assert after.low == before.high + 1
    for value in values:
        assert any(bar.low <= value <= bar.high and bar.examples for bar in drawn)


def test_nothing_has_no_spread() -> None:
    assert bars({}) == ()
    assert percentile({}, 50) == 0


def test_a_report_tells_the_spread_of_its_examples() -> None:
    tokens = report_on(ordinary(100)).tokens
    assert 0 < tokens.p50 <= tokens.p90 <= tokens.p99 <= tokens.max
    assert sum(bar.examples for bar in tokens.histogram) == 100


@pytest.mark.parametrize(
    ("examples", "epochs", "said"),
    [(10, 10, "because there are few"), (100, 3, "usually takes 3."), (20_000, 1, "because there are many")],
)
def test_epochs_are_left_to_the_server_and_it_is_said_what_it_takes(
    examples: int, epochs: int, said: str
) -> None:
    first = suggest("chat", examples).hyperparameters[0]
    assert (first.name, first.value, first.expected) == ("n_epochs", "auto", epochs)
    assert said in first.reason


@pytest.mark.parametrize(("kind", "beta"), [("chat", False), ("preference", True), ("reinforcement", False)])
def test_beta_is_only_for_preferences(kind: Format, beta: bool) -> None:
    suggested = suggest(kind, 100)
    assert ("beta" in [each.name for each in suggested.hyperparameters]) is beta
    assert suggested.afterwards
    told = [
        *(each.reason for each in suggested.hyperparameters),
        *(each.change for each in suggested.afterwards),
    ]
    assert all(sentence.endswith(".") and len(sentence) <= 300 for sentence in told)


def test_what_is_no_dataset_gets_no_suggestion() -> None:
    assert suggest("chat", 0).hyperparameters == ()
    assert suggest(None, 5).hyperparameters == ()
