"""What files turn out to be: lines that are no JSON, files that are no datasets, and the report on a whole file."""

import json
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import catalog
from bot.domain.catalog import Format
from bot.domain.datasets.json_faults import json_fault_in
from bot.domain.datasets.line import TEXT_CAP, VALUES_CAP, Malformed, parse
from bot.domain.datasets.report import Recognised, Report, from_json, to_json
from bot.domain.datasets.report_builder import Facts, conclude, limits_for
from bot.domain.datasets.statistics import Examiner, Sum
from bot.domain.datasets.tokens import Meter
from bot.domain.transforms.format_detection import recognise

TODAY = date(2026, 11, 22)
MODELS = catalog.load()


def example(question: str = "How?", answer: str = "So.", system: str | None = "Be brief.") -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    return json.dumps({"messages": messages}).encode()


def pair(preferred: str, other: str) -> bytes:
    return json.dumps(
        {
            "input": {"messages": [{"role": "user", "content": "Which?"}]},
            "preferred_output": [{"role": "assistant", "content": preferred}],
            "non_preferred_output": [{"role": "assistant", "content": other}],
        }
    ).encode()


def several(count: int) -> list[bytes]:
    return [example(f"How is {number}?", f"So {number}.") for number in range(count)]


def words(text: str) -> int:
    """A token counter for tests: one token a word."""
    return len(text.split())


def report_on(lines: Iterable[bytes], *, split_at: Iterable[int] = (), kind: Format | None = None) -> Report:
    """The report on these lines, examined in the ranges that begin at `split_at`; `kind` is their format if given."""
    lines = list(lines)
    found = Recognised(kind) if kind else recognise(lines)
    limits = limits_for(MODELS, found.format, TODAY)
    whole = Sum(limits)
    if found.fault is None:
        bounds = [0, *sorted(split_at), len(lines)]
        for start, end in pairwise(bounds):
            examiner = Examiner(found.format, limits, Meter(words))
            for number in range(start, end):
                examiner.take(lines[number], first_of_file=number == 0)
            whole.add(examiner.done())
    return conclude(Facts("data.jsonl", 1, "0" * 64), found, whole, MODELS, TODAY)


def places(report: Report) -> list[tuple[int, str]]:
    """Each line with each problem it has."""
    found = [(line, problem.code) for problem in report.problems for line in problem.places]
    return sorted(found, key=lambda place: place[0])


