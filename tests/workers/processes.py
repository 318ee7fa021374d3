"""The processes that a pool of this test holds."""

from contextlib import suppress

import psutil  # type: ignore[import-untyped]


def workers() -> list[psutil.Process]:
    return [child for forkserver in forkservers() for child in forkserver.children() if alive(child)]


def forkservers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if alive(child) and "bot.workers.forkserver" in child.cmdline()
    ]


def alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
