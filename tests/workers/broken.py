"""A token counter with a fault in it, for workers to stumble over."""


class Broken:
    """Fails at every text, and quotes it."""

    def count(self, text: str) -> int:
        raise ZeroDivisionError(text)


def counter(encoding: str) -> Broken:
    return Broken()
