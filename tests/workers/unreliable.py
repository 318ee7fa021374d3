"""A token counter that finds itself wrong after some texts, as the fast one may."""

from bot.domain.datasets.tokens import Unreliable


class Counter:
    """Says 1 a few times, then that it is wrong."""

    def __init__(self) -> None:
        self._left = 50

    def count(self, text: str) -> int:
        self._left -= 1
        if self._left < 0:
            raise Unreliable
        return 1


def counter(encoding: str) -> Counter:
    return Counter()
