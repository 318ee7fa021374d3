"""What people type for the settings of a job, read into the values the API takes; knows no form and no command.

Each reader takes the text of one field. Empty and "auto" leave the setting to the server, as None. A text that is no
such value raises BadInput with the sentence for that field; whoever knows the field's name adds it.
"""

import math
import re

from bot.domain.pricing import MAX_EPOCHS
from bot.errors import BadInput

MAX_SUFFIX = 64
"""Characters; the API takes suffixes from 1 to 64."""

MAX_BATCH = 256
"""Examples; the API takes batch_size from 1 to 256."""

MAX_BETA = 2.0
"""The API takes beta above 0 and up to 2."""

MAX_SEED = 2_147_483_647
"""The API takes seed from 0 to 2^31 - 1."""

MAX_PROJECT = 128
"""Characters of a W&B project's name, by W&B's own rule; it also refuses the signs of _PROJECT."""

_PROJECT = re.compile(r"[^/\\#?%:\s](?:[^/\\#?%:\n\t]*[^/\\#?%:\s])?")


def suffix(text: str) -> str:
    """The part of the model's name that people choose; empty for none."""
    text = text.strip()
    if len(text) > MAX_SUFFIX:
        raise BadInput(f"At most {MAX_SUFFIX} characters; this has {len(text)}.")
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", text):
        raise BadInput("Use letters, digits, dashes, dots and underscores, no spaces.")
    return text


def epochs(text: str) -> int | None:
    """How often every example is seen."""
    return _whole(text, 1, MAX_EPOCHS)


def batch_size(text: str) -> int | None:
    """Examples a step."""
    return _whole(text, 1, MAX_BATCH)


def learning_rate_multiplier(text: str) -> float | None:
    """Times the server's own learning rate."""
    return _above_zero(text, None, "A number above 0, such as 1.5 or 0.5, or auto.")


def beta(text: str) -> float | None:
    """How strictly preference training keeps to the model as it was."""
    return _above_zero(text, MAX_BETA, f"A number above 0 and up to {MAX_BETA:g}, such as 0.1, or auto.")


def seed(text: str) -> int | None:
    """Where the server's chance begins."""
    return _whole(text, 0, MAX_SEED)


def project(text: str) -> str:
    """The name of a W&B project; empty for none."""
    text = text.strip()
    if len(text) > MAX_PROJECT:
        raise BadInput(f"At most {MAX_PROJECT} characters; this has {len(text)}.")
    if text and not _PROJECT.fullmatch(text):
        raise BadInput("A project's name has none of / \\ # ? % :")
    return text


def _whole(text: str, least: int, most: int) -> int | None:
    text = text.strip().lower()
    if text in ("", "auto"):
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise BadInput(f"A whole number from {least} to {most:,}, or auto.")
    return int(text)


def _above_zero(text: str, most: float | None, sentence: str) -> float | None:
    text = text.strip().lower()
    if text in ("", "auto"):
        return None
    if not re.fullmatch(r"[0-9]{0,12}(\.[0-9]{0,12})?(e-?[0-9]{1,2})?", text):
        raise BadInput(sentence)
    try:
        value = float(text)
    except ValueError:  # "." and "e5" pass the pattern
        raise BadInput(sentence) from None
    if not 0 < value < math.inf or (most is not None and value > most):
        raise BadInput(sentence)
    return value
