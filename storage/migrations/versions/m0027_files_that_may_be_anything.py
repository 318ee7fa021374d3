"""A file that may be anything has no card until it turns out to be a dataset."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    op.add_column("datasets", sa.Column("quiet", sa.Boolean(), nullable=False, server_default=sa.false()))
