"""The loss curves of jobs, and what they suggest."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    op.create_table(
        "curves",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("curve", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_curves")),
    )
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("reading", sa.Text(), nullable=False, server_default=""))
