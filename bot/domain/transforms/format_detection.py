"""Tells from a file's first lines which format it holds, or what it is instead of a dataset."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from bot.domain.datasets.cures import CONVERTS
from bot.domain.datasets.formats import format_of, format_of_most
from bot.domain.datasets.line import BOM, Malformed, refuse_too_much, shown
from bot.domain.datasets.report import Problem, Recognised
from bot.domain.transforms.convert import guess
from bot.domain.transforms.tables import parted_by
from bot.errors import BadInput

_LIST = re.compile(rb"\[\s*(?:[\[{\"\]]|\Z)")
"""How a JSON list begins; a line such as "[INFO] started" is none."""

ZIP = b"PK\x03\x04"

OTHER_SHAPES = frozenset({"unknown_format", "no_examples", "message_per_line", "wrapped_examples"})
"""What a file is called whose lines are JSON but no examples; a person may know better."""

SAMPLE_LINES = 100
SAMPLE_BYTES = 1 << 20
"""How much of a file is looked at: so many lines, or the lines that begin within so many bytes."""

_SHEET = b"xl/work"  # where a spreadsheet's ZIP has its workbook and worksheets
_ONE_LINE = f"A dataset has one example on each line, and nothing between them. {CONVERTS}"

# (pattern of the first bytes, code, what it is, how to mend it)
_SIGNATURES = (
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd"), "compressed_file", "a compressed file",
     "Unpack it and upload the .jsonl file itself."),
    (re.compile(rb"PK\x03\x04"), "packed_file", "a ZIP archive or a document",
     "Unpack it, or save it as CSV (UTF-8) and convert that."),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "packed_file", "a protected file or one of an older Office",
     "If it is a spreadsheet, save it as CSV (UTF-8) and convert that."),
    (re.compile(rb"PAR1"), "binary_file", "a Parquet file",
     "Write it as JSON Lines, for example with pandas: to_json(…, lines=True)."),
    (re.compile(rb"\xff\xfe|\xfe\xff|(?:[\x09-\x7e]\x00){4}|(?:\x00[\x09-\x7e]){4}"), "utf16_file",
     "text in UTF-16", "Save it as UTF-8 and upload it again."),
    (re.compile(rb"%PDF-|\x89PNG|\xff\xd8\xff|GIF8|RIFF|\x7fELF|SQLite format 3"), "binary_file",
     "a picture, document or program", "Upload the .jsonl file that holds the examples."),
    (re.compile(rb"\A\s*<(?:!doctype|html|\?xml)", re.IGNORECASE), "html_file", "a web page or XML",
     "Download the file itself, not its page, and upload that."),
)  # fmt: skip

# Shapes that other tools write: the keys they are known by, and their usual name.
_KNOWN_SHAPES = (
    (("preferred_completion", "non_preferred_completion"), "preference pairs under an older name"),
    (("chosen", "rejected"), "preference pairs, a chosen and a rejected answer"),
    (("prompt", "completion", "label"), "answers judged good or bad (KTO)"),
    (("prompt", "completion"), "the older prompt/completion shape"),
    (("instruction", "output"), "the instruction/output shape"),
    (("conversations",), "the ShareGPT shape"),
    (("question", "answer"), "question/answer pairs"),
)


def recognise(lines: Sequence[bytes | None]) -> Recognised:
    """What a file is, from its first lines (see SAMPLE_LINES); None stands for one too long to be read."""
    read = [line for line in lines if line is not None]
    filled = [line for line in (each.removeprefix(BOM).strip() for each in read) if line]
    if filled:
        return _by_signature(read) or _by_content(read, filled)
    if len(read) < len(lines):
        return Recognised(None)
    return _not(
        "empty_file", "This file is empty.", "Upload a file with one example on each line, at least 10."
    )


def _by_signature(read: list[bytes]) -> Recognised | None:
    """What a file is that is no text, or not in UTF-8."""
    if read[0].startswith(ZIP) and any(_SHEET in line for line in read):
        return _not("table_file", "This is a spreadsheet (XLSX), not JSON Lines.", CONVERTS)
    for pattern, code, what, fix in _SIGNATURES:
        if pattern.match(read[0]):
            return _not(code, f"This is {what}, not a dataset.", fix)
    return None


def _by_content(read: list[bytes], filled: list[bytes]) -> Recognised:
    values = [_value(line) for line in filled]
    if _LIST.match(filled[0]) and (values[0] is None or len(filled) == 1):
        return _not("json_list", "This file is one JSON list, not JSON Lines.", _ONE_LINE)
    found = format_of_most(values)
    if found is not None:
        return Recognised(found)
    if values[0] is None and filled[0].startswith(b"{") and not filled[0].endswith((b"}", b"},")):
        return _not("pretty_json", "This file is JSON spread over several lines, not JSON Lines.", _ONE_LINE)
    examples = [value for value in values if isinstance(value, dict) and value]
    return _unknown_shape(examples) if examples else _not_lines(read, filled)


def _not_lines(read: list[bytes], filled: list[bytes]) -> Recognised:
    """No line is an object: lines that are all broken, a table, or something else."""
    if filled[0].startswith(b"{"):
        return Recognised(None)
    try:
        marks = parted_by([line.decode().removeprefix("\ufeff") for line in _with_ends(read)])
    except UnicodeDecodeError:
        if parted_by([line.decode("latin-1") for line in _with_ends(read)]):
            return _not(
                "invalid_utf8",
                "This looks like a table (CSV or TSV), but it is not in UTF-8.",
                "Save it as CSV in UTF-8 (a spreadsheet offers that when saving), then it can be converted.",
            )
        marks = ""
    if marks:
        return _not(
            "table_file",
            f"This looks like a table with columns separated by {marks} (CSV or TSV), not JSON Lines.",
            CONVERTS,
        )
    return _not(
        "not_a_dataset",
        "This is not a dataset: its lines are not JSON objects.",
        f"A dataset has one object a line: {_SHAPE}.",
    )


def _with_ends(lines: list[bytes]) -> list[bytes]:
    """These lines with a line end each: inside a quoted cell it counts."""
    return [line if line.endswith(b"\n") else line + b"\n" for line in lines]


def _unknown_shape(examples: list[dict[Any, Any]]) -> Recognised:
    first = examples[0]
    if all("role" in each and "messages" not in each for each in examples):
        return _not(
            "message_per_line",
            "Each line is one message, but each line should be one example: a whole conversation.",
            "Write the messages of a conversation into one line, as "
            + _SHAPE
            + ". Where one ends and the next "
            "begins only you know, so it cannot be converted.",
        )
    keys = ", ".join(shown(key) for key in list(first)[:4]) or "no keys"
    name = next((name for known, name in _KNOWN_SHAPES if all(key in first for key in known)), None)
    wrapper = next((key for key, value in first.items() if _holds_example(value)), None)
    if name is None and wrapper is not None:
        return _not(
            "wrapped_examples",
            f"These lines hold their examples inside {shown(wrapper)}, but no line is one itself.",
            f"Write what {shown(wrapper)} holds as the line itself, for example with jq -c .{wrapper}."
            if shown(wrapper).startswith('"')
            else "Write the example itself on each line.",
        )
    what = f"they have {name}" if name else f"they hold {keys}"
    said = f"These lines are JSON, but no training format: {what}."
    try:
        mapping = guess(examples)
    except BadInput:
        if len(first) < 2:
            return _not("no_examples", said, f"Write each as {_SHAPE}.")
        return _not("unknown_format", said, f"Which key is what has to be said (--map). {CONVERTS}")
    return _not("unknown_format", said, f"They can become {mapping.format} examples. {CONVERTS}")


def _holds_example(value: object) -> bool:
    return isinstance(value, dict) and format_of(value) is not None


_SHAPE = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def _value(line: bytes) -> Any:
    try:
        refuse_too_much(line)
        return msgspec.json.decode(line)
    except (Malformed, msgspec.DecodeError, ValueError, RecursionError):
        return None


def _not(code: str, message: str, fix: str) -> Recognised:
    return Recognised(None, Problem(0, "", code, message, fix))
