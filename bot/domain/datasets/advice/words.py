"""The words that all advice shares: numbers, samples, shares, and the lines that a sentence is about."""

from collections.abc import Iterable

from bot.domain.datasets.report import Advice, Report
from bot.domain.datasets.sampling import Observed, Sample
from bot.domain.datasets.statistics import Mark, Sum


def mark_of(whole: Sum, code: str) -> Mark:
    """How often something was seen in the whole file, and where."""
    return whole.counts.marks.get(code, Mark())


def has_answers(report: Report) -> bool:
    """Whether answers stand in the file; for reinforcement they come while the model trains."""
    return report.format != "reinforcement"


def counted(examples: int) -> str:
    """A number of examples in words."""
    return f"{examples:,} example{'' if examples == 1 else 's'}"


def said(code: str, message: str, mark: Mark) -> Advice:
    """Advice on the lines of a mark."""
    return Advice(code, message, mark.count, tuple(mark.lines))


def mark_at(lines: Iterable[int]) -> Mark:
    """The mark of these lines, in whichever order they come."""
    mark = Mark()
    for line in sorted(lines):
        mark.see(line)
    return mark


def in_order(observed: Observed) -> list[Sample]:
    """What was kept to compare, by its line in the file."""
    return sorted(observed.looks, key=lambda look: look.line)


def scanned(whole: Sum) -> str:
    """That only so many examples were looked at, where that is so."""
    return _in_sample(whole.counts.observed.scanned, whole)


def looked(whole: Sum) -> str:
    """The same, of those looked at closely."""
    return _in_sample(whole.counts.observed.looked, whole)


def compared(whole: Sum) -> str:
    """The same, of those kept to compare."""
    return _in_sample(len(whole.counts.observed.looks), whole)


def _in_sample(count: int, whole: Sum) -> str:
    return f" (in a sample of {count:,})" if count < whole.counts.valid else ""


def percent(part: int, whole: int) -> str:
    """A share in words."""
    return f"{100 * part / whole:.0f} %"


def listed(words: list[str]) -> str:
    """Some words as a sentence lists them; at least one."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
