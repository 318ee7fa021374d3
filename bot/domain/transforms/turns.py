"""Makes messages of what other tools write in their place: turns, objects, transcripts, values that are no text.

A value becomes its content, never the JSON around it. What cannot become a message leaves its row out, with the reason.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.datasets.inspection import role_of
from bot.domain.datasets.unknown_keys import VERDICTS, is_noise
from bot.domain.transforms.transcripts import turns_in

Message = dict[str, Any]
Note = Callable[[str], None]
"""Hears what was done to a row besides moving its values, as a sentence without its stop."""

_TEXTS = ("text", "content", "value")
_LEARNED = frozenset({"loss", "train", "training", "trainable", *VERDICTS})
_NO: tuple[object, ...] = (0, "0")  # False, too
_YES: tuple[object, ...] = (1, "1")
_CALLING = ("name", "refusal", "tool_calls", "function_call", "tool_call_id")
_SAID = ("role", "from", "speaker", "content", "value", "text")


@dataclass(frozen=True, slots=True)
class Unconvertible(Exception):  # noqa: N818 - a finding about one row, told and counted
    """This row cannot become an example; `why` completes "left out because …" without quoting the row."""

    why: str


def is_message(value: object) -> bool:
    """Whether a value is one message of either spelling."""
    return isinstance(value, dict) and bool(
        {"role", "from"} & value.keys() and {"content", "value"} & value.keys()
    )


def turns_of(value: object, part: str, note: Note, *, calls: bool = False) -> list[Message]:
    """The messages of a conversation: role and content, or ShareGPT's from and value; a transcript, or one message.

    With `calls` messages may call tools and hold their answers.

    Raises:
        Unconvertible: it is no conversation, or a turn is nobody's, or empty.
    """
    if isinstance(value, str):
        value = turns_in(value)
    elif isinstance(value, dict):
        value = value.get("messages", [value])
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        raise Unconvertible(f"the {part} is no list of turns")
    return [_message_of(turn, part, note, calls=calls) for turn in value]


def _message_of(turn: object, part: str, note: Note, *, calls: bool) -> Message:
    if not isinstance(turn, dict):
        raise Unconvertible(f"a turn of the {part} is no object")
    speaker = turn.get("role", turn.get("from", turn.get("speaker")))
    role = speaker if calls and speaker in ("tool", "function") else role_of(speaker)
    if role is None or (turn.get("tool_calls") and not calls):
        raise Unconvertible(f"a turn of the {part} is neither the user's, the assistant's nor the system's")
    kept = {key: turn[key] for key in _CALLING if calls and turn.get(key) is not None}
    said = turn.get("content", turn.get("value", turn.get("text")))
    if kept.keys() & {"tool_calls", "function_call", "refusal"} and said is None:
        message = {"role": role}
    else:
        message = message_of(role, said, f"text of a turn of the {part}", note)
    if role == "assistant" and not weight_of(turn):
        message["weight"] = 0
    elif role == "assistant" and turn.get("weight") is not None:
        message["weight"] = 1
    for key, value in turn.items():
        known = key in _SAID or is_flag(key, value) or (calls and key in _CALLING)
        if not known and not is_noise(key, value, turn):
            note(f"Left out of turns: {_shown(key)}")
    return message | kept


def weight_of(owner: Mapping[str, Any]) -> bool:
    """Whether a row or turn says of itself that it is to be learned; yes where it says nothing.

    Raises:
        Unconvertible: it says something between.
    """
    said = [value for key, value in owner.items() if is_flag(key, value) and value is not None]
    if any(value not in (*_NO, *_YES) for value in said):
        raise Unconvertible("a weight is neither 0 nor 1")
    return not any(value in _NO for value in said)


def is_flag(key: str, value: object) -> bool:
    """Whether a key with this value says that something is to be learned or not; a weight always does."""
    name = key.lower()
    return name == "weight" or (name in _LEARNED and (value is None or value in (*_NO, *_YES)))


def message_of(role: str, value: object, part: str, note: Note) -> Message:
    """A message that says this value. Raises Unconvertible where it says nothing."""
    if isinstance(value, list) and value and all(isinstance(each, dict) and "type" in each for each in value):
        return {"role": role, "content": value}
    text = text_of(value, part, note)
    if not text.strip():
        raise Unconvertible(f"the {part} is empty")
    return {"role": role, "content": text}


def text_of(value: object, part: str, note: Note) -> str:
    """A value as text: the content of a message, a number as it is written; of an object its one text.

    Raises:
        Unconvertible: it holds several texts, and there is no telling which one counts.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        raise Unconvertible(
            f"the {part} is a list of several texts, and there is no telling which one counts"
        )
    if isinstance(value, list) and value and all(map(is_message, value)):
        raise Unconvertible(f"the {part} is a list of several messages")
    if isinstance(value, dict):
        key = next((key for key in _TEXTS if isinstance(value.get(key), str)), None)
        if key is not None:
            if not is_message(value):
                note(f'Of objects only their "{key}" was taken ({part})')
            return str(value[key])
    if isinstance(value, dict | list):
        note(f"Objects and lists were written as JSON text ({part})")
    return json.dumps(value, ensure_ascii=False)


