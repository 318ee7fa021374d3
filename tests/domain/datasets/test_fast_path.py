"""The quick way accepts only what the careful way finds no fault with, and measures it alike."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.datasets.fast_path import plain_chat
from bot.domain.datasets.formats import check_example
from bot.domain.datasets.line import Malformed, parse
from bot.domain.datasets.tokens import Meter

USER = '{"role": "user", "content": "How?"}'
ANSWER = '{"role": "assistant", "content": "So."}'


def chat(*messages: str) -> bytes:
    return ('{"messages": [' + ", ".join(messages) + "]}").encode()


def faults(line: bytes) -> list[str]:
    """The codes of what the careful way finds."""
    found: list[str] = []
    try:
        check_example(parse(line), "chat", lambda _path, code, _message, _fix: found.append(code))
    except Malformed as malformed:
        found.append(malformed.code)
    return found


@pytest.mark.parametrize(
    "line",
    [
        chat(USER, ANSWER),
        chat('{"content": "", "role": "system"}', USER, ANSWER),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": 0}', ANSWER),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": 1}'),
        chat('{"role" : "user" ,"content"\t:"a \\": b"}', ANSWER),
        chat('{"role": "user", "content": "{\\"role\\": 1, \\"content\\" : \\"\\\\\\"}"}', ANSWER),
        chat('{"role": "user", "content": "\\ud55c\\uae00 \\\\"}', ANSWER),
    ],
)
def test_plain_chats_go_the_quick_way(line: bytes) -> None:
    assert plain_chat(line) is not None
    assert faults(line) == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"messages": []}',
        b'{"messages": [], "messages": [' + USER.encode() + b", " + ANSWER.encode() + b"]}",
        b'{"messages" : [], "messages": [' + USER.encode() + b", " + ANSWER.encode() + b"]}",
        chat(USER, '{"role": "user", "role": "assistant", "content": "So."}'),
        chat(USER, '{"role": "assistant", "content": "So.", "content" : "Else."}'),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": null}'),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": true}'),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": 1.0}'),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": "1"}'),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": 2}'),
        chat(USER, '{"role": "assistant", "content": "So.", "weight": 0}'),
        chat('{"role": "user", "content": "How?", "weight": 1}', ANSWER),
        chat('{"role": "user", "content": "<|endoftext|>"}', ANSWER),
        chat('{"role": "user", "content": "\\u003c\\u007cendoftext|>"}', ANSWER),
        chat('{"role": "user", "content": "\\ud800"}', ANSWER),
        chat('{"role": "user", "content": null}', ANSWER),
        chat('{"role": "user", "content": "a", "extra": 1}', ANSWER),
        chat('{"role": "developer", "content": "a"}', ANSWER),
        chat(USER),
        chat(ANSWER, USER),
        chat(USER, ANSWER) + b",",
        chat(USER, ANSWER).replace(b"How", b"H\xffw"),
        chat(USER, ANSWER).replace(b"How", b"H\x00w"),
    ],
)
def test_a_line_with_a_fault_never_goes_the_quick_way(line: bytes) -> None:
    assert plain_chat(line) is None
    assert faults(line)


TEXTS = st.text(max_size=8) | st.sampled_from(
    ['"', '":', '" :', "\\", '\\":', "<|", "<|im_end|>", '"role": 1']
)
VALUES = st.one_of(
    st.sampled_from(
        ['"user"', '"assistant"', '"system"', "null", "0", "1", "1.0", "-0", "1e0", "true", '"x"', "[]"]
    ),
    TEXTS.map(json.dumps),
    TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
)
COLONS = st.sampled_from([":", ": ", " :", "\t: ", "  : "])
FIELDS = st.tuples(
    st.sampled_from(['"role"', '"content"', '"weight"', '"ro\\u006ce"', '"name"', '"content\\\\"']),
    COLONS,
    VALUES,
).map("".join)


@st.composite
def almost_plain(draw: st.DrawFn) -> bytes:
    """A chat with a little too much in it, here and there."""

    def message(role: str) -> str:
        fields = [f'"role"{draw(COLONS)}"{role}"', f'"content"{draw(COLONS)}{json.dumps(draw(TEXTS))}']
        if draw(st.integers(0, 3)) == 0:
            fields.append(draw(FIELDS))
        return "{" + ", ".join(draw(st.permutations(fields))) + "}"

    messages = ", ".join(
        message(role) for role in [*draw(st.lists(st.sampled_from(ROLES), max_size=3)), "assistant"]
    )
    before = draw(st.sampled_from(["", "", "", '"messages" : [], ', '"x": 1, ']))
    return ("{" + before + '"messages"' + draw(COLONS) + f"[{messages}]}}").encode("utf-8", "surrogatepass")


ROLES = ("system", "user", "assistant")


@given(almost_plain() | st.binary(max_size=40))
@example(b'{"messages": [{"role": "assistant", "content": "", "content\\\\": 1}]}')
def test_what_goes_the_quick_way_has_no_fault_and_measures_the_same(line: bytes) -> None:
    messages = plain_chat(line)
    if messages is not None:
        assert faults(line) == []
        assert Meter(len).measure_plain(messages) == Meter(len).measure(parse(line), "chat")
