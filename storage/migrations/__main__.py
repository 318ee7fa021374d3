"""Writes the draft of a migration: what the tables should be and the steps so far do not make."""

import asyncio
import sys
import tempfile

from alembic import command
from alembic.script import ScriptDirectory

from storage.connections import Connections
from storage.migrations import config, upgrade


async def draft(message: str) -> None:
    """Compare on an empty SQLite file and write versions/mNNNN_message.py."""
    count = len(list(ScriptDirectory.from_config(config()).walk_revisions()))
    with tempfile.TemporaryDirectory() as folder:
        connections = Connections(f"sqlite:///{folder}/draft.db")
        await upgrade(connections)
        async with connections.migrating() as connection:
            await connection.run_sync(
                lambda sync: command.revision(
                    config(sync), message, autogenerate=True, rev_id=f"{count + 1:04}"
                )
            )
        await connections.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('usage: python -m storage.migrations "what changes"')
    asyncio.run(draft(sys.argv[1]))
