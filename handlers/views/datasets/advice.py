"""What a report says of the training to come: how long the examples are, what to begin with, what to change after."""

from bot.domain.datasets.histogram import Bar
from bot.domain.datasets.report import Report, TokenStats
from bot.domain.datasets.suggestions import Remedy, Suggestion, suggest
from handlers import escaping
from handlers.views.blocks import Block, context, header, section
from handlers.views.figures import number

_HEIGHTS = "▁▂▃▄▅▆▇█"
_LEAST_DRAWN, _LEAST_BARS = 10, 3
"""Of fewer examples, or in fewer bars, a picture says nothing."""

_NAMES = {
    "n_epochs": "Epochs",
    "batch_size": "Batch size",
    "learning_rate_multiplier": "Learning rate multiplier",
    "beta": "Beta",
}


def spread(tokens: TokenStats) -> list[Block]:
    """How many tokens the examples have: a line of bars from the shortest to the longest, and what it says in words."""
    bars = tokens.histogram
    if sum(bar.examples for bar in bars) < _LEAST_DRAWN:
        return []
    words = (
        f"Half of the examples have up to {number(tokens.p50)} tokens, nine of ten up to {number(tokens.p90)}, "
        f"the longest {number(tokens.max)}."
    )
    if len(bars) < _LEAST_BARS:
        return [context(words)]
    return [
        section(f"*Tokens of an example*\n{number(bars[0].low)} {_line(bars)} {number(tokens.max)}"),
        context(words),
    ]


def _line(bars: tuple[Bar, ...]) -> str:
    """A bar each, as high as its share of the highest; nothing at all is a gap, a little is never nothing."""
    highest = max(bar.examples for bar in bars)
    return "".join(
        _HEIGHTS[round(bar.examples / highest * (len(_HEIGHTS) - 1))] if bar.examples else "\u2007"
        for bar in bars
    )


def suggestions(report: Report) -> list[Block]:
    """The hyperparameters to begin with, and what to change when the first result disappoints."""
    suggested = suggest(report.format, report.valid)
    if not report.estimates or not suggested.hyperparameters:
        return []
    return [
        header("To begin with"),
        section("\n".join(_begin(each) for each in suggested.hyperparameters)),
        header("If the first result disappoints"),
        section("\n".join(_change(each) for each in suggested.afterwards)),
    ]


def _begin(suggestion: Suggestion) -> str:
    value = suggestion.value if isinstance(suggestion.value, str) else f"{suggestion.value:g}"
    usual = f", usually {suggestion.expected:g}" if suggestion.expected is not None else ""
    return f"• *{_NAMES[suggestion.name]}: {value}{usual}.* {escaping.escape(suggestion.reason)}"


def _change(remedy: Remedy) -> str:
    return f"• *{escaping.escape(remedy.when)}.* {escaping.escape(remedy.change)}"
