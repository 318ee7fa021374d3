"""Ranges of a file give each line once, whole, and never more than the cap."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.workers.reader import ranges, read_lines


def read_in_ranges(path: Path, step: int, cap: int) -> list[bytes | None]:
    return [
        line
        for start, end in ranges(path.stat().st_size, step)
        for line in read_lines(path, start, end, cap=cap)
    ]


@given(
    content=st.binary(max_size=60) | st.text("ab\n\r", max_size=60).map(str.encode), step=st.integers(1, 70)
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_ranges_each_line_is_read_once_and_in_order(
    tmp_path: Path, content: bytes, step: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert read_in_ranges(path, step, cap=100) == re.findall(rb"[^\n]*\n|[^\n]+$", content)


@given(
    lines=st.lists(st.integers(0, 12).map(lambda length: b"x" * length), max_size=10), step=st.integers(1, 50)
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_beyond_the_cap_is_passed_over_and_counted(
    tmp_path: Path, lines: list[bytes], step: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert read_in_ranges(path, step, cap=6) == [
        line + b"\n" if len(line) + 1 <= 6 or len(line) == 6 else None for line in lines
    ]


def test_a_file_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(read_lines(tmp_path / "gone", 0, 1))
