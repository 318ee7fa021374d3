"""Draws a training's losses over its steps, as a chart; knows nothing of where they came from."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.domain.jobs.training import Curve, Series, loss, training_losses, validation_losses

# Told apart without colour too: one line is solid, the other has dots or dashes. The white ground is drawn, since a
# transparent one leaves dark letters on Slack's dark mode.
_TRAIN, _VALID, _GREY, _INK = "#1264a3", "#d1571b", "#616061", "#1d1c1d"
_DOTTED = 40  # points up to which each is marked
_SMOOTHED = 60  # points from which single steps are drawn pale, behind what is told of them


def draw_loss_chart(curve: Curve, target: Path) -> None:
    """Write a PNG of 1280 x 640 pixels: training and validation loss over steps, with the checkpoints.

    Raises:
        ValueError: the curve holds no loss.
    """
    train = [(point.step, point.train) for point in curve.points if point.train is not None]
    valid = [(point.step, point.valid) for point in curve.points if point.valid is not None]
    if not train and not valid:
        raise ValueError("nothing to draw")
    figure = Figure(figsize=(6.4, 3.2), dpi=200, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _line(axes, train, training_losses(curve), "training loss", (_TRAIN, "-"))
    _line(axes, valid, validation_losses(curve), "validation loss", (_VALID, "--"))
    for number, checkpoint in enumerate(curve.checkpoints):
        axes.axvline(
            checkpoint.step,
            color=_GREY,
            linestyle=":",
            linewidth=1.2,
            label="" if number else "checkpoint",
        )
    axes.set_xlabel("step", color=_INK)
    axes.set_ylabel("loss", color=_INK)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.set_ylim(bottom=0, top=_top([value for _, value in [*train, *valid]]))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=11)
    axes.legend(
        frameon=False,
        fontsize=10,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        borderaxespad=0.2,
        columnspacing=1.2,
        handlelength=1.8,
    )
    figure.savefig(target, format="png", facecolor="white")


def _line(axes: Axes, single: Series, told: Series, label: str, look: tuple[str, str]) -> None:
    """One loss as it is told elsewhere; where there are many single steps, these are pale behind it."""
    if not told:
        return
    steps, values = [step for step, _ in told], [value for _, value in told]
    colour, style = look
    marker = "o" if len(told) <= _DOTTED else ""
    if len(told) >= _SMOOTHED:
        axes.plot(steps, [value for _, value in single], "-", color=colour, linewidth=1, alpha=0.3)
    shown = f"{label} {loss(values[-1])}"
    axes.plot(steps, values, style, color=colour, linewidth=2, marker=marker, markersize=4, label=shown)


def _top(values: Sequence[float]) -> float | None:
    """A little above what is worth seeing: one wild first step does not press the rest flat."""
    ordered = sorted(values)
    usual = ordered[int(0.98 * (len(ordered) - 1))]
    top = 1.15 * min(ordered[-1], 1.5 * usual)
    return top if top > 0 else None
