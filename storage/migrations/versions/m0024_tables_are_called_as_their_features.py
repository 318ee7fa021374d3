"""Four tables are called as their features are; the files that a transform made are a plain list."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_RENAMED = {
    "errands": "transforms",
    "chores": "periodic_tasks",
    "posts": "outbox",
    "pictures": "loss_charts",
}


def upgrade() -> None:
    """Forwards only: the way back is a backup."""
    for old, new in _RENAMED.items():
        _copy(old, new)
    _unwrap_produced()


def _copy(old: str, new: str) -> None:
    """The same rows under the new name, by which constraints and indexes are called too: SQLite renames neither."""
    found = sa.Table(old, sa.MetaData(), autoload_with=op.get_bind())
    unique = [each for each in found.constraints if isinstance(each, sa.UniqueConstraint)]
    made = op.create_table(
        new,
        *(sa.Column(each.name, each.type, nullable=each.nullable) for each in found.columns),
        sa.PrimaryKeyConstraint("id", name=f"pk_{new}"),
        *(sa.UniqueConstraint(*_names(each), name=_called("uq", new, each)) for each in unique),
    )
    columns = [each.name for each in found.columns]
    op.execute(made.insert().from_select(columns, sa.select(found)))
    op.drop_table(old)
    for index in found.indexes:
        op.create_index(_called("ix", new, index), new, _names(index))


def _names(of: sa.UniqueConstraint | sa.Index) -> list[str]:
    return [column.name for column in of.columns]


def _called(kind: str, table: str, of: sa.UniqueConstraint | sa.Index) -> str:
    return "_".join((kind, table, *_names(of)))


def _unwrap_produced() -> None:
    transforms = sa.table("transforms", sa.column("id", sa.Text()), sa.column("produced", sa.JSON()))
    bind = op.get_bind()
    for row_id, produced in bind.execute(sa.select(transforms.c.id, transforms.c.produced)).all():
        changed = transforms.update().where(transforms.c.id == row_id)
        bind.execute(changed.values(produced=produced["files"]))