def advised(report: Report) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {advice.code: (advice.count, advice.lines) for advice in report.advice}


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (b"hello", "not_json", "begin with { (column 1)"),
        (b"{'a': 1}", "single_quotes", "single quotes (column 2)"),
        ("{“a”: 1}".encode(), "not_json", "typographic quotes (column 2)"),
        ("{'a': ‘b’}".encode(), "single_quotes", "single quotes"),
        ('{"a": ‘b’}'.encode(), "not_json", "typographic quotes (column 7)"),
        ('{"a”: 1}'.encode(), "not_json", "typographic quotes (column 4)"),
        (b"{&quot;a&quot;: 1}", "not_json", "&quot;"),
        ('{"a":\u00a0"b"}'.encode(), "not_json", "U+00A0"),
        (b'{"a": 1},', "not_json", "comma follows the object (column 9)"),
        (b'{"a": 1,}', "not_json", "comma stands before a closing bracket (column 8)"),
        (b'{"a": [1,]}', "not_json", "comma stands before a closing bracket (column 9)"),
        (b'{"a": NaN}', "not_json", "NaN"),
        (b'{"b": "NaN", "a": NaN}', "not_json", "(column 19)"),
        (b'{"a": None}', "not_json", "None"),
        (b'{"a": 1}{"a": 1}', "not_json", "more than one object (column 9)"),
        (b'{"a": 1}, {"a": 1}', "not_json", "more than one object"),
        (b'{"a": 1}}', "not_json", "once too often (column 9)"),
        (b'{"a": 1} and more', "not_json", "something follows"),
        (b'{"a": "b', "broken_text", "does not end on this line"),
        (b'{"a": ["b"', "not_json", "does not end on this line (column 11)"),
        (b'{"a": "b\tc"}', "not_json", "a tab is in a text as it is (column 9)"),
        (b'{"a": "b\x01c"}', "not_json", "control character"),
        (b'{"a": "C:\\Users"}', "not_json", "a backslash stands alone in a text (\\U) (column 10)"),
        (b'{"a": "C:\\users"}', "not_json", "a backslash stands alone in a text (\\u) (column 10)"),
        (b'{"a": "What is "it"?"}', "not_json", "no backslash before it, so the text ends there (column 16)"),
        (b'{"a": "What is "", "b": 1}', "not_json", "(column 16)"),
        (b'{"a": "b" "c": 1}', "not_json", "a comma is missing between two keys (column 11)"),
        (b'{"a": // b\n 1}', "not_json", "a comment"),
        (b'{"a": }', "not_json", "a value is missing"),
        (b'{"a": ,}', "not_json", "column 7"),
        (b'{"a": (1)}', "not_json", "missing or too many there (column 7)"),
        (b'{"a": 01}', "not_json", "a number"),
        (b'{"a": .5}', "not_json", "a number"),
        (b'{"a": 1e999}', "not_json", "too large"),
        (b'{"a": [1}', "not_json", "a bracket is closed that is not the open one"),
        (b'{"a" 1}', "not_json", "missing or too many there (column 6)"),
        ('{"é": "x\ty"}'.encode(), "not_json", "(column 9)"),
        (b'{"a": "\xff"}', "invalid_utf8", "Byte 8"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_utf8", "UTF-8"),
        (b'{"a": "\x00"}', "nul_byte", "NUL"),
        (b'{"a": "\\ud83d"}', "lone_surrogate", "half"),
        (b'{"a": "\\ude00"}', "lone_surrogate", "half"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "duplicate_key", '"c"'),
        (b'{"a": 1, "\\u0061": 2}', "duplicate_key", '"a"'),
        (b"[" * 100_000, "too_deep", "nests"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "too_deep", "nests"),
        (b'{"a": "' + b"x" * TEXT_CAP + b'"}', "line_too_long", "Besides its images"),
        (b'{"a": "data:image/png;base64,' + b"x" * TEXT_CAP + b'"}', "line_too_long", "Besides its images"),
        (b'{"a": [' + b"{}," * (VALUES_CAP // 3) + b"{}]}", "too_many_values", "Besides its texts"),
        (b'{"a": [' + b'"",' * (VALUES_CAP // 3) + b'""]}', "too_many_values", "Besides its texts"),
        (b"[" * VALUES_CAP + b" ", "too_many_values", "Besides its texts"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_why(line: bytes, code: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(line)
    assert caught.value.code == code
    assert said in caught.value.message
    assert caught.value.fix


@given(
    st.lists(
        st.sampled_from(['{"a": ', '"', "\\", "'", "}", "]", ",", "\t", " ", "NaN", "1", "“", ":", "[", "é"])
    )
)
def test_whatever_breaks_a_line_it_has_a_cause_and_a_cure_and_a_column_on_it(pieces: list[str]) -> None:
    line = "".join(pieces)
    slip = json_fault_in(line)
    assert slip.why
    assert slip.fix
    assert 0 <= slip.column <= len(line) + 1


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": ":) \\": {"}',
        b'{"a": "\\ud83d\\ude00"}',
        b'{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}]}',
        '{"질문": "👩‍👩‍👧"}'.encode(),
        b'{"a": 123456789012345678901234567890}',
        b'{"a": "' + b'\\",' * (VALUES_CAP // 3) + b'"}',
        b'{"url": "data:image/png;base64,' + b"x" * TEXT_CAP + b'"}',
        b'{"url" : "data:image\\/png;base64,' + b"\\/" * TEXT_CAP + b'"}',
    ],
    ids=range(8),
)
def test_unusual_but_proper_json_is_taken(line: bytes) -> None:
    assert parse(line) == json.loads(line)


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_json_is_taken_for_one_with_duplicate_keys(value: Any) -> None:
    line = json.dumps(value).encode()
    assert parse(line) == value


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "empty_file"),
        ([b"\xef\xbb\xbf"], "empty_file"),
        ([b"  ", b"\r"], "empty_file"),
        ([b"\x1f\x8b\x08\x00"], "compressed_file"),
        ([b"PK\x03\x04\x14\x00"], "packed_file"),
        ([b"PK\x03\x04\x14\x00", b"\x00", b"xl/workbook.xml"], "table_file"),
        ([b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"], "packed_file"),
        ([b"PAR1\x15\x04"], "binary_file"),
        ([b"\xff\xfe{\x00"], "utf16_file"),
        ([b'{\x00"\x00m\x00"\x00'], "utf16_file"),
        ([b"\x89PNG\r", b"\x00"], "binary_file"),
        ([b"<!DOCTYPE html>", b"<p>"], "html_file"),
        ([b"[", b'{"messages": []},'], "json_list"),
        ([b"[", b'  {"messages": []}', b"]"], "json_list"),
        ([b'[{"messages": []}, {"messages": []}]'], "json_list"),
        ([b"{", b'  "messages": ['], "pretty_json"),
        ([b'{"messages": [', b"]}"], "pretty_json"),
        ([b'{"messages": [', b'  {"role": "user", "content": "Hi"}', b"]}"], "pretty_json"),
        ([b"question,answer", b"How?,So."], "table_file"),
        ([b"question\tanswer", b"How?\tSo."], "table_file"),
        ([b"Dear all,", b"this is no dataset."], "not_a_dataset"),
        ([b'{"prompt": "a", "completion": "b"}'], "unknown_format"),
        ([b'{"a": 1}'], "no_examples"),
        ([b'{"a": 1, "b": 2}'], "unknown_format"),
        ([b"question,answer\n", b'"How\n', b'is it?",So.\n'], "table_file"),
        ([b",question,answer,", b"0,How?,So.,"], "table_file"),
        ([b"\tquestion\tanswer", b"0\tHow?\tSo."], "table_file"),
        (["질문,답변".encode("cp949"), "어디?,여기.".encode("cp949")], "invalid_utf8"),
        (
            [b'{"role": "user", "content": "How?"}', b'{"role": "assistant", "content": "So."}'],
            "message_per_line",
        ),
        ([b'{"custom_id": "1", "body": {"messages": []}}'], "wrapped_examples"),
    ],
)
def test_what_is_not_a_dataset_is_called_by_its_name(lines: list[bytes], code: str) -> None:
    found = recognise(lines)
    assert found.format is None
    assert found.fault is not None
    assert (found.fault.line, found.fault.code) == (0, code)
    assert report_on(lines).problem_codes == {code: 1}


@pytest.mark.parametrize(
    "keys",
    [
        {"prompt": "a", "chosen": "b", "rejected": "c"},
        {"chosen": [{"role": "user", "content": "a"}], "rejected": [], "score_chosen": 1},
        {"input": {"messages": []}, "preferred_completion": [], "non_preferred_completion": []},
    ],
)
def test_preference_data_of_another_shape_is_offered_for_conversion_and_never_told_to_be_chats(
    keys: Any,
) -> None:
    fault = recognise([json.dumps(keys).encode()]).fault
    assert fault is not None
    assert fault.code == "unknown_format"
    assert "preference pairs" in fault.message
    assert "can become preference examples" in fault.fix
    assert "finetune-bot convert" in fault.fix


def test_what_can_be_converted_names_the_command_and_what_becomes_of_it() -> None:
    fault = recognise(['{"prompt": "介绍一下", "completion": "北京"}'.encode()]).fault
    assert fault is not None
    assert "prompt/completion" in fault.message
    assert fault.fix == (
        "They can become chat examples. Convert does it in Slack, finetune-bot convert in a terminal."
    )


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([example()], "chat"),
        ([b"\xef\xbb\xbf" + example()], "chat"),
        ([b"not json", b"", example()], "chat"),
        ([b"[1]", example()], "chat"),
        ([b'{"messages": [{"role": "user", "content": "no answer"}]}'], "chat"),
        ([b'{"messages": []}'], "chat"),
        ([pair("a", "b")], "preference"),
        ([b'{"preferred_output": 1}'], "preference"),
        ([b'{"messages": [{"role": "user", "content": "2+2"}], "target": 4}'], "reinforcement"),
        ([b'{"messages": [{"role": "developer", "content": "x"}, {"role": "user", "content": "y"}]}'],
         "reinforcement"),
        ([b'{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "y"}], "target": 4}'],
         "reinforcement"),
        ([example(), pair("a", "b"), example()], "chat"),
    ],
)  # fmt: skip
def test_the_format_is_recognised_by_what_most_lines_hold(lines: list[bytes], wanted: Format) -> None:
    assert recognise(lines) == Recognised(wanted)


def test_a_good_file_can_be_trained_on() -> None:
    report = report_on(several(60))
    assert report.ok
    assert (report.examples, report.valid, report.problem_count, report.advice) == (60, 60, 0, ())
    assert [estimate.model for estimate in report.estimates] == [
        model.id for model in MODELS.trainable(TODAY, "chat")
    ]


def test_every_problem_is_reported_at_its_line() -> None:
    lines = several(12)
    lines[0] = b"\xef\xbb\xbf" + lines[0]
    lines[3] = b""
    lines[5] = b'{"messages": []}'
    lines[7] = b"oops"
    report = report_on(lines)
    assert not report.ok
    assert places(report) == [(1, "bom"), (4, "blank_line"), (6, "no_messages"), (8, "not_json")]
    assert report.problem_codes == {"bom": 1, "blank_line": 1, "no_messages": 1, "not_json": 1}
    assert (report.examples, report.valid) == (11, 9)


def test_windows_line_ends_are_no_problem() -> None:
    assert report_on([line + b"\r\n" for line in several(10)]).ok


def test_lines_that_are_all_broken_are_each_told() -> None:
    report = report_on([b"{'messages': []}"] * 3)
    assert report.format is None
    assert places(report) == [(0, "too_few_examples"), *((line, "single_quotes") for line in (1, 2, 3))]


@pytest.mark.parametrize(("count", "ok"), [(1, False), (9, False), (10, True)])
def test_ten_examples_are_the_least(count: int, ok: bool) -> None:
    report = report_on(several(count))
    assert report.ok is ok
    assert ("too_few_examples" in report.problem_codes) is not ok


def test_advice_says_how_often_and_where() -> None:
    lines = several(12)
    lines[4] = lines[11] = lines[1]
    lines[6] = example("How else?", system=None)
    assert advised(report_on(lines)) == {
        "duplicates": (2, (5, 12)),
        "missing_system": (1, (7,)),
        "few_examples": (12, ()),
    }


def test_having_no_system_prompt_at_all_is_no_advice() -> None:
    report = report_on(example(f"How is {number}?", f"So {number}.", system=None) for number in range(50))
    assert report.advice == ()


def test_equal_outputs_are_advised_against() -> None:
    pairs = [pair(f"yes {number}", "no") for number in range(50)]
    pairs[8] = pair("same", "same")
    report = report_on(pairs)
    assert report.ok
    assert advised(report) == {"equal_outputs": (1, (9,))}


def test_long_examples_are_billed_as_the_server_cuts_them() -> None:
    lines = several(50)
    whole = report_on(lines)
    lines[20] = example("word " * 70_000)
    report = report_on(lines)
    assert report.tokens.max > 70_000
    assert report.tokens.over_limit == 1
    assert report.tokens.lost == report.tokens.max - 65_536
    assert advised(report) == {"over_limit": (1, (21,)), "unlike_rest": (1, (21,))}
    billed = report.billable_tokens(65_536)
    assert billed == report.tokens.total - report.tokens.lost
    assert whole.billable_tokens(65_536) < billed
    assert report.billable_tokens(16_385) < billed
    assert report.billable_tokens(1_000_000) == report.tokens.total
    assert {estimate.billed_tokens for estimate in report.estimates} == {billed * 3}


def test_images_leave_only_the_models_that_see() -> None:
    line = json.dumps(
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "https://a.kr/1", "detail": "low"}}
                    ],
                },
                {"role": "assistant", "content": "cat"},
            ]
        }
    ).encode()
    report = report_on([*several(50), line])
    assert report.images == 1
    assert advised(report)["images"] == (1, ())
    assert not report.tokens.exact
    assert [estimate.model for estimate in report.estimates] == ["gpt-4o-2024-08-06"]


