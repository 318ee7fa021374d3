"""What a job is asked with: a validation dataset and a W&B project."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("validation", sa.JSON(none_as_null=True), nullable=True))
        jobs.add_column(sa.Column("wandb_project", sa.Text(), nullable=False, server_default=""))
