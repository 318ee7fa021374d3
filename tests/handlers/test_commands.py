"""Every word that the bot answers is told where people look for it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from handlers import register
from handlers.views import about
from tests.handlers.fakes import Log, absent_services
from tests.test_manifest import RecordingApp

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def words() -> set[str]:
    return set(register(cast("AsyncApp", RecordingApp()), absent_services(), Log()))


def untold(text: str) -> list[str]:
    return sorted(word for word in words() if not re.search(rf"`(?:[^`|]*\s)?{word}(?:\s[^`]*)?`", text))


def test_every_word_stands_in_the_table_of_the_readme() -> None:
    assert untold(README) == []


def test_every_word_stands_in_the_help() -> None:
    assert untold(str(about.help_text().blocks)) == []
