"""The audit refuses INSERT OR REPLACE on SQLite too, which deletes the old row past the triggers on deletes."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL's trigger on updates is asked by ON CONFLICT too
        op.execute(
            "CREATE TRIGGER audit_refuses_replace BEFORE INSERT ON audit "
            "WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number) "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        )
