"""A process with another DATA_DIR than the others on its database does not run, and says what to do."""

import asyncio
import os
from pathlib import Path

import pytest

from bot import data_dir
from bot.app import running
from bot.config import Settings
from bot.errors import SettingsError
from tests.stories.conftest import environment, workspace


async def test_a_stranger_refuses_to_run_and_says_what_to_do(database_url: str, tmp_path: Path) -> None:
    async with workspace() as (sandbox, _):

        def settings(name: str) -> Settings:
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            return Settings.from_env(environment(sandbox, folder, database_url))

        async with running(settings("first")), running(settings("first")):
            pass
        with pytest.raises(SettingsError, match="is not the folder that this database works with") as refused:
            async with running(settings("other")):
                pass
        mark = data_dir.read(tmp_path / "first" / "datasets")
        assert mark in str(refused.value)
        (tmp_path / "other" / "datasets" / data_dir.MARK).write_text(
            mark
        )  # as the sentence says, if it is lost
        async with running(settings("other")):
            pass


async def test_of_processes_that_start_at_once_all_read_the_same_mark(tmp_path: Path) -> None:
    marks = await asyncio.gather(*(asyncio.to_thread(data_dir.marked, tmp_path) for _ in range(8)))
    assert len(set(marks)) == 1
    assert len(marks[0]) == 32
    assert os.listdir(tmp_path) == [data_dir.MARK]  # noqa: PTH208  no Path within a loop