def with_system(messages: list[Message], system: str) -> list[Message]:
    """These messages, begun by this system prompt unless they have one."""
    if not system.strip() or any(message["role"] == "system" for message in messages):
        return messages
    return [{"role": "system", "content": system}, *messages]


def with_only_system(messages: list[Message], system: str, note: Note) -> list[Message]:
    """These messages, begun by this system prompt, which takes the place of another."""
    others = [message for message in messages if message["role"] not in ("system", "developer")]
    if len(others) < len(messages):
        note("The system prompt was replaced")
    return [{"role": "system", "content": system}, *others]


def pair_of(
    sides: Sequence[list[Message]], asked: list[Message], note: Note
) -> tuple[list[Message], Message, Message]:
    """What was asked, the better answer and the worse, of two sides that may begin with what was asked.

    Raises:
        Unconvertible: the sides answer different things, or one has no answer.
    """
    better, worse = (list(side) for side in sides)
    # An answer alone belongs to the conversation that the other side tells.
    if len(better) == 1 and better[0]["role"] == "assistant":
        better = [*_without_answer(worse), *better]
    elif len(worse) == 1 and worse[0]["role"] == "assistant":
        worse = [*_without_answer(better), *worse]
    same = next(
        (at for at, (one, other) in enumerate(zip(better, worse, strict=False)) if one != other),
        min(len(better), len(worse)),
    )
    same = min(same, len(better) - 1, len(worse) - 1) if better[:same] and better == worse else same
    before, ends = better[:same], (better[same:], worse[same:])
    for name, end in zip(("chosen", "rejected"), ends, strict=True):
        if not end:
            raise Unconvertible(f"the {name} side does not end with an answer")
        if end[0]["role"] != "assistant":
            raise Unconvertible("the two sides answer different conversations")
        if end[0].get("weight") == 0:
            raise Unconvertible("the weight of one of the two answers is 0")
    if max(map(len, ends)) > 1:
        note("Of answers of several messages the first in which the two differ was kept")
    if not any(message["role"] == "user" for message in before):
        before = [*asked, *before]
    if not before:
        raise Unconvertible("there is no question before the two answers")
    first, second = ({key: value for key, value in end[0].items() if key != "weight"} for end in ends)
    return before, first, second


def _without_answer(side: list[Message]) -> list[Message]:
    """What a side says before its answer; nothing where it is no more than that."""
    return side[:-1] if side and side[0]["role"] != "assistant" else []


def _shown(key: str) -> str:
    return f'"{key}"' if key.isprintable() and len(key) <= 40 else "…"
