"""How many rooms a newcomer passes who follows one thing through the house, as docs/design.md lists them."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST = {"Approve → created job": 12, "Message in a chat → answer": 9, "Upload → card": 16}
_STOP = re.compile(r"^\d+\. `(?P<file>[\w/]+\.py):(?P<name>[\w.]+)`", re.MULTILINE)


def walks() -> Mapping[str, list[tuple[str, str]]]:
    """Each walk by its title: the files it enters, and the function in each."""
    design = (ROOT / "docs" / "design.md").read_text("utf-8")
    section = design.partition("\n## Three walks\n")[2].partition("\n## ")[0]
    parts = section.split("\n### ")[1:]
    return {
        part.partition("\n")[0].strip(): [(stop["file"], stop["name"]) for stop in _STOP.finditer(part)]
        for part in parts
    }


def functions_of(file: str) -> frozenset[str]:
    """The functions of a file, and the methods as Class.method."""
    found: set[str] = set()
    for node in ast.parse((ROOT / file).read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if _is_function(each)}
        elif _is_function(node):
            found.add(node.name)
    return frozenset(found)
