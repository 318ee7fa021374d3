"""An answer that is longer than a message goes on in others."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("turns") as turns:
        turns.add_column(
            sa.Column("more_ts", sa.JSON(none_as_null=True), nullable=False, server_default=sa.text("'[]'"))
        )
