"""What a loss curve suggests about a training, in one sentence; pure, and knows no provider.

Rules of thumb, as a person reads such curves: single values jump about, so each is taken as the median of a tenth of
the run around it, and nothing is said of a change that these medians do not show.
"""

from collections.abc import Sequence
from statistics import median

from bot.domain.jobs.training import Checkpoint, Curve

FEWEST = 6  # measured points below which a curve says nothing
RISE = 0.05  # validation loss that much above its lowest value has turned up
FALL = 0.10  # a training loss that fell that much over the last third was still falling
HARDLY = 0.10  # a training loss that fell less than that over the whole run taught next to nothing
_WINDOW = 10  # a tenth of the run, in single values at least one

Series = Sequence[tuple[int, float]]


def read(curve: Curve) -> str:
    """What the curve of a finished training suggests to do next time; empty when it holds too little to say."""
    train = [(point.step, point.train) for point in curve.points if point.train is not None]
    valid = [(point.step, point.valid) for point in curve.points if point.valid is not None]
    if len(valid) >= FEWEST and (sentence := _overfitted(_smooth(valid), curve.checkpoints)):
        return sentence
    if len(train) < FEWEST:
        return ""
    smooth = _smooth(train)
    first, last = smooth[0][1], smooth[-1][1]
    if first - last <= HARDLY * abs(first):
        return (
            f"Training loss hardly fell ({first:.2f} to {last:.2f}): the answers may contradict one another, or "
            "the learning rate is too low."
        )
    before = smooth[len(smooth) * 2 // 3][1]
    if before - last > FALL * abs(before):
        return (
            f"Training loss was still falling at the end ({before:.2f} to {last:.2f} over the last third): "
            "more epochs may teach more."
        )
    if len(valid) < FEWEST:
        return (
            f"Training loss settled at {last:.2f}. With a validation dataset I could also tell "
            "whether the model only learned by heart."
        )
    return (
        f"Training loss settled at {last:.2f} and validation loss at {_smooth(valid)[-1][1]:.2f}: epochs fit."
    )


def _overfitted(valid: Series, checkpoints: Sequence[Checkpoint]) -> str:
    """The sentence when validation loss turned up before the end; empty when it did not."""
    step, lowest = min(valid, key=lambda each: each[1])
    last_step, last = valid[-1]
    if step == last_step or last - lowest <= RISE * abs(lowest):
        return ""
    earlier = [kept for kept in checkpoints if kept.step < last_step]
    kept = min(earlier, key=lambda each: abs(each.step - step), default=None)
    instead = f", or the checkpoint at step {kept.step:,}" if kept is not None else ""
    return f"Validation loss rises from step {step:,} on ({lowest:.2f} to {last:.2f}): fewer epochs{instead}."


def _smooth(series: Series) -> Series:
    """Each value as the median of the window around it, which is cut at the ends."""
    half = len(series) // _WINDOW // 2
    return [
        (step, median(value for _, value in series[max(0, at - half) : at + half + 1]))
        for at, (step, _) in enumerate(series)
    ]
