"""The forkserver: a process that loads the vocabularies once, forks all workers, and never reads a dataset itself.

To import this is to import next to nothing: a forkserver loads for most of a second, and a command that begins with it
has that time for imports of its own.
"""

import gc
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from bot.lifeline import end_group, follow, held

QUICKEST = "bot.fast_tokens:counter"
"""The token counter that is believed until it finds itself wrong."""

USUAL = "o200k_base"
"""The encoding of most files: all models that can still be trained count by it."""

PROCESSORS = min(2, os.cpu_count() or 1)

FULL = 300 << 20
"""Bytes of memory that forkserver and workers may hold together, about: counters remember words without bound.

What a worker wrote to pages that it shared until then is not seen, some 50 MB of each.
"""

SMALL = 1 << 20
"""Bytes of files that are examined sooner than worker processes would be there."""

_NICENESS = 10
"""Whoever answers people goes first."""

_PASSED_ON = ("PYTHONPATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "MPLCONFIGDIR")
"""Environment that all workers get: they read hostile data and must not hold the application's secrets."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""numpy would start a thread for each processor; nothing here uses them."""


def are_small(paths: Iterable[Path]) -> bool:
    """Whether these are plain files of SMALL bytes at most, together; what is not there holds nothing."""
    left = SMALL
    for path in paths:
        with suppress(OSError):
            found = path.stat()
            left -= found.st_size
            if not stat.S_ISREG(found.st_mode):
                return False
    return left >= 0


class Forkserver:
    """The process that forks the workers, or the place for it.

    `counter` names what makes a token counter, as "module:function", and `encoding` the vocabulary to load;
    `workers` share the memory that there is. As a context it is started at once, and is gone in the end.
    """

    def __init__(self, counter: str = QUICKEST, encoding: str = USUAL, workers: int = PROCESSORS) -> None:
        self.counter = counter
        self.encoding = encoding
        self.workers = workers
        self._running: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def __enter__(self) -> Self:
        # Who needs it will ask again, and tell what went wrong.
        with suppress(OSError):
            self.reach()
        return self

    def __exit__(self, *_: object) -> None:
        process = self.let_go()
        if process is not None:
            process.kill()
            process.wait()

    def reach(self) -> socket.socket:
        """The way to it, over which it is sent a socket for each new worker; started if it is not running.

        Raises:
            OSError: it cannot be started.
        """
        if self._running is None:
            mine, theirs = socket.socketpair()
            with theirs:
                try:
                    self._running = self._start(theirs), mine
                except BaseException:
                    mine.close()
                    raise
        return self._running[1]

    def let_go(self) -> subprocess.Popen[bytes] | None:
        """The process, if there is one, to be waited for: it ends as soon as its workers have."""
        running, self._running = self._running, None
        if running is None:
            return None
        process, control = running
        control.close()
        return process

    def _start(self, control: socket.socket) -> subprocess.Popen[bytes]:
        told = (self.counter, self.encoding, str(self.workers), str(held()))
        return subprocess.Popen(  # noqa: S603 - our own module, in our own Python
            (sys.executable, "-m", "bot.workers.forkserver", *told),
            pass_fds=(held(),),
            stdin=control.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD,
            # Ctrl-C in the terminal is for the application, which then ends its workers.
            start_new_session=True,
        )


# ---- the other side, which knows no more of the application: neither its settings nor its secrets ----------------


def main(counter: str, encoding: str, count: int, life: int) -> None:
    """Fork a worker for each socket that comes over the one that is our input, until there will be no more.

    `life` is the application's lifeline.
    """
    from bot.workers import worker

    follow(life, end_group)
    os.nice(_NICENESS)
    control = socket.socket(fileno=sys.stdin.fileno())
    meter = worker.meters(counter)
    with suppress(Exception):  # the worker meets the same fault, and tells it
        meter(encoding)
    room = (FULL - worker.memory()) // count
    # Collections would write to pages that are shared until then; what is examined leaves no cycles behind.
    gc.collect()
    gc.freeze()
    gc.disable()
    while descriptors := socket.recv_fds(control, 1, 1)[1]:
        _bury()
        with socket.socket(fileno=descriptors[0]) as line:
            if os.fork() == 0:
                # Nothing of this process may be done again by its copy, such as writing out what is buffered.
                try:
                    control.close()
                    follow(life)  # the forkserver may be gone before
                    worker.serve(line, meter, room)
                finally:
                    os._exit(0)
    _bury(waiting=True)


def _bury(*, waiting: bool = False) -> None:
    """Take note of the workers that have ended; with `waiting`, of all."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, 0 if waiting else os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    # To take the vocabularies apart token by token would keep whoever waits a tenth of a second.
    os._exit(0)
