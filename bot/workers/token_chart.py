"""Draws how many tokens the examples of a dataset have, as a chart; knows nothing of how they were counted."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.domain.datasets.histogram import Bar
from bot.domain.datasets.report import Report

_BLUE, _RED, _GREY = "#1264a3", "#e01e5a", "#616061"
_LABELS = 10


def draw_token_chart(report: Report, limit: int, target: Path) -> None:
    """Write a PNG of 1280 x 640 pixels: examples by tokens, their median, and the limit where examples pass it.

    The bars stand for ranges that grow with the tokens, so each is drawn equally wide: an axis nearly logarithmic.

    Raises:
        ValueError: the report has no histogram.
    """
    bars = report.tokens.histogram
    if not bars:
        raise ValueError("nothing to draw")
    figure = Figure(figsize=(8, 4), dpi=160, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.bar(range(len(bars)), [bar.examples for bar in bars], width=0.92, align="edge", color=_BLUE)
    step = max(1, -(-len(bars) // _LABELS))
    axes.set_xticks(range(0, len(bars), step), [f"{bar.low:,}" for bar in bars[::step]])
    median = _place(bars, report.tokens.p50)
    axes.axvline(median, color=_GREY, linestyle="--", linewidth=1)
    axes.annotate(
        f"half have up to {report.tokens.p50:,}",
        (median, 1),
        xycoords=("data", "axes fraction"),
        xytext=(5, -12),
        textcoords="offset points",
        color=_GREY,
        fontsize=9,
    )
    if report.tokens.over_limit:
        axes.axvline(_place(bars, limit), color=_RED, linewidth=1.5, label=f"cut off beyond {limit:,}")
        axes.legend(frameon=False)
    axes.set_ylim(top=1.15 * max(bar.examples for bar in bars))
    axes.set_xlabel("tokens of an example, from")
    axes.set_ylabel("examples")
    axes.set_title(
        f"{report.valid:,} examples, {report.tokens.total:,} tokens, the longest {report.tokens.max:,}",
        loc="left",
        fontsize=11,
    )
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    figure.savefig(target, format="png")


def _place(bars: Sequence[Bar], tokens: int) -> float:
    """Where so many tokens lie on the axis, on which every bar is 1 wide."""
    for number, bar in enumerate(bars):
        if tokens <= bar.high:
            return number + max(0.0, (tokens - bar.low) / (bar.high - bar.low + 1))
    return float(len(bars))
