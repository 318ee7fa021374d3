"""One fault on thousands of lines is one entry with its lines, however the file was cut."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.problems import Faults
from bot.domain.datasets.report import Problem, from_json, to_json
from bot.domain.escaping import in_brackets, places, ranges
from tests.domain.datasets.test_files import report_on, several


def chat(*roles: str) -> bytes:
    return json.dumps({"messages": [{"role": role, "content": "Hello"} for role in roles]}).encode()


def test_one_fault_on_thousands_of_lines_is_one_entry_that_counts_them() -> None:
    report = report_on([*several(10), *[chat("user", "gpt")] * 6_150])
    (fault,) = report.problems
    assert (fault.line, fault.count, fault.lines) == (11, 6_150, tuple(range(11, 31)))
    assert fault.path == "messages[1].role"
    assert report.problem_count == 6_150


def test_the_same_fault_at_other_places_is_one_entry_that_names_what_they_share() -> None:
    report = report_on([*several(10), chat("user", "gpt"), chat("user", "gpt", "user", "gpt")])
    (fault,) = report.problems
    assert fault.path == "messages[…].role"
    assert fault.message.startswith('`messages[…].role` is "gpt"')
    assert (fault.count, fault.lines) == (2, (11, 12))  # a second time on a line counts once
    assert report.problem_count == 3


def test_another_word_of_the_file_is_another_fault() -> None:
    report = report_on([*several(10), chat("user", "gpt4"), chat("user", "gpt5"), chat("user", "gpt4")])
    assert [(fault.message[:28], fault.lines) for fault in report.problems] == [
        ('`messages[1].role` is "gpt4"', (11, 13)),
        ('`messages[1].role` is "gpt5"', (12,)),
    ]


def test_numbers_that_differ_from_line_to_line_are_left_out() -> None:
    faults = Faults()
    for line, column in ((3, 17), (4, 17), (9, 1_204)):
        faults.add(Problem(line, "", "not_json", f"At column {column:,} of 5,000.", "Close it."))
    (fault,) = faults.entries()
    assert fault == Problem(3, "", "not_json", "At column … of 5,000.", "Close it.", 3, (3, 4, 9))


def test_kinds_are_kept_to_a_bound_but_counted_all() -> None:
    report = report_on([*several(10), *(chat("user", f"role{number}") for number in range(1_200))])
    assert len(report.problems) == 1_000
    assert report.problem_count == 1_200


@given(st.lists(st.sampled_from(["user", "gpt", "bot"]), max_size=60), st.data())
def test_entries_are_the_same_however_the_file_was_cut(ends: list[str], data: st.DataObject) -> None:
    lines = [*several(30), *(chat("user", end) for end in ends)]
    cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=5))
    report = report_on(lines, split_at=cuts)
    assert report == report_on(lines)
    assert all(len(fault.lines) == min(20, fault.count) for fault in report.problems if fault.line)
    assert all(first < second for fault in report.problems for first, second in pairwise(fault.lines))


def test_a_report_from_before_has_its_one_line_for_each_entry() -> None:
    values = to_json(report_on([*several(10), b"{"]))
    for problem in values["problems"]:
        del problem["count"], problem["lines"]
    (old,) = from_json(values).problems
    assert (old.count, old.places) == (1, (11,))


def test_lines_are_told_as_ranges() -> None:
    assert ranges([3, 4, 5, 7, 9, 10, 1_200]) == ["3–5", "7", "9–10", "1,200"]
    assert places([0], 1) == "The file"
    assert places([7], 1) == "Line 7"
    assert places([7, 8], 2) == "Lines 7–8"
    assert places(range(1, 21), 6_150) == "Lines 1–20 and 6,130 more"
    assert in_brackets((4, 9), 3, " of the old file") == " (lines 4, 9 and 1 more of the old file)"
    assert in_brackets((), 3) == ""
