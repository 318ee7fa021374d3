"""Our validator as a process of its own, to be measured: `python -m benchmarks.ours COUNTER ENCODING FILE`."""

import asyncio
import json
import os
import sys
from pathlib import Path

from bot.validation.validator import Validator


async def run(counter: str, encoding: str, path: Path) -> dict[str, int]:
    """Validate a file; gives its examples, total and trained tokens."""
    validator = Validator(counter=counter, workers=len(os.sched_getaffinity(0)))
    try:
        report = await validator.validate(path, name=path.name)
    finally:
        await validator.close()
    if report.tokens.encoding != encoding:
        sys.exit(f"the validator counts by {report.tokens.encoding}")
    return {"examples": report.examples, "total": report.tokens.total, "trained": report.tokens.trained}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(sys.argv[1], sys.argv[2], Path(sys.argv[3])))))