def test_more_images_than_the_server_takes_are_a_problem_of_the_file() -> None:
    whole = Sum(limits_for(MODELS, "chat", TODAY))
    whole.counts.examples = whole.counts.valid = 60_000
    for images, ok in ((50_000, True), (50_001, False)):
        whole.counts.images = images
        report = conclude(Facts("data.jsonl", 1, "0" * 64), Recognised("chat"), whole, MODELS, TODAY)
        assert report.ok is ok
        assert ("too_many_image_examples" in report.problem_codes) is not ok


def test_a_line_too_long_to_read_is_an_example_with_a_problem() -> None:
    examiner = Examiner("chat", limits_for(MODELS, "chat", TODAY), Meter(words))
    examiner.take_too_long(8 << 20)
    examiner.take(example())
    counts = examiner.done()
    assert (counts.lines, counts.examples, counts.valid) == (2, 2, 1)
    assert [(problem.line, problem.message) for problem in counts.problems] == [
        (1, "This line is longer than 8 MiB, so it was not read.")
    ]


def test_a_file_of_lines_too_long_to_read_is_not_called_empty() -> None:
    assert recognise([None]) == Recognised(None)
    assert recognise([None, example()]) == Recognised("chat")


def test_a_format_nobody_trains_is_said() -> None:
    line = b'{"messages": [{"role": "user", "content": "%d"}], "target": 1}'
    report = report_on(line % number for number in range(50))
    assert report.ok
    assert report.estimates == ()
    assert advised(report) == {"no_model": (1, ())}


