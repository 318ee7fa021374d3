"""A small language for the shape of Slack's JSON; its faults read and point like Slack's; knows no block by name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Findings:
    """Collects what is wrong, each with the JSON pointer Slack gives."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, at: str, text: str) -> None:
        """Note one fault at a JSON pointer such as /blocks/0/text."""
        self.messages.append(f"[ERROR] {text} [json-pointer:{at}]")


class Shape(Protocol):
    """Anything that can judge a value."""

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong with `value`, which stands at the pointer `at`."""
        ...


@dataclass(frozen=True, slots=True)
class Str:
    """A string of `least` to `most` characters."""

    most: int = 3000
    least: int = 1
    pattern: str = ""

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if not isinstance(value, str):
            findings.add(at, "must provide a string")
        elif len(value) > self.most:
            findings.add(at, f"must be less than {self.most + 1} characters")
        elif len(value) < self.least:
            findings.add(at, f"must be more than {self.least - 1} characters")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            findings.add(at, "must be a valid value: " + self.pattern)


@dataclass(frozen=True, slots=True)
class Bool:
    """true or false."""

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if not isinstance(value, bool):
            findings.add(at, "must be a boolean")


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number within limits."""

    least: int
    most: int

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if isinstance(value, bool) or not isinstance(value, int):
            findings.add(at, "must be an integer")
        elif not self.least <= value <= self.most:
            findings.add(at, f"must be between {self.least} and {self.most}")


@dataclass(frozen=True, slots=True)
class Enum:
    """One of some words."""

    words: tuple[str, ...]

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if value not in self.words:
            findings.add(at, "must be one of: " + ", ".join(self.words))


@dataclass(frozen=True, slots=True)
class Anything:
    """JSON that this Slack stores and does not judge."""

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Everything is fine."""


@dataclass(frozen=True, slots=True)
class OrNull:
    """A shape in whose place null may stand; elsewhere null is only what was left out of an object."""

    shape: Shape

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if value is not None:
            self.shape.check(value, at, findings)


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of `least` to `most` items of one shape."""

    item: Shape
    most: int
    least: int = 1

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if not isinstance(value, list):
            findings.add(at, "must be an array")
            return
        if len(value) > self.most:
            findings.add(at, f"no more than {self.most} items allowed")
        elif len(value) < self.least:
            findings.add(at, f"no fewer than {self.least} items allowed")
        for i, item in enumerate(value):
            self.item.check(item, f"{at}/{i}", findings)


@dataclass(frozen=True, slots=True)
class Obj:
    """An object with known keys and no others; `also` judges what a table of keys cannot say."""

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)
    also: Callable[[dict[str, Any], str, Findings], None] | None = None

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if not isinstance(value, dict):
            findings.add(at, "must be an object")
            return
        for key in self.required:
            if value.get(key) is None:
                findings.add(at, f"missing required field: {key}")
        for key, part in value.items():
            shape = self.required.get(key) or self.optional.get(key)
            if shape is None:
                findings.add(at, f"invalid additional property: {key}")
            elif part is not None:
                shape.check(part, f"{at}/{key}", findings)
        if self.also:
            self.also(value, at, findings)


@dataclass(frozen=True, slots=True)
class ByType:
    """An object judged by the table entry its `type` names; `only` narrows the table to what a place allows."""

    table: Mapping[str, Obj]
    only: frozenset[str] | None = None

    def check(self, value: Any, at: str, findings: Findings) -> None:
        """Add what is wrong."""
        if not isinstance(value, dict):
            findings.add(at, "must be an object")
            return
        kind = value.get("type")
        if kind is None:
            findings.add(at, "missing required field: type")
        elif (
            not isinstance(kind, str)
            or kind not in self.table
            or (self.only is not None and kind not in self.only)
        ):
            findings.add(f"{at}/type", f"unsupported type: {kind}")
        else:
            self.table[kind].check({k: v for k, v in value.items() if k != "type"}, at, findings)


def exactly_one(*keys: str) -> Callable[[dict[str, Any], str, Findings], None]:
    """A rule for `Obj.also`: one of these keys, not none and not several."""

    def rule(value: dict[str, Any], at: str, findings: Findings) -> None:
        if sum(value.get(k) is not None for k in keys) != 1:
            findings.add(at, "must define exactly one of: " + ", ".join(keys))

    return rule


def at_most_one(*keys: str) -> Callable[[dict[str, Any], str, Findings], None]:
    """A rule for `Obj.also`: one of these keys, or none."""

    def rule(value: dict[str, Any], at: str, findings: Findings) -> None:
        if sum(value.get(k) is not None for k in keys) > 1:
            findings.add(at, "must define only one of: " + ", ".join(keys))

    return rule


def both(
    *rules: Callable[[dict[str, Any], str, Findings], None],
) -> Callable[[dict[str, Any], str, Findings], None]:
    """A rule for `Obj.also`: all of these."""

    def rule(value: dict[str, Any], at: str, findings: Findings) -> None:
        for each in rules:
            each(value, at, findings)

    return rule


def at_least_one(*keys: str) -> Callable[[dict[str, Any], str, Findings], None]:
    """A rule for `Obj.also`: one or more of these keys."""

    def rule(value: dict[str, Any], at: str, findings: Findings) -> None:
        if all(value.get(k) is None for k in keys):
            findings.add(at, "must define either of: " + ", ".join(keys))

    return rule
