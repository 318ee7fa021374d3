"""Every word that the bot answers is told where people look for it."""

import re
from pathlib import Path
from typing import Any

from handlers.commands import wishes
from handlers.views import about

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
FEATURES = ("comparing", "money", "policies", "models", "digests", "help_")


class Feature:
    """Has a listener for every word, and looks into none of them."""

    def __getattr__(self, name: str) -> Any:
        return name


def words() -> set[str]:
    feature: Any = Feature()
    return set(wishes(*[feature] * 5, **dict.fromkeys(FEATURES, feature)))


def untold(text: str) -> list[str]:
    return sorted(word for word in words() if not re.search(rf"`(?:[^`|]*\s)?{word}(?:\s[^`]*)?`", text))


def test_every_word_stands_in_the_table_of_the_readme() -> None:
    assert untold(README) == []


def test_every_word_stands_in_the_help() -> None:
    assert untold(str(about.help_text().blocks)) == []
