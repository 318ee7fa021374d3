"""Typos get the nearest name, and nothing else."""

import pytest

from bot.domain.nearest import did_you_mean, nearest

NAMES = ["Support-Tone", "maths"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("suport-tone", "Support-Tone"), ("MATH", "maths"), ("lamp", ""), ("", "")]
)
def test_a_slip_has_the_nearest_name_whatever_its_case(typed: str, meant: str) -> None:
    assert nearest(typed, NAMES) == meant


def test_without_a_near_name_nothing_is_said() -> None:
    assert did_you_mean("lamp", NAMES) == ""
    assert did_you_mean("math", NAMES) == " Did you mean `maths`?"
