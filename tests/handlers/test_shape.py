"""Listeners write down what a person wants and answer: what is longer than a glance does work."""

import ast
from collections.abc import Iterator
from pathlib import Path

HANDLERS = Path(__file__).parent.parent.parent / "handlers"
MOST = 15  # lines, from the name to the end
TAKEN = {"Click", "Submission", "Words", "Event"}


def listeners() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """What is bound to something that people do or Slack tells, or takes it from there; with where it stands."""
    for path in sorted((*HANDLERS.glob("*.py"), *HANDLERS.glob("*/*.py"))):
        if path.parent.name in ("slack", "views"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.AsyncFunctionDef):
                continue
            taken = {ast.unparse(each.annotation) for each in node.args.args if each.annotation}
            if taken & TAKEN or any(each.startswith("Async") for each in taken):
                yield f"{path.relative_to(HANDLERS)}:{node.name}", node


def test_no_listener_is_longer_than_a_glance() -> None:
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in listeners()}
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > MOST} == {}


def test_no_listener_acknowledges_by_itself() -> None:
    """How each kind is acknowledged stands in one place, handlers/slack/listeners.py."""
    acks = {
        name
        for name, node in listeners()
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "ack"
    }
    assert acks == set()
