"""Our validator as a process of its own, to be measured: `python -m benchmarks.ours COUNTER ENCODING FILE`.

Like `finetune-bot check` it starts with the forkserver, and imports the rest while that loads.
"""

import json
import os
import sys
from pathlib import Path

from bot.workers.forkserver import Forkserver


def run(counter: str, encoding: str, path: Path) -> dict[str, int]:
    """Validate a file; gives its examples, total and trained tokens."""
    with Forkserver(counter, encoding, len(os.sched_getaffinity(0))) as forkserver:
        import asyncio  # noqa: PLC0415

        from bot.workers.pool import Pool  # noqa: PLC0415
        from bot.workers.validator import Validator  # noqa: PLC0415

        async def validate() -> dict[str, int]:
            pool = Pool(forkserver)
            try:
                report = await Validator(pool).validate(path, name=path.name)
            finally:
                await pool.close()
            if report.tokens.encoding != encoding:
                sys.exit(f"the validator counts by {report.tokens.encoding}")
            return {
                "examples": report.examples,
                "total": report.tokens.total,
                "trained": report.tokens.trained,
            }

        return asyncio.run(validate())


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
