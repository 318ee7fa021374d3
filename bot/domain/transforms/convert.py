"""Turns rows of other shapes into training examples: guesses which column is what, to be shown before it is used.

Knows no files. Nothing is converted by a guess alone: the mapping and its confidence are for a person to confirm, and
one that is unsure needs a person's word.
"""

import json
from collections import Counter
from collections.abc import Mapping as Columns
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

from bot.domain.catalog import Format
from bot.domain.datasets.formats import format_of
from bot.domain.datasets.unknown_keys import JUDGING, VERDICTS
from bot.domain.transforms.tidying import Example, heeded, refuse_unwanted, strays, tidied
from bot.domain.transforms.transcripts import NONE, Endings, endings_of, turns_in
from bot.domain.transforms.turns import (
    Message,
    Note,
    Unconvertible,
    is_message,
    message_of,
    pair_of,
    text_of,
    turns_of,
    with_only_system,
    with_system,
)
from bot.errors import BadInput

Part = Literal["question", "answer", "context", "system", "chosen", "rejected", "conversation", "verdict"]
"""What a column can be: `context` follows the question, `conversation` is a list of turns, `verdict` says of a row
whether it is to be learned."""

PARTS: tuple[Part, ...] = get_args(Part)
Confidence = Literal["certain", "likely", "unsure", "given"]

# What columns are called elsewhere, the most telling names first.
_NAMES: dict[Part, tuple[str, ...]] = {
    "conversation": ("conversations", "conversation", "messages", "dialogue", "dialog", "turns", "text"),
    "chosen": (
        *("chosen", "preferred", "accepted", "chosen_response", "response_chosen", "better"),
        *("preferred_output", "preferred_completion", "preferred_response"),
    ),
    "rejected": (
        *("rejected", "non_preferred", "rejected_response", "response_rejected", "worse"),
        *("non_preferred_output", "non_preferred_completion", "non_preferred_response"),
    ),
    "system": ("system", "system_prompt", "system_message"),
    "question": (
        *("instruction", "question", "prompt", "query", "user", "human", "input", "request", "q"),
        *("frage", "질문", "pregunta", "pergunta", "问题", "質問", "вопрос", "text"),
    ),
    "context": ("input", "context", "passage"),
    "answer": (
        *("output", "answer", "completion", "response", "assistant", "reply", "target", "expected", "a"),
        *("antwort", "답변", "답", "respuesta", "resposta", "réponse", "回答", "答案", "ответ"),
        *("label", "category"),
    ),
    "verdict": tuple(sorted(VERDICTS)),
}  # fmt: skip
_CERTAIN = (
    {"question", "answer"},
    {"prompt", "completion"},
    {"instruction", "output"},
    {"instruction", "response"},
    {"frage", "antwort"},
    {"질문", "답변"},
    {"conversations"},
    {"chosen", "rejected"},
    {"prompt", "chosen", "rejected"},
)


class Shape(NamedTuple):
    """What rows can hold: the parts it takes, those it may have besides, and the format that becomes of it."""

    name: str
    format: Format
    required: tuple[Part, ...]
    optional: tuple[Part, ...]


SHAPES = (
    Shape("chosen/rejected pairs", "preference", ("chosen", "rejected"), ("question", "context", "system")),
    Shape("conversations", "chat", ("conversation",), ("system", "verdict")),
    Shape("questions and answers", "chat", ("question", "answer"), ("context", "system", "verdict")),
)
"""In the order in which they are guessed."""

Row = Columns[str, Any]
EXAMPLES = "training examples already"
"""The shape of rows that are examples, or nearly: no column has to be named."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is which part; `unused` columns are dropped. Without `columns` rows are examples, or nearly.

    `endings` are taken off the texts. `doubt` is why the guess is unsure: without a person's word it is not used.
    """

    shape: str
    format: Format
    columns: dict[Part, str]
    confidence: Confidence
    unused: tuple[str, ...] = ()
    endings: Endings = NONE
    doubt: str = ""

    @property
    def by_order(self) -> bool:
        """Whether nothing but the order of the columns speaks for it."""
        return self.doubt == _BY_ORDER


_BY_ORDER = "That is by the order of the columns only."


