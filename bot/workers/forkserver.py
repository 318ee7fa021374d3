"""The process that forks worker processes: it loads the vocabularies once, and never reads a dataset itself.

Started as `python -m bot.workers.forkserver FACTORY ENCODING FULL COUNT LIFE`: FACTORY names what makes a token
counter of an encoding's name, as "module:function"; ENCODING is the one to load; FULL is the memory in bytes that this
process and COUNT workers may hold together; LIFE is the application's lifeline. Its input is a socket over which it is
sent one end of another for each new worker; when that is closed, it waits for its workers and ends. Knows no more of
the application: neither its settings nor its secrets.
"""

import gc
import os
import socket
import sys
from contextlib import suppress

from bot.lifeline import end_group, follow
from bot.workers import worker

_NICENESS = 10
"""Whoever answers people goes first."""


def main(factory: str, encoding: str, full: int, count: int, life: int) -> None:
    """Fork a worker for each socket that comes, until there will be no more."""
    follow(life, end_group)
    os.nice(_NICENESS)
    control = socket.socket(fileno=sys.stdin.fileno())
    meter = worker.meters(factory)
    with suppress(Exception):  # the worker meets the same fault, and tells it
        meter(encoding)
    room = (full - worker.memory()) // count
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
                    follow(life)  # the nursery may be gone before
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
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    # To take the vocabularies apart token by token would keep whoever waits a tenth of a second.
    os._exit(0)
