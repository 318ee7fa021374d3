"""Counts what the lines of a file hold, range by range; ranges counted apart add up to the whole file.

Knows nothing of files and processes: a range arrives as an iterable of lines, and their counts are added up in order.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from struct import Struct

from bot.domain.catalog import Format
from bot.domain.datasets.fast_path import PlainMessage, plain_chat
from bot.domain.datasets.fingerprints import Seen
from bot.domain.datasets.formats import check_example, has_equal_outputs, has_images, prompt_of, tools_of
from bot.domain.datasets.histogram import bin_of
from bot.domain.datasets.line import BOM, Malformed, parse
from bot.domain.datasets.problems import Faults
from bot.domain.datasets.report import KEPT_LINES, Problem
from bot.domain.datasets.sampling import Observed, Observer
from bot.domain.datasets.tokens import ExampleTokens, Meter

_TOGETHER = 1 << 20
"""Bytes of lines whose texts are counted in one go: a counter is a tenth faster when nothing else comes in between."""

_DIGEST = 8
_DIGESTS = Struct(">IQ")
"""Line number and content hash of an example, as `Counts.digests` holds them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What to count by: the encoding, the tokens that models take of one example, and limits to bill by.

    One example in `share` is looked at closely for advice.
    """

    encoding: str
    example: int
    billable: tuple[int, ...]
    share: int = 1


@dataclass(slots=True)
class Mark:
    """How often something was seen, and the first lines where."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def see(self, line: int) -> None:
        """Once more, on this line."""
        self.count += 1
        if len(self.lines) < KEPT_LINES:
            self.lines.append(line)


@dataclass(slots=True)
class Counts:
    """The counts of one range of lines; line numbers count from the range's first line, 1.

    `billable` has a sum for each of `Limits.billable`. `digests` holds line number (4 bytes) and content hash
    (8 bytes) of each valid example, in order. `problems` has an entry for each fault (problems.py). `spread` counts
    examples by the bin of their tokens (histogram.py).
    """

    billable: list[int]
    lines: int = 0
    examples: int = 0
    valid: int = 0
    images: int = 0
    problem_codes: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    total: int = 0
    trained: int = 0
    max: int = 0
    lost: int = 0
    exact: bool = True
    marks: dict[str, Mark] = field(default_factory=dict)
    digests: bytes = b""
    spread: dict[int, int] = field(default_factory=dict)
    observed: Observed = field(default_factory=Observed)

    @property
    def problem_count(self) -> int:
        """All problems, kept or not."""
        return sum(self.problem_codes.values())

    def see(self, code: str, line: int) -> None:
        """Something worth advice, or its opposite, stands on this line."""
        self.marks.setdefault(code, Mark()).see(line)