def guess(sample: Sequence[Row], given: Columns[Part, str] | None = None) -> Mapping:
    """What the columns of these rows seem to be; `given` names them instead, and then nothing is guessed.

    Raises:
        BadInput: there is no telling, or a given column is not there; the sentence names the columns.
    """
    names = list(dict.fromkeys(name for row in sample for name in row))
    if not given and all(is_message(row) for row in sample):
        raise BadInput(
            "Each row is one message, but an example is a whole conversation, and where one ends and the next "
            "begins cannot be told. Write each conversation as one row.",
            "map",
        )
    if not given and (found := _already(sample)) is not None:
        return _sure_of(Mapping(EXAMPLES, found, {}, "certain", _lost(sample, found)))
    columns = dict(given) if given else _by_name(sample, names)
    for column in columns.values():
        if column not in names:
            raise BadInput(f"There is no column {_quoted([column])}; there are {_quoted(names)}.", "map")
    if doubled := twice(columns):
        part, column, other = doubled
        raise BadInput(
            f"The column {_quoted([column])} is the {other} already, so it can't be the {part}.", "map"
        )
    for shape, dataset_format, required, optional in SHAPES:
        if all(part in columns for part in required):
            used = {
                part: columns[part] for part in PARTS if part in columns and part in (*required, *optional)
            }
            named = {_plain(name) for part, name in used.items() if part in required or part == "question"}
            confidence: Confidence = "given" if given else "certain" if named in _CERTAIN else "likely"
            unused = tuple(name for name in names if name not in used.values())
            mapping = Mapping(shape, dataset_format, used, confidence, unused)
            return _sure_of(replace(mapping, endings=_endings(sample, used)))
    texts = [name for name in names if all(isinstance(row.get(name, ""), str) for row in sample)]
    if not given and len(names) == len(texts) == 2:
        pair: dict[Part, str] = {"question": texts[0], "answer": texts[1]}
        return Mapping("questions and answers", "chat", pair, "unsure", doubt=_BY_ORDER)
    raise BadInput(
        f"Which column is what cannot be told from the names {_quoted(names)}. "
        "Say it: --map question=COLUMN --map answer=COLUMN (or chosen and rejected, or conversation).",
        "map",
    )


def twice(columns: Columns[Part, str]) -> tuple[Part, str, Part] | None:
    """The first part whose column is another part already, with that column and that part."""
    taken: dict[str, Part] = {}
    for part in sorted(columns, key=PARTS.index):
        column = columns[part]
        if column in taken:
            return part, column, taken[column]
        taken[column] = part
    return None


def _sure_of(mapping: Mapping) -> Mapping:
    """The mapping, unsure where a column would be dropped that may say which answers are bad."""
    judging = [name for name in mapping.unused if _plain(name.rpartition(".")[2]) in JUDGING]
    if mapping.confidence == "given" or mapping.format != "chat" or not judging:
        return mapping
    one = len(judging) == 1
    doubt = (
        f"{_quoted(judging)} may say which answers are bad, and {'is' if one else 'are'} not used: bad answers would "
        "be learned like good ones."
    )
    return replace(mapping, confidence="unsure", doubt=doubt)


def _ignore(_: str) -> None:
    pass


def convert(row: Row, mapping: Mapping, system: str = "", note: Note = _ignore) -> Example:
    """The example of one row; `system`, if any, is its system prompt, in the place of one of its own.

    What was done besides moving values is told to `note`.

    Raises:
        Unconvertible: the row lacks something, is not to be learned, or holds what has no place in the format.
    """
    example = _example_of(row, mapping, note)
    return _with_system(example, system, note) if system.strip() else example


def _example_of(row: Row, mapping: Mapping, note: Note) -> Example:
    columns = mapping.columns
    if not columns:
        return tidied(dict(row), mapping.format, note)
    if "verdict" in columns:
        refuse_unwanted({"weight": row.get(columns["verdict"])})
    system = text_of(row.get(columns["system"]), "system prompt", note) if "system" in columns else ""
    if "conversation" in columns:
        messages = with_system(turns_of(row.get(columns["conversation"]), "conversation", note), system)
        if messages[-1]["role"] != "assistant":
            raise Unconvertible("the conversation does not end with an answer")
        return {"messages": messages}
    if mapping.format == "preference":
        return _pair(row, columns, system, note)
    return {"messages": [*with_system(_asked(row, mapping, note), system), *_answered(row, mapping, note)]}


def _with_system(example: Example, system: str, note: Note) -> Example:
    """An example with this system prompt, wherever its format has it."""
    if "messages" in example:
        return example | {"messages": with_only_system(example["messages"], system, note)}
    return example | {"input": _with_system(example["input"], system, note)}


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
    """The format of rows that are training examples as they are, or nearly, if most are."""
    votes = Counter(found for row in sample if (found := format_of(row)) and _has_roles(row, found))
    found = votes.most_common(1)[0][0] if votes.total() * 2 > len(sample) else None
    # A conversation with two answers to compare beside it is no chat.
    return None if found != "preference" and {"chosen", "rejected"} <= sample[0].keys() else found


