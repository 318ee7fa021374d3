"""How a frozen dataclass is a table: its fields are the only declaration of its columns; knows no row's meaning."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    SQLColumnExpression,
    Table,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import SchemaItem

from bot.domain.places import Place
from storage.columns import AnyText, UtcTime
from storage.connections import insert_into

Row = TypeVar("Row")
Values = dict[str, Any]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Json = JSON(none_as_null=True)
"""The database's plain JSON: PostgreSQL's JSONB refuses NUL, which a report may quote."""

_PLAIN = {
    bool: Boolean,
    int: BigInteger,
    float: Double,
    str: AnyText,
    datetime: UtcTime,
}  # a bool is an int too


class MappedTable(Generic[Row]):
    """The table of a dataclass, with a column for each field, called as the field is.

    Text, numbers, truths and times are columns of their kind, nullable where None is allowed; a Place is its three
    columns; everything else is JSON. A row with a `due_at` is worked on, and has the columns of a lease too. `more`
    are constraints, indexes and further columns, or a field's in another type; `key` is the primary key. `derived`
    gives the values of columns that follow from the row, for SQL to ask for.
    """

    def __init__(
        self,
        kind: type[Row],
        name: str,
        *more: SchemaItem,
        key: tuple[str, ...] = ("id",),
        derived: Callable[[Row], Values] = lambda _: {},
    ) -> None:
        self._kind = kind
        self._derived = derived
        kinds = get_type_hints(kind)
        self._names = [each for each, of in kinds.items() if of is not Place]
        columns = {each: _column(each, kinds[each]) for each in self._names}
        if "place" in kinds:
            columns |= {each: _column(each, of) for each, of in get_type_hints(Place).items()}
        if "due_at" in kinds:
            columns |= {"lease_token": _column("lease_token", str | None)}
            columns |= {"lease_until": _column("lease_until", datetime | None)}
            more = (*more, Index(None, "due_at"))
        columns |= {str(each.name): each for each in more if isinstance(each, Column)}
        others = [each for each in more if not isinstance(each, Column)]
        self.table = Table(name, METADATA, *columns.values(), PrimaryKeyConstraint(*key), *others)
        self.c = self.table.c
        self._columns = tuple(columns)
        self._json = [each for each in self._names if isinstance(self.c[each].type, JSON)]

    def load(self, row: Sequence[Any]) -> Row:
        """The domain object in a row of the table, its columns in their order."""
        values: Values = dict(zip(self._columns, row, strict=True))
        values["place"] = values  # its columns stand beside the others
        return msgspec.convert(values, self._kind)

    def dump(self, row: Row) -> Values:
        """The columns of a domain object."""
        values = {name: getattr(row, name) for name in self._names}
        for name in self._json:
            values[name] = msgspec.to_builtins(values[name])
        place: Place | None = getattr(row, "place", None)
        if place is not None:
            values |= {
                "workspace": place.workspace,
                "channel_id": place.channel_id,
                "thread_ts": place.thread_ts,
            }
        return values | self._derived(row)

    async def read(
        self,
        connection: AsyncConnection,
        *where: ColumnElement[bool],
        order: Iterable[SQLColumnExpression[Any]] = (),
        limit: int | None = None,
        begin: int | None = None,
        alone: bool = False,
    ) -> list[Row]:
        """The rows for which all of this is so, from the one with the number `begin` on; `alone` locks them."""
        statement = select(self.table).where(*where).order_by(*order).limit(limit).offset(begin)
        statement = statement.with_for_update() if alone else statement
        return [self.load(row) for row in await connection.execute(statement)]

    async def insert(self, connection: AsyncConnection, row: Row) -> bool:
        """Insert the row; False when a row with its key or another of its unique keys is there already."""
        statement = insert_into(connection, self.table).values(self.dump(row)).on_conflict_do_nothing()
        return (
            await connection.execute(statement.returning(*self.table.primary_key))
        ).one_or_none() is not None


def _column(name: str, kind: Any) -> Column[Any]:
    allowed = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    given = next(each for each in allowed if each is not NoneType)
    plain = getattr(given, "__supertype__", given)  # of a NewType
    found = (column for base, column in _PLAIN.items() if isinstance(plain, type) and issubclass(plain, base))
    return Column(name, next(found, Json), nullable=NoneType in allowed)
