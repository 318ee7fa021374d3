"""Models shared with other channels; an alias is unique in its channel: elsewhere nobody may hear that it is taken."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    op.create_table(
        "model_shares",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "channel_id", name=op.f("pk_model_shares")),
    )
    op.create_index(op.f("ix_model_shares_workspace_channel_id"), "model_shares", ["workspace", "channel_id"])
    op.create_index(
        op.f("ix_conversations_workspace_channel_id"), "conversations", ["workspace", "channel_id"]
    )
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint(jobs.f("uq_jobs_workspace_alias"), type_="unique")
        jobs.create_unique_constraint(
            jobs.f("uq_jobs_workspace_channel_id_alias"), ["workspace", "channel_id", "alias"]
        )
        jobs.create_index(jobs.f("ix_jobs_workspace_state"), ["workspace", "state"])