class Examiner:
    """Looks at the lines of one range and fills its counts.

    With a format each line is checked by that format's rules and measured; without one only as JSON.
    """

    def __init__(self, expected: Format | None, limits: Limits, meter: Meter) -> None:
        self._expected = expected
        self._limits = limits
        self._meter = meter
        self._digests = bytearray()
        self._counts = Counts(billable=[0] * len(limits.billable))
        self._faults = Faults()
        self._observer = Observer(limits.share, self._counts.see)
        self._waiting: list[tuple[int, bytes, list[PlainMessage]]] = []
        self._waiting_bytes = 0

    def take(self, line: bytes, *, first_of_file: bool = False) -> None:
        """Look at the next line; its line end may be there or not."""
        counts = self._counts
        counts.lines += 1
        if first_of_file and line.startswith(BOM):
            line = line[len(BOM) :]
            self._problem(
                "",
                "bom",
                "The file begins with a byte order mark, which the server cannot read.",
                'Save it as "UTF-8", not "UTF-8 with BOM".',
            )
        line = line.strip()
        if not line:
            self._problem("", "blank_line", "This line is empty.", "Remove it.")
            return
        counts.examples += 1
        if self._expected == "chat" and (messages := plain_chat(line)) is not None:
            self._put_off(line, messages)
            return
        try:
            example = parse(line)
        except Malformed as found:
            self._problem("", found.code, found.message, found.fix)
            return
        doubts: set[str] = set()
        if self._expected is None or not check_example(
            example, self._expected, self._problem, lambda _path, code: doubts.add(code)
        ):
            return
        for code in sorted(doubts):
            counts.see(code, counts.lines)
        self._take_valid(line, example, self._expected)

    def take_too_long(self, cap: int) -> None:
        """The next line is longer than `cap` bytes and was not read."""
        self._counts.lines += 1
        self._counts.examples += 1
        self._problem(
            "",
            "line_too_long",
            f"This line is longer than {cap >> 20} MiB, so it was not read.",
            "Give images by address, or cut the text; if this line is a list, write each example on its own line.",
        )

    def done(self) -> Counts:
        """The counts of all lines taken."""
        self._count_waiting()
        return replace(
            self._counts,
            digests=bytes(self._digests),
            problems=self._faults.entries(),
            observed=self._observer.done(),
        )

    def _take_valid(self, line: bytes, example: dict[str, object], expected: Format) -> None:
        self._count_waiting()
        counts = self._counts
        key = self._count_valid(counts.lines, line, self._meter.measure(example, expected))
        if has_images(example, expected):
            counts.images += 1
        if expected == "preference" and has_equal_outputs(example):
            counts.see("equal_outputs", counts.lines)
        roles = {message["role"] for message in prompt_of(example, expected)}
        counts.see("no_system" if roles.isdisjoint(("system", "developer")) else "system", counts.lines)
        counts.see("tools" if tools_of(example, expected) else "no_tools", counts.lines)
        self._observer.example(counts.lines, key, line, example, expected)

    def _put_off(self, line: bytes, messages: list[PlainMessage]) -> None:
        """The same for an example known to be a chat of plain texts, when there are enough of them or no more."""
        self._waiting.append((self._counts.lines, line, messages))
        self._waiting_bytes += len(line)
        if self._waiting_bytes >= _TOGETHER:
            self._count_waiting()

    def _count_waiting(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        measured = [self._meter.measure_plain(messages) for _, _, messages in waiting]
        for (number, line, messages), tokens in zip(waiting, measured, strict=True):
            key = self._count_valid(number, line, tokens)
            has_system = any(message.role == "system" for message in messages)
            self._counts.see("system" if has_system else "no_system", number)
            self._counts.see("no_tools", number)
            self._observer.chat(number, key, line, messages)

    def _count_valid(self, number: int, line: bytes, tokens: ExampleTokens) -> int:
        """Count the example on the line of this number; gives a hash of it, of 32 bits."""
        counts = self._counts
        counts.valid += 1
        digest = sha256(line).digest()
        self._digests += number.to_bytes(4, "big") + digest[:_DIGEST]
        counts.total += tokens.total
        counts.trained += tokens.trained
        counts.max = max(counts.max, tokens.total)
        size = bin_of(tokens.total)
        counts.spread[size] = counts.spread.get(size, 0) + 1
        counts.exact = counts.exact and tokens.exact
        for place, limit in enumerate(self._limits.billable):
            counts.billable[place] += min(limit, tokens.total)
        if tokens.total > self._limits.example:
            counts.lost += tokens.total - self._limits.example
            counts.see("over_limit", number)
        return int.from_bytes(digest[-4:])

    def _problem(self, path: str, code: str, message: str, fix: str) -> None:
        codes = self._counts.problem_codes
        codes[code] = codes.get(code, 0) + 1
        self._faults.add(Problem(self._counts.lines, path, code, message, fix))


class Sum:
    """Adds counts up, in the order of their ranges; `counts` is the sum so far, whose problems are in `faults`."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.counts = Counts(billable=[0] * len(limits.billable))
        self.duplicates = Mark()
        self.faults = Faults()
        self._seen = Seen()

    def add(self, part: Counts) -> None:
        """Add the next range; its line numbers follow on those before."""
        counts, before = self.counts, self.counts.lines
        self._look_for_duplicates(part.digests, before)
        for problem in part.problems:
            self.faults.add(problem, before)
        counts.problem_codes = dict(Counter(counts.problem_codes) + Counter(part.problem_codes))
        for code, mark in part.marks.items():
            mine = counts.marks.setdefault(code, Mark())
            mine.count += mark.count
            mine.lines += [line + before for line in mark.lines[: KEPT_LINES - len(mine.lines)]]
        counts.billable = [mine + theirs for mine, theirs in zip(counts.billable, part.billable, strict=True)]
        for name in _ADDED:
            setattr(counts, name, getattr(counts, name) + getattr(part, name))
        counts.max = max(counts.max, part.max)
        counts.exact = counts.exact and part.exact
        counts.spread = dict(Counter(counts.spread) + Counter(part.spread))
        counts.observed.add(part.observed, before)

    def _look_for_duplicates(self, digests: bytes, before: int) -> None:
        for line, digest in _DIGESTS.iter_unpack(digests):
            if self._seen.again(digest):
                self.duplicates.see(line + before)


_ADDED: Sequence[str] = ("lines", "examples", "valid", "images", "total", "trained", "lost")
