"""Reads a training file as a fine-tuning job does: checks it, counts it, keeps what its model will answer from.

Runs in a thread; knows files and lines, not jobs or clocks.
"""

import hashlib
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from bot.sandbox.openai.lines import (
    FORMAT,
    MALFORMED,
    BadLine,
    check_chat,
    check_preference,
    check_reinforcement,
)
from bot.sandbox.openai.tokens import CountTokens

Method = Literal["supervised", "dpo", "reinforcement"]
MIN_EXAMPLES = 10
_MAX_TURNS = 20_000  # what a model answers from: enough to look well-read, small enough for a laptop
_SAMPLE = 200_000  # characters whose compressibility stands for the difficulty of the data
_LOW_PICTURE_TOKENS = 85
_PICTURE_TOKENS = 765  # of 1024 x 1024 pixels


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, as its `error` says it; `categories` are the safety checks that the new model failed."""

    code: str
    message: str
    param: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing a model learned to say: the text it answers, the talk before it, the answer."""

    prompt: str
    before: str
    answer: str
    tool_calls: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class TrainingData:
    """What was found in one file; `tokens` are those of one epoch, over-long examples cut."""

    examples: int = 0
    tokens: int = 0
    variety: float = 0.5
    fingerprint: int = 0
    turns: list[Turn] = field(default_factory=list)
    failure: Failure | None = None


class Stopped(Exception):  # noqa: N818 - not an error: the sandbox is closing
    """Reading was called off."""


def read(
    path: Path,
    method: Method,
    param: str,
    *,
    images: bool,
    example_tokens: int,
    count_tokens: CountTokens,
    stop: threading.Event,
) -> TrainingData:
    """Read a whole file for the request field `param` ("training_file" or "validation_file").

    Raises `Stopped` when `stop` is set meanwhile.
    """
    data = TrainingData()
    digest = hashlib.sha256()
    sample: list[str] = []
    sampled = 0
    label = param.replace("_", " ")
    for number, raw in _lines(path):
        if stop.is_set():
            raise Stopped
        digest.update(raw)
        try:
            line = _parse(raw, number)
            _check(line, method, images=images)
        except BadLine as bad:
            malformed = bad.code == MALFORMED
            cause = f"an invalid {label}" if malformed else f"a file format error in the {label}"
            code = f"invalid_{param}" if malformed else FORMAT
            text = f"The job failed due to {cause}. Invalid file format. Example {number}{bad.about}"
            data.failure = Failure(code, text, param)
            return data
        data.examples += 1
        data.tokens += min(example_tokens, _count(line, count_tokens))
        turns = list(_turns(line))
        if len(data.turns) < _MAX_TURNS:
            data.turns += turns
        if sampled < _SAMPLE:
            text = " ".join(turn.answer for turn in turns)
            sample.append(text)
            sampled += len(text)
    if param == "training_file" and data.examples < MIN_EXAMPLES:
        data.failure = Failure(
            "invalid_n_examples",
            f"Training file has {data.examples} example(s), but must have at least {MIN_EXAMPLES} examples",
            param,
        )
    data.fingerprint = int.from_bytes(digest.digest()[:8], "big")
    data.variety = _variety("\n".join(sample))
    return data


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, numbered from 1 as examples."""
    with path.open("rb") as file:
        number = 0
        for raw in file:
            if raw.strip():
                number += 1
                yield number, raw


def _parse(raw: bytes, number: int) -> dict[str, Any]:
    try:
        line = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadLine(
            f" cannot be parsed. Error: line contains invalid json: {error} (line {number})"
        ) from None
    if not isinstance(line, dict):
        raise BadLine(f" cannot be parsed. Error: line is not a JSON object (line {number})")
    return line


def _check(line: dict[str, Any], method: Method, *, images: bool) -> None:
    if method == "supervised":
        check_chat(line, images=images)
    elif method == "dpo":
        check_preference(line)
    else:
        check_reinforcement(line)


def _messages(line: dict[str, Any]) -> list[dict[str, Any]]:
    if "input" in line:
        return [*line["input"]["messages"], *line["preferred_output"], *line["non_preferred_output"]]
    messages: list[dict[str, Any]] = line["messages"]
    return messages


def _count(line: dict[str, Any], count_tokens: CountTokens) -> int:
    """Tokens of one example: 3 for itself and 3 per message, as OpenAI's cookbook counts, and what the texts hold."""
    total = 3
    for message in _messages(line):
        total += 3 + count_tokens(message["role"]) + count_tokens(text_of(message.get("content")))
        if "name" in message:
            total += 1 + count_tokens(message["name"])
        if "tool_call_id" in message:
            total += count_tokens(message["tool_call_id"])
        content = message.get("content")
        if isinstance(content, list):
            total += sum(picture_tokens(part) for part in content)
        for call in message.get("tool_calls") or ():
            function = call["function"]
            total += sum(count_tokens(text) for text in (call["id"], function["name"], function["arguments"]))
    holder = line.get("input", line)
    definitions = [*(holder.get("tools") or ()), *(holder.get("functions") or ())]
    return total + sum(count_tokens(msgspec.json.encode(each).decode()) for each in definitions)


def picture_tokens(part: dict[str, Any]) -> int:
    """Tokens of a content part if it is a picture, else 0."""
    if part.get("type") != "image_url":
        return 0
    return _LOW_PICTURE_TOKENS if part["image_url"].get("detail") == "low" else _PICTURE_TOKENS


def text_of(content: Any) -> str:
    """The text of a message's content, whether a string, parts or nothing."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(
            str(p.get("text", "")) for p in content if isinstance(p, dict) and p.get("type") == "text"
        )
    return ""


def _turns(line: dict[str, Any]) -> Iterator[Turn]:
    if "input" in line:
        talk = [*line["input"]["messages"], *line["preferred_output"]]
        answers = {len(talk) - 1}
    else:
        talk = line["messages"]
        answers = {i for i, m in enumerate(talk) if m["role"] == "assistant" and m.get("weight", 1) != 0}
    asked = ""
    before: list[str] = []
    for at, message in enumerate(talk):
        if at in answers:
            answer = text_of(message.get("content")) or str(message.get("refusal") or "")
            yield Turn(asked, " ".join(before[:-1]), answer, tuple(message.get("tool_calls") or ()))
        elif message["role"] in ("user", "tool", "function"):
            asked = text_of(message.get("content"))
            before.append(asked)


def _variety(text: str) -> float:
    """How hard the answers are to foresee, 0 to 1: the share of their bytes that compression cannot take away."""
    raw = text.encode("utf-8", "surrogatepass")
    return min(1.0, len(zlib.compress(raw, 6)) / len(raw)) if raw else 0.0
