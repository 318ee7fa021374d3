"""Brings lines that are nearly examples into the shape that the server takes, and heeds what they say of themselves.

A weight or label beside the messages decides whether they are learned at all; a system prompt becomes the first
message, images become parts. What has no place is left out, and `strays` names it before.
"""

from typing import Any

from bot.domain.catalog import Format
from bot.domain.datasets.formats import check_example
from bot.domain.datasets.images import fault_of
from bot.domain.datasets.inspection import role_of
from bot.domain.datasets.unknown_keys import VERDICTS
from bot.domain.transforms.mend_example import BeyondMending, Cure
from bot.domain.transforms.turns import (
    Message,
    Note,
    Unconvertible,
    is_flag,
    pair_of,
    text_of,
    turns_of,
    weight_of,
    with_system,
)

Example = dict[str, Any]

_MARK = "<image>"
_SIDES = ("preferred_output", "non_preferred_output")
_WORSE = ("rejected", "rejected_response", "non_preferred", "chosen", "preferred")
_MEDIA = ("images", "videos", "audios", "image", "video", "audio")


def tidied(row: Example, found: Format, note: Note) -> Example:
    """The example that a row means; a row without a problem is itself.

    Raises:
        Unconvertible: it is not to be learned, or says what has no place in an example.
    """
    if not _problems(row, found):
        return row
    example = heeded(row, found, note)
    try:
        return dict(Cure(found, all_keys=True).apply(example))
    except BeyondMending:
        return example  # its problems are told when the result is checked


def heeded(row: Example, found: Format, note: Note) -> Example:
    """The row with what it says beside its messages put where it belongs. Raises Unconvertible."""
    if found == "preference":
        return _pair(row, note)
    messages = row["messages"] if isinstance(row["messages"], list) else [row["messages"]]
    if found == "reinforcement":
        return row | {"messages": [_renamed(each, "developer") for each in messages]}
    refuse_unwanted(row)
    if any(row.get(key) for key in _WORSE):
        raise Unconvertible("it holds a second answer to compare, for which a chat has no place")
    messages = [_renamed(each, "system") for each in messages]
    system = text_of(row.get("system"), "system prompt", note)
    if all(isinstance(each, dict) and "role" in each for each in messages):
        messages = with_system(_with_media(row, messages), system)
        messages = [_weighed(each) for each in messages]
        if not any(each["role"] == "assistant" and each.get("weight", 1) != 0 for each in messages) and any(
            each["role"] == "assistant" for each in messages
        ):
            raise Unconvertible("no answer of it is to be learned")
    beside = {
        key: value
        for key, value in row.items()
        if key not in ("messages", "system", *_MEDIA) and not is_flag(key, value)
    }
    return {"messages": messages, **beside}


def strays(row: Example, found: Format) -> list[str]:
    """The keys, by their paths without numbers, that a row would lose though they may bear on what is learned."""
    keys: list[str] = []
    for path, code in _problems(row, found):
        if code == "meaningful_key":
            keys.append("".join(piece.partition("]")[2] for piece in f"]{path}".split("[")))
    return keys


def refuse_unwanted(row: Example) -> None:
    """Raise Unconvertible where a row says of itself that it is not to be learned."""
    said = {key: row[key] for key in row if key.lower() in VERDICTS}
    if not weight_of(said):
        key = next(key for key, value in said.items() if value in (0, "0"))
        raise Unconvertible(f"its {key.lower()} says that it is not to be learned")


def _problems(row: Example, found: Format) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    check_example(row, found, lambda path, code, _message, _fix: problems.append((path, code)))
    return problems


def _renamed(message: Any, instructing: str) -> Any:
    """A message whose speaker has the server's name."""
    if not isinstance(message, dict):
        return message
    role = role_of(message.get("role"))
    return message if role is None else message | {"role": instructing if role == "system" else role}


def _weighed(message: Message) -> Message:
    """A message that says in another word that it is not to be learned says it by its weight."""
    if message["role"] != "assistant":
        return message
    flags = {key: value for key, value in message.items() if is_flag(key, value) and key != "weight"}
    if not flags:
        return message
    bare = {key: value for key, value in message.items() if key not in flags}
    return bare if weight_of(flags) else bare | {"weight": 0}


def _with_media(row: Example, messages: list[Message]) -> list[Message]:
    """The messages with the row's images in place of the marks for them."""
    if any(row.get(key) for key in _MEDIA if key != "images"):
        raise Unconvertible("it holds media beside its messages, which the server takes only inside them")
    images = row.get("images")
    if not images:
        return messages
    if not isinstance(images, list) or not all(
        isinstance(each, str) and fault_of(each) is None for each in images
    ):
        raise Unconvertible(
            "its images are files of its own, which the server cannot reach: write them as data URLs, or as "
            "addresses that anybody can load"
        )
    marks = sum(
        each["content"].count(_MARK)
        for each in messages
        if each["role"] == "user" and isinstance(each.get("content"), str)
    )
    if marks != len(images):
        raise Unconvertible(f"it has not as many {_MARK} marks as images")
    rest = iter(images)
    return [_parted(each, rest) for each in messages]


def _parted(message: Message, images: Any) -> Message:
    content = message.get("content")
    if message["role"] != "user" or not isinstance(content, str) or _MARK not in content:
        return message
    parts: list[Message] = []
    for number, text in enumerate(content.split(_MARK)):
        if number:
            parts.append({"type": "image_url", "image_url": {"url": next(images)}})
        if text.strip():
            parts.append({"type": "text", "text": text})
    return message | {"content": parts}


def _pair(row: Example, note: Note) -> Example:
    """A preference example whose parts are written otherwise: one message or a text, or answers of several."""
    refuse_unwanted(row)
    given = row.get("input")
    holder = given if isinstance(given, dict) else {}
    asked = _asked(given, note)
    sides = [_side(row.get(key), key, note) for key in _SIDES]
    before, better, worse = pair_of(sides, asked, note)
    shared = before if before[: len(asked)] == asked else [*asked, *before]
    rest = {key: value for key, value in row.items() if key not in ("input", *_SIDES)}
    return {
        "input": {**holder, "messages": shared},
        "preferred_output": [better],
        "non_preferred_output": [worse],
        **rest,
    }


def _asked(given: object, note: Note) -> list[Message]:
    if isinstance(given, str) and given.strip():
        return [{"role": "user", "content": given}]
    return turns_of(given, "input", note, calls=True)


def _side(value: object, key: str, note: Note) -> list[Message]:
    name = "chosen" if key == _SIDES[0] else "rejected"
    if isinstance(value, str) and value.strip():
        return [{"role": "assistant", "content": value}]
    return turns_of(value, f"{name} side", note, calls=True)
