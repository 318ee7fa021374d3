"""What a loss curve is taken to say."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest

from bot.domain.jobs.loss_chart import describe
from bot.domain.jobs.training import (
    MOST_POINTS,
    Checkpoint,
    Curve,
    Point,
    joined,
    loss,
    losses,
    read,
    thinned,
)


def curve(
    train: Callable[[int], float | None],
    valid: Callable[[int], float | None] = lambda _: None,
    *,
    steps: int = 300,
    kept: tuple[int, ...] = (),
) -> Curve:
    """Losses as functions of the step."""
    points = tuple(Point(step, train(step), valid(step)) for step in range(1, steps + 1))
    return Curve(points, tuple(Checkpoint(step, f"ft:m:ckpt-step-{step}") for step in kept))


def falls(step: int) -> float:
    """Quickly to 0.4, with the noise of single batches."""
    return 0.4 + 1.5 * math.exp(-step / 30) + 0.05 * math.sin(step * 7)


def turns(step: int) -> float:
    """Down until step 180, then up."""
    return 0.6 + 0.9 * math.exp(-step / 40) + max(0, step - 180) * 0.002


def test_a_validation_loss_that_turns_up_says_where_and_what_to_take_instead() -> None:
    """The checkpoint nearest to the lowest point is named, never the end itself."""
    said = read(curve(falls, turns, kept=(100, 200, 300)))
    assert said.startswith("It began to memorise the examples after step 1")
    assert said.endswith("try fewer epochs, or use the checkpoint at step 200.")
    assert 150 <= int(said.split("step ")[1].split()[0]) <= 190
    assert read(curve(falls, turns, kept=(300,))).endswith("fewer epochs.")


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (curve(falls, lambda step: falls(step) + 0.1), "the number of epochs was right"),
        (curve(falls), "With a validation dataset"),
        (curve(lambda step: 3 - step / 150), "another epoch may help"),
        (curve(lambda step: 2 + 0.1 * math.sin(step * 5)), "hardly learned"),
        (curve(lambda _: 0.0), "hardly learned"),
    ],
)
def test_other_curves_say_what_to_change_or_that_nothing_is_to_change(drawn: Curve, words: str) -> None:
    """Each in one sentence."""
    assert words in read(drawn)


@pytest.mark.parametrize("drawn", [Curve(), curve(falls, steps=5), curve(lambda _: None, lambda _: 1.0)])
def test_a_curve_that_holds_too_little_says_nothing(drawn: Curve) -> None:
    """Rather nothing than a guess."""
    assert read(drawn) == ""


def test_one_jump_at_the_end_is_no_turn() -> None:
    """Single values mean nothing."""
    assert "memorise the" not in read(curve(falls, lambda step: falls(step) + (0.5 if step == 300 else 0.1)))


def test_what_is_told_in_pieces_becomes_one_curve() -> None:
    """Later figures fill in or replace; the order is that of the steps."""
    first = joined((), [Point(2, 1.0), Point(1, 2.0)])
    assert joined(first, [Point(2, None, 1.5), Point(3, 0.5)]) == (
        Point(1, 2.0),
        Point(2, 1.0, 1.5),
        Point(3, 0.5),
    )


def test_a_long_curve_keeps_its_ends_its_shape_and_its_few_validations() -> None:
    """However long the run, the row stays small."""
    points = [Point(n, float(n), float(n) if n % 1_000 == 0 else None) for n in range(1, 20_001)]
    kept = thinned(points)
    assert len(kept) == MOST_POINTS
    assert (kept[0].step, kept[-1].step) == (1, 20_000)
    assert sum(point.valid is not None for point in kept) == 20
    steps = [point.step for point in kept]
    assert steps == sorted(steps)
    assert max(after - before for before, after in pairwise(steps)) < 100
    assert thinned(kept) == kept


def test_the_result_has_one_number_for_each_loss_in_text_picture_and_list() -> None:
    """Where a single batch jumps at the end, its value is told nowhere; a whole validation is told as measured."""
    drawn = curve(lambda step: 2.0 if step == 300 else falls(step), lambda step: falls(step) + 0.1)
    drawn = Curve(drawn.points, (Checkpoint(300, "ft:m", valid_loss=0.61),))
    told = losses(drawn)
    train, valid = told.train, told.valid
    assert train is not None
    assert train < 0.5
    assert valid == 0.61
    said = describe(drawn)
    assert f"→ {loss(train)} over 300 steps" in said
    assert "→ 0.61" in said
