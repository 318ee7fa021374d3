"""Brings the tables of a database to what this version needs; the steps are in versions/.

A new step: change a row's dataclass or storage/tables.py; `python -m storage.migrations "what changes"` drafts it.
"""

import asyncio

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from bot.errors import SettingsError, Temporary
from storage.connections import Connections

_LOCK = 0x46_54_42_4F  # "FTBO": any number, as long as every replica takes the same
_WAL_TRIES = 100


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file; `connection` is the open one to work on."""
    made = Config()
    made.set_main_option("script_location", "storage:migrations")
    made.set_main_option("path_separator", "os")
    made.set_main_option("file_template", "m%%(rev)s_%%(slug)s")
    made.attributes["connection"] = connection
    return made


async def upgrade(connections: Connections) -> None:
    """Run every step that this database lacks, in one transaction; others that start meanwhile wait for it.

    Raises:
        SettingsError: a newer version of this program has been at work there.
    """
    async with connections.migrating() as connection:
        if connection.dialect.name == "postgresql":  # on SQLite the transaction itself is the lock
            await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        await connection.run_sync(_to_head)
    if connections.url.drivername.startswith("sqlite"):
        await _switch_to_wal(connections)


def _to_head(connection: Connection) -> None:
    made = config(connection)
    known = {step.revision for step in ScriptDirectory.from_config(made).walk_revisions()}
    if newer := set(MigrationContext.configure(connection).get_current_heads()) - known:
        steps, last = ", ".join(sorted(newer)), max(known)
        told = (
            f"DATABASE_URL names a database of a newer version of Finetune bot (step {steps}; this one knows up to "
            f"{last}). Install that version, or restore a backup from before."
        )
        raise SettingsError((told,))
    command.upgrade(made, "head")


async def _switch_to_wal(connections: Connections) -> None:
    """Let readers read while somebody writes; the file remembers it.

    SQLite does not always wait for a lock here but may fail at once: two starting processes need several tries.
    """
    for left in reversed(range(_WAL_TRIES)):
        try:
            async with connections.reading() as connection:
                await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        except Temporary:
            if not left:
                raise
            await asyncio.sleep(0.05)
        else:
            return
