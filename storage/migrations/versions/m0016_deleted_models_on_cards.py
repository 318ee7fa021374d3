"""A chat's card says that its model was deleted, and by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("conversations") as conversations:
        conversations.add_column(sa.Column("gone", sa.JSON(none_as_null=True), nullable=True))
