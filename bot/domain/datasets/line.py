"""One line of a file as JSON, or what keeps it from being JSON; knows nothing of what an example holds."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.domain.datasets.json_faults import json_fault_in

BOM = b"\xef\xbb\xbf"

TEXT_CAP = 4 << 20
"""Bytes of a line besides its images; an example at the token limit has under 1 MiB. Text takes up to four times as
much memory when it is read."""

VALUES_CAP = 1 << 20
"""Bytes of a line besides its texts: brackets, commas, numbers, which take up to thirty times as much."""

_TEXT = re.compile(
    rb'"url"\s*+:\s*+"data:image\\?/\w++;base64,((?:[A-Za-z0-9+/=]++|\\/)*+)"|"(?:[^"\\]++|\\.)*+"', re.DOTALL
)
"""An image, whose content is the group, or any other text."""

_KEY = re.compile(rb'"\s*:')
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_SURROGATE = re.compile(_HIGH + rb"(?!" + _LOW + rb")|(?<!" + rb"\\u[dD][89abAB]..)" + _LOW)
_SHOWN = re.compile(r"[\w.\-]{1,40}")


@dataclass(frozen=True, slots=True)
class Malformed(Exception):  # noqa: N818 - it is a finding that travels as an exception, not an error of ours
    """The line is no JSON value that the server could read; the fields are those of a Problem."""

    code: str
    message: str
    fix: str


def parse(line: bytes) -> Any:
    """The JSON value of one line.

    Raises:
        Malformed: not JSON, not UTF-8, nested too deeply, half a surrogate pair, a key given twice, or too much.
    """
    refuse_too_much(line)
    try:
        value = msgspec.json.decode(line)
        if sum(1 for _ in _KEY.finditer(line)) > _count_keys(value):
            _refuse_duplicate_keys(line)
    except RecursionError:
        raise Malformed(
            "too_deep", "This line nests objects or lists too deeply.", "Flatten it: no example needs this."
        ) from None
    except (msgspec.DecodeError, ValueError):
        raise _malformed(line) from None
    return value


def refuse_too_much(line: bytes) -> None:
    """Raise Malformed for a line that would need too much memory to be read."""
    if len(line) <= VALUES_CAP:
        return
    images = values = at = 0
    for text in _TEXT.finditer(line):
        values += text.start() - at + 2  # its quotes: a million empty texts are a million values
        at = text.end()
        images += text.end(1) - text.start(1)
        if values > VALUES_CAP:
            break
    if values + len(line) - at > VALUES_CAP:
        raise Malformed(
            "too_many_values",
            f"Besides its texts this line holds more than {VALUES_CAP >> 20} MiB, so it was not read.",
            "Leave out long lists of numbers or objects: no example needs them.",
        )
    if len(line) - images > TEXT_CAP:
        raise Malformed(
            "line_too_long",
            f"Besides its images this line holds more than {TEXT_CAP >> 20} MiB, so it was not read.",
            "Cut the text, or split it into several examples: models take no more than about 1 MiB.",
        )


def shown(word: object) -> str:
    """A key or short word of the file as messages may quote it; anything longer or stranger stays unquoted."""
    return f'"{word}"' if isinstance(word, str) and _SHOWN.fullmatch(word) else "something else"


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a number"


def _malformed(line: bytes) -> Malformed:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return Malformed(
            "invalid_utf8",
            f"Byte {error.start + 1} of this line is not UTF-8.",
            "Save the file as UTF-8 (without BOM) and upload it again.",
        )
    if b"\x00" in line:
        return Malformed("nul_byte", "This line holds a NUL byte.", "Remove it, or save the file as UTF-8.")
    if _LONE_SURROGATE.search(line):
        return Malformed(
            "lone_surrogate",
            "A \\u escape on this line is one half of a surrogate pair.",
            "Write the character itself, or both halves of the pair.",
        )
    slip = json_fault_in(line.decode())
    where = f" (column {slip.column:,})" if slip.column else ""
    return Malformed(slip.code, f"This line is not JSON: {slip.why}{where}.", slip.fix)


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(each) for each in value.values() if isinstance(each, dict | list))
    if isinstance(value, list):
        return sum(_count_keys(each) for each in value if isinstance(each, dict | list))
    return 0


def _refuse_duplicate_keys(line: bytes) -> None:
    """The slow and certain way, for lines where more seems to be named than was kept."""

    def pairs(found: list[tuple[str, Any]]) -> None:
        if len(dict(found)) < len(found):
            twice = Counter(key for key, _ in found).most_common(1)[0][0]
            raise Malformed(
                "duplicate_key",
                f"One object on this line names the key {shown(twice)} twice; only the last would count.",
                "Keep one of them.",
            )

    json.loads(line, object_pairs_hook=pairs)
