"""docs/check.md names every code of a problem and of advice that the code can give, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.domain.datasets.problem_sources import SOURCES
from bot.domain.transforms import format_detection

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "bot" / "domain" / "datasets", ROOT / "bot" / "domain" / "transforms")
MODULES = [*(path for folder in FOLDERS for path in folder.rglob("*.py")), ROOT / "bot" / "cli" / "check.py"]
MODULES = [path for path in MODULES if path.name != "problem_sources.py"]  # which only lists codes

PROBLEM_AT = {"Malformed": 0, "ImageFault": 0, "_not": 0, "problem": 1, "_problem": 1, "Problem": 2}
ADVICE_AT = {"Advice": 0, "said": 0, "doubt": 1}
"""Which argument of a call is a code."""


def literals(node: ast.AST) -> Iterator[str]:
    return (
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def given(code_at: dict[str, int]) -> Iterator[str]:
    """The codes that stand in calls."""
    for path in MODULES:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = code_at.get(name)
            if place is not None and len(call.args) > place:
                yield from literals(call.args[place])


def part(start: str, end: str) -> str:
    """What stands in docs/check.md between two headings."""
    told = (ROOT / "docs" / "check.md").read_text("utf-8")
    return told[told.index(f"\n{start}\n") : told.index(f"\n{end}\n")]


def codes(table: str) -> set[str]:
    """The codes in the first column of a table."""
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`(\w+)`", row)}


def documented() -> set[str]:
    return codes(part("### Problems", "### JSON: `--json`"))


def problems() -> set[str]:
    """The codes of problems that stand in calls, and those of files told by their first bytes."""
    return {*given(PROBLEM_AT), *(code for _, code, _, _ in format_detection._SIGNATURES)}


def test_each_code_is_documented() -> None:
    assert (problems() | set(given(ADVICE_AT))) - documented() == set()


def test_no_rule_blocks_without_a_source() -> None:
    assert problems() - set(SOURCES) == set()


def test_advice_has_no_source_of_a_problem() -> None:
    assert set(given(ADVICE_AT)) & set(SOURCES) == set()


def test_each_documented_code_is_one() -> None:
    known = {text for path in MODULES for text in literals(ast.parse(path.read_text("utf-8")))}
    assert documented() - known == set()


def test_every_problem_has_a_source_and_nothing_else_has() -> None:
    assert set(SOURCES) == codes(part("### Problems", "#### How this is known"))


def test_the_docs_show_the_source_of_every_problem() -> None:
    table = part("#### How this is known", "### Advice").replace("\\|", "\0")
    rows = [[cell.strip() for cell in row.split("|")] for row in table.splitlines() if row.endswith("` |")]
    shown = {
        code: (kind, text.replace("\0", "|"))
        for _, kind, text, names, _ in rows
        for code in re.findall(r"`(\w+)`", names)
    }
    assert shown == {code: (source.kind, source.text) for code, source in SOURCES.items()}
