"""Examples as people read them: who says what, what is not learned, and what a broken line holds; reads no file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.line import Malformed, parse

TEN = 10
ALL = "all"  # what is looked at: these, or the lines of the report's "advice-3", "problem-7"
MESSAGES = 8
TEXT, RAW = 500, 1_000
"""So many messages of an example are shown, and so many characters of a message and of a line that is no example."""

_KNOWN = frozenset({"messages", "tools", "functions", "parallel_tool_calls"})


@dataclass(frozen=True, slots=True)
class Said:
    """One message: by whom (a role, or what it is), the beginning of its text, and how many characters are `more`.

    `learned` is false for an answer whose weight is 0; `images` counts those beside the text.
    """

    by: str
    text: str
    more: int = 0
    name: str = ""
    learned: bool = True
    images: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a file: what is said in it, or, where it is no example, its beginning `raw` and why (`fault`).

    `more` counts what is left out: messages, or characters of `raw`.
    """

    line: int
    said: tuple[Said, ...] = ()
    more: int = 0
    raw: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ExamplesPage:
    """Some of what is looked at. `earlier` and `later` are where the pages beside it begin, None where there is none.

    `of` is how many lines are looked at, None for all of the file.
    """

    dataset: Dataset
    what: str
    shown: tuple[Shown, ...]
    earlier: int | None = None
    later: int | None = None
    of: int | None = None


def shown(line: int, body: bytes) -> Shown:
    """What a line of this number holds; nothing of it is trusted."""
    try:
        value = parse(body)
        said = list(_said(value)) if isinstance(value, dict) else []
    except Malformed as broken:
        return _raw(line, body, broken.message)
    if not said:
        return _raw(line, body, "")
    return Shown(line, tuple(said[:MESSAGES]), max(0, len(said) - MESSAGES))


def _raw(line: int, body: bytes, fault: str) -> Shown:
    text = body.decode(errors="replace")
    return Shown(line, more=max(0, len(text) - RAW), raw=text[:RAW], fault=fault)


def _said(example: Mapping[str, Any]) -> Iterator[Said]:
    """The messages of an example, in whatever format; nothing where it has none."""
    asked = example.get("input")
    if isinstance(asked, dict) and isinstance(asked.get("messages"), list):
        yield from _messages(asked["messages"])
        for key, called in (("preferred_output", "better answer"), ("non_preferred_output", "worse answer")):
            answers = example.get(key)
            yield from _messages(answers if isinstance(answers, list) else [], called)
    elif isinstance(example.get("messages"), list):
        yield from _messages(example["messages"])
        for key, value in example.items():
            if key not in _KNOWN:
                yield _cut(str(key), _text(value))


def _messages(messages: list[Any], called: str = "") -> Iterator[Said]:
    for each in messages:
        if not isinstance(each, dict):
            yield _cut(called or "?", _text(each))
            continue
        text, images = _content(each.get("content"))
        calls = each.get("tool_calls")
        lines = [text, *(_call(call) for call in (calls if isinstance(calls, list) else []))]
        if each.get("function_call"):
            lines.append(_call({"function": each["function_call"]}))
        yield _cut(
            called or str(each.get("role") or "?"),
            "\n".join(line for line in lines if line),
            name=str(each.get("name") or ""),
            learned=each.get("weight") != 0,
            images=images,
        )


def _content(content: Any) -> tuple[str, int]:
    """The text of a message, and how many images it has."""
    if content is None:
        return "", 0
    if not isinstance(content, list):
        return _text(content), 0
    images = sum(isinstance(part, dict) and part.get("type") == "image_url" for part in content)
    texts = [
        _text(part.get("text", part) if isinstance(part, dict) else part)
        for part in content
        if not (isinstance(part, dict) and part.get("type") == "image_url")
    ]
    return "\n".join(texts), images


def _call(call: Any) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return _text(call)
    return f"→ {function.get('name')}({_text(function.get('arguments', ''))})"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode(errors="replace")


def _cut(by: str, text: str, *, name: str = "", learned: bool = True, images: int = 0) -> Said:
    more = max(0, len(text) - TEXT)
    return Said(by[:40], text[:TEXT], more, name[:40], learned, images)
