"""Draws how many tokens the examples of a dataset have, as a picture; knows nothing of how they were counted."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from bot.domain.dataset.report import Report

_BLUE, _RED, _GREY = "#1264a3", "#e01e5a", "#616061"


def draw_tokens(report: Report, limit: int, target: Path) -> None:
    """Write a PNG of 1280 x 640 pixels: examples by tokens, their median, and the limit where examples pass it.

    Raises:
        ValueError: the report has no histogram.
    """
    bars = report.tokens.histogram
    if not bars:
        raise ValueError("nothing to draw")
    figure = Figure(figsize=(8, 4), dpi=160, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.bar(
        [bar.low for bar in bars],
        [bar.examples for bar in bars],
        width=[bar.high - bar.low + 1 for bar in bars],
        align="edge",
        color=_BLUE,
        edgecolor="white",
        linewidth=0.5,
    )
    if bars[-1].high > 20 * max(1, report.tokens.p50):
        axes.set_xscale("log")
    axes.axvline(report.tokens.p50, color=_GREY, linestyle="--", linewidth=1)
    axes.annotate(
        f"half have up to {report.tokens.p50:,}",
        (report.tokens.p50, 1),
        xycoords=("data", "axes fraction"),
        xytext=(5, -12),
        textcoords="offset points",
        color=_GREY,
        fontsize=9,
    )
    if report.tokens.over_limit:
        axes.axvline(limit, color=_RED, linewidth=1.5, label=f"cut off beyond {limit:,}")
        axes.legend(frameon=False)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("tokens of an example")
    axes.set_ylabel("examples")
    axes.set_title(
        f"{report.valid:,} examples, {report.tokens.total:,} tokens, the longest {report.tokens.max:,}",
        loc="left",
        fontsize=11,
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    figure.savefig(target, format="png")
