"""A newcomer who follows one thing through the house passes few rooms, each of them once: docs/design.md lists them."""

import ast

import pytest

from tests.walks import APPROVE, CHAT, ROOT, UPLOAD, walks

MOST = {APPROVE: 12, CHAT: 9, UPLOAD: 12}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions_of(file: str) -> set[str]:
    """The functions of a file, and its methods as Class.method."""
    found = set()
    for node in ast.parse((ROOT / file).read_text("utf-8")).body:
        if isinstance(node, _FUNCTIONS):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, _FUNCTIONS)}
    return found


def test_each_walk_is_listed() -> None:
    assert walks().keys() == MOST.keys()


@pytest.mark.parametrize("title", MOST)
def test_a_walk_passes_few_rooms_and_none_of_them_twice(title: str) -> None:
    files = [file for file, _ in walks()[title]]
    assert 0 < len(files) <= MOST[title]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("title", MOST)
def test_every_room_of_a_walk_is_there(title: str) -> None:
    assert [f"{file}:{name}" for file, name in walks()[title] if name not in functions_of(file)] == []
