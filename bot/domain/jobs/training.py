"""What the provider tells of one training: events, losses, checkpoints; and what a loss curve suggests. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

MOST_POINTS = 500
"""Points kept of one curve: more than a picture has columns, and few enough to be one small row."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that the provider told; `message` are its own words, `level` is info, warn, error or new.

    `measures`: it only tells the figures of one step, of which there may be thousands. `judges`: it is a result of
    the checks that a finished model has to pass. `checkpoint` is the step of which it says that a model was kept.
    """

    at: datetime | None
    level: str
    message: str
    measures: bool = False
    judges: bool = False
    checkpoint: int | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model kept from the middle of a training; a figure that was not measured is None.

    `model` is empty while the training runs: the provider gives the names out at its end.
    """

    step: int
    model: str
    train_loss: float | None = None
    valid_loss: float | None = None

    def name_in(self, title: str) -> str:
        """What people call the checkpoint of what they call so: "tone@96"."""
        return f"{title}@{self.step}"


@dataclass(frozen=True, slots=True)
class Point:
    """The losses at one step; what was not measured there is None."""

    step: int
    train: float | None = None
    valid: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """All that is kept of a training's losses: points by step, at most MOST_POINTS, and checkpoints by step."""

    points: tuple[Point, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()

    @property
    def named(self) -> tuple[Checkpoint, ...]:
        """The checkpoints that are models one can use."""
        return tuple(each for each in self.checkpoints if each.model)


def joined(known: Sequence[Point], told: Iterable[Point]) -> tuple[Point, ...]:
    """Both, one point a step; what was told later fills in or replaces."""
    points = {point.step: point for point in known}
    for point in told:
        old = points.get(point.step, point)
        points[point.step] = Point(
            point.step,
            old.train if point.train is None else point.train,
            old.valid if point.valid is None else point.valid,
        )
    return thinned([points[step] for step in sorted(points)])


def kept(known: Curve, told: Iterable[Event]) -> tuple[Checkpoint, ...]:
    """The checkpoints known and those that events tell of, by step; of the latter the model's name is not known."""
    checkpoints = {
        event.checkpoint: Checkpoint(event.checkpoint, "") for event in told if event.checkpoint is not None
    }
    return tuple(
        each for _, each in sorted((checkpoints | {each.step: each for each in known.checkpoints}).items())
    )


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """At most MOST_POINTS of them, evenly over the whole run, first and last included.

    Half of the room is for points with a validation loss, which may be measured at few steps only.
    """
    if len(points) <= MOST_POINTS:
        return tuple(points)
    validated = [point for point in points if point.valid is not None]
    kept = {point.step for point in _evenly(validated, MOST_POINTS // 2)}
    rest = [point for point in points if point.step not in kept]
    kept |= {point.step for point in _evenly(rest, MOST_POINTS - len(kept))}
    return tuple(point for point in points if point.step in kept)


def _evenly(points: Sequence[Point], most: int) -> list[Point]:
    if len(points) <= most:
        return list(points)
    return [points[round(nth * (len(points) - 1) / (most - 1))] for nth in range(most)]


FEWEST = 6  # measured points below which a curve says nothing
RISE = 0.05  # validation loss that much above its lowest value has turned up
FALL = 0.10  # a training loss that fell that much over the last third was still falling
HARDLY = 0.10  # a training loss that fell less than that over the whole run taught next to nothing
_WINDOW = 10  # a tenth of the run, in single values at least one

Series = Sequence[tuple[int, float]]


def loss(value: float) -> str:
    """A loss as it is written wherever one is shown."""
    return f"{value:.2f}"


def training_losses(curve: Curve) -> Series:
    """The training loss by step, as told and drawn: each is the median around it, for single batches jump about."""
    return smoothed([(point.step, point.train) for point in curve.points if point.train is not None])


def validation_losses(curve: Curve) -> Series:
    """As `training_losses`; at a checkpoint it is what the provider measured there over the whole file."""
    series = smoothed([(point.step, point.valid) for point in curve.points if point.valid is not None])
    measured = {each.step: each.valid_loss for each in curve.checkpoints}
    return [(step, value if (whole := measured.get(step)) is None else whole) for step, value in series]


@dataclass(frozen=True, slots=True)
class Losses:
    """The one number of each loss: with which the training began, and those so far, at the end those of the result."""

    first: float | None
    train: float | None
    valid: float | None


def losses(curve: Curve) -> Losses:
    """What is told of a curve in numbers."""
    train, valid = training_losses(curve), validation_losses(curve)
    first, last = (train[0][1], train[-1][1]) if train else (None, None)
    return Losses(first, last, valid[-1][1] if valid else None)


def read(curve: Curve) -> str:
    """What the curve of a finished training suggests to do next time; empty when it holds too little to say."""
    train, valid = training_losses(curve), validation_losses(curve)
    if len(valid) >= FEWEST and (sentence := _overfitted(valid, curve.checkpoints)):
        return sentence
    if len(train) < FEWEST:
        return ""
    first, last = train[0][1], train[-1][1]
    if first - last <= HARDLY * abs(first):
        return (
            f"It hardly learned anything (training loss {loss(first)} → {loss(last)}): the answers may contradict "
            "one another, or the learning rate is too low."
        )
    before = train[len(train) * 2 // 3][1]
    if before - last > FALL * abs(before):
        return (
            f"It was still getting better at the end (training loss {loss(before)} → {loss(last)} over the last "
            "third): another epoch may help."
        )
    if len(valid) < FEWEST:
        return (
            "It learned the examples and then stopped getting better. With a validation dataset I could also tell "
            "whether it only memorised the examples."
        )
    return "It learned the examples without memorising them: the number of epochs was right."


def _overfitted(valid: Series, checkpoints: Sequence[Checkpoint]) -> str:
    """The sentence when validation loss turned up before the end; empty when it did not."""
    step, lowest = min(valid, key=lambda each: each[1])
    last_step, last = valid[-1]
    if step == last_step or last - lowest <= RISE * abs(lowest):
        return ""
    earlier = [kept for kept in checkpoints if kept.step < last_step]
    kept = min(earlier, key=lambda each: abs(each.step - step), default=None)
    began = f"It began to memorise the examples after step {step:,} (validation loss {loss(lowest)} → {loss(last)})"
    if kept is None:
        return f"{began}: try fewer epochs."
    return f"{began}: try fewer epochs, or use the checkpoint at step {kept.step:,}."


def smoothed(series: Series) -> Series:
    """Each value as the median of the window around it, which is cut at the ends."""
    half = len(series) // _WINDOW // 2
    return [
        (step, median(value for _, value in series[max(0, at - half) : at + half + 1]))
        for at, (step, _) in enumerate(series)
    ]
