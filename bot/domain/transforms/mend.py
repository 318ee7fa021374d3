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
from bot.domain.datasets.problems import Faults
from bot.domain.datasets.report import Problem, Recognised, Report
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.datasets.statistics import Mark
from bot.domain.escaping import places
from bot.domain.transforms.format_detection import recognise
from bot.domain.transforms.mend_example import CURES, BeyondMending, Cure, Finding

# What may be done to a line, in the order in which a summary tells it; {} is what the line had that was removed.
_SENTENCES = {
    "bom": "Byte order mark removed.",
    "crlf": "Windows line end changed to a plain one.",
    "blank_line": "Empty line removed.",
    "trailing_comma": "Trailing comma removed.",
    "control_character": "Tabs and other control characters in texts written the way JSON has them.",
    "renamed": "Names of the Responses API changed to those of this one ({}).",
    "stray_key": "Keys removed that the server doesn't take there ({}).",
    "null_key": "Keys removed that held null instead of a value ({}).",
    "weight": "Weight written as the number 0 or 1.",
    "arguments": "Arguments of calls written as JSON text, once.",
    "duplicate": "Repeats an earlier example.",
    "kept_out": "Has keys that may say what is to be learned ({}); converting the file heeds them.",
}
LEAVES_OUT = ("duplicate", "kept_out", "left_out")
"""Codes of deeds after which the line is not in the mended file; of `left_out` the rules say what is wrong with it."""

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
    """One kind of thing that was done: on `count` lines, the first of them in `lines` (as the file came).

    `problem` is the code of what is wrong with lines that were left out for it.
    """

    code: str
    message: str
    count: int
    lines: tuple[int, ...]
    problem: str = ""

    @property
    def leaves_out(self) -> bool:
        """Whether these lines are not in the mended file."""
        return self.code in LEAVES_OUT

    @property
    def told(self) -> str:
        """Where, and what; names of keys in it are the file's."""
        return f"{places(self.lines, self.count)}: {self.message}"


class Mender:
    """Takes the lines of a file of one format in order, and gives back what is to be written of each.

    `kept` counts the examples given back, `repaired` those of them that are not as they came, `left_out` the lines that
    hold something and are not given back. `convertible` is the code of a problem, if one kept a line out that
    converting cures. Repetitions are found among REMEMBERED_EXAMPLES, which bounds memory.
    """

    def __init__(self, expected: Format) -> None:
        self._expected = expected
        self._marks: dict[str, Mark] = {}
        self._names: dict[str, Counter[str]] = {}
        self._seen: set[bytes] = set()
        self._beyond = Faults()
        self._number = 0
        self.kept = 0
        self.repaired = 0
        self.left_out = 0
        self.convertible = ""

    def take(self, line: bytes | None) -> bytes:
        """The next line with its line end, None for one too long to be read; gives it mended, or nothing."""
        self._number += 1
        if line is None:
            return self._leave_out(Finding("", "line_too_long", "This line is too long to be read."))
        body, end = self._bare(line)
        if not body.strip():
            self._did("blank_line")
            return b""
        try:
            mended = _Line(body, self._expected)
        except BeyondMending as found:
            self.convertible = next((code for code in found.codes if code in CONVERTIBLE), self.convertible)
            if not found.keys:
                return self._leave_out(found.first)
            self.left_out += 1
            self._did("kept_out", found.keys)
            return b""
        if self._repeats(mended.identity):
            self.left_out += 1
            self._did("duplicate")
            return b""
        for code, names in mended.deeds.items():
            self._did(code, names)
        self.kept += 1
        self.repaired += mended.body + end != line
        return mended.body + end

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """What was done so far, a kind each; what was left out for which problem comes last."""
        done = [
            Deed(code, sentence.format(self._named(code)), mark.count, tuple(mark.lines))
            for code, sentence in _SENTENCES.items()
            if (mark := self._marks.get(code))
        ]
        beyond = [
            Deed("left_out", each.message, each.count, each.places, each.code)
            for each in self._beyond.entries()
        ]
        return (*done, *beyond)

    def _leave_out(self, found: Finding) -> bytes:
        self.left_out += 1
        self._beyond.add(Problem(self._number, "", found.code, found.message, ""))
        return b""

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
            raise BeyondMending([Finding("", found.code, found.message)]) from None
        except RecursionError:
            raise BeyondMending([Finding("", "too_deep", _TOO_DEEP)]) from None

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


_TOO_DEEP = "This line nests objects or lists too deeply."

CURABLE = frozenset(CURES) | _SENTENCES.keys() | {"left_out"} | {"not_json", "unknown_part"}
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
