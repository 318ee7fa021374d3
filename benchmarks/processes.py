"""Runs a command and says what time and memory it and its children took; knows not what they do."""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_EVERY = 1.0
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """Seconds from start to end, processor seconds and peak bytes of the whole tree, and the last line it wrote."""

    seconds: float
    processor: float
    peak: int
    said: str


def run(arguments: Sequence[str], *, cores: int) -> Run:
    """Run Python with these arguments on so many processors; everything counts, from its start to its end.

    Memory is what the system calls proportional (shared pages counted once), looked at once a second: each look
    holds the processes up, and three of them more than one.
    """
    begun, used = time.perf_counter(), _used()
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    tree = psutil.Process(child.pid)
    if hasattr(tree, "cpu_affinity"):
        tree.cpu_affinity(tree.cpu_affinity()[:cores])
    peak = 0
    while child.poll() is None:
        peak = max(peak, _memory(tree))
        with suppress(subprocess.TimeoutExpired):
            child.wait(_EVERY)
    seconds = time.perf_counter() - begun
    output = child.stdout.read() if child.stdout else ""
    if child.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {child.returncode}")
    return Run(seconds, _used() - used, peak, output.strip().rsplit("\n", 1)[-1])


def _used() -> float:
    """Processor seconds of all children that have ended, and of theirs."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def _memory(tree: psutil.Process) -> int:
    held = 0
    try:
        for process in (tree, *tree.children(recursive=True)):
            held += _held(process)
    except psutil.Error:
        pass
    return held


def _held(process: psutil.Process) -> int:
    try:
        info = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(info, "pss", 0) or info.rss)
