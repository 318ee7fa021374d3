"""The complete report on a file as a table (CSV): every problem with all of its lines, and all advice."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.domain.datasets.problems import Faults
from bot.domain.datasets.report import KEPT_PROBLEMS, Problem, Report
from bot.domain.datasets.statistics import Examiner, Limits
from bot.domain.datasets.tokens import Meter
from bot.domain.escaping import ranges
from bot.workers.reader import LINE_CAP, lines_of

HEADER = ("kind", "lines", "count", "path", "code", "message", "fix")
_CELL = 30_000
"""Characters of line numbers in one row: a spreadsheet takes 32,767 in a cell. What is left stands in the next row."""

_HELD = 500_000
"""Problems that are held together: some 50 MB. After so many the table begins anew."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula; a path inside a line may be made up by anybody."""

_RULES_ONLY = Limits(encoding="", example=0, billable=(), share=1 << 40)
"""Tokens are not counted again, and nothing is looked at for advice."""


def write_table(source: Path, report: Report, target: Path) -> int:
    """Write the table; gives how many kinds of problem it tells of. Lines in order, what concerns the whole file first.

    Raises:
        OSError: a file cannot be read or written.
    """
    count = 0
    # With a byte order mark, by which spreadsheets know UTF-8.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for problem in _problems(source, report):
            told = (problem.path, problem.code, problem.message, problem.fix)
            for lines in _cells(problem.places):
                rows.writerow(_safe("problem", lines, problem.count, *told))
            count += 1
        for advice in report.advice:
            where = ", ".join(ranges(advice.lines)) + (" …" if advice.count > len(advice.lines) else "")
            rows.writerow(
                _safe(
                    "advice", where if advice.lines else "", advice.count, "", advice.code, advice.message, ""
                )
            )
    return count


def _problems(source: Path, report: Report) -> Iterator[Problem]:
    """Each fault with all of its lines; with millions of them in several pieces."""
    if len(report.problems) < KEPT_PROBLEMS and all(
        problem.count == len(problem.places) for problem in report.problems
    ):
        yield from report.problems
        return
    yield from (problem for problem in report.problems if not problem.line)
    faults, held = _all_faults(), 0
    for before, line in enumerate(lines_of(source)):
        examiner = Examiner(report.format, _RULES_ONLY, Meter(lambda _: 0))
        if line is None:
            examiner.take_too_long(LINE_CAP)
        else:
            examiner.take(line, first_of_file=before == 0)
        for problem in examiner.done().problems:
            faults.add(problem, before)
            held += 1
        if held >= _HELD:
            yield from faults.entries()
            faults, held = _all_faults(), 0
    yield from faults.entries()


def _all_faults() -> Faults:
    return Faults(room=_HELD, lines=_HELD)


def _cells(lines: Sequence[int]) -> Iterator[str]:
    """The lines as ranges, in as many cells as they need; one empty cell for the whole file."""
    if not lines or not lines[0]:
        yield ""
        return
    cell = ""
    for each in ranges(lines):
        if len(cell) + len(each) > _CELL:
            yield cell
            cell = ""
        cell += f", {each}" if cell else each
    yield cell


def _safe(*cells: str | int) -> list[str | int]:
    """Cells that no spreadsheet runs as a formula."""
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell for cell in cells]