def test_a_file_of_questions_only_is_told_once_to_look_like_reinforcement_data() -> None:
    question = b'{"messages": [{"role": "user", "content": "How is %d?"}]}'
    report = report_on(question % number for number in range(6_150))
    (fault,) = report.problems
    assert (fault.code, fault.count) == ("no_assistant_message", 6_150)
    assert "looks like data for reinforcement" in fault.message
    assert "--format reinforcement" in fault.fix


def test_what_a_mistaken_format_looks_like_is_told_before_anything_else() -> None:
    question = b'{"messages": [{"role": "user", "content": "How is %d?"}], "id": 1}'
    report = report_on((question % number for number in range(60)), kind="chat")
    assert [fault.code for fault in report.problems] == ["no_assistant_message", "unknown_key"]


def test_chat_data_that_is_checked_for_another_format_is_told_once_to_be_that() -> None:
    (fault,) = report_on(several(60), kind="preference").problems
    assert (fault.code, fault.count, fault.fix[:20]) == ("other_format", 60, "Leave --format out: ")
    first, *_ = report_on(several(60), kind="reinforcement").problems
    assert (first.code, first.count) == ("last_not_user", 60)
    assert "looks like data for chat training" in first.message


def test_a_few_questions_without_an_answer_are_no_reinforcement_data() -> None:
    report = report_on([*several(10), b'{"messages": [{"role": "user", "content": "How?"}]}'])
    (fault,) = report.problems
    assert "reinforcement" not in fault.message + fault.fix


