"""What people call a tuned model and whether it was deleted; what is done again and again at set times."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("alias", sa.Text(), nullable=True))
        jobs.add_column(sa.Column("went_on_from", sa.Text(), nullable=False, server_default=""))
        jobs.add_column(sa.Column("model_deletion", sa.JSON(none_as_null=True), nullable=True))
        jobs.create_unique_constraint(jobs.f("uq_jobs_workspace_alias"), ["workspace", "alias"])
    op.create_table(
        "chores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chores")),
    )
    op.create_index(op.f("ix_chores_due_at"), "chores", ["due_at"])
