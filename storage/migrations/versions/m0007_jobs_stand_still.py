"""What somebody wants of a job at the provider: to stand still, or to go on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("wish", sa.Text(), nullable=False, server_default=""))
