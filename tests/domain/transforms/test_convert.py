"""Rows of other shapes: how they are read, what their columns are taken for, and what becomes of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.datasets.formats import check_example
from bot.domain.transforms.convert import Mapping, convert, guess, line_of
from bot.domain.transforms.row_reader import Row, read_rows
from bot.domain.transforms.turns import Unconvertible
from bot.errors import BadInput

U, A = {"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}
TALK = {"messages": [U, A]}
PAIR = {
    "input": {"messages": [U]},
    "preferred_output": [A],
    "non_preferred_output": [{"role": "assistant", "content": "You."}],
}
SYSTEM = {"role": "system", "content": "Be kind."}
NO = {"role": "assistant", "content": "You."}


def rows(text: str | bytes) -> list[Row]:
    content = text if isinstance(text, bytes) else text.encode()
    return list(read_rows(content.splitlines(keepends=True)))


def converted(row: dict[str, Any], system: str = "") -> Any:
    return convert(row, guess([row]), system)


@pytest.mark.parametrize(
    ("row", "example", "confidence"),
    [
        ({"question": "Who?", "answer": "Me."}, TALK, "certain"),
        ({" Question": "Who?", "Answer": "Me."}, TALK, "certain"),
        ({"prompt": "Who?", "completion": "Me."}, TALK, "certain"),
        ({"prompt": [U], "completion": [A]}, TALK, "certain"),
        ({"instruction": "Who?", "input": "", "output": "Me."}, TALK, "certain"),
        ({"instruction": "Who?", "input": None, "output": "Me."}, TALK, "certain"),
        (
            {"instruction": "Add.", "input": "1 2", "output": 3},
            {"messages": [{"role": "user", "content": "Add.\n\n1 2"}, {"role": "assistant", "content": "3"}]},
            "certain",
        ),
        ({"input": "Who?", "output": "Me."}, TALK, "likely"),
        ({"Vraag": "Who?", "Antwoord": "Me."}, TALK, "unsure"),
        ({"Frage": "Who?", "Antwort": "Me."}, TALK, "certain"),
        ({"질문": "Who?", "답변": "Me."}, TALK, "certain"),
        ({"question": "Who?", "answer": {"role": "assistant", "content": "Me."}}, TALK, "certain"),
        ({"question": "Who?", "answer": {"from": "gpt", "value": "Me."}}, TALK, "certain"),
        ({"question": {"from": "human", "value": "Who?"}, "answer": [A]}, TALK, "certain"),
        ({"question": "Who?", "answer": {"text": "Me.", "page": 3}}, TALK, "certain"),
        ({"question": "Who?", "answer": ["Me."]}, TALK, "certain"),
        ({"prompt": "Who?", "chosen": A, "rejected": NO}, PAIR, "certain"),
        ({"prompt": U, "chosen": {"from": "gpt", "value": "Me."}, "rejected": "You."}, PAIR, "certain"),
        ({"prompt": "Who?", "completion": "Me.", "label": True}, TALK, "certain"),
        ({"messages": [U], "chosen": A, "rejected": NO}, PAIR, "likely"),
        (
            {"input": {"messages": [U]}, "preferred_completion": [A], "non_preferred_completion": [NO]},
            PAIR,
            "likely",
        ),
        ({**PAIR, "input": {"messages": U}}, PAIR, "certain"),
        ({**PAIR, "input": "Who?"}, PAIR, "certain"),
        ({**PAIR, "preferred_output": "Me.", "non_preferred_output": NO}, PAIR, "certain"),
        (
            {"chosen": "\n\nHuman: Who?\n\nAssistant: Me.", "rejected": "\n\nHuman: Who?\n\nAssistant: You."},
            PAIR,
            "certain",
        ),
        ({"text": "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nMe.<|im_end|>"}, TALK, "likely"),
        ({"text": "<s>[INST] Who? [/INST] Me. </s>"}, TALK, "likely"),
        ({"text": "### Instruction:\nWho?\n\n### Response:\nMe."}, TALK, "likely"),
        ({"messages": [U, A], "weight": 1}, TALK, "certain"),
        ({"messages": [U, A], "label": True, "id": 7}, TALK, "certain"),
        ({"messages": [{**U, "role": "human"}, {**A, "role": "gpt"}]}, TALK, "certain"),
        ({"system": "Be kind.", "messages": [U, A]}, {"messages": [SYSTEM, U, A]}, "certain"),
        ({"messages": [{**SYSTEM, "role": "developer"}, U, A]}, {"messages": [SYSTEM, U, A]}, "certain"),
        ({"messages": [U, NO, U, A], "weight": 1}, {"messages": [U, NO, U, A]}, "certain"),
        (
            {"messages": [U, {**NO, "loss": False}, U, A]},
            {"messages": [U, {**NO, "weight": 0}, U, A]},
            "certain",
        ),
        (
            {"messages": [{"role": "user", "content": "<image>What?"}, A], "images": ["https://x.org/a.png"]},
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "image_url", "image_url": {"url": "https://x.org/a.png"}},
                            {"type": "text", "text": "What?"},
                        ],
                    },
                    A,
                ]
            },
            "certain",
        ),
        (
            {
                "conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Me."}],
                "id": 1,
            },
            TALK,
            "certain",
        ),
        (
            {"messages": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Me."}]},
            TALK,
            "likely",
        ),
        (
            {"conversation": [U, {**A, "weight": True, "id": 3}]},
            {"messages": [U, {**A, "weight": 1}]},
            "likely",
        ),
        ({"prompt": "Who?", "chosen": "Me.", "rejected": "You."}, PAIR, "certain"),
        ({"prompt": [U], "chosen": [A], "rejected": [NO]}, PAIR, "certain"),
        ({"chosen": [U, A], "rejected": [U, NO], "score": 2}, PAIR, "certain"),
        ({"prompt": "Who?", "chosen": [U, A], "rejected": [U, NO]}, PAIR, "certain"),
        ({"chosen": [U, A], "rejected": "You."}, PAIR, "certain"),
        ({"chosen": [U, {**A, "weight": 1}], "rejected": "You."}, PAIR, "certain"),
        (TALK, TALK, "certain"),
        (PAIR, PAIR, "certain"),
    ],
)
def test_shapes_that_others_write_are_recognised(row: dict[str, Any], example: Any, confidence: str) -> None:
    assert converted(row) == example
    mapping = guess([row])
    assert mapping.confidence == confidence
    wrong: list[str] = []
    check_example(example, mapping.format, lambda _at, code, _message, _fix: wrong.append(code))
    assert wrong == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"question": "  ", "answer": "Me."}, "the question is empty"),
        ({"question": "Who?", "answer": None}, "the answer is empty"),
        ({"conversations": []}, "the conversation is no list of turns"),
        ({"conversations": [U]}, "the conversation does not end with an answer"),
        ({"conversations": [U, {"role": "assistant", "content": ""}]}, "is empty"),
        ({"conversations": [U, {"from": "observation", "value": "3"}, A]}, "neither the user's"),
        ({"conversations": [U, {**A, "tool_calls": [1]}]}, "neither the user's"),
        ({"conversations": ["Who?", "Me."]}, "no object"),
        ({"chosen": "Me.", "rejected": "You."}, "no question"),
        ({"chosen": [U, A], "rejected": [{**U, "content": "What?"}, NO]}, "different conversations"),
        ({"chosen": [U], "rejected": [U, NO]}, "does not end with an answer"),
        ({"prompt": "Who?", "completion": "Me.", "label": False}, "says that it is not to be learned"),
        ({"conversations": [U, A], "weight": 0}, "says that it is not to be learned"),
        ({"conversations": [U, {**A, "weight": 0.5}]}, "a weight is neither 0 nor 1"),
        ({"messages": [U, A], "weight": 0}, "its weight says that it is not to be learned"),
        ({"messages": [U, A], "label": False}, "its label says that it is not to be learned"),
        ({"messages": [U, A], "weight": 0.5}, "a weight is neither 0 nor 1"),
        ({"messages": [U, {**A, "train": False}]}, "no answer of it is to be learned"),
        ({"messages": [U, A], "rejected": "You."}, "a second answer to compare"),
        ({"messages": [U, A], "images": ["pics/a.jpg"]}, "which the server cannot reach"),
        ({"messages": [U, A], "images": ["https://x.org/a.png"]}, "not as many <image> marks as images"),
        ({"messages": [U, A], "videos": ["a.mp4"]}, "media beside its messages"),
        ({**PAIR, "preferred_output": [{**A, "weight": 0}]}, "the weight of one of the two answers is 0"),
        ({**PAIR, "label": False}, "its label says that it is not to be learned"),
        ({"prompt": "Who?", "response": ["Me.", "I."]}, "no telling which one counts"),
    ],
)
def test_a_row_that_lacks_something_is_left_out_with_the_reason(row: dict[str, Any], why: str) -> None:
    mapping = guess([row, {**row}])
    with pytest.raises(Unconvertible) as told:
        convert(row, mapping)
    assert why in told.value.why


def test_a_typed_system_prompt_stands_first_and_takes_the_place_of_another() -> None:
    system = {"role": "system", "content": "Be kind."}
    assert converted({"question": "Who?", "answer": "Me."}, "Be kind.") == {"messages": [system, U, A]}
    rude = {"role": "system", "content": "Be rude."}
    own = {"question": "Who?", "answer": "Me.", "system": "Be rude."}
    assert converted(own, "Be kind.") == {"messages": [system, U, A]}
    assert converted({"conversations": [rude, U, A]}, "Be kind.") == {"messages": [system, U, A]}
    assert converted({"messages": [rude, U, A]}, "Be kind.") == {"messages": [system, U, A]}
    assert converted(own) == {"messages": [rude, U, A]}


def test_one_column_is_not_two_things() -> None:
    with pytest.raises(BadInput, match='The column "q" is the question already, so it can\'t be the answer'):
        guess([{"q": "Who?", "a": "Me."}], {"answer": "q", "question": "q"})


def test_pairs_take_a_typed_system_prompt_too() -> None:
    system = {"role": "system", "content": "Be kind."}
    pair = converted({"prompt": "Who?", "chosen": "Me.", "rejected": "You."}, "Be kind.")
    assert pair["input"] == {"messages": [system, U]}


CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
}
TOOLS = [{"type": "function", "function": {"name": "look"}}]


def test_of_answers_of_several_messages_the_first_that_differs_is_compared_and_tools_stay() -> None:
    done: list[str] = []
    row = {
        "input": {"messages": [U], "tools": TOOLS},
        "preferred_output": [CALL, {"role": "tool", "tool_call_id": "1", "content": "3"}, A],
        "non_preferred_output": [NO],
    }
    example = convert(row, guess([row]), note=done.append)
    assert example == {
        "input": {"messages": [U], "tools": TOOLS},
        "preferred_output": [CALL],
        "non_preferred_output": [NO],
    }
    assert done == ["Of answers of several messages the first in which the two differ was kept"]


def test_what_objects_hold_besides_their_text_is_told_and_their_json_is_never_an_answer() -> None:
    done: list[str] = []
    row = {"question": "Who?", "answer": {"text": "Me.", "page": 3}}
    assert convert(row, guess([row]), note=done.append) == TALK
    assert done == ['Of objects only their "text" was taken (answer)']


def test_values_without_a_text_are_written_as_json_and_that_is_told() -> None:
    done: list[str] = []
    row = {"question": "Extract.", "answer": {"name": "Kim", "age": 3}}
    example = convert(row, guess([row]), note=done.append)
    assert example["messages"][1]["content"] == '{"name": "Kim", "age": 3}'
    assert done == ["Objects and lists were written as JSON text (answer)"]


def test_what_every_text_of_a_column_ends_with_to_part_them_is_taken_off_and_told() -> None:
    sample = [
        {"prompt": f"Where is {town}?\n\n###\n\n", "completion": f" In {town}. END"}
        for town in ("Oslo", "Busan")
    ]
    mapping = guess(sample)
    assert mapping.endings.told() == [
        '"###" after questions',
        '"END" after answers',
        "the space before answers",
    ]
    assert [each["content"] for each in convert(sample[0], mapping)["messages"]] == [
        "Where is Oslo?",
        "In Oslo.",
    ]


def test_what_only_one_text_ends_with_is_its_own() -> None:
    sample = [
        {"prompt": "Say END ###", "completion": " THE END"},
        {"prompt": "Say more", "completion": " More"},
    ]
    mapping = guess(sample)
    assert mapping.endings.told() == ["the space before answers"]
    assert convert(sample[0], mapping)["messages"][1]["content"] == "THE END"


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Who?", "completion": "Me.", "quality": "bad"},
        {"question": "Who?", "answer": "Me.", "label": "wrong"},
        {"messages": [U, A], "rating": 1},
        {"messages": [U, {**A, "score": -1}]},
        {"conversations": [U, A], "split": "test"},
    ],
)
def test_a_column_that_may_say_which_answers_are_bad_is_never_dropped_without_a_word(row: Any) -> None:
    mapping = guess([row])
    assert mapping.confidence == "unsure"
    assert "may say which answers are bad" in mapping.doubt


def test_one_message_a_row_is_no_example_and_no_pair_of_columns() -> None:
    with pytest.raises(BadInput, match="Each row is one message"):
        guess([U, A])


def test_a_bad_answer_is_left_out_however_the_rows_say_so() -> None:
    sample: list[dict[str, Any]] = [
        {"prompt": "Who?", "completion": "Me.", "label": True},
        {"prompt": "Who?", "completion": "You.", "label": False},
    ]
    mapping = guess(sample)
    assert mapping.columns["verdict"] == "label"
    assert convert(sample[0], mapping) == TALK
    with pytest.raises(Unconvertible):
        convert(sample[1], mapping)


def test_columns_that_were_named_are_taken_and_nothing_else() -> None:
    row = {"question": "no", "text": "Who?", "reply": "Me.", "system": "no"}
    mapping = guess([row], {"question": "text", "answer": "reply"})
    assert mapping == Mapping(
        "questions and answers",
        "chat",
        {"question": "text", "answer": "reply"},
        "given",
        ("question", "system"),
    )
    assert convert(row, mapping) == TALK


@pytest.mark.parametrize(
    ("sample", "given", "said"),
    [
        ([{"a1": "x", "b1": "y", "c1": "z"}], {}, '"a1", "b1", "c1"'),
        ([{"x": 1, "y": 2}], {}, "--map question=COLUMN"),
        ([{"question": "x", "answer": "y"}], {"question": "Frage"}, 'no column "Frage"'),
        ([{"question": "x", "answer": "y"}], {"question": "question"}, "--map"),
        ([{"\x1b[2J": 1, "b": 2, "c": 3}], {}, "…"),
    ],
)
def test_what_cannot_be_told_is_asked_for(sample: list[Any], given: Any, said: str) -> None:
    with pytest.raises(BadInput) as told:
        guess(sample, given)
    assert said in str(told.value)
    assert "\x1b" not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"q": "Who?", "a": "Me."}\n{"q": "Why?", "a": "So."}\n',
        '\ufeff{"q": "Who?", "a": "Me."}\r\n\r\n{"q": "Why?", "a": "So."}',
        '[{"q": "Who?", "a": "Me."}, {"q": "Why?", "a": "So."}]',
        '[\n {"q": "Who?",\n "a": "Me."},\n {"q": "Why?", "a": "So."}\n]\n',
        '{\n "q": "Who?",\n "a": "Me."\n}\n{\n "q": "Why?", "a": "So."}\n',
        "q,a\nWho?,Me.\nWhy?,So.\n",
        '\ufeff"q","a"\r\n"Who?","Me."\r\n\r\n"Why?","So."\r\n',
        "q\ta\nWho?\tMe.\nWhy?\tSo.",
        "q;a\nWho?;Me.\nWhy?;So.",
    ],
)
def test_lines_lists_and_tables_give_the_same_rows(text: str) -> None:
    found = rows(text)
    assert [row.values for row in found] == [{"q": "Who?", "a": "Me."}, {"q": "Why?", "a": "So."}]
    assert [row.number for row in found] == sorted({row.number for row in found})


def test_a_cell_may_hold_line_ends_quotes_and_the_delimiter() -> None:
    assert rows('q,a\n"Who,\nme ""you""?",Me.\n')[0].values == {"q": 'Who,\nme "you"?', "a": "Me."}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (",q,a\n0,Who?,Me.\n", {"column 1": "0", "q": "Who?", "a": "Me."}),
        ("q,a,\nWho?,Me.,\n", {"q": "Who?", "a": "Me.", "column 3": ""}),
        ("q,a,\nWho?,Me.\n", {"q": "Who?", "a": "Me.", "column 3": ""}),
        ("q,a\nWho?,Me.,,\n", {"q": "Who?", "a": "Me."}),
        ("q,note,a,note\nWho?,1,Me.,2\n", {"q": "Who?", "note (1)": "1", "a": "Me.", "note (2)": "2"}),
        ("\tq\ta\n0\tWho?\tMe.\n", {"column 1": "0", "q": "Who?", "a": "Me."}),
        (",column 1,a\n0,Who?,Me.\n", {"column 1'": "0", "column 1": "Who?", "a": "Me."}),
    ],
)
def test_columns_without_a_name_or_with_that_of_another_keep_no_table_from_being_read(
    text: str, values: dict[str, str]
) -> None:
    assert [row.values for row in rows(text)] == [values]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('{"q": "Why?", "a": "So."}\n{"q": "Who\n is\n\n it?", "a": "Me."}', "Line breaks in texts"),
        ('{"q": "Who\t?", "a": "Me."}\n{"q": "Why?", "a": "So."}\n', "Tabs and other control characters"),
        ("{'q': 'Who\\'s it?', 'a': None}\n{'q': 'Why?', 'a': 'So.'}\n", "Read as Python writes objects"),
    ],
)
def test_rows_whose_only_fault_is_how_they_are_written_are_read_and_that_is_said(
    text: str, note: str
) -> None:
    found = rows(text)
    assert [row.fault for row in found] == ["", ""]
    assert {"q": "Why?", "a": "So."} in [row.values for row in found]
    assert {row.note.startswith(note) for row in found if row.note} == {True}


def test_a_text_that_never_ends_takes_no_good_row_with_it() -> None:
    found = rows('{"q": "Why?", "a": "So."}\n{"q": "Who?\n{"q": "Why?", "a": "So."}\n{"q": "x')
    assert [bool(row.fault) for row in found] == [False, True, False, True]
    assert "closing quote" in found[3].fault


def test_objects_over_several_lines_may_hold_line_breaks_in_their_texts() -> None:
    assert [row.values for row in rows('{"q": "Who\nis it?",\n"a": "Me."}\n')] == [
        {"q": "Who\nis it?", "a": "Me."}
    ]


def test_rows_that_cannot_be_read_are_told_and_the_rest_is_kept() -> None:
    assert [row.fault for row in rows('{"q": 1, "a": 2}\n[1]\n{"q": 1,\n{"q": 2, "a": 3}\n')] == [
        "",
        "it is no object with named values",
        "it is no JSON: the object does not end on this line (column 9)",
        "",
    ]
    assert [row.fault for row in rows("q,a\n1,2\n1,2,3\n")] == ["", "it has 3 cells, the header 2"]
    assert [row.values for row in rows('[{"q": NaN, "a": 1}, 3]')] == [{"q": None, "a": 1}, {}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"PK\x03\x04xl/workbook.xml", "broken or protected"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "protected file"),
        (b"PAR1\x15\x04", "Parquet"),
        ("q,a\n".encode("utf-16"), "UTF-16"),
        (b"q,a\n\xff\xfe,b\n", "Line 2 is not UTF-8"),
        (b"[\xff]", "not UTF-8"),
        (b"just words\nand more\n", "neither JSON nor a table"),
        (b"q,q\n1,2\n", "neither JSON nor a table"),
        (b"q,\n1,2\n", "neither JSON nor a table"),
        (b'q,a\n"open,1\n', "line 2"),
        (b'[{"q": 1},\n{"q": }]', "line 2, column 7 on: a value is missing before this sign"),
        (b"[" * 100_000, "deeply"),
    ],
)
def test_a_file_without_rows_says_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        rows(content)


def test_half_a_surrogate_pair_from_a_list_leaves_the_row_out() -> None:
    (row,) = rows('[{"q": "\\ud83d", "a": "x"}]')
    with pytest.raises(Unconvertible):
        line_of(converted(dict(row.values)))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["question", "answer", "system", "input", "chosen", "rejected", "conversations", "messages"]
)


@given(st.lists(st.dictionaries(names, values, max_size=5), min_size=1, max_size=4))
def test_whatever_rows_hold_the_answer_is_an_example_or_a_reason(found: list[dict[str, Any]]) -> None:
    try:
        mapping = guess(found)
    except BadInput:
        return
    for row in found:
        try:
            line = line_of(convert(row, mapping))
        except Unconvertible:
            continue
        assert isinstance(json.loads(line), dict)


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_the_answer_is_rows_or_a_sentence(content: bytes) -> None:
    try:
        found = rows(content)
    except BadInput:
        return
    assert all(isinstance(row.values, dict) for row in found)
    assert not any(row.fault and row.values for row in found)
