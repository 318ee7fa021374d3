"""Gathers problems that differ only in where they stand into one entry with its lines; knows nothing of the rules.

Two problems are the same fault when they read alike but for numbers: the place inside a line, a column, a count.
What stands in quotes is a word of the file and must agree.
"""

import re
from functools import lru_cache

from bot.domain.datasets.report import KEPT_LINES, KEPT_PROBLEMS, Problem

_VARIES = "…"
_PIECES = re.compile(r'"[^"]*"|\d+(?:,\d{3})*|…')
"""Words in quotes, which are kept, and numbers."""


class Faults:
    """Faults in the order in which they come first, up to `room` of them, with so many `lines` each.

    Later ones are not kept.
    """

    def __init__(self, room: int = KEPT_PROBLEMS, lines: int = KEPT_LINES) -> None:
        self._room = room
        self._lines = lines
        self._found: dict[tuple[str, ...], _Fault] = {}

    def add(self, problem: Problem, before: int = 0) -> None:
        """One problem more, or one entry of them, of a part of the file before which there are so many lines.

        They come in the order of their lines.
        """
        key = (problem.code, *map(_shape, (problem.path, problem.message, problem.fix)))
        fault = self._found.get(key)
        if fault is None:
            if len(self._found) >= self._room:
                return
            fault = self._found[key] = _Fault(problem, before, self._lines)
        else:
            fault.agree_with(problem)
        fault.see(problem, before)

    def entries(self) -> list[Problem]:
        """An entry for each fault."""
        return [fault.entry() for fault in self._found.values()]


class _Fault:
    """One entry while it is gathered."""

    def __init__(self, first: Problem, before: int, room: int) -> None:
        self._room = room
        self._line = first.line + before if first.line else 0
        self._texts = (first.path, first.message, first.fix)
        self._code = first.code
        self._count = 0
        self._last = -1
        self._lines: list[int] = []

    def agree_with(self, problem: Problem) -> None:
        """Say no more than is true of this problem too."""
        texts = (problem.path, problem.message, problem.fix)
        if texts != self._texts:
            path, message, fix = map(_common, self._texts, texts)
            self._texts = (path, message, fix)

    def see(self, problem: Problem, before: int) -> None:
        """It stands on the lines of this problem too; a second time on a line does not count."""
        lines = [line + before if line else 0 for line in problem.places]
        self._count += problem.count - (lines[0] == self._last)
        room = self._room - len(self._lines)
        self._lines += [line for line in lines if line != self._last][:room]
        self._last = lines[-1]

    def entry(self) -> Problem:
        path, message, fix = self._texts
        return Problem(self._line, path, self._code, message, fix, self._count, tuple(self._lines))


@lru_cache(maxsize=4096)
def _shape(text: str) -> str:
    return _PIECES.sub(lambda piece: piece[0] if piece[0].startswith('"') else _VARIES, text)


@lru_cache(maxsize=4096)
def _common(first: str, second: str) -> str:
    """What two texts of one shape both say."""
    others = _PIECES.finditer(second)
    return _PIECES.sub(lambda piece: piece[0] if piece[0] == next(others)[0] else _VARIES, first)
