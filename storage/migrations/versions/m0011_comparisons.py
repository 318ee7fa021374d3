"""Two models in one conversation, two answers to one message, and what people think of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    with op.batch_alter_table("conversations") as conversations:
        conversations.add_column(sa.Column("other_model", sa.Text(), nullable=False, server_default=""))
        conversations.add_column(sa.Column("other_title", sa.Text(), nullable=False, server_default=""))
        conversations.add_column(sa.Column("blind", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("letter", sa.Text(), nullable=False, server_default=""))
        turns.add_column(sa.Column("other", sa.Boolean(), nullable=False, server_default=sa.false()))
        turns.add_column(sa.Column("usage", sa.JSON(none_as_null=True), nullable=True))
        turns.drop_constraint("uq_turns_conversation_id_message_ts", type_="unique")
        turns.create_unique_constraint(
            op.f("uq_turns_conversation_id_message_ts_letter"), ["conversation_id", "message_ts", "letter"]
        )
    op.create_table(
        "ballots",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("message_ts", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("other_title", sa.Text(), nullable=False),
        sa.Column("swapped", sa.Boolean(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("votes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_ballots_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballots")),
        sa.UniqueConstraint(
            "conversation_id", "message_ts", name=op.f("uq_ballots_conversation_id_message_ts")
        ),
    )
    op.create_index(op.f("ix_ballots_due_at"), "ballots", ["due_at"], unique=False)
