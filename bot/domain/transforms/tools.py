"""Which errands are worth offering for a dataset, judged by its report alone; does none of them."""

from collections.abc import Sequence

from bot.domain.datasets.cures import CONVERTIBLE
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.datasets.report import Report
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.transforms.mend import CURABLE
from bot.domain.transforms.transform import ErrandKind

_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)
_MOST_SHARES = 3


def offered(dataset: Dataset) -> frozenset[ErrandKind]:
    """What can be done with this dataset as it is now; nothing before it was checked and after it was deleted."""
    report = dataset.report
    if report is None or dataset.state not in (DatasetState.READY, DatasetState.REJECTED):
        return frozenset()
    ready = dataset.state is DatasetState.READY
    found = {
        ErrandKind.REPORT: True,
        ErrandKind.CONVERT: not CONVERTIBLE.isdisjoint(report.problem_codes),
        ErrandKind.MEND: gains_by_mending(report) if ready else _is_curable(report),
        ErrandKind.SPLIT: ready and bool(shares(report.valid)),
        ErrandKind.COMPARE: ready and dataset.version > 1,
    }
    return frozenset(kind for kind, possible in found.items() if possible)


def gains_by_mending(report: Report) -> bool:
    """Whether a file without a problem is better when mended: examples repeat, or arguments are JSON twice over."""
    return any(advice.code in ("duplicates", "arguments_twice") for advice in report.advice)


def loses_by_mending(dataset: Dataset) -> bool:
    """Whether mending would leave out lines that converting keeps."""
    report = dataset.report
    return report is not None and "meaningful_key" in report.problem_codes


def shares(examples: int) -> tuple[float, ...]:
    """The shares for validation that leave enough on both sides, the smallest first; none for too few examples."""
    possible = (
        share for share in _SHARES if MIN_EXAMPLES <= round(share * examples) <= examples - MIN_EXAMPLES
    )
    return tuple(possible)[:_MOST_SHARES]


def versions_beside(dataset: Dataset, known: Sequence[Dataset]) -> list[Dataset]:
    """Of the datasets known in its channel the other versions of this one that can be compared, newest first."""
    return sorted(
        (
            each
            for each in known
            if each.name == dataset.name and each.id != dataset.id and each.state is DatasetState.READY
        ),
        key=lambda each: -each.version,
    )


def _is_curable(report: Report) -> bool:
    """Whether mending makes it better: a cure is known, or leaving out broken lines leaves enough."""
    codes = set(report.problem_codes)
    return not CURABLE.isdisjoint(codes) or (report.valid >= MIN_EXAMPLES and bool(codes))
