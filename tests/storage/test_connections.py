"""DATABASE_URL in all its shapes, and what happens when the database is away."""

import asyncio
import gc
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain.jobs.job import Job
from bot.domain.work_queue import Transition
from bot.errors import DiskFull, SettingsError, Temporary
from storage.connections import Connections, usable
from storage.database import Database
from storage.migrations import upgrade
from tests.conftest import PostgresServer
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.viewers import jobs_in


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///data/finetune.db", "sqlite+aiosqlite:///data/finetune.db"),
        ("sqlite+aiosqlite:////var/finetune.db", "sqlite+aiosqlite:////var/finetune.db"),
        ("postgres://bot@db.example/bot", "postgresql+asyncpg://bot@db.example/bot"),
        ("postgresql://bot:pw@db.example:5433/bot", "postgresql+asyncpg://bot:pw@db.example:5433/bot"),
        ("postgresql+asyncpg://bot@/bot?host=/run/pg", "postgresql+asyncpg://bot@/bot?host=%2Frun%2Fpg"),
        ("postgresql://bot@db/bot?sslmode=require", "postgresql+asyncpg://bot@db/bot?ssl=require"),
    ],
)
def test_a_url_as_people_write_it_gets_its_driver(url: str, driver: str) -> None:
    assert usable(url).render_as_string(hide_password=False) == driver


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "is not a URL"),
        ("finetune.db hunter2", "is not a URL"),
        ("postgresql://bot:hunter2@db:port/bot", "is not a URL"),
        ("mysql://bot:hunter2@db/bot", "begins with mysql://"),
        ("postgresql+psycopg://bot:hunter2@db/bot", r"begins with postgresql\+psycopg://"),
        ("postgresql://bot:hunter2@db", "names no database"),
        ("postgresql://bot:hunter2@db/bot?channel_binding=require", "channel_binding"),
        ("sqlite://", "plain file"),
        ("sqlite:///:memory:", "plain file"),
        ("sqlite:///data.db?mode=ro", "plain file"),
        ("sqlite://data/hunter2.db", "names a host"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as refused:
        usable(url)
    assert "hunter2" not in str(refused.value)
    assert "DATABASE_URL" in str(refused.value)


async def test_a_server_that_is_away_is_worth_another_try(clock: SetClock) -> None:
    database = Database("postgresql://bot:hunter2@127.0.0.1:1/bot", clock, wait=5)
    with pytest.raises(Temporary, match="does not answer") as away:
        await database.ping()
    with pytest.raises(Temporary):
        await jobs_in(database)
    with pytest.raises(Temporary):
        await database.upgrade()
    assert "hunter2" not in str(away.value)
    await database.close()


async def test_a_file_that_is_no_database_does_not_answer(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "test.db").write_text("dear diary, " * 100)
    database = Database(f"sqlite:///{tmp_path}/test.db", clock)
    with pytest.raises(Temporary, match="does not answer"):
        await database.ping()
    await database.close()


async def test_a_file_that_cannot_be_written_is_a_fault_of_the_settings(
    tmp_path: Path, clock: SetClock
) -> None:
    (tmp_path / "a file").touch()
    database = Database(f"sqlite:///{tmp_path}/a file/test.db", clock)
    with pytest.raises(SettingsError, match=r"cannot write.*a file/test.db"):
        await database.upgrade()
    await database.close()


@pytest.mark.postgres
async def test_a_database_that_the_server_does_not_know_is_a_fault_of_the_settings(
    postgres_server: PostgresServer, clock: SetClock
) -> None:
    database = Database(postgres_server.url("nowhere"), clock)
    with pytest.raises(SettingsError, match=r'DATABASE_URL .* database "nowhere" does not exist'):
        await database.upgrade()
    await database.close()


async def test_a_file_that_another_process_keeps_locked_is_worth_another_try(
    tmp_path: Path, clock: SetClock
) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    database, other = Database(url, clock, wait=0.05), Connections(url)
    await database.upgrade()
    async with other.writing():
        with pytest.raises(Temporary):
            await database.jobs.add(Transition(samples.job()))
        assert await jobs_in(database) == []
    await database.jobs.add(Transition(samples.job()))
    await database.close()
    await other.close()


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_who_stands_still_within_a_transaction_does_not_hold_the_others_up(
    database: Database, database_url: str
) -> None:
    """A replica that is frozen, or whose host is gone, while it changes a row."""
    await database.jobs.add(Transition(samples.job("j1")))
    frozen = Connections(database_url, wait=1)

    async def stand_still() -> None:
        async with frozen.writing() as connection:
            await connection.execute(text("UPDATE jobs SET attempts = 7"))
            await database.jobs.change("j1", one_try_more)
            await connection.execute(text("SELECT 1"))

    async with AsyncExitStack() as stack:
        stack.push_async_callback(frozen.close)
        with pytest.raises(Temporary):
            await stand_still()
    job = await database.jobs.get("j1")
    assert job is not None
    assert job.attempts == 1


async def test_a_working_database_answers(database: Database) -> None:
    await database.ping()
    await database.jobs.add(Transition(samples.job()))
    assert len(await jobs_in(database)) == 1


def one_try_more(job: Job) -> Transition[Job]:
    return Transition(replace(job, attempts=job.attempts + 1))


async def test_work_cancelled_in_the_middle_of_a_statement_keeps_nobody_waiting(
    tmp_path: Path, clock: SetClock
) -> None:
    database = Database(
        f"sqlite:///{tmp_path}/test.db", clock, wait=10.0
    )  # long enough for a busy machine; a lock that stays outlasts it
    await database.upgrade()
    await database.jobs.add(Transition(samples.job(due_at=clock.now())))
    for moment in range(120):
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(database.jobs.change("j1", one_try_more)),
            asyncio.create_task(database.jobs.change("j1", one_try_more)),
            asyncio.create_task(database.jobs.claim(clock.now(), 0.0)),
        ]
        await asyncio.sleep(moment % 40 * 0.00015)  # somewhere in one of their statements
        tasks.pop(moment % 3).cancel()
        await asyncio.gather(*tasks)
    await database.close()


