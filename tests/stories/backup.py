"""Backups made and brought back as docs/operating.md says: the database first, then the files."""

import asyncio
import secrets
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from tests.conftest import PostgresServer

Bring = Callable[[], Awaitable[None]]


async def backed_up(url: str, data_dir: Path, folder: Path) -> Bring:
    """Back up a SQLite database, and after it the files, while the app works; gives what brings both back."""
    database = Path(make_url(url).database or "")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(folder / "db")) as copy:
        source.backup(copy)
    shutil.copytree(data_dir / "datasets", folder / "datasets")

    async def bring() -> None:
        for each in database.parent.glob(f"{database.name}*"):
            each.unlink()
        shutil.rmtree(data_dir / "datasets")
        shutil.copy(folder / "db", database)
        shutil.copytree(folder / "datasets", data_dir / "datasets")

    return bring


async def dumped(server: PostgresServer, url: str, data_dir: Path, folder: Path) -> Bring:
    """The same for PostgreSQL; the dump lies where the server's programs may write."""
    name = make_url(url).database or ""
    who, dump = ("-h", str(server.folder), "-U", "postgres"), str(server.folder / secrets.token_hex(6))
    await asyncio.to_thread(server.run, "pg_dump", *who, "--format=custom", f"--file={dump}", name)
    shutil.copytree(data_dir / "datasets", folder / "datasets")

    async def bring() -> None:
        await asyncio.to_thread(server.run, "dropdb", *who, name)
        await asyncio.to_thread(server.run, "createdb", *who, name)
        await asyncio.to_thread(server.run, "pg_restore", *who, "--exit-on-error", f"--dbname={name}", dump)
        shutil.rmtree(data_dir / "datasets")
        shutil.copytree(folder / "datasets", data_dir / "datasets")

    return bring
