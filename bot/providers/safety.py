"""Which safety checks a newly trained model failed, read from what a job's events tell; pure, and sure of no shape.

The provider tries each new model on 13 categories before it may be used, and tells of them in events of the type
`moderation_checks` whose data nobody specifies, or in a sentence that names one category.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

_ABOUT = {
    "advice": "harmful advice",
    "harassment/threatening": "threats against people",
    "hate": "hate against groups",
    "hate/threatening": "threats against groups",
    "highly-sensitive": "highly sensitive personal facts",
    "illicit": "help with crimes",
    "propaganda": "propaganda",
    "self-harm/instructions": "instructions for self-harm",
    "self-harm/intent": "wishes to harm oneself",
    "sensitive": "sensitive personal facts",
    "sexual": "sexual content",
    "sexual/minors": "sexual content about minors",
    "violence": "violence",
}
_FAILED = frozenset({"failed", "fail", "blocked", "flagged", "error"})
_NAMED = re.compile(r"\bcategory[: ]+'?(?P<name>[a-z-]+(?:/[a-z-]+)?)")


def failed(events: Iterable[tuple[str, str, Any]]) -> tuple[str, ...]:
    """The categories that failed, in our order, from each event's type, message and data."""
    found = {name for kind, message, data in events for name in _of(kind, message, data)}
    return tuple(name for name in _ABOUT if name in found)


def _of(kind: str, message: str, data: Any) -> Iterator[str]:
    if "eval" in message or "moderation" in message.lower() or kind == "moderation_checks":
        yield from (named["name"] for named in _NAMED.finditer(message))
    if kind == "moderation_checks":
        yield from _in(data)


def _in(data: Any) -> Iterator[str]:
    """The failed ones in data: lists of results with a category each, or results by category, at any depth."""
    if isinstance(data, list):
        for each in data:
            yield from _in(each)
    elif isinstance(data, dict):
        category = data.get("category") or data.get("name")
        if isinstance(category, str) and _has_failed(data):
            yield category
        for name, value in data.items():
            if name in _ABOUT and _has_failed(value):
                yield name
            elif isinstance(value, dict | list):
                yield from _in(value)


def _has_failed(result: Any) -> bool:
    if isinstance(result, str):
        return result.lower() in _FAILED
    if not isinstance(result, dict):
        return False
    if result.get("passed") is False or any(
        result.get(word) is True for word in ("blocked", "flagged", "failed")
    ):
        return True
    return any(str(result.get(word)).lower() in _FAILED for word in ("status", "result", "outcome"))


def advise(categories: Iterable[str]) -> str:
    """What it means and what to do; empty for no category."""
    told = "; ".join(f"{name} ({_ABOUT[name]})" for name in categories)
    if not told:
        return ""
    return (
        f"The trained model failed the provider's safety checks, so it is not to be had. What it failed on: {told}. "
        "Remove the examples that teach this, then train again."
    )
