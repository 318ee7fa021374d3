"""Processor seconds of what people start and wait for: `finetune-bot check` of a small file, and `--help`.

Counted over the program and every process that it starts, so that a busy machine tells the same; the least of some
rounds, in which the two take turns. With `--against FOLDER` another checkout takes its turn too. The last line:
`start check_s=… help_s=…`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent.parent
EXAMPLES = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another checkout, to be measured in the same rounds")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.jsonl"
        small.write_text("".join(_example(number) for number in range(EXAMPLES)), "utf-8")
        words = {"check": ("check", str(small)), "help": ("--help",)}
        trees = [HERE, *([given.against.resolve()] if given.against else [])]
        least: dict[tuple[Path, str], float] = {}
        for _ in range(given.rounds):
            for tree in trees:
                for name, each in words.items():
                    took = _seconds(tree, each)
                    least[tree, name] = min(took, least.get((tree, name), took))
    for tree in reversed(trees):
        if tree != HERE:
            print(f"against check_s={least[tree, 'check']:.3f} help_s={least[tree, 'help']:.3f}")
    print(f"start check_s={least[HERE, 'check']:.3f} help_s={least[HERE, 'help']:.3f}")


def _example(number: int) -> str:
    asked = {"role": "user", "content": f"How is number {number}?"}
    return json.dumps({"messages": [asked, {"role": "assistant", "content": "Fine, thank you."}]}) + "\n"


def _seconds(tree: Path, words: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
