"""Beside each answer what it takes of its month; those from before count for nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("month", sa.Text(), nullable=False, server_default=""))
        turns.add_column(sa.Column("reserved", sa.BigInteger(), nullable=False, server_default="0"))
        turns.add_column(sa.Column("spent", sa.BigInteger(), nullable=False, server_default="0"))
        turns.add_column(sa.Column("charged_at", sa.DateTime(timezone=True), nullable=True))
        turns.create_index(turns.f("ix_turns_workspace_month"), ["workspace", "month"])
        turns.create_index(
            turns.f("ix_turns_workspace_user_id_charged_at"), ["workspace", "user_id", "charged_at"]
        )
