"""Budgets, and beside each job what it takes of its month: an index over the jobs, written with each of them."""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_NEVER_PAID = ("rejected", "expired", "withdrawn")
_ENDED = ("succeeded", "failed", "cancelled", "lost")


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    op.create_table(
        "budgets",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=True),
        sa.Column("overriders", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "channel_id", name=op.f("pk_budgets")),
    )
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("month", sa.Text(), nullable=False, server_default=""))
        jobs.add_column(sa.Column("reserved", sa.BigInteger(), nullable=False, server_default="0"))
        jobs.add_column(sa.Column("spent", sa.BigInteger(), nullable=False, server_default="0"))
        jobs.create_index(jobs.f("ix_jobs_workspace_month"), ["workspace", "month"])
    _fill_in()


def _fill_in() -> None:
    """The jobs that are there already; the rule is bot.domain.budgets.taken, without what broke off half-way."""
    jobs = sa.table(
        "jobs",
        sa.column("id", sa.Text()),
        sa.column("state", sa.Text()),
        sa.column("requested_at", sa.DateTime(timezone=True)),
        sa.column("estimate", sa.JSON()),
        sa.column("cost_usd", sa.Float()),
        sa.column("month", sa.Text()),
        sa.column("reserved", sa.BigInteger()),
        sa.column("spent", sa.BigInteger()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(jobs)).mappings().all():
        asked = row["requested_at"]
        if asked.tzinfo is not None:
            asked = asked.astimezone(UTC)
        estimated = row["estimate"].get("usd") or 0.0
        reserved = spent = 0.0
        if row["state"] in _ENDED:
            surely = estimated if row["state"] in {"succeeded", "lost"} else 0.0
            spent = surely if row["cost_usd"] is None else row["cost_usd"]
        elif row["state"] not in _NEVER_PAID:
            reserved = estimated
        connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == row["id"])
            .values(
                month=asked.strftime("%Y-%m"),
                reserved=round(reserved * 1_000_000),
                spent=round(spent * 1_000_000),
            )
        )
