"""No pattern that runs over people's text stalls the bot: each is fed forty thousand characters made to hurt it.

The patterns are found in the source, so that a new one is tried from its first day; one that is put together as the
program runs has to be named in BUILT before this passes.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]  # the parser of patterns has no other name
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

import pytest

import bot
import handlers
import storage
from bot.domain import catalog

LENGTH = 40_000  # characters: as long as Slack lets a message be
LIMIT = 0.5  # seconds of processor time for one text: what is linear needs milliseconds, what is quadratic seconds
BUILT = {
    ("bot.domain.catalog", "pattern"): catalog.load().tuned_names[0],  # or that of whoever runs the bot
    ("bot.sandbox.slack.inputs", "pattern"): r"-?\d+(\.\d+)?",
    ("bot.sandbox.slack.shapes", "self.pattern"): r"\A[a-zA-Z][a-zA-Z0-9+.-]*:.+",  # matched whole
}
"""Patterns put together as the program runs: module and expression, and one that it may be."""


def modules() -> Iterator[ModuleType]:
    """Every module of ours that can be imported here."""
    for package in (bot, handlers, storage):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".migrations." not in found.name:
                try:
                    yield importlib.import_module(found.name)
                except ImportError as missing:
                    if missing.name != "gigatoken":  # the extra `fast` may be absent
                        raise


def calls(module: ModuleType) -> Iterator[tuple[ast.Call, bool]]:
    """Every use of `re` with a pattern, and whether it stands in a function."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(each) for function in functions for each in ast.walk(function)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr not in {"escape", "purge"}
        ):
            yield node, id(node) in inside


def kept(value: Any) -> Iterator[re.Pattern[Any]]:
    """The patterns in a module's variable."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(getattr(value, "__self__", None), re.Pattern):  # re.compile(…).findall
        yield value.__self__
    elif isinstance(value, dict):
        for each in value.values():
            yield from kept(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from kept(each)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern, by its module and itself."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            if not name.startswith("__"):
                for pattern in kept(value):
                    found.setdefault(f"{module.__name__} {pattern.pattern!r}", pattern)
        for call, in_function in calls(module):
            if in_function:
                given = ast.unparse(call.args[0])
                words: Any = BUILT.get((module.__name__, given))
                if words is None:
                    assert isinstance(call.args[0], ast.Constant), f"{module.__name__}: name {given} in BUILT"
                    words = call.args[0].value
                found[f"{module.__name__} {given}"] = re.compile(words)
    return found


def members(items: Iterable[tuple[Any, Any]]) -> Iterator[int]:
    """One or two characters of each part of a character class."""
    for operator, value in items:
        if operator is sre.LITERAL:
            yield value
        elif operator is sre.RANGE:
            yield value[0]
        elif operator is sre.CATEGORY:
            name = str(value)
            yield ord(" ") if "SPACE" in name and "NOT" not in name else ord("1" if "DIGIT" in name else "a")
        elif operator is sre.NEGATE:
            yield ord("x")
            return


def pieces(parsed: Iterable[tuple[Any, Any]]) -> Iterator[list[int]]:  # noqa: C901  one case for each operator
    """For each step of a pattern, in order, the characters that it may take; groups and choices flattened."""
    for operator, value in parsed:
        if operator is sre.LITERAL:
            yield [value]
        elif operator is sre.NOT_LITERAL:
            yield [ord("x")]
        elif operator is sre.ANY:
            yield [ord("x"), ord(" ")]
        elif operator is sre.IN:
            yield list(members(value))
        elif operator in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            yield from pieces(value[2])
        elif operator is sre.SUBPATTERN:
            yield from pieces(value[3])
        elif operator is sre.ATOMIC_GROUP:
            yield from pieces(value)
        elif operator is sre.BRANCH:
            for branch in value[1]:
                yield from pieces(branch)
        elif operator in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from pieces(value[1])


def repeated(parsed: Iterable[tuple[Any, Any]]) -> Iterator[int]:
    """What may come as often as it likes: there patterns become slow."""
    for operator, value in parsed:
        if operator in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            if value[1] is sre.MAXREPEAT:
                for step in pieces(value[2]):
                    yield step[0]
            else:
                yield from repeated(value[2])
        elif operator is sre.SUBPATTERN:
            yield from repeated(value[3])
        elif operator is sre.BRANCH:
            for branch in value[1]:
                yield from repeated(branch)


def hostile(pattern: re.Pattern[Any]) -> Iterator[str]:
    """Texts that such a pattern begins to match again and again, and does not match in the end."""
    parsed = parser.parse(pattern.pattern, pattern.flags)
    steps = list(pieces(parsed))
    alphabet = list(
        dict.fromkeys([*map(chr, repeated(parsed)), *(chr(step[0]) for step in steps), " ", "a"])
    )[:10]
    starts = [
        "".join(chr(step[0]) for step in steps[:length]) for length in range(1, min(len(steps), 24) + 1)
    ]
    for unit in (*alphabet, *(a + b for a in alphabet[:3] for b in alphabet[:3] if a != b), *starts):
        yield unit * (LENGTH // len(unit))
    for start in starts[:: max(len(starts) // 4, 1)]:
        for unit in alphabet[:4]:
            yield start + unit * LENGTH
            yield (start + unit * 200) * (LENGTH // (len(start) + 200))


PATTERNS = patterns()


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_done_with_forty_thousand_hostile_characters_at_once(name: str) -> None:
    pattern = PATTERNS[name]
    for text in hostile(pattern):
        fed: Any = f"{text}\x00" if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
        begun = time.thread_time()
        deque(pattern.finditer(fed), maxlen=0)
        took = time.thread_time() - begun
        assert took < LIMIT, f"{took:.1f} s for {fed[:60]!r}…"
