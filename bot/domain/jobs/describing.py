"""A loss curve in words, as whoever cannot see the picture hears it; pure, and judges nothing (see reading.py)."""

from collections.abc import Sequence

from bot.domain.jobs.training import Curve

Series = Sequence[tuple[int, float]]
FLAT = (
    0.02  # of its whole movement, or of its last value, by which a loss may still change and is called flat
)
_WINDOW = 10  # a tenth of the run is looked at together, for single values jump about


def describe(curve: Curve) -> str:
    """What the picture shows, e.g. "training loss 1.90 → 0.40 over 300 steps, validation flat from step 180".

    Empty when no loss was told.
    """
    train = [(point.step, point.train) for point in curve.points if point.train is not None]
    valid = [(point.step, point.valid) for point in curve.points if point.valid is not None]
    parts = []
    if train:
        parts.append(f"training loss {_span(train)} over {train[-1][0]:,} steps")
    if valid:
        parts.append(f"validation loss {_span(valid)}{_course(valid)}")
    if curve.checkpoints and parts:
        steps = ", ".join(f"{each.step:,}" for each in curve.checkpoints)
        parts.append(f"checkpoints at {'steps' if len(curve.checkpoints) > 1 else 'step'} {steps}")
    return ", ".join(parts)


def _span(series: Series) -> str:
    return f"{series[0][1]:.2f} → {series[-1][1]:.2f}" if len(series) > 1 else f"{series[0][1]:.2f}"


def _course(series: Series) -> str:
    """Where a loss turned up again or ceased to fall; nothing when it fell to the end."""
    smooth = _smooth(series)
    if len(smooth) < 3:
        return ""
    low_step, low = min(smooth, key=lambda each: each[1])
    last_step, last = smooth[-1]
    slack = FLAT * max(abs(smooth[0][1] - low), abs(last))
    if last - low > slack and low_step != last_step:
        return f", rising from step {low_step:,}"
    flat_from = last_step
    for step, value in reversed(smooth):
        if abs(value - last) > slack:
            break
        flat_from = step
    return f", flat from step {flat_from:,}" if flat_from <= last_step * 0.8 else ""


def _smooth(series: Series) -> Series:
    """Each value as the mean of the tenth of the run around it."""
    half = len(series) // _WINDOW // 2
    means = []
    for at, (step, _) in enumerate(series):
        near = [value for _, value in series[max(0, at - half) : at + half + 1]]
        means.append((step, sum(near) / len(near)))
    return means