def test_instructions_in_reinforcement_data_are_told_their_role() -> None:
    line = (
        b'{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "%d"}], "target": 1}'
    )
    (fault,) = report_on(line % number for number in range(12)).problems
    assert fault.code == "other_role"
    assert fault.fix.startswith('Write "developer" there.')


def test_nobody_is_warned_of_the_limit_of_a_model_that_is_gone() -> None:
    # 16,385 tokens were what a model took that is gone; none trains on these today.
    line = json.dumps({"messages": [{"role": "user", "content": "word " * 20_000}], "target": 1}).encode()
    report = report_on([line, *(line.replace(b"target", b"target%d" % n) for n in range(20))])
    assert report.ok
    assert "over_limit" not in advised(report)


def test_advice_on_reinforcement_data_does_not_speak_of_answers() -> None:
    texts = [" ".join(f"{number}-{word}" for word in range(20)) for number in range(40)]
    texts += [texts[3] + " now", "long " * 5_000]
    lines = [
        json.dumps({"messages": [{"role": "user", "content": text}], "target": number}).encode()
        for number, text in enumerate(texts)
    ]
    told = {advice.code: advice.message for advice in report_on(lines).advice}
    assert {"near_duplicates", "unlike_rest"} <= set(told)
    assert "answer" not in told["near_duplicates"] + told["unlike_rest"]


