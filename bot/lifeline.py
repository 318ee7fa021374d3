"""Ends the processes that this one started as soon as it is gone, whatever ended it; imports next to nothing.

A pipe into which nobody writes: only this process holds the one end, and its children wait for the end of the other.
They hear of it also while they hang in a read that never returns, and where no system tells of a parent's death.
"""

import os
import signal
from collections.abc import Callable
from functools import cache
from threading import Thread


@cache
def held() -> int:
    """What to pass on to a child, which gives it to `follow`; the other end is open as long as this process lives."""
    return os.pipe()[0]


def follow(descriptor: int, end: Callable[[], object] | None = None) -> None:
    """Wait beside everything else for whoever holds the other end to be gone, then end this process, or do `end`."""

    def wait() -> None:
        os.read(descriptor, 1)
        (end or _end)()

    Thread(target=wait, name="lifeline", daemon=True).start()


def end_group() -> None:
    """Kill this process, which leads a group, and whatever it has started: what computes hears no thread of its own."""
    os.killpg(0, signal.SIGKILL)


def _end() -> None:
    os._exit(1)
