"""Datasets have titles, know an earlier one with the same content, and remember who had them deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("datasets") as datasets:
        datasets.add_column(sa.Column("title", sa.Text(), nullable=False, server_default=""))
        datasets.add_column(sa.Column("twin", sa.Text(), nullable=False, server_default=""))
        datasets.add_column(sa.Column("deletion", sa.JSON(none_as_null=True), nullable=True))
