"""A token counter that holds more memory than a worker should."""

from bot.tokenizer import Counter
from bot.validation.processes import FULL


class Greedy(Counter):
    """Counts well, and holds on to much."""

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        self.held = b"x" * FULL


def counter(encoding: str) -> Greedy:
    return Greedy(encoding)
