"""The complete report on a file as a table (CSV): every problem, not the first thousand, and all advice."""

import csv
from collections.abc import Iterator
from pathlib import Path

from bot.domain.dataset.report import Problem, Report
from bot.domain.dataset.tally import Examiner, Limits
from bot.domain.tokens import Meter
from bot.validation.reader import LINE_CAP
from bot.workshop.tools import lines_of

HEADER = ("kind", "line", "path", "code", "message", "fix")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula; a path inside a line may be made up by anybody."""

_RULES_ONLY = Limits(encoding="", example=0, billable=(), share=1 << 40)
"""Tokens are not counted again, and nothing is looked at for advice."""


def write_table(source: Path, report: Report, target: Path) -> int:
    """Write the table; gives the number of problems in it. Lines in order, what concerns the whole file first.

    Raises:
        OSError: a file cannot be read or written.
    """
    count = 0
    # With a byte order mark, by which spreadsheets know UTF-8.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for problem in _problems(source, report):
            rows.writerow(
                _safe("problem", problem.line or "", problem.path, problem.code, problem.message, problem.fix)
            )
            count += 1
        for advice in report.advice:
            where = " ".join(map(str, advice.lines)) + (" …" if advice.count > len(advice.lines) else "")
            rows.writerow(_safe("advice", where if advice.lines else "", "", advice.code, advice.message, ""))
    return count


def _problems(source: Path, report: Report) -> Iterator[Problem]:
    if report.problem_count == len(report.problems):
        yield from report.problems
        return
    yield from (problem for problem in report.problems if not problem.line)
    for number, line in enumerate(lines_of(source)):
        examiner = Examiner(report.format, _RULES_ONLY, Meter(lambda _: 0))
        if line is None:
            examiner.take_too_long(LINE_CAP)
        else:
            examiner.take(line, first_of_file=number == 0)
        for problem in examiner.done().problems:
            yield Problem(number + 1, problem.path, problem.code, problem.message, problem.fix)


def _safe(*cells: str | int) -> list[str | int]:
    """Cells that no spreadsheet runs as a formula."""
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell for cell in cells]
