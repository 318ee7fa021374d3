"""Which datasets are the two halves of one split."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("datasets") as datasets:
        datasets.add_column(sa.Column("half", sa.JSON(none_as_null=True), nullable=True))
