"""Turns rows of other shapes into training examples: guesses which column is what, to be shown before it is used.

Knows no files. Nothing is converted by a guess alone: the mapping and its confidence are for a person to confirm.
"""

import json
from collections import Counter
from collections.abc import Mapping as Columns
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from bot.domain.catalog import Format
from bot.domain.dataset.formats import format_of
from bot.errors import BadInput

Part = Literal["question", "answer", "context", "system", "chosen", "rejected", "conversation"]
"""What a column can be: `context` follows the question, `conversation` is a list of turns."""

PARTS: tuple[Part, ...] = get_args(Part)
Confidence = Literal["certain", "likely", "unsure", "given"]

# What columns are called elsewhere, the most telling names first.
_NAMES: dict[Part, tuple[str, ...]] = {
    "conversation": ("conversations", "conversation", "messages", "dialogue", "dialog", "turns"),
    "chosen": (
        *("chosen", "preferred", "accepted", "chosen_response", "response_chosen", "better"),
        *("preferred_output", "preferred_completion", "preferred_response"),
    ),
    "rejected": (
        *("rejected", "non_preferred", "rejected_response", "response_rejected", "worse"),
        *("non_preferred_output", "non_preferred_completion", "non_preferred_response"),
    ),
    "system": ("system", "system_prompt", "system_message"),
    "question": ("instruction", "question", "prompt", "query", "user", "human", "input", "request", "q", "text"),
    "context": ("input", "context", "passage"),
    "answer": (
        *("output", "answer", "completion", "response", "assistant", "reply", "target", "expected", "a"),
        *("label", "category"),
    ),
}  # fmt: skip
_CERTAIN = (
    {"question", "answer"},
    {"prompt", "completion"},
    {"instruction", "output"},
    {"instruction", "response"},
    {"conversations"},
    {"chosen", "rejected"},
    {"prompt", "chosen", "rejected"},
)

_ROLES = {
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "chatgpt", "model", "ai"), "assistant"),
    "system": "system",
}


class Shape(NamedTuple):
    """What rows can hold: the parts it takes, those it may have besides, and the format that becomes of it."""

    name: str
    format: Format
    required: tuple[Part, ...]
    optional: tuple[Part, ...]


SHAPES = (
    Shape("conversations", "chat", ("conversation",), ("system",)),
    Shape("chosen/rejected pairs", "preference", ("chosen", "rejected"), ("question", "context", "system")),
    Shape("questions and answers", "chat", ("question", "answer"), ("context", "system")),
)
"""In the order in which they are guessed."""

Row = Columns[str, Any]
Example = dict[str, Any]
_Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is which part; `unused` columns are dropped. Without `columns` rows are examples already."""

    shape: str
    format: Format
    columns: dict[Part, str]
    confidence: Confidence
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unconvertible(Exception):  # noqa: N818 - a finding about one row, told and counted
    """This row cannot become an example; `why` completes "left out because …" without quoting the row."""

    why: str


def guess(sample: Sequence[Row], given: Columns[Part, str] | None = None) -> Mapping:
    """What the columns of these rows seem to be; `given` names them instead, and then nothing is guessed.

    Raises:
        BadInput: there is no telling, or a given column is not there; the sentence names the columns.
    """
    names = list(dict.fromkeys(name for row in sample for name in row))
    if not given and (found := _already(sample)) is not None:
        return Mapping("training examples already", found, {}, "certain")
    columns = dict(given) if given else _by_name(sample, names)
    for column in columns.values():
        if column not in names:
            raise BadInput(f"There is no column {_quoted([column])}; there are {_quoted(names)}.", "map")
    for shape, dataset_format, required, optional in SHAPES:
        if all(part in columns for part in required):
            used = {
                part: columns[part] for part in PARTS if part in columns and part in (*required, *optional)
            }
            named = {_plain(name) for part, name in used.items() if part not in ("context", "system")}
            confidence: Confidence = "given" if given else "certain" if named in _CERTAIN else "likely"
            unused = tuple(name for name in names if name not in used.values())
            return Mapping(shape, dataset_format, used, confidence, unused)
    texts = [name for name in names if all(isinstance(row.get(name, ""), str) for row in sample)]
    if not given and len(names) == len(texts) == 2:
        pair: dict[Part, str] = {"question": texts[0], "answer": texts[1]}
        return Mapping("questions and answers", "chat", pair, "unsure")
    raise BadInput(
        f"Which column is what cannot be told from the names {_quoted(names)}. "
        "Say it: --map question=COLUMN --map answer=COLUMN (or chosen and rejected, or conversation).",
        "map",
    )


def convert(row: Row, mapping: Mapping, system: str = "") -> Example:
    """The example of one row; `system` is the prompt of those that have none of their own.

    Raises:
        Unconvertible: the row lacks something, or holds what has no place in the format.
    """
    columns = mapping.columns
    if not columns:
        return dict(row)
    own = _text(row.get(columns["system"])) if "system" in columns else ""
    system = own if own.strip() else system
    if "conversation" in columns:
        messages = _with_system(_turns(row.get(columns["conversation"]), "conversation"), system)
        if messages[-1]["role"] != "assistant":
            raise Unconvertible("the conversation does not end with an answer")
        return {"messages": messages}
    if mapping.format == "preference":
        return _pair(row, columns, system)
    answer = row.get(columns["answer"])
    said = _turns(answer, "answer") if isinstance(answer, list) else [_message("assistant", answer, "answer")]
    return {"messages": [*_with_system(_asked(row, columns), system), *said]}


def line_of(example: Example) -> bytes:
    """An example as a line of a dataset, with its line end.

    Raises:
        Unconvertible: it cannot be written as JSON in UTF-8.
    """
    try:
        return json.dumps(example, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        raise Unconvertible("a text holds one half of a surrogate pair") from None
    except RecursionError:
        raise Unconvertible("it nests objects or lists too deeply") from None


def _already(sample: Sequence[Row]) -> Format | None:
    """The format of rows that are training examples as they are, if most are."""
    votes = Counter(found for row in sample if (found := format_of(row)) and _has_roles(row, found))
    return votes.most_common(1)[0][0] if votes.total() * 2 > len(sample) else None


def _has_roles(row: Row, found: Format) -> bool:
    """ShareGPT's turns may be called messages too, but they have no role."""
    return found == "preference" or any(
        isinstance(message, dict) and "role" in message for message in row["messages"]
    )


