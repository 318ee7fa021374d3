"""A report as JSON values and back: what the terminal prints, the workers say and the database keeps."""

from typing import Any

import msgspec

from bot.domain.datasets.report import Report
from bot.domain.datasets.suggestions import suggest


def to_json(report: Report) -> dict[str, Any]:
    """The report as JSON values; the stable contract of `finetune-bot check --json` and of the database.

    `suggestions` are what `suggest` makes of the report; they are not read back.
    """
    values: dict[str, Any] = msgspec.to_builtins(report)
    return values | {"suggestions": msgspec.to_builtins(suggest(report))}


def from_json(values: dict[str, Any]) -> Report:
    """The report that `to_json` gave; raises msgspec.ValidationError for anything else."""
    return msgspec.convert(values, Report)
