"""docs/check.md names every code of a problem and of advice that the code can give, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.domain.dataset import recognition

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [*(ROOT / "bot" / "domain" / "dataset").rglob("*.py"), ROOT / "bot" / "checking.py"]

CODE_AT = {"Malformed": 0, "ImageFault": 0, "_not": 0, "problem": 1, "_problem": 1, "Problem": 2}
CODE_AT |= {"Advice": 0, "said": 0}
"""Which argument of a call is a code."""


def literals(node: ast.AST) -> Iterator[str]:
    return (
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def given() -> Iterator[str]:
    """The codes that stand in calls, and those of files told by their first bytes."""
    yield from (code for _, code, _, _ in recognition._SIGNATURES)
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = CODE_AT.get(name)
            if place is not None and len(call.args) > place:
                yield from literals(call.args[place])


def documented() -> set[str]:
    """The codes in the first columns of the two tables."""
    told = (ROOT / "docs" / "check.md").read_text("utf-8")
    start = told.index("### Problems")
    tables = told[start : told.index("### JSON", start)]
    rows = [row.split("|")[1] for row in tables.splitlines() if row.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`(\w+)`", row)}


def test_each_code_is_documented() -> None:
    assert set(given()) - documented() == set()


def test_each_documented_code_is_one() -> None:
    known = {text for path in SOURCES for text in literals(ast.parse(path.read_text("utf-8")))}
    assert documented() - known == set()
