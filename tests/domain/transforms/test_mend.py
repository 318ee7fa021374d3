"""What mending does to a line, and what it leaves alone."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import catalog
from bot.domain.catalog import Format
from bot.domain.datasets.formats import check_example
from bot.domain.datasets.line import parse
from bot.domain.datasets.report_builder import limits_for
from bot.domain.datasets.statistics import Examiner
from bot.domain.datasets.tokens import Meter
from bot.domain.transforms.mend import Mender, recognise_mendable

MODELS = catalog.load()
ASKED, SAID = '{"role": "user", "content": "a, ]"}', '{"role": "assistant", "content": "b"}'
GOOD = f'{{"messages": [{ASKED}, {SAID}]}}'
PAIR = (
    f'{{"input": {{"messages": [{ASKED}]}}, "preferred_output": [{SAID}], '
    '"non_preferred_output": [{"role": "assistant", "content": "c"}]}'
)


def mended(
    lines: Sequence[bytes | None], expected: Format = "chat"
) -> tuple[list[bytes], dict[str, list[int]]]:
    mender = Mender(expected)
    out = [kept for line in lines if (kept := mender.take(line))]
    assert mender.kept == len(out)
    told: dict[str, list[int]] = {}
    for deed in mender.deeds:
        told[deed.code] = sorted([*told.get(deed.code, []), *deed.lines])
    assert mender.left_out == sum(deed.count for deed in mender.deeds if deed.leaves_out)
    return out, told


def answer(**more: Any) -> str:
    said = json.dumps({"role": "assistant", "content": "b", **more})
    return f'{{"messages": [{ASKED}, {said}]}}'


def calling(arguments: object) -> str:
    function = {"name": "look_up", "arguments": arguments}
    said = {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": function}]}
    return json.dumps({"messages": [json.loads(ASKED), said]}, ensure_ascii=False)


def problems(line: bytes, expected: Format) -> list[str]:
    """Codes of what a check finds in this one line, which is the first of its file."""
    examiner = Examiner(expected, limits_for(MODELS, expected, date(2026, 11, 22)), Meter(len))
    examiner.take(line, first_of_file=True)
    counts = examiner.done()
    twice = (
        ["arguments_twice"] if "arguments_twice" in counts.marks else []
    )  # advice, and mended all the same
    return [problem.code for problem in counts.problems] + twice


# line -> what it becomes, and what is told of it
MENDABLE = [
    ("\ufeff" + GOOD, GOOD, "bom"),
    (GOOD + "\r", GOOD, "crlf"),
    (GOOD + ",", GOOD, "trailing_comma"),
    (GOOD.replace("]}", " ,\t]}"), GOOD.replace("]}", " \t]}"), "trailing_comma"),
    (GOOD[:-1] + ", }", GOOD[:-1] + " }", "trailing_comma"),
    (GOOD.replace("a, ]", "a\t]"), GOOD.replace("a, ]", "a\\u0009]"), "control_character"),
    (GOOD[:-1] + ', "id": 7}', GOOD, "stray_key"),
    (GOOD[:-1] + ', "metadata": {"source": "crm", "id": 3}}', GOOD, "stray_key"),
    (GOOD[:-1] + ', "label": null, "images": []}', GOOD, "stray_key"),
    (
        GOOD.replace('"a, ]"', '[{"type": "input_text", "text": "a"}]'),
        GOOD.replace('"a, ]"', '[{"type": "text", "text": "a"}]'),
        "renamed",
    ),
    (
        GOOD.replace('"b"', '[{"type": "output_text", "text": "b", "annotations": []}]'),
        GOOD.replace('"b"', '[{"type": "text", "text": "b"}]'),
        "renamed",
    ),
    (
        GOOD.replace(
            '"a, ]"', '[{"type": "input_image", "image_url": "https://x.org/a.png", "detail": "low"}]'
        ),
        GOOD.replace(
            '"a, ]"', '[{"type": "image_url", "image_url": {"url": "https://x.org/a.png", "detail": "low"}}]'
        ),
        "renamed",
    ),
    (
        GOOD[:-1] + ', "tools": [{"type": "function", "name": "look", "parameters": {}}]}',
        GOOD[:-1] + ', "tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}]}',
        "renamed",
    ),
    (answer(index=3), GOOD, "stray_key"),
    (GOOD.replace('"content": "a, ]"', '"content": "a, ]", "weight": 0'), GOOD, "stray_key"),
    (GOOD[:-1] + ', "tools": null}', GOOD, "null_key"),
    (answer(tool_calls=None), GOOD, "null_key"),
    (answer(weight=None), GOOD, "null_key"),
    (answer(weight="1"), answer(weight=1), "weight"),
    (answer(weight=True), answer(weight=1), "weight"),
    (answer(weight=1.0), answer(weight=1), "weight"),
    (calling({"city": "Łódź"}), calling('{"city": "Łódź"}'), "arguments"),
    (calling('"{\\"city\\": 1}"'), calling('{"city": 1}'), "arguments"),
]


def test_arguments_that_the_server_may_take_as_they_are_stay_as_they_are() -> None:
    odd = [calling(text).encode() for text in ("null", "{'city': 1}", '["Seoul"]', "")]
    assert mended(odd) == (odd, {})


@pytest.mark.parametrize(("line", "becomes", "told"), MENDABLE)
def test_what_is_certain_is_mended(line: str, becomes: str, told: str) -> None:
    assert mended([line.encode()]) == ([becomes.encode()], {told: [1]})


@pytest.mark.parametrize(
    "line",
    [
        "{oops",
        "[1, 2]",
        GOOD + GOOD,
        GOOD.replace('"user"', '"robot"'),
        GOOD[:-1] + ', "messages": []}',
        answer(weight="2"),
        answer(weight=0),  # nothing to learn
        answer(content=None),
        GOOD[:-1] + ', "tools": 3}',
        '{"messages": [,]}',
        GOOD[:-1] + ',, "tools": null}',
        '{"messages": [null]}',
        '{"id": 1}',
        PAIR,
    ],
)
def test_what_would_need_a_guess_is_left_out(line: str) -> None:
    assert mended([line.encode() + b"\n", GOOD.encode()]) == ([GOOD.encode()], {"left_out": [1]})


def test_a_stray_key_that_looks_like_the_place_of_another_is_not_confused_with_it() -> None:
    tools = [{"type": "function", "function": {"name": "look"}}]
    value = {**json.loads(PAIR), "input.tools": 1}
    value["input"]["tools"] = tools
    out, _ = mended([json.dumps(value).encode()], "preference")
    assert out == []


@pytest.mark.parametrize(
    "line",
    [
        GOOD[:-1] + ', "weight": 0}',
        GOOD[:-1] + ', "weight": 1}',
        GOOD[:-1] + ', "label": false}',
        GOOD[:-1] + ', "system": "Be kind."}',
        GOOD[:-1] + ', "images": ["a.png"]}',
        GOOD[:-1] + ', "rejected": "c"}',
        GOOD[:-1] + ', "quality": "bad"}',
        GOOD[:-1] + ', "metadata": {"label": false}}',
        GOOD[:-1] + ', "an odd\\nkey": {"tools": []}}',
        answer(loss=False),
    ],
)
def test_a_key_that_may_say_what_is_to_be_learned_is_never_removed(line: str) -> None:
    assert mended([line.encode() + b"\n", GOOD.encode()]) == ([GOOD.encode()], {"kept_out": [1]})


@pytest.mark.parametrize("weight", [0, 0.5, "0"])
def test_a_side_of_a_pair_that_is_not_to_be_learned_stays_unlearned(weight: object) -> None:
    line = PAIR.replace('"content": "c"', f'"content": "c", "weight": {json.dumps(weight)}')
    assert mended([line.encode()], "preference") == ([], {"left_out": [1]})


def test_a_preference_pair_loses_its_weights_and_stray_keys() -> None:
    line = PAIR[:-1] + ', "id": 0.4}'
    line = line.replace('"content": "c"', '"content": "c", "weight": 1')
    assert mended([line.encode()], "preference") == ([PAIR.encode()], {"stray_key": [1]})


def test_a_reinforcement_example_keeps_the_keys_its_grader_reads() -> None:
    line = f'{{"messages": [{ASKED}], "target": 8, "numbers": null}}'.encode()
    assert mended([line], "reinforcement") == ([line], {})


def test_the_same_example_is_kept_once_however_it_is_spelled() -> None:
    respelled = GOOD.replace(" ", "").replace("a,]", "\\u0061, ]").encode()
    assert mended([GOOD.encode() + b"\n", respelled]) == ([GOOD.encode() + b"\n"], {"duplicate": [2]})


def test_a_line_too_long_to_be_read_is_left_out() -> None:
    assert mended([None, GOOD.encode()]) == ([GOOD.encode()], {"left_out": [1]})


def test_the_summary_names_what_was_removed_and_why_lines_were_left_out() -> None:
    mender = Mender("chat")
    ends_with_a_question = GOOD.replace(SAID, f"{SAID}, {ASKED}")
    for line in (
        GOOD[:-1] + ', "id": 7}',
        ends_with_a_question,
        GOOD.replace('"b"', '""'),
        ends_with_a_question,
    ):
        mender.take(line.encode())
    assert [deed.told for deed in mender.deeds] == [
        "Line 1: Keys removed that the server doesn't take there (id × 1).",
        "Lines 2, 4: The last message is not the assistant's.",
    ]
    assert (mender.kept, mender.repaired, mender.left_out) == (2, 1, 2)


def test_a_long_line_of_quotes_does_not_take_for_ever() -> None:
    hostile = [b'{"a": "' + b'\\"' * 200_000, b'{"a": "' + b"\\" * 400_001, b"{," + b" " * 400_000]
    assert mended(hostile) == ([], {"left_out": [1, 2, 3]})


def test_commas_at_the_ends_of_lines_do_not_hide_the_format() -> None:
    assert recognise_mendable([GOOD.encode() + b",\r\n"]).format == "chat"


pieces = st.sampled_from(
    [
        *(line for line, _, _ in MENDABLE),
        GOOD,
        PAIR,
        answer(name=""),
        answer(weight="yes"),
        GOOD[:-1] + ', "a.b": [1,], "tools": []}',
        f'{{"messages": [{ASKED}], "x": null,}}',
        "",
        "\ufeff",
        "\r",
        " ",
        ",",
        "{",
        "}",
    ]
)
lines = st.lists(pieces, max_size=4).map("".join).map(str.encode) | st.binary(max_size=20).map(
    lambda line: line.replace(b"\n", b"")
)
files = st.lists(lines, max_size=12).map(lambda each: [line + b"\n" for line in each])
formats = st.sampled_from(["chat", "preference", "reinforcement"])


@given(files, formats)
def test_mending_twice_is_mending_once(file: list[bytes], expected: Format) -> None:
    once, _ = mended(file, expected)
    assert mended(once, expected) == (once, {})


@given(files, formats)
def test_a_mended_file_has_no_problem(file: list[bytes], expected: Format) -> None:
    found: list[str] = []
    for line in mended(file, expected)[0]:
        check_example(parse(line), expected, lambda _at, code, _message, _fix: found.append(code))
    assert found == []


@given(files, formats)
def test_a_mended_file_is_one_that_a_check_finds_nothing_wrong_with(
    file: list[bytes], expected: Format
) -> None:
    examiner = Examiner(expected, limits_for(MODELS, expected, date(2026, 11, 22)), Meter(len))
    kept, _ = mended(file, expected)
    for number, line in enumerate(kept):
        examiner.take(line, first_of_file=number == 0)
    counts = examiner.done()
    assert counts.problems == []
    assert (counts.lines, counts.valid) == (len(kept), len(kept))


@given(files, formats)
def test_only_what_has_a_problem_or_repeats_is_touched(file: list[bytes], expected: Format) -> None:
    mender = Mender(expected)
    for line in file:
        kept = mender.take(line)
        if not problems(line, expected):
            assert kept.rstrip() in (line.rstrip(), b"")


texts = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "<|" not in text)


@given(st.lists(texts, unique=True, max_size=8), st.booleans(), st.booleans(), st.booleans())
def test_good_lines_come_out_byte_by_byte(said: list[str], ascii_only: bool, spaced: bool, end: bool) -> None:
    file = []
    for text in said:
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "b", "weight": 1}]
        line = json.dumps({"messages": messages}, ensure_ascii=ascii_only, indent=None).encode()
        file.append((b" " + line + b"\t" if spaced else line) + b"\n")
    if file and not end:
        file[-1] = file[-1].removesuffix(b"\n")
    assert mended(file) == (file, {})


saying = st.sampled_from(
    [
        *({"weight": each} for each in (0, 1, 0.5, "0", False, None)),
        *({"label": each} for each in (False, True, "bad", None)),
        *({key: "c"} for key in ("system", "rejected", "chosen", "quality", "split", "name", "user")),
        {"images": ["a.png"]},
        {"images": []},
        {"metadata": {"source": "crm"}},
        {"metadata": {"weight": 0}},
        {"id": 3, "model": "gpt-4o", "temperature": 0.2},
        {"tools": None, "functions": []},
        {"loss": False},
        {},
    ]
)
said_by = st.sampled_from(
    [
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "input_text", "text": "a"}]},
        {"role": "system", "content": "s"},
        {"role": "assistant", "content": "b"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
    ]
)
told = st.builds(lambda message, more: message | more, said_by, saying)


def learned(example: Any) -> list[tuple[Any, ...]]:
    """What is learned of an example: each trained answer with all that it is told before it, and with whose verdict.

    Whatever says something of that beside the messages belongs to it; so does what a message says of itself.
    """
    beside = {key: value for key, value in example.items() if key not in ("messages", *HARMLESS)}
    found = []
    messages = [
        {key: plain_text(value) for key, value in message.items() if key not in HARMLESS}
        for message in example["messages"]
    ]
    for number, message in enumerate(messages):
        weight = {"0": 0, False: 0}.get(message.pop("weight", 1), 1)
        if message["role"] == "assistant" and weight:
            before = [
                {key: value for key, value in each.items() if key != "weight"} for each in messages[:number]
            ]
            found.append((message, before, {key: value for key, value in beside.items() if value}))
    return found


HARMLESS = ("id", "model", "temperature", "tools", "functions")


def plain_text(content: Any) -> Any:
    """A text, whether it stands alone or as the only part."""
    return content[0]["text"] if isinstance(content, list) and content else content


@given(st.lists(told, min_size=1, max_size=4), saying)
def test_mending_never_changes_what_is_learned_it_leaves_such_a_line_out_and_says_so(
    messages: list[dict[str, Any]], beside: dict[str, Any]
) -> None:
    example = {"messages": messages, **beside}
    out, deeds = mended([json.dumps(example).encode()])
    if not out:
        assert deeds.keys() & {"left_out", "kept_out"}
        return
    after = json.loads(out[0])
    before = example | {"messages": [{k: v for k, v in each.items() if v is not None} for each in messages]}
    if before.get("metadata") == {"source": "crm"}:
        del before["metadata"]
    for each in before["messages"]:
        if each.get("metadata") == {"source": "crm"}:
            del each["metadata"]
        if each.get("images") == []:
            del each["images"]
    assert learned(after) == learned(before)
