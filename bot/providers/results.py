"""The losses in a result file: CSV, in base64 or not, its columns found by their names; makes no calls."""

import base64
import binascii
import csv
import io
import math

from bot.domain.jobs.training import Point

_TRAIN = ("train_loss",)
_VALID = ("full_valid_loss", "valid_loss")  # over the whole file where there is one, else over a batch


def points_of(content: bytes) -> list[Point]:
    """The steps that carry a loss, in the file's order; none for a file that holds no such table."""
    text = _plain(content).decode("utf-8-sig", "replace")
    if "step" not in text.partition("\n")[0]:
        return []
    points = []
    for row in csv.DictReader(io.StringIO(text)):
        step, train, valid = _number(row, "step"), _number(row, *_TRAIN), _number(row, *_VALID)
        if step is not None and (train is not None or valid is not None):
            points.append(Point(int(step), train, valid))
    return points


def _plain(content: bytes) -> bytes:
    """OpenAI gives the file in base64, whatever its documentation says."""
    if b"," in content.partition(b"\n")[0]:
        return content
    try:
        return base64.b64decode(content, validate=False)
    except binascii.Error:
        return content


def _number(row: dict[str, str], *names: str) -> float | None:
    """The first of these columns that holds a number in this row."""
    for name in names:
        try:
            number = float(row.get(name) or "")
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return None
