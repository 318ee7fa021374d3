"""How much faster than the notebook's algorithm is a file validated, and in how much memory; judges no result.

`python -m benchmarks.validate` writes a file of generated chats, then runs the notebook's algorithm and our validator
on it in turns, each in processes of its own and with its start, and holds their counts against each other. A round
has one run of each, but three of our quickest validator: before, between and after the others, whose runs are as long
as many of its own, in which a busy machine changes its pace. The middle one counts. With `--alone` only our quickest
validator runs, for files that the notebook's algorithm could not hold in memory.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import corpus, processes
from bot import fast_tokens

ENCODING = "o200k_base"


@dataclass
class Engine:
    """One way to check a file, and its runs so far, by rounds."""

    name: str
    arguments: Sequence[str]
    cores: int
    rounds: list[list[float]] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> list[float]:
        """What it took in each round."""
        return [median(runs) for runs in self.rounds]

    def run(self, size: int) -> None:
        """Once more in this round."""
        done = processes.run(self.arguments, cores=self.cores)
        self.rounds[-1].append(done.seconds)
        self.peaks.append(done.peak)
        self.counts = json.loads(done.said)
        print(
            f"{self.name:34} {done.seconds:7.1f} s {done.processor:7.1f} cpu-s {size / done.seconds / 1e6:6.1f} MB/s"
            f" {self.counts['total'] / done.seconds / 1e6:6.2f} Mtok/s {done.peak / 1e6:6.0f} MB",
            flush=True,
        )


def main() -> None:
    """Measure."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "corpus.jsonl"
        if options.file is None:
            count = corpus.write(path, options.size_mb * 10**6)
            print(f"{options.size_mb} MB, {count:,} examples; {options.cores} of {os.cpu_count()} processors")
        measure = _measure_alone if options.alone else _measure
        measure(path, options.rounds, options.cores)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size-mb", type=int, default=int(os.environ.get("SIZE_MB") or 500))
    parser.add_argument("--cores", type=int, default=int(os.environ.get("CORES") or 2))
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or 1))
    parser.add_argument("--file", type=Path, help="a file of plain chats instead of generated ones")
    parser.add_argument("--alone", action="store_true", help="only our quickest validator")
    return parser.parse_args()


def _measure(path: Path, rounds: int, cores: int) -> None:
    size = path.stat().st_size
    notebook = Engine("notebook's algorithm", ("-m", "benchmarks.reference", ENCODING, str(path)), cores)
    *slower, best = ours = _ours(path, cores)
    for _ in range(rounds):
        for engine in (notebook, *ours):
            engine.rounds.append([])
        best.run(size)
        for engine in (notebook, *slower):
            engine.run(size)
            best.run(size)
    for engine in ours:
        if engine.counts != notebook.counts:
            sys.exit(f"{engine.name} counted {engine.counts}, the {notebook.name} {notebook.counts}")
        ratio = median(theirs / mine for theirs, mine in zip(notebook.seconds, engine.seconds, strict=True))
        print(f"{engine.name}: {ratio:.1f} times the {notebook.name}, the same counts")
    print(f"validate ratio={ratio:.1f} {_figures(best, size)}")


def _measure_alone(path: Path, rounds: int, cores: int) -> None:
    size = path.stat().st_size
    best = _ours(path, cores)[-1]
    for _ in range(rounds):
        best.rounds.append([])
        best.run(size)
    print(f"validate {_figures(best, size)}")


def _figures(engine: Engine, size: int) -> str:
    seconds = median(engine.seconds)
    return (
        f"mb_s={size / seconds / 1e6:.1f} tokens_s={engine.counts['total'] / seconds:.0f}"
        f" peak_mb={max(engine.peaks) / 1e6:.0f}"
    )


def _ours(path: Path, cores: int) -> list[Engine]:
    """Our validators that can run here, the quickest last."""
    engines = [_engine("validator with tiktoken", "bot.tokenizer:counter", path, cores)]
    if fast_tokens.is_installed():
        engines.append(_engine("validator with the extra `fast`", "bot.fast_tokens:counter", path, cores))
    return engines


def _engine(name: str, counter: str, path: Path, cores: int) -> Engine:
    return Engine(name, ("-m", "benchmarks.ours", counter, ENCODING, str(path)), cores)


if __name__ == "__main__":
    main()
