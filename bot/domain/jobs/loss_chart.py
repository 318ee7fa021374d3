"""The chart of a job's loss curve: when it is worth another one, its files, and its alt text. Pure.

The row of a picture is worked on beside its job's. A file's id is saved before Slack makes a file of it, so that a
crash between any two lines leaves a file that is known: it is adopted when the job's card shows it, and removed when
not. An earlier file is removed when no message shows it any more.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.jobs.job import ENDED, Job, LossChartFiles
from bot.domain.jobs.training import Curve, Series, loss, training_losses, validation_losses
from bot.domain.work_queue import Transition

MOST = 10  # charts of one job while it trains; one more at its end
LEAST = timedelta(seconds=30)  # between two of them
FEWEST = 3  # points from which on a curve is one
SHARE = 0.08  # of all steps by which the training must have moved on
GROWN = 1.25  # times the steps, where nobody told how many there will be
SOON = timedelta(seconds=2)  # until what is about to happen is looked for again


@dataclass(frozen=True, slots=True)
class LossChart:
    """What there is to draw of the job with this id.

    `begun` is the file under way to Slack. `step` is up to where the newest chart shows the curve, `made` counts
    them, `old` are files to remove once the messages show the job's revision `since`. `ends`: the provider has ended
    the job; `last`: its last chart is made.
    """

    id: str
    begun: str = ""
    step: int = -1
    made: int = 0
    made_at: datetime | None = None
    old: tuple[str, ...] = ()
    since: int = 0
    ends: bool = False
    last: bool = False
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


def next_at(chart: LossChart, job: Job, curve: Curve, now: datetime) -> datetime | None:
    """When to draw: `now`, later, or None when what is shown is good enough until the curve grows."""
    losses = sum(point.train is not None or point.valid is not None for point in curve.points)
    if losses < FEWEST or chart.last:
        return None
    if chart.ends or job.state in ENDED:  # the row may say so a moment before the job's does
        return now if job.state in ENDED else now + SOON
    if chart.made >= MOST or not _moved(chart, job, curve):
        return None
    return now if chart.made_at is None else max(now, chart.made_at + LEAST)


def _moved(chart: LossChart, job: Job, curve: Curve) -> bool:
    """Whether the curve went on by so much that a person would see it."""
    step, total = curve.points[-1].step, job.training.total_steps
    if chart.made == 0:
        return True
    return step - chart.step >= SHARE * total if total else step >= GROWN * chart.step


def begun(chart: LossChart, file_id: str) -> Transition[LossChart]:
    """Slack has given an id for a file that does not exist yet."""
    return Transition(replace(chart, begun=file_id))


def dropped(chart: LossChart) -> Transition[LossChart]:
    """What was under way is gone; it begins anew."""
    return Transition(replace(chart, begun=""))


def replaces(chart: LossChart, file_id: str) -> Transition[LossChart]:
    """The file that is shown now will be an earlier one: it goes when no message shows it any more."""
    if file_id in chart.old:
        return Transition(chart)
    return Transition(replace(chart, old=(*chart.old, file_id)))


def shown(chart: LossChart, job: Job, curve: Curve, now: datetime, *, last: bool) -> Transition[LossChart]:
    """The row of the job, as it was saved, names the file that was under way; `last`: it shows the whole curve."""
    return Transition(
        replace(
            chart,
            begun="",
            step=curve.points[-1].step if curve.points else chart.step,
            made=chart.made + 1,
            made_at=now,
            since=job.revision,
            last=last,
            due_at=now + SOON,
            attempts=0,
        )
    )


def cleared(chart: LossChart) -> Transition[LossChart]:
    """Every earlier file is gone."""
    return Transition(replace(chart, old=()))


def rests(chart: LossChart, seen: LossChart, due_at: datetime | None) -> Transition[LossChart]:
    """Nothing to do until then; a curve that grew while it was looked at (since `seen`) is looked at once more."""
    return Transition(chart if chart.due_at != seen.due_at else replace(chart, due_at=due_at, attempts=0))


def delayed(chart: LossChart, wait: timedelta, now: datetime) -> Transition[LossChart]:
    """A fault that may pass: the same again."""
    return Transition(replace(chart, due_at=now + wait, attempts=chart.attempts + 1))


def given_up(chart: LossChart) -> Transition[LossChart]:
    """Slack takes none: the card lives without until the curve grows, at the end for good."""
    return Transition(replace(chart, made=chart.made + 1, last=chart.ends, due_at=None, attempts=0))


def pictured(job: Job, chart: LossChartFiles) -> Transition[Job]:
    """The job's messages show this picture from now on."""
    return Transition(replace(job, picture=chart))


FLAT = (
    0.02  # of its whole movement, or of its last value, by which a loss may still change and is called flat
)


def describe(curve: Curve) -> str:
    """What the picture shows, e.g. "training loss 1.90 → 0.40 over 300 steps, validation flat from step 180".

    Empty when no loss was told.
    """
    train, valid = training_losses(curve), validation_losses(curve)
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
    return f"{loss(series[0][1])} → {loss(series[-1][1])}" if len(series) > 1 else loss(series[0][1])


def _course(series: Series) -> str:
    """Where a loss turned up again or ceased to fall; nothing when it fell to the end."""
    if len(series) < 3:
        return ""
    low_step, low = min(series, key=lambda each: each[1])
    last_step, last = series[-1]
    slack = FLAT * max(abs(series[0][1] - low), abs(last))
    if last - low > slack and low_step != last_step:
        return f", rising from step {low_step:,}"
    flat_from = last_step
    for step, value in reversed(series):
        if abs(value - last) > slack:
            break
        flat_from = step
    return f", flat from step {flat_from:,}" if flat_from <= last_step * 0.8 else ""
