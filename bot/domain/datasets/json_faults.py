"""Why a line is no JSON: where reading it stops, and the slip of the pen that is likeliest there; quotes no text of it.

Only lines that could not be read come here, so it may take its time.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.domain.datasets.cures import CONVERTS, MENDS

_TYPOGRAPHIC = "“”„‟‘’‚«»"
_TYPOGRAPHIC_QUOTES = (
    "it is written with typographic quotes",
    "Write it with plain double quotes; chats and word processors change them.",
    "not_json",
)
_SPACES = "\u00a0\u2002\u2003\u2007\u2009\u200b\u202f\u3000\ufeff"
_TEXT_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|(-?\b(?:NaN|Infinity)\b)', re.DOTALL)
_CLOSED_BY_TYPOGRAPHIC = re.compile(rf"[{_TYPOGRAPHIC}]\s{{0,20}}+[:,}}\]]")
_KEY_FOLLOWS = re.compile(r'"[^"\\]{0,64}"\s*:')
_ODD_NUMBER = re.compile(r"[+.]\d|\d|-")


@dataclass(frozen=True, slots=True)
class JsonFault:
    """What is wrong (`why` ends the sentence "this line is not JSON: …") and how to mend it.

    `column` counts characters from 1; 0 is none in particular. `code` is that of the problem.
    """

    column: int
    why: str
    fix: str
    code: str = "not_json"


class _ConstantError(ValueError):
    """A word that Python's reader of JSON takes, and JSON does not know."""


def json_fault_in(text: str) -> JsonFault:
    """The likeliest reason why this line cannot be read as JSON."""
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return json_fault_from(error)
    except _ConstantError:
        found = next((each.start(1) for each in _TEXT_OR_CONSTANT.finditer(text) if each[1]), 0)
        return _at(text, found)
    except RecursionError:
        return _LOST
    except ValueError:  # a number of thousands of digits
        return JsonFault(0, "a number on it is too long to be read", "Write it shorter, or as a text.")
    return JsonFault(0, "a number on it is too large to be read", "Write a smaller number, or a text.")


def json_fault_from(error: json.JSONDecodeError) -> JsonFault:
    """The likeliest reason for what Python's reader of JSON says."""
    return _json_fault(error.doc, error.pos, error.msg)


def _refuse(_: str) -> Any:
    raise _ConstantError


def _json_fault(text: str, at: int, said: str) -> JsonFault:
    if not text.lstrip().startswith(("{", "[")) and not said.startswith("Extra"):
        return JsonFault(
            at + 1, "it does not begin with {", "Write each example as one JSON object on one line."
        )
    if said.startswith("Unterminated"):
        return _unclosed(text, at)
    if said.startswith("Invalid control"):
        name = {"\t": "tab", "\r": "carriage return"}.get(text[at], "control character")
        return JsonFault(
            at + 1,
            f"a {name} is in a text as it is",
            f"Write it as \\{_ESCAPES.get(text[at], 'u…')}. {MENDS}",
        )
    if said.startswith("Invalid \\"):
        # Python points at the backslash, or for \u behind it.
        at = text.rfind("\\", 0, at + 1)
        after = text[at + 1 : at + 2]
        shown = f" (\\{after})" if after.isascii() and after.isalnum() else ""
        return JsonFault(
            at + 1,
            f"a backslash stands alone in a text{shown}",
            "Write each backslash of a text twice, as in C:\\\\Users; a JSON library does.",
        )
    if said.startswith("Extra"):
        return _more(text, at)
    return _at(text, at)


_ESCAPES = {"\t": "t", "\r": "r", "\b": "b", "\f": "f"}


def _unclosed(text: str, at: int) -> JsonFault:
    """A text that is not closed on this line, from its opening quote on."""
    if found := _CLOSED_BY_TYPOGRAPHIC.search(text, at):
        return JsonFault(found.start() + 1, *_TYPOGRAPHIC_QUOTES)
    return JsonFault(
        at + 1,
        "the text that begins there does not end on this line: it holds a line break, or lacks its closing "
        "quote",
        f"Write line breaks of a text as \\n. Lines that go on with a text can be joined. {CONVERTS}",
        "broken_text",
    )


