"""What a validation found out about a file, and how far it is: for cards, forms, terminal and database."""

from dataclasses import dataclass
from typing import Any

import msgspec

from bot.domain.catalog import Format
from bot.domain.datasets.fingerprints import NOTHING_ASKED, PromptFingerprints
from bot.domain.datasets.histogram import Bar
from bot.domain.datasets.suggestions import suggest
from bot.domain.pricing import Estimate

KEPT_PROBLEMS = 1_000
"""How many kinds of problem a report carries in full; `problem_codes` counts them all."""

KEPT_LINES = 20
"""How many line numbers one entry names; its `count` counts them all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the server would reject or silently drop, on one line or on many.

    `line` is the first, counted from 1; 0 is the file as a whole. `path` leads to the place inside the line, such as
    `messages[2].content`; empty for the whole line. `code` is stable; `message` says what is wrong, `fix` how
    to mend it. Neither quotes the dataset beyond a short key or word. `count` lines have it, the first of them
    in `lines`; what differs from line to line is `…` in the texts. Reports made before problems were gathered
    have no `lines`.
    """

    line: int
    path: str
    code: str
    message: str
    fix: str
    count: int = 1
    lines: tuple[int, ...] = ()

    @property
    def places(self) -> tuple[int, ...]:
        """The first lines that have it, at least one."""
        return self.lines or (self.line,)


@dataclass(frozen=True, slots=True)
class Recognised:
    """`format` None with a `fault`: not worth reading on. Without: the lines can still be checked as JSON."""

    format: Format | None
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that will train, but badly: how often (`count`), and the first lines where."""

    code: str
    message: str
    count: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenStats:
    """Tokens of all valid examples, by the reference script's formula (see bot.domain.datasets.tokens).

    `total` is everything before any cut, `trained` what the model learns to say, `max` the longest example.
    `over_limit` examples are longer than the models take; the server cuts `lost` tokens off them.
    `exact` is false where no public formula exists (tools, images, preference pairs). Half of the examples have
    no more than `p50` tokens, 90 and 99 in a hundred no more than `p90` and `p99`, each to within 1.6 %;
    `histogram` counts examples by tokens, without gaps. Reports made before these were kept have 0 and none.
    """

    total: int
    trained: int
    max: int
    over_limit: int
    lost: int
    encoding: str
    exact: bool
    p50: int = 0
    p90: int = 0
    p99: int = 0
    histogram: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Billable:
    """The tokens of one epoch when every example is cut to `limit` tokens."""

    limit: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Report:
    """The whole outcome. `ok`: the server would take the file as it is.

    `examples` counts the lines that hold something, `valid` those without a problem; `bytes` and `sha256`
    are of the file as it came. `images` counts examples with images. `problem_count` counts all problems;
    `problems` has an entry for each kind of them (problems.py), the first KEPT_PROBLEMS in the order of the lines.
    `estimates` takes the default epochs, a model each. `prints` tells what it asks, to hold against another
    file; reports made before it was kept have none.
    """

    file: str
    bytes: int
    sha256: str
    format: Format | None
    examples: int
    valid: int
    ok: bool
    problem_count: int
    problem_codes: dict[str, int]
    problems: tuple[Problem, ...]
    advice: tuple[Advice, ...]
    tokens: TokenStats
    estimates: tuple[Estimate, ...] = ()
    billable: tuple[Billable, ...] = ()
    images: int = 0
    prints: PromptFingerprints = NOTHING_ASKED

    def billable_tokens(self, limit: int) -> int:
        """Tokens billed for one epoch by a model that takes `limit` tokens per example.

        For a limit that was not counted, the next higher one that was, or the total: never too little.
        """
        counted = [each for each in self.billable if each.limit >= limit]
        return min(counted, key=lambda each: each.limit).tokens if counted else self.tokens.total


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a validation is: bytes read of all, examples and problems so far."""

    done_bytes: int
    total_bytes: int
    examples: int
    problems: int


def to_json(report: Report) -> dict[str, Any]:
    """The report as JSON values; the stable contract of `finetune-bot check --json`.

    `suggestions` are what `suggest` makes of the report; they are not read back.
    """
    values: dict[str, Any] = msgspec.to_builtins(report)
    return values | {"suggestions": msgspec.to_builtins(suggest(report.format, report.valid))}


def from_json(values: dict[str, Any]) -> Report:
    """The report that `to_json` gave; raises msgspec.ValidationError for anything else."""
    return msgspec.convert(values, Report)
