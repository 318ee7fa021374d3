"""What is offered for a dataset is what is possible for it, and nothing else."""

from dataclasses import replace

import pytest

from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.datasets.report import Advice, Report
from bot.domain.transforms.lifecycle import TransformKind, offered, shares, versions_beside
from tests.handlers import samples

MEND, CONVERT, SPLIT, COMPARE, REPORT = TransformKind


def rejected(valid: int = 0, **codes: int) -> Report:
    return samples.report(
        ok=False, valid=valid, problem_count=sum(codes.values()), problem_codes=codes, estimates=(), advice=()
    )


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (rejected(unknown_key=3), {MEND}),
        (rejected(blank_line=1), {MEND}),
        (rejected(not_json=1), {MEND}),
        (rejected(valid=9, no_assistant_message=1), set()),
        (rejected(valid=10, no_assistant_message=1), {MEND}),
        (rejected(too_few_examples=1, valid=3), set()),
        (rejected(table_file=1), {CONVERT}),
        (rejected(json_list=1), {CONVERT}),
        (rejected(pretty_json=1), {CONVERT}),
        (rejected(unknown_format=1), {CONVERT}),
        (rejected(compressed_file=1), set()),
        (rejected(empty_file=1), set()),
    ],
)
def test_a_rejected_file_is_offered_what_helps_it(report: Report, expected: set[TransformKind]) -> None:
    dataset = samples.dataset(DatasetState.REJECTED, report=report, version=2)
    assert offered(dataset) == expected | {REPORT}


def test_a_ready_file_is_offered_a_split_and_when_it_is_not_the_first_a_comparison() -> None:
    assert offered(samples.dataset()) == {SPLIT, REPORT}
    assert offered(samples.dataset(version=2)) == {SPLIT, COMPARE, REPORT}
    few = samples.report(valid=19, examples=19)
    assert offered(samples.dataset(report=few)) == {REPORT}


def test_a_ready_file_with_repetitions_can_lose_them() -> None:
    twice = samples.report(advice=(Advice("duplicates", "Twice.", 2, (3, 4)),))
    assert MEND in offered(samples.dataset(report=twice))


@pytest.mark.parametrize(
    "state", [DatasetState.RECEIVED, DatasetState.VALIDATING, DatasetState.FAILED, DatasetState.DELETED]
)
def test_nothing_is_offered_for_what_was_not_checked_or_is_gone(state: DatasetState) -> None:
    assert offered(samples.dataset(state, report=samples.report())) == frozenset()


@pytest.mark.parametrize(
    ("examples", "expected"),
    [(19, ()), (20, (0.5,)), (23, (0.5,)), (48, (0.2, 0.3, 0.4)), (1_000, (0.1, 0.2, 0.3))],
)
def test_the_shares_leave_ten_on_both_sides(examples: int, expected: tuple[float, ...]) -> None:
    assert shares(examples) == expected


def test_versions_beside_are_the_ready_ones_of_the_same_name_newest_first() -> None:
    mine = samples.dataset(id="b", version=2)
    others = [replace(mine, id=each, version=version) for each, version in (("a", 1), ("c", 3))]
    broken = replace(mine, id="d", version=4, state=DatasetState.REJECTED)
    stranger = replace(mine, id="e", name="other.jsonl")
    assert [each.id for each in versions_beside(mine, [mine, *others, broken, stranger])] == ["c", "a"]
