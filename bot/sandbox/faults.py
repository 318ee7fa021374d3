"""Faults somebody asked for: which call goes wrong, how, and how often."""

import fnmatch
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Side = Literal["slack", "openai", "socket", "events", "files"]
Kind = Literal[
    "429",  # refused with Retry-After: `retry_after` seconds
    "500",  # answered with a server error; the work is not done
    "timeout_before",  # the work is not done and no answer comes for `delay` seconds, then the socket closes
    "timeout_after",  # the work IS done, but no answer comes for `delay` seconds, then the socket closes
    "drop_before",  # the connection closes at once, the work is not done
    "drop_after",  # the work IS done, then the connection closes without an answer
    "slow",  # the answer (or each part of a stream) comes `delay` seconds late
    "error",  # refused with the server's own error `code` (Slack: {"ok": false, "error": code})
]
KINDS: frozenset[str] = frozenset(
    ("429", "500", "timeout_before", "timeout_after", "drop_before", "drop_after", "slow", "error")
)
SIDES: frozenset[str] = frozenset(("slack", "openai", "socket", "events", "files"))


@dataclass(slots=True)
class Fault:
    """One rule: calls of `side` whose name matches `match` go wrong `times` times (-1: until cleared)."""

    id: int
    side: Side
    match: str
    kind: Kind
    times: int = 1
    retry_after: float = 1.0
    delay: float = 5.0
    code: str = "internal_error"
    hits: int = 0


class Faults:
    """The rules that are switched on; `take` uses one up."""

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        self._ids = itertools.count(1)
        self._rules: list[Fault] = []
        self._changed = changed or (lambda: None)

    def add(
        self,
        side: Side,
        match: str,
        kind: Kind,
        *,
        times: int = 1,
        retry_after: float = 1.0,
        delay: float = 5.0,
        code: str = "internal_error",
    ) -> Fault:
        """Switch a fault on.

        `match` is a shell pattern over the call's name: a Slack method ("chat.*") or "POST /fine_tuning/jobs".
        """
        if side not in SIDES or kind not in KINDS:
            raise ValueError(f"no such fault: {side} {kind}")
        rule = Fault(next(self._ids), side, match, kind, times, retry_after, delay, code)
        self._rules.append(rule)
        self._changed()
        return rule

    def take(self, side: Side, name: str) -> Fault | None:
        """The first live rule for this call, counted as used; None when the call may go well."""
        for rule in self._rules:
            if rule.side == side and rule.times != 0 and fnmatch.fnmatchcase(name, rule.match):
                rule.times -= rule.times > 0
                rule.hits += 1
                self._changed()
                return rule
        return None

    def all(self) -> list[Fault]:
        """Every rule ever switched on since the last `clear`, with how often it hit."""
        return list(self._rules)

    def clear(self) -> None:
        """Switch everything off."""
        self._rules.clear()
        self._changed()
