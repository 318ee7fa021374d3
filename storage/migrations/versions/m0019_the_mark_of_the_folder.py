"""The database knows the folder of its contents by a mark."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    op.create_table(
        "marks",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_marks")),
    )
