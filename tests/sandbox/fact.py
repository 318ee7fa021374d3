"""One row of the table of facts, and what a row may name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ABSENT = object()
"""In `shows`: there is nothing of this name."""

# What `given` may name in braces: each is made anew for every row.
NAMES = {
    "mine": "the ts of a message of the app's own, with a section and metadata",
    "hers": "the ts of a message of Mina's",
    "reply": "the ts of the app's reply below hers",
    "gone": "the ts of a message that was deleted",
    "stream": "the ts of an open stream below hers",
    "written": "the ts of one that has some markdown_text already",
    "private": "a private channel without the app",
    "archived": "an archived channel with the app",
    "old": "the ts of a message of the app's own there; to be named after it",
}


@dataclass(frozen=True)
class Fact:
    """One row. `answer` is "ok" or Slack's error; `says` are words of its messages; `shows` maps paths to values."""

    what: str
    call: str
    given: Mapping[str, Any]
    answer: str
    source: str
    says: str = ""
    shows: Mapping[str, Any] = field(default_factory=dict)
