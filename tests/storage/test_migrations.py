"""The tables come into being by migrations, whoever starts first."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.domain.work_queue import Transition
from bot.errors import SettingsError
from storage.connections import Connections
from storage.database import Database
from storage.migrations import config, upgrade
from tests.storage import samples


class _Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)


async def test_an_empty_database_gets_exactly_the_tables_the_code_expects(database_url: str) -> None:
    connections = Connections(database_url)
    await upgrade(connections)
    async with connections.migrating() as connection:
        await connection.run_sync(
            lambda sync: command.check(config(sync))
        )  # raises when a difference is found
    await connections.close()


async def test_upgrading_again_changes_nothing(database_url: str) -> None:
    database = Database(database_url, _Clock())
    await database.upgrade()
    await database.datasets.add(Transition(samples.FULL_DATASET))
    kept = await database.datasets.get("d-full")
    assert kept is not None
    await database.upgrade()
    assert await database.datasets.get("d-full") == kept
    await database.close()


def test_the_steps_form_one_line() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


async def test_replicas_that_start_at_once_take_turns(database_url: str) -> None:
    replicas = [Connections(database_url) for _ in range(4)]
    await asyncio.gather(*(upgrade(each) for each in replicas))
    for each in replicas:
        await each.close()


async def test_processes_that_start_at_once_all_come_up(database_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from storage.connections import Connections\n"
        "from storage.migrations import upgrade\n"
        "asyncio.run(upgrade(Connections(sys.argv[1])))\n"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, database_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [(await process.communicate())[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said


async def test_a_file_lets_others_read_while_one_writes(tmp_path: Path) -> None:
    connections = Connections(f"sqlite:///{tmp_path}/made/on/the/way/test.db", wait=0.1)
    await upgrade(connections)
    async with connections.writing() as writer:
        await writer.execute(text("DELETE FROM jobs"))
        async with connections.reading() as reader:
            assert await reader.scalar(text("SELECT count(*) FROM jobs")) == 0
    await connections.close()


async def test_an_older_program_says_that_the_database_is_newer(database_url: str) -> None:
    connections = Connections(database_url)
    await upgrade(connections)
    async with connections.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        SettingsError, match=r"a newer version of Finetune bot \(step 9999; this one knows up to 00"
    ):
        await upgrade(connections)
    await connections.close()


async def test_the_file_is_for_its_owner_alone_also_one_that_was_there(tmp_path: Path) -> None:
    for name in ("old.db", "old.db-wal"):
        (tmp_path / name).touch(0o644)
    for name in ("old.db", "made/new.db"):
        connections = Connections(f"sqlite:///{tmp_path}/{name}")
        await upgrade(connections)
        async with connections.writing() as writer:
            await writer.execute(text("DELETE FROM jobs"))
            modes = {
                path.name: path.stat().st_mode & 0o777 for path in (tmp_path / name).parent.glob("*.db*")
            }
        assert modes
        assert set(modes.values()) == {0o600}, modes
        await connections.close()
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