def _more(text: str, at: int) -> JsonFault:
    """Something follows the first value."""
    rest = text[at:].strip()
    if not text.lstrip().startswith(("{", "[")):
        return JsonFault(1, "it does not begin with {", "Write each example as one JSON object on one line.")
    if rest == ",":
        return JsonFault(
            at + 1, "a comma follows the object", f"Remove the comma at the end of the line. {MENDS}"
        )
    if rest.lstrip(", ").startswith(("{", "[")):
        return JsonFault(at + 1, "it holds more than one object", "Put each example on a line of its own.")
    if rest[0] in "}]":
        return JsonFault(at + 1, "a closing bracket is there once too often", "Remove it.")
    return JsonFault(
        at + 1, "something follows the object", "Remove it, or put each example on a line of its own."
    )


def _at(text: str, at: int) -> JsonFault:
    """What stands where a key, a value, a colon, a comma or a bracket should."""
    rest, before = text[at:], text[:at].rstrip()
    if not rest.strip():
        return JsonFault(
            at + 1,
            "the object does not end on this line",
            "Put the whole example on one line, to its last }.",
        )
    if comma := _comma_before_bracket(text, at):
        return JsonFault(comma, "a comma stands before a closing bracket", f"Remove that comma. {MENDS}")
    if rest[0] in _SPACES:
        return JsonFault(
            at + 1,
            f"a space that is none stands between its parts (U+{ord(rest[0]):04X})",
            "Write plain spaces there; chats and web pages change them.",
        )
    if before.endswith('"') and _closes_a_text(before):
        return _after_text(text, at, before)
    for begins, why, fix, code in _BEGINNINGS:
        if begins.match(rest):
            return JsonFault(at + 1, why, fix, code)
    return _bracket_or_number(rest, at, before[-1:])


# What stands there, why that is wrong, how to mend it, and the problem's code.
_BEGINNINGS = (
    (re.compile(f"[{_TYPOGRAPHIC}]"), *_TYPOGRAPHIC_QUOTES),
    (
        re.compile("'"),
        "it is written with single quotes",
        f"Write it with json.dumps (double quotes). {CONVERTS}",
        "single_quotes",
    ),
    (
        re.compile("&quot;"),
        "its quotes are written as on a web page (&quot;)",
        'Write them as ", for example by downloading the file instead of copying the page.',
        "not_json",
    ),
    (
        re.compile(r"-?(?:NaN|Infinity|None|True|False|undefined|nan|inf)\b"),
        "it holds a word JSON does not know (NaN, None, True …)",
        "Use null, true, false or a number.",
        "not_json",
    ),
    (
        re.compile(r"//|/\*|#"),
        "it holds a comment, which JSON does not know",
        "Remove the comment.",
        "not_json",
    ),
)


def _bracket_or_number(rest: str, at: int, last: str) -> JsonFault:
    """What is left: brackets, commas and digits in the wrong place."""
    if rest[0] == "," or (rest[0] in "}]" and last in ":,"):
        return JsonFault(
            at + 1, "a value is missing before this sign", "Write the value, or remove what announces it."
        )
    if rest[0] in "}]":
        return JsonFault(
            at + 1, "a bracket is closed that is not the open one", "Close { with } and [ with ]."
        )
    if _ODD_NUMBER.match(rest) and last in ":,[0-.+e":
        return JsonFault(
            at + 1, "a number is written as JSON does not know it (01, .5, +1)", "Write it as 1 or 0.5."
        )
    return JsonFault(at + 1, _LOST.why, _LOST.fix)


_LOST = JsonFault(
    0, "a quote, comma, colon or bracket is missing or too many there", "Write the line with a JSON library."
)


def _after_text(text: str, at: int, before: str) -> JsonFault:
    """Behind a closing quote something else follows than may."""
    rest = text[at:]
    if rest[0] == '"' and _KEY_FOLLOWS.match(rest):
        return JsonFault(at + 1, "a comma is missing between two keys", "Write a comma there.")
    if rest[0] in ":=}]{[" or rest[0].isdigit():
        return JsonFault(at + 1, _LOST.why, _LOST.fix)
    return JsonFault(
        len(before),
        "a quote inside a text has no backslash before it, so the text ends there",
        'Write quotes of a text as \\"; a JSON library does.',
    )


def _closes_a_text(before: str) -> bool:
    """Whether the quote at the end closes a text, for it has an odd number of unescaped ones before it."""
    return re.sub(r"\\.", "", before, flags=re.DOTALL).count('"') % 2 == 0


def _comma_before_bracket(text: str, at: int) -> int:
    """The column of a comma that a closing bracket follows, where reading stopped at either; 0 if none."""
    if text[at] in "}]" and (before := text[:at].rstrip()).endswith(","):
        return len(before)
    return at + 1 if text[at] == "," and text[at + 1 :].lstrip()[:1] in ("}", "]") else 0
