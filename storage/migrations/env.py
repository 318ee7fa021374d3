"""Alembic's entry: runs the steps on the connection it is given; knows no URL and no settings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import TypeDecorator

from storage.tables import JOBS


def plain(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what they are in the database, so that old steps need none of our code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=JOBS.table.metadata,
    render_item=plain,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
