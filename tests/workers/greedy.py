"""A token counter that holds more memory than a worker should."""

from bot.tokenizer import Counter
from bot.workers.forkserver import FULL

WORKERS = 4
"""Among so many the bound is shared, so that a share of it is soon held."""


_held: list[bytes] = []


class Greedy(Counter):
    """Counts well, and remembers much for as long as its process lives."""

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        _held.append(b"x" * (FULL // WORKERS))


def counter(encoding: str) -> Greedy:
    return Greedy(encoding)
