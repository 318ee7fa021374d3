"""Column types that mean the same on SQLite and PostgreSQL; knows no table."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UtcTime(TypeDecorator[datetime]):
    """An aware time, exact to the microsecond, given back in UTC; a naive one is refused.

    SQLite has no time type: there it is text of a fixed width in UTC, which sorts as the times do.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in; raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be kept")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        """Aware out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class AnyText(TypeDecorator[str]):
    """Text of any length from anywhere: what no database can keep (NUL, half a surrogate pair) becomes U+FFFD.

    PostgreSQL refuses NUL in text and both drivers refuse lone surrogates; a model's answer or a file's name
    may hold either, and a row that can never be saved would be tried for ever.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002  SQLAlchemy's signature
        """Storable text in."""
        return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value


def write_json(value: Any) -> str:
    """JSON as PostgreSQL takes it: a number that ran off to NaN or infinity, as a loss may, becomes null."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(value), parse_constant=lambda _: None))