def test_a_report_survives_being_json() -> None:
    report = report_on([*several(20), b"{", example(system=None), example(system=None)])
    assert from_json(json.loads(json.dumps(to_json(report)))) == report


GOOD_OR_BAD = st.sampled_from(
    [*several(4), b"", b"{", b'{"messages": 1}', b"[]", example(system=None), b"\xff"]
)


@given(st.lists(GOOD_OR_BAD, min_size=1, max_size=30), st.data())
def test_a_file_in_ranges_gives_the_same_report_as_in_one(lines: list[bytes], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=5))
    report = report_on(lines)
    assert report_on(lines, split_at=cuts) == report
    assert report.valid <= report.examples <= len(lines)
    assert sum(report.problem_codes.values()) == report.problem_count
    assert report.problem_count == sum(problem.count for problem in report.problems)
    for problem in report.problems:
        assert all(0 <= line <= len(lines) for line in problem.places)


BAD = st.sampled_from([b"", b"{", b'{"messages": []}', b"[]", b"\xff", b"\x00", example() + b","])


@given(st.lists(st.none() | BAD, max_size=40), st.data())
def test_each_bad_line_is_told_with_its_own_number(bad: list[bytes | None], data: st.DataObject) -> None:
    lines = [example(f"How is {number}?") if line is None else line for number, line in enumerate(bad)]
    cuts = data.draw(st.lists(st.integers(0, len(bad)), max_size=4))
    report = report_on([*several(60), *lines], split_at=[60 + cut for cut in cuts])
    wanted = [number for number, line in enumerate(bad, start=61) if line is not None]
    assert [line for line, _ in places(report)] == wanted


@given(st.lists(st.binary(), max_size=20), st.booleans())
def test_arbitrary_bytes_give_a_report(lines: list[bytes], after_examples: bool) -> None:
    report = report_on([*several(10), *lines] if after_examples else lines)
    assert report.ok == (report.problem_count == 0)
    if after_examples:
        assert all(problem.line > 10 for problem in report.problems)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "messages",
                        "role",
                        "content",
                        "name",
                        "weight",
                        "tools",
                        "tool_calls",
                        "type",
                        "function",
                    ),
                    *("arguments", "id", "text", "image_url", "url", "input", "preferred_output", "refusal"),
                    *("non_preferred_output", "tool_call_id", "functions", "parameters"),
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(ANYTHING, st.sampled_from(["chat", "preference", "reinforcement"]))
def test_arbitrary_json_never_crashes_a_format(value: Any, wanted: Format) -> None:
    examiner = Examiner(wanted, limits_for(MODELS, wanted, TODAY), Meter(words))
    examiner.take(json.dumps(value).encode())
    counts = examiner.done()
    assert (counts.valid == 1) == (counts.problem_count == 0)
