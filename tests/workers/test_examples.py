"""Which lines of a file are read as examples."""

from pathlib import Path

import pytest

from bot.domain.worker_tasks import ShowExamples
from bot.workers.examples import read_examples
from tests.workers.conftest import example


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twenty-five lines, the second of which is empty."""
    lines = [example(number) if number != 2 else b"" for number in range(1, 26)]
    path = tmp_path / "tone.jsonl"
    path.write_bytes(b"\n".join(line.strip() for line in lines))
    return path


def lines(task: ShowExamples) -> tuple[list[int], int | None]:
    found = read_examples(task)
    return [each.line for each in found.shown], found.later


def test_ten_lines_that_hold_something_and_where_the_next_begin(file: Path) -> None:
    assert lines(ShowExamples(file)) == ([1, *range(3, 12)], 12)
    assert lines(ShowExamples(file, first=22)) == ([22, 23, 24, 25], None)
    assert lines(ShowExamples(file, first=26)) == ([], None)


def test_exactly_the_lines_that_are_named(file: Path) -> None:
    assert lines(ShowExamples(file, lines=(3, 17))) == ([3, 17], None)
    assert lines(ShowExamples(file, lines=(2, 4))) == ([4], None)
    assert lines(ShowExamples(file, lines=(4, 99))) == ([4], None)