def _by_name(sample: Sequence[Row], names: list[str]) -> dict[Part, str]:
    free = {_plain(name): name for name in reversed(names)}
    columns: dict[Part, str] = {}
    for part, known in _NAMES.items():
        found = next((name for name in known if name in free), None)
        if found is None or (part == "conversation" and not _hold_lists(sample, free[found])):
            continue
        columns[part] = free.pop(found)
    return columns


def _hold_lists(sample: Sequence[Row], name: str) -> bool:
    return any(isinstance(row.get(name), list) for row in sample)


def _pair(row: Row, columns: dict[Part, str], system: str) -> Example:
    """A preference example; each side is a text, an answer, or a whole conversation that ends with the answer."""
    before, outputs = [], []
    for part in ("chosen", "rejected"):
        side = row.get(columns[part])
        if not isinstance(side, list):
            outputs.append(_message("assistant", side, part))
            continue
        turns = _turns(side, part)
        if turns[-1]["role"] != "assistant":
            raise Unconvertible(f"the {part} side does not end with an answer")
        outputs.append({"role": "assistant", "content": turns[-1]["content"]})
        before.append(turns[:-1])
    asked = max(before, key=len, default=[])
    if any(each not in ([], asked) for each in before):
        raise Unconvertible("the two sides answer different conversations")
    if not asked:
        if "question" not in columns:
            raise Unconvertible("there is no question before the two answers")
        asked = _asked(row, columns)
    return {
        "input": {"messages": _with_system(asked, system)},
        "preferred_output": [outputs[0]],
        "non_preferred_output": [outputs[1]],
    }


def _asked(row: Row, columns: dict[Part, str]) -> list[_Message]:
    question = row.get(columns["question"])
    if isinstance(question, list):
        return _turns(question, "question")
    message = _message("user", question, "question")
    context = _text(row.get(columns["context"])) if "context" in columns else ""
    if context.strip():
        message["content"] += f"\n\n{context}"
    return [message]


def _with_system(messages: list[_Message], system: str) -> list[_Message]:
    if not system.strip() or any(message["role"] == "system" for message in messages):
        return messages
    return [{"role": "system", "content": system}, *messages]


def _turns(value: object, part: str) -> list[_Message]:
    """Turns of either spelling: role and content, or ShareGPT's from and value."""
    if not isinstance(value, list) or not value:
        raise Unconvertible(f"the {part} is no list of turns")
    messages = []
    for turn in value:
        if not isinstance(turn, dict):
            raise Unconvertible(f"a turn of the {part} is no object")
        spoken_by = turn.get("role", turn.get("from"))
        role = _ROLES.get(spoken_by.lower()) if isinstance(spoken_by, str) else None
        if role is None or turn.get("tool_calls"):
            raise Unconvertible(
                f"a turn of the {part} is neither the user's, the assistant's nor the system's"
            )
        message = _message(role, turn.get("content", turn.get("value")), f"text of a turn of the {part}")
        if role == "assistant" and turn.get("weight") in (0, 1):
            message["weight"] = int(turn["weight"])
        messages.append(message)
    return messages


def _message(role: str, value: object, part: str) -> _Message:
    text = _text(value)
    if not text.strip():
        raise Unconvertible(f"the {part} is empty")
    return {"role": role, "content": text}


def _text(value: object) -> str:
    """A value as text: text as it is, nothing as nothing, anything else as JSON (a label 3, an object)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _quoted(names: Sequence[str]) -> str:
    shown = [f'"{name}"' if name.isprintable() and len(name) <= 40 else "…" for name in names[:10]]
    return ", ".join(shown) + (" and more" if len(names) > 10 else "")
