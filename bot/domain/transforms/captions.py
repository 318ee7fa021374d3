"""How a file made of a dataset is called and what its message says (mrkdwn); knows not how it is made or sent."""

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from pathlib import PurePath

from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.report import Report
from bot.domain.escaping import plain
from bot.domain.transforms.convert import Mapping
from bot.domain.transforms.mend import Deed

_REASONS = 5  # why rows were left out: so many are told
_KINDS = 12  # of what mending did: so many are told


def stem(dataset: Dataset) -> str:
    """The name of a dataset's file without its ending, fit for the name of another file; at most 80 characters."""
    name = PurePath(dataset.name).stem or "dataset"
    return "".join(each if each.isalnum() or each in "-_. " else "-" for each in name)[:80]


def jsonl(dataset: Dataset, part: str = "") -> str:
    """The name of a dataset made of this one; without `part` it is called alike, and so is the next version."""
    return f"{stem(dataset)}{part}.jsonl"


def mended(dataset: Dataset, kept: int, left_out: int, deeds: Sequence[Deed]) -> str:
    """What was done to which lines of the file."""
    lines = [f"*{plain(dataset.label)}*, mended: {_counted(kept, 'example')}."]
    if repaired := [deed for deed in deeds if not deed.leaves_out]:
        lines += ["Repaired:", *_deeds(repaired)]
    if gone := [deed for deed in deeds if deed.leaves_out]:
        lines += [f"Left out, {left_out:,} of {_counted(kept + left_out, 'line')}:", *_deeds(gone)]
    return "\n".join(lines)


def _deeds(deeds: Sequence[Deed]) -> list[str]:
    """The first kinds, and how many more there are."""
    more = len(deeds) - _KINDS
    told = [f"• {plain(deed.told)}" for deed in deeds[:_KINDS]]
    return [*told, f"• And {_counted(more, 'more kind')}."] if more > 0 else told


def converted(
    dataset: Dataset,
    examples: int,
    left_out: Dictionary[str, int],
    mapping: Mapping,
    done: Dictionary[str, int] | None = None,
) -> str:
    """What the columns were taken for, what was `done`, and why rows (`left_out`: reason to rows) are no examples."""
    lines = [f"*{plain(dataset.label)}*, converted: {_counted(examples, 'example')}."]
    if mapping.columns:
        columns = ", ".join(f"{part} from {plain(name[:60])}" for part, name in mapping.columns.items())
        lines.append(f"• Taken for {mapping.shape}: {columns}.")
    lines += [
        f"• {plain(what)} ({_counted(count, 'row')})" for what, count in list((done or {}).items())[:_REASONS]
    ]
    reasons = sorted(left_out.items(), key=lambda pair: -pair[1])
    lines += [f"• {_counted(count, 'row')} left out: {plain(why)}." for why, count in reasons[:_REASONS]]
    if rest := sum(count for _, count in reasons[_REASONS:]):
        lines.append(f"• {rest:,} more left out for other reasons.")
    return "\n".join(lines)


def part(dataset: Dataset, name: str, purpose: str, examples: int, seed: int) -> str:
    """One side of a split, by its purpose: training or validation."""
    return (
        f"Here is *{plain(name)}*, for {purpose}: {_counted(examples, 'example')} of "
        f"*{plain(dataset.label)}*, split with seed {seed}."
    )


def report(dataset: Dataset, problems: int, advice: int) -> str:
    """How much stands in the whole report: so many kinds of problem, and pieces of advice."""
    what = f"{_counted(problems, 'kind')} of problem" if problems else "no problems"
    pieces = f"{advice} piece{'' if advice == 1 else 's'} of advice"
    return f"The whole report on *{plain(dataset.label)}*: {what}, {pieces}."


def tokens(report: Report) -> str:
    """The picture in words, for whoever cannot see it."""
    found = report.tokens
    return (
        f"Tokens of an example: half have up to {found.p50:,}, nine in ten up to {found.p90:,}, the longest "
        f"{found.max:,}."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
