"""Engines made from DATABASE_URL, and the three ways to use them: read, write, migrate; knows no table."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, NullPool, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import DiskFull, SettingsError, Temporary
from storage.columns import write_json

_AWAY = "My database does not answer. Try again in a minute."
_SQLITE_WITH_RETURNING = (3, 35, 0)
_POSTGRES_PARAMETERS = frozenset({"host", "port", "ssl"})
# Connection lost, resources short, shutting down or starting up, stood still within a transaction.
_PASSING_SQLSTATES = ("08", "53", "57P", "25P03")
_FULL_SQLSTATE = "53100"
_NO_ROOM = "The disk of my database is full, so I cannot write this down. Whoever runs me has to make room."
_WRONG_SQLSTATES = ("28", "3D")  # user or password, name of the database

Given = ParamSpec("Given")
Result = TypeVar("Result")


def unbroken(
    operation: Callable[Given, Coroutine[Any, Any, Result]],
) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Let an operation on the database run to its end even when its caller is cancelled meanwhile.

    A statement that is abandoned half-way leaves SQLite's lock behind for as long as its cursor lives, and
    everybody else waits in vain. The caller is cancelled all the same, once the operation has ended.
    """

    @wraps(operation)
    async def to_its_end(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        work = asyncio.ensure_future(operation(*args, **kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():  # cancelled once more, say, by somebody who does not want to wait
                with suppress(asyncio.CancelledError):
                    await asyncio.wait((work,))
            if not work.cancelled():
                work.exception()  # looked at: nobody is left who could be told
            raise

    return to_its_end


def insert_into(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may say what to do about a row that is there already; both databases call that alike."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


class Connections:
    """The pools over one database.

    `wait` is how long, in seconds, anybody waits for a connection, a lock or an answer before Temporary.
    """

    def __init__(self, url: str, *, wait: float = 20.0) -> None:
        self.url = usable(url)
        self._wait = wait
        self._used = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        if self.url.drivername.startswith("sqlite"):
            self._reader = self._sqlite(pool_timeout=wait)
            # One connection writes: writers queue in order instead of polling for SQLite's one write lock.
            self._writer = self._sqlite(pool_size=1, max_overflow=0, pool_timeout=wait)
            event.listen(self._writer.sync_engine, "begin", _begin_immediate)
        else:
            self._reader = self._writer = self._postgres(
                command_timeout=wait, pool_size=10, max_overflow=10, pool_timeout=wait, pool_pre_ping=True
            )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For looking only; nothing done here is kept."""
        with _away_is_temporary(), self._use():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: kept when the block ends well, undone when it raises."""
        with _away_is_temporary(), self._use():
            async with self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for changing tables: without foreign keys (SQLite copies tables) and time limits.

        The first thing a program does with a database, so that it also tells what is wrong with the URL.

        Raises:
            SettingsError: the file cannot be written, or the server knows no such database, user or password.
        """
        if self.url.drivername.startswith("sqlite"):
            _make_file(Path(self.url.database or ""))
            engine = self._sqlite(poolclass=NullPool, foreign_keys=False)
            event.listen(engine.sync_engine, "begin", _begin_immediate)
        else:
            engine = self._postgres(command_timeout=None, poolclass=NullPool)
        with _away_is_temporary():
            async with engine.begin() as connection:
                yield connection

    @contextmanager
    def _use(self) -> Iterator[None]:
        if self._closed:
            raise Temporary(_AWAY)
        self._used += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._used -= 1
            if not self._used:
                self._idle.set()

    async def checkpoint(self) -> None:
        """Bring SQLite's log into its file, and empty the log; PostgreSQL does such things by itself.

        What somebody reads in this moment stays until the next time.
        """
        if not self.url.drivername.startswith("sqlite"):
            return

        def empty() -> (
            None
        ):  # by a connection of its own: within a pool's transaction the log counts as in use
            with closing(sqlite3.connect(self.url.database or "", timeout=1.0)) as own:
                own.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        with suppress(sqlite3.OperationalError):
            await asyncio.to_thread(empty)

    async def close(self) -> None:
        """Close every connection, once what is under way has ended; nothing begins after it.

        A pool closes only what has come back to it: what came back later would be left to the garbage collector.
        """
        self._closed = True
        await self._idle.wait()
        await self._reader.dispose()
        await self._writer.dispose()

    def _sqlite(self, *, foreign_keys: bool = True, **pool: Any) -> AsyncEngine:
        # isolation_level None: the driver begins no transaction by itself. Its own way begins one only at the
        # first write, after the read that the write rests on: two such writers end in "database is locked".
        engine = create_async_engine(
            self.url,
            connect_args={"timeout": self._wait, "isolation_level": None},
            json_serializer=write_json,
            **pool,
        )

        def connected(connection: Any, _: object) -> None:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
            cursor.execute("PRAGMA secure_delete = ON")  # what was deleted is overwritten, not only forgotten
            cursor.close()

        event.listen(engine.sync_engine, "connect", connected)
        return engine

    def _postgres(self, *, command_timeout: float | None, **pool: Any) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            connect_args={"timeout": self._wait, "command_timeout": command_timeout},
            json_serializer=write_json,
            **pool,
        )
        if command_timeout is not None:
            # Who stands still within a transaction, a frozen replica say, would keep its rows locked for ever.
            limit = f"SET idle_in_transaction_session_timeout = {int(1000 * command_timeout)}"

            def connected(connection: Any, _: object) -> None:
                connection.run_async(lambda driver: driver.execute(limit))

            event.listen(engine.sync_engine, "connect", connected)
        return engine


def usable(url: str) -> URL:
    """The URL with its asynchronous driver.

    Raises:
        SettingsError: nothing here can use it; the sentence never quotes the URL, which may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _refused(
            "is not a URL; write sqlite:///path/to/file.db or postgresql://user@host/name"
        ) from None
    match parsed.drivername:
        case "sqlite" | "sqlite+aiosqlite":
            return _usable_sqlite(parsed)
        case "postgres" | "postgresql" | "postgresql+asyncpg":
            return _usable_postgres(parsed)
        case other:
            raise _refused(f"begins with {other}://; I work with sqlite:// and postgresql://")


def _usable_sqlite(url: URL) -> URL:
    if url.host:
        raise _refused("names a host; for a file write sqlite:///relative.db or sqlite:////absolute.db")
    if url.database in {None, "", ":memory:"} or url.query:
        raise _refused("must name a plain file, as in sqlite:///data/finetune.db")
    if sqlite3.sqlite_version_info < _SQLITE_WITH_RETURNING:
        raise _refused(f"needs SQLite 3.35 or newer, and this Python has {sqlite3.sqlite_version}")
    return url.set(drivername="sqlite+aiosqlite")


def _usable_postgres(url: URL) -> URL:
    query = {"ssl" if key == "sslmode" else key: value for key, value in url.query.items()}
    unknown = sorted(query.keys() - _POSTGRES_PARAMETERS)
    if unknown:
        raise _refused(f"has parameters that I cannot use ({', '.join(unknown)}); leave them out")
    if not url.database:
        raise _refused("names no database; write postgresql://user@host/name")
    return url.set(drivername="postgresql+asyncpg", query=query)


def _refused(why: str) -> SettingsError:
    return SettingsError((f"DATABASE_URL {why}.",))


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        for each in (path, *(path.with_name(path.name + more) for more in ("-wal", "-shm", "-journal"))):
            with suppress(PermissionError, FileNotFoundError):  # somebody else's, or not there
                each.chmod(each.stat().st_mode & 0o700)  # whoever may read it reads people's words
    except OSError as fault:
        raise _refused(f"names a file that I cannot write: {path} ({fault.strerror})") from None


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once, so that what a transaction read still stands when it writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _away_is_temporary() -> Iterator[None]:
    try:
        yield
    except DBAPIError as fault:
        sqlstate = getattr(fault.orig, "sqlstate", None) or ""  # PostgreSQL's only
        if sqlstate.startswith(_WRONG_SQLSTATES):
            said = fault.orig and fault.orig.__cause__
            raise _refused(f"is refused by the server: {said}") from fault
        if sqlstate == _FULL_SQLSTATE or "database or disk is full" in str(fault.orig):
            raise DiskFull(_NO_ROOM) from fault
        locked = "database is locked" in str(fault.orig)  # SQLite, by another process
        if fault.connection_invalidated or locked or sqlstate.startswith(_PASSING_SQLSTATES):
            raise Temporary(_AWAY) from fault
        raise
    except (PoolExhausted, OSError) as fault:
        raise Temporary(_AWAY) from fault
