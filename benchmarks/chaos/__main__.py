"""`make chaos`: the fault matrix as a table; ends with `chaos survived=N tried=N`, and status 1 if anything did not.

ARGS="-k create" tries the rows with this word in their name, ARGS="-j 1" one after the other.
"""

import argparse
import asyncio
import logging
import sys
import time

from benchmarks.chaos.trials import Trial, discover, trials
from tests.conftest import PostgresServer, started


def main() -> None:
    """Try them all, or those that were picked."""
    given = argparse.ArgumentParser(prog="make chaos")
    given.add_argument("-k", default="", metavar="WORDS", help="only rows with these words in their name")
    given.add_argument("-j", type=int, default=3, metavar="N", help="so many at once")
    options = given.parse_args()
    logging.disable(logging.CRITICAL)
    with started() as postgres:
        survived, tried = asyncio.run(_all(postgres, options.k.lower(), options.j))
    print(f"chaos survived={survived} tried={tried}")
    sys.exit(survived != tried)


async def _all(postgres: PostgresServer, words: str, at_once: int) -> tuple[int, int]:
    picked = [each for each in trials(await discover(), postgres) if words in each.name.lower()]
    # What disturbs the others' database comes when nobody else plays.
    alone = [each for each in picked if "restarted" in each.name]
    together = [each for each in picked if each not in alone]
    room = asyncio.Semaphore(at_once)

    async def one(trial: Trial) -> bool:
        async with room:
            return await _try(trial)

    ends = await asyncio.gather(*map(one, together))
    ends += [await _try(each) for each in alone]
    return sum(ends), len(ends)


async def _try(trial: Trial) -> bool:
    begun = time.monotonic()
    try:
        await trial.run()
    except Exception as lost:  # noqa: BLE001  whatever it is, it is this row's end
        how = f"LOST  {type(lost).__name__}: {str(lost)[:150]}"
    else:
        how = "survived"
    print(f"{time.monotonic() - begun:6.1f} s  {trial.name:<70} {how}", flush=True)
    return how == "survived"


if __name__ == "__main__":
    main()
