"""Mends what can be mended without guessing, line by line; leaves out what cannot. Never changes a good line.

Knows the rules only by what they complain of: a key is stray where the rules call it unknown, so mending and
checking cannot drift apart. A key that may bear on what is learned is none of these: its line is left out. Knows no
files.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.catalog import Format
from bot.domain.datasets.cures import CONVERTIBLE
from bot.domain.datasets.fingerprints import REMEMBERED_EXAMPLES, identity_of
from bot.domain.datasets.line import BOM, Malformed, parse
from bot.domain.datasets.report import Recognised, Report
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.datasets.statistics import Mark
from bot.domain.transforms.format_detection import recognise
from bot.domain.transforms.mend_example import CURES, BeyondMending, Cure

# What may be done, in the order in which a summary tells it; {} is what the lines had that was removed.
_SENTENCES = {
    "bom": "Removed the byte order mark.",
    "crlf": "Changed Windows line ends to plain ones.",
    "blank_line": "Removed empty lines.",
    "trailing_comma": "Removed commas that nothing follows.",
    "control_character": "Wrote tabs and other control characters of texts as JSON has them.",
    "renamed": "Renamed what has another name in the Responses API ({}).",
    "stray_key": "Removed keys that the server does not take there ({}).",
    "null_key": "Removed keys that held null instead of a value ({}).",
    "weight": "Wrote weights as the number 0 or 1.",
    "arguments": "Wrote arguments of calls as JSON text, once.",
    "duplicate": "Left out examples that repeat an earlier one.",
    "kept_out": "Left out lines with keys that may say what is to be learned ({}); converting the file heeds them.",
    "left_out": "Left out lines that cannot be mended without guessing ({}).",
}

# A text, which is passed over whole, or a comma that follows a value and precedes a closing bracket or the end.
_COMMA = re.compile(
    rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)|(?<=[}\]"0-9a-z])(\s*+),(?=\s*+(?:[}\]]|\Z))',
    re.DOTALL,
)
_TEXT = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
_CONTROL = re.compile(rb"[\x01-\x1f]")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind of thing that was done: on `count` lines, the first of them in `lines` (as the file came)."""

    code: str
    message: str
    count: int
    lines: tuple[int, ...]


class Mender:
    """Takes the lines of a file of one format in order, and gives back what is to be written of each.

    `kept` counts the examples given back; `convertible` is the code of a problem, if one kept a line out that
    converting cures. Repetitions are found among REMEMBERED_EXAMPLES, which bounds memory.
    """

    def __init__(self, expected: Format) -> None:
        self._expected = expected
        self._marks: dict[str, Mark] = {}
        self._names: dict[str, Counter[str]] = {}
        self._seen: set[bytes] = set()
        self._number = 0
        self.kept = 0
        self.convertible = ""

    def take(self, line: bytes | None) -> bytes:
        """The next line with its line end, None for one too long to be read; gives it mended, or nothing."""
        self._number += 1
        if line is None:
            self._did("left_out", ["line_too_long"])
            return b""
        body, end = self._bare(line)
        if not body.strip():
            self._did("blank_line")
            return b""
        try:
            mended = _Line(body, self._expected)
        except BeyondMending as found:
            self.convertible = next((code for code in found.codes if code in CONVERTIBLE), self.convertible)
            if found.keys:
                self._did("kept_out", found.keys)
            else:
                self._did("left_out", found.codes)
            return b""
        if self._repeats(mended.identity):
            self._did("duplicate")
            return b""
        for code, names in mended.deeds.items():
            self._did(code, names)
        self.kept += 1
        return mended.body + end

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """What was done so far, a kind each."""
        return tuple(
            Deed(code, sentence.format(self._named(code)), mark.count, tuple(mark.lines))
            for code, sentence in _SENTENCES.items()
            if (mark := self._marks.get(code))
        )

    def _bare(self, line: bytes) -> tuple[bytes, bytes]:
        """The line without byte order mark and carriage return, and the line end it had besides."""
        body = line.removesuffix(b"\n")
        end = line[len(body) :]
        bare = body.rstrip(b"\r")
        if len(bare) < len(body):
            self._did("crlf")
        if bare.startswith(BOM):
            self._did("bom")
        while bare.startswith(BOM):
            bare = bare.removeprefix(BOM)
        return bare, end

    def _repeats(self, example: bytes) -> bool:
        if example in self._seen:
            return True
        if len(self._seen) < REMEMBERED_EXAMPLES:
            self._seen.add(example)
        return False

    def _did(self, code: str, names: Iterable[str] = ()) -> None:
        self._marks.setdefault(code, Mark()).see(self._number)
        self._names.setdefault(code, Counter()).update(names)

    def _named(self, code: str) -> str:
        common = self._names[code].most_common()
        more = [f"and {len(common) - _NAMED} more"] if len(common) > _NAMED else []
        return ", ".join([f"{name} × {count:,}" for name, count in common[:_NAMED]] + more)


def recognise_mendable(lines: Sequence[bytes | None]) -> Recognised:
    """As `recognise`, but commas that nothing follows and raw tabs do not hide the format."""
    return recognise(
        [
            line if line is None else _with_escapes(_without_commas(line.removeprefix(BOM).rstrip()))
            for line in lines
        ]
    )


class _Line:
    """One line, mended: its bytes, its identity, and what was done (code -> names)."""

    def __init__(self, body: bytes, expected: Format) -> None:
        self.deeds: dict[str, list[str]] = {}
        self.body = body
        try:
            value = self._value()
            cure = Cure(expected)
            if (cured := cure.apply(value)) is not value:
                self.body = json.dumps(cured, ensure_ascii=False).encode()
                self.deeds |= cure.deeds
            value = cured
            self.identity = identity_of(value).example
        except Malformed as found:
            raise BeyondMending([("", found.code)]) from None
        except RecursionError:
            raise BeyondMending([("", "too_deep")]) from None

    def _value(self) -> Any:
        try:
            return parse(self.body)
        except Malformed:
            shorter = _without_commas(self.body)
            mended = _with_escapes(shorter)
            if mended == self.body:
                raise
            value = parse(mended)
        if shorter != self.body:
            self.deeds["trailing_comma"] = []
        if mended != shorter:
            self.deeds["control_character"] = []
        self.body = mended
        return value


CURABLE = frozenset(CURES) | _SENTENCES.keys() | {"not_json", "unknown_part"}
"""Codes of problems that mending may cure: those above, what it removes by itself, JSON with a comma too many or a raw
tab, and parts under another name."""


def is_curable(report: Report) -> bool:
    """Whether mending makes it better: a cure is known, or leaving out broken lines leaves enough."""
    codes = set(report.problem_codes)
    return not CURABLE.isdisjoint(codes) or (report.valid >= MIN_EXAMPLES and bool(codes))


def _without_commas(line: bytes) -> bytes:
    return _COMMA.sub(lambda found: found[0] if found[1] is None else found[1], line)


def _with_escapes(line: bytes) -> bytes:
    """Control characters in texts as JSON has them; a NUL is none that anybody meant."""
    return _TEXT.sub(lambda text: _CONTROL.sub(lambda found: b"\\u%04x" % found[0][0], text[0]), line)
