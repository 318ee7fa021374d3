"""Small checks of JSON values against types and ranges, refusing in OpenAI's words; knows no endpoint."""

from collections.abc import Collection
from typing import Any

from bot.sandbox.openai.errors import bad_request

Json = dict[str, Any]
_MAX_INT = 2**63 - 1


def only_keys(value: Json, known: Collection[str], where: str = "") -> None:
    """Refuse keys the endpoint does not know."""
    for key in value:
        if key not in known:
            path = f"{where}.{key}" if where else key
            raise bad_request(f"Unrecognized request argument supplied: {path}", path)


def required(value: Json, key: str, where: str = "") -> Any:
    """The value under `key`; refuses when it is missing."""
    if key not in value:
        raise bad_request(
            f"'{key}' is a required property" + (f" - '{where}'" if where else ""), where or key
        )
    return value[key]


def an_object(value: Any, where: str) -> Json:
    """The value as an object."""
    if not isinstance(value, dict):
        raise bad_request(f"{value!r} is not of type 'object' - '{where}'", where)
    return value


def an_array(value: Any, where: str, *, least: int = 0, most: int = 1_000_000) -> list[Any]:
    """The value as an array of `least` to `most` items."""
    if not isinstance(value, list):
        raise bad_request(f"{value!r} is not of type 'array' - '{where}'", where)
    if not least <= len(value) <= most:
        raise bad_request(
            f"{_shown(value)} is too {'short' if len(value) < least else 'long'} - '{where}'", where
        )
    return value


def a_string(value: Any, where: str, *, least: int = 0, most: int = 1 << 30) -> str:
    """The value as a string of `least` to `most` characters."""
    if not isinstance(value, str):
        raise bad_request(f"{value!r} is not of type 'string' - '{where}'", where)
    if not least <= len(value) <= most:
        raise bad_request(
            f"{_shown(value)} is too {'short' if len(value) < least else 'long'} - '{where}'", where
        )
    return value


def one_of(value: Any, choices: Collection[str], where: str) -> str:
    """The value as one of the given words."""
    if not isinstance(value, str) or value not in choices:
        raise bad_request(f"{value!r} is not one of {sorted(choices)} - '{where}'", where)
    return value


def an_integer(value: Any, where: str, least: int, most: int = _MAX_INT) -> int:
    """The value as an integer within a closed range."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_request(f"{value!r} is not of type 'integer' - '{where}'", where)
    if value < least:
        raise bad_request(f"{value} is less than the minimum of {least} - '{where}'", where)
    if value > most:
        raise bad_request(f"{value} is greater than the maximum of {most} - '{where}'", where)
    return value


def a_number(
    value: Any,
    where: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> float:
    """The value as a number, above an open bound or within closed ones."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_request(f"{value!r} is not of type 'number' - '{where}'", where)
    if above is not None and value <= above:
        raise bad_request(f"{value} is less than or equal to the minimum of {above:g} - '{where}'", where)
    if least is not None and value < least:
        raise bad_request(f"{value} is less than the minimum of {least:g} - '{where}'", where)
    if most is not None and value > most:
        raise bad_request(f"{value} is greater than the maximum of {most:g} - '{where}'", where)
    return value


def a_boolean(value: Any, where: str) -> bool:
    """The value as a boolean."""
    if not isinstance(value, bool):
        raise bad_request(f"{value!r} is not of type 'boolean' - '{where}'", where)
    return value


def a_metadata(value: Any) -> dict[str, str]:
    """The value as metadata: up to 16 pairs, keys up to 64 characters, values up to 512."""
    pairs = an_object(value, "metadata")
    if len(pairs) > 16:
        raise bad_request(f"Metadata can have at most 16 keys, but {len(pairs)} were given.", "metadata")
    for key, text in pairs.items():
        if len(key) > 64:
            raise bad_request(f"Metadata key '{key}' is longer than 64 characters.", "metadata")
        a_string(text, f"metadata.{key}", most=512)
    return pairs


def query_integer(text: str | None, default: int, where: str, least: int, most: int) -> int:
    """A whole number from the query string."""
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise bad_request(f"'{text}' is not of type 'integer' - '{where}'", where) from None
    return an_integer(value, where, least, most)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:100] + "…"