def _has_roles(row: Row, found: Format) -> bool:
    """ShareGPT's turns may be called messages too, but they have no role."""
    return found == "preference" or any(
        isinstance(message, dict) and "role" in message for message in row["messages"]
    )


def _lost(sample: Sequence[Row], found: Format) -> tuple[str, ...]:
    """The keys of these rows that would be dropped, though they may bear on what is learned."""
    names: dict[str, None] = {}
    for row in sample:
        try:
            names |= dict.fromkeys(strays(heeded(dict(row), found, _ignore), found))
        except Unconvertible:
            continue
    return tuple(names)


def _by_name(sample: Sequence[Row], names: list[str]) -> dict[Part, str]:
    free = {_plain(name): name for name in reversed(names)}
    columns: dict[Part, str] = {}
    for part, known in _NAMES.items():
        found = next((name for name in known if name in free and _can_be(part, sample, free[name])), None)
        if found is not None:
            columns[part] = free.pop(found)
    if "chosen" in columns and "question" not in columns and "conversation" in columns:
        columns["question"] = columns.pop("conversation")
    return columns


def _can_be(part: Part, sample: Sequence[Row], name: str) -> bool:
    """Whether a column's values fit a part that its name suggests."""
    values = [row[name] for row in sample if row.get(name) is not None]
    if part == "conversation":
        return any(isinstance(each, list) or (isinstance(each, str) and turns_in(each)) for each in values)
    if part == "verdict":
        return _plain(name) == "weight" or all(each in (0, 1, "0", "1") for each in values)
    return True


def _endings(sample: Sequence[Row], columns: dict[Part, str]) -> Endings:
    if "answer" not in columns:
        return NONE
    questions, answers = ([row.get(columns[part]) for row in sample] for part in ("question", "answer"))
    return endings_of(questions, answers)


def _pair(row: Row, columns: dict[Part, str], system: str, note: Note) -> Example:
    """A preference example; each side is a text, an answer, or a whole conversation that ends with the answer."""
    asked: list[Message] = []
    rest: Example = {}
    if "question" in columns and (question := row.get(columns["question"])):
        asked = _question(question, "question", note)
        if "context" in columns:
            asked = _with_context(asked, text_of(row.get(columns["context"]), "context", note))
        if isinstance(question, dict):
            rest = {key: question[key] for key in ("tools", "parallel_tool_calls") if question.get(key)}
    sides = [_side(row.get(columns[part]), part, note) for part in ("chosen", "rejected")]
    before, better, worse = pair_of(sides, asked, note)
    return {
        "input": {"messages": with_system(before, system), **rest},
        "preferred_output": [better],
        "non_preferred_output": [worse],
    }


def _side(value: object, part: Part, note: Note) -> list[Message]:
    if isinstance(value, list) or is_message(value) or (isinstance(value, str) and turns_in(value)):
        return turns_of(value, f"{part} side", note)
    return [message_of("assistant", value, part, note)]


def _asked(row: Row, mapping: Mapping, note: Note) -> list[Message]:
    columns = mapping.columns
    question = row.get(columns["question"])
    if isinstance(question, str):
        question = mapping.endings.without_question_end(question)
    asked = _question(question, "question", note)
    context = text_of(row.get(columns["context"]), "context", note) if "context" in columns else ""
    return _with_context(asked, context)


def _question(value: object, part: str, note: Note) -> list[Message]:
    if isinstance(value, list | dict) and (
        is_message(value) or isinstance(value, list) or "messages" in value
    ):
        return turns_of(value, part, note)
    return [message_of("user", value, part, note)]


def _with_context(asked: list[Message], context: str) -> list[Message]:
    """The question with what it is about below it."""
    last = asked[-1]
    if not context.strip() or not isinstance(last["content"], str):
        return asked
    return [*asked[:-1], last | {"content": f"{last['content']}\n\n{context}"}]


def _answered(row: Row, mapping: Mapping, note: Note) -> list[Message]:
    answer = row.get(mapping.columns["answer"])
    if isinstance(answer, list) and answer and all(map(is_message, answer)):
        return turns_of(answer, "answer", note)
    if isinstance(answer, str):
        answer = mapping.endings.without_answer_end(answer)
    return [message_of("assistant", answer, "answer", note)]


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _quoted(names: Sequence[str]) -> str:
    shown = [f'"{name}"' if name.isprintable() and len(name) <= 40 else "…" for name in names[:10]]
    return ", ".join(shown) + (" and more" if len(names) > 10 else "")