@pytest.mark.filterwarnings("default::ResourceWarning")
async def test_who_closes_waits_for_what_is_under_way_and_leaves_no_connection_behind(
    tmp_path: Path, clock: SetClock, recwarn: pytest.WarningsRecorder
) -> None:
    for moment in range(20):
        database = Database(f"sqlite:///{tmp_path}/{moment}.db", clock)
        await database.upgrade()
        await database.jobs.add(Transition(samples.job()))
        looks = [asyncio.create_task(database.jobs.get("j1")) for _ in range(8)]
        await asyncio.sleep(moment * 0.0002)  # somewhere on the way to their connections

        await database.close()

        began = await asyncio.gather(*looks, return_exceptions=True)
        assert {type(each) for each in began} <= {Job, Temporary}
        with pytest.raises(Temporary):
            await database.jobs.get("j1")
        del database, looks
    gc.collect()
    assert [str(each.message) for each in recwarn] == []


async def test_work_cancelled_twice_still_ends_what_it_began(database: Database) -> None:
    await database.jobs.add(Transition(samples.job()))
    for _ in range(20):
        change = asyncio.create_task(database.jobs.change("j1", one_try_more))
        await asyncio.sleep(0)
        change.cancel()
        await asyncio.sleep(0)
        change.cancel()
        with pytest.raises(asyncio.CancelledError):
            await change
    job = await database.jobs.get("j1")
    assert job is not None
    assert job.attempts == 20


async def test_a_full_disk_is_called_so_and_what_is_there_can_still_be_read(tmp_path: Path) -> None:
    connections = Connections(f"sqlite:///{tmp_path}/a.db")
    await upgrade(connections)
    async with connections.writing() as connection:
        await connection.exec_driver_sql("CREATE TABLE notes (words TEXT)")
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull, match="The disk of my database is full"):
        async with connections.writing() as connection:
            await connection.exec_driver_sql("INSERT INTO notes VALUES (hex(zeroblob(100000)))")
    async with connections.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM notes")).scalar_one() == 0
    await connections.close()


async def test_what_is_deleted_in_sqlite_is_overwritten(tmp_path: Path) -> None:
    connections = Connections(f"sqlite:///{tmp_path}/a.db")
    await upgrade(connections)
    async with connections.writing() as connection:
        assert (await connection.exec_driver_sql("PRAGMA secure_delete")).scalar_one() == 1
        await connection.exec_driver_sql("CREATE TABLE notes (words TEXT)")
        await connection.exec_driver_sql("INSERT INTO notes VALUES ('zanzibarquartz')")
    async with connections.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM notes")
    await connections.checkpoint()
    assert all(b"zanzibarquartz" not in path.read_bytes() for path in tmp_path.glob("a.db*"))  # noqa: ASYNC240
    await connections.close()
