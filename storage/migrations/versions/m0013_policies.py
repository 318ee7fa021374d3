"""Who decides where; beside each job who said yes so far, and until when it waits for them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    op.create_table(
        "policies",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "channel_id", name=op.f("pk_policies")),
    )
    with op.batch_alter_table("posts") as posts:
        posts.add_column(sa.Column("under", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(
            sa.Column("approvals", sa.JSON(none_as_null=True), nullable=False, server_default="[]")
        )
        jobs.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        jobs.add_column(sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
        jobs.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
