"""A content that lies here no more is fetched again from Slack, and taken only if it is the one that was checked."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import SlackUnavailable, UnusableFile
from bot.ports import SlackFile
from bot.services.datasets.contents import Contents, Fetching
from tests.handlers.fakes import Log

WORDS = b'{"messages": []}\n'
SHA = hashlib.sha256(WORDS).hexdigest()


@dataclass
class InSlack:
    """Files by their ids; `fault` is raised instead."""

    files: dict[str, bytes] = field(default_factory=dict)
    fault: Exception | None = None

    async def info(self, file_id: str) -> SlackFile:
        if self.fault:
            raise self.fault
        if file_id not in self.files:
            raise UnusableFile("This file was deleted in Slack.")
        return SlackFile(file_id, "a.jsonl", len(self.files[file_id]), "hosted", url="https://x")

    async def download(self, file: SlackFile, to: Path, *, cap: int, on_bytes: Callable[[int], None]) -> int:
        on_bytes(len(self.files[file.id]))
        return await asyncio.to_thread(to.write_bytes, self.files[file.id])


@pytest.fixture
def slack() -> InSlack:
    return InSlack({"F1": WORDS})


@pytest.fixture
def fetching(slack: InSlack, tmp_path: Path) -> Fetching:
    return Fetching(slack, Contents(tmp_path), Log(), cap=1 << 20)


def left(fetching: Fetching) -> list[Path]:
    return [path for path in fetching.contents.folder.rglob("*") if path.is_file()]


async def test_what_is_missing_is_fetched_once_and_lies_in_its_place(
    fetching: Fetching, slack: InSlack
) -> None:
    paths = await asyncio.gather(*(fetching.path("F1", SHA) for _ in range(3)))
    assert {path.read_bytes() for path in paths} == {WORDS}
    slack.fault = SlackUnavailable("Slack is away.")
    assert await fetching.path("F1", SHA) == fetching.contents.path(SHA)
    assert left(fetching) == [fetching.contents.path(SHA)]


async def test_another_file_under_the_same_id_is_not_taken_for_it(fetching: Fetching, slack: InSlack) -> None:
    slack.files["F1"] = b"something else"
    with pytest.raises(UnusableFile, match="not the one that was checked"):
        await fetching.path("F1", SHA)
    assert left(fetching) == []


async def test_while_slack_is_away_it_is_only_missing_and_not_gone(
    fetching: Fetching, slack: InSlack
) -> None:
    slack.fault = SlackUnavailable("Slack is away.")
    with pytest.raises(SlackUnavailable):
        await fetching.path("F1", SHA)
    slack.fault = None
    assert (await fetching.path("F1", SHA)).read_bytes() == WORDS
