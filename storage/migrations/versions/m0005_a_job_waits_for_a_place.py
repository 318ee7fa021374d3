"""When a job for which the provider had no place is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True))
