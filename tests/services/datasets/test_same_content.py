"""Two jobs on the same content upload it once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.jobs.job import JobState
from bot.domain.work_queue import Transition
from bot.providers.memory import InMemoryProvider
from bot.services.datasets.contents import Contents, Fetching
from bot.services.jobs.polling import JobPolling
from bot.services.jobs.steps import JobSteps
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import Elsewhere
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW


async def test_who_began_first_uploads_and_the_other_uses_its_file(
    database: Database, clock: SetClock, tmp_path: Path
) -> None:
    provider = InMemoryProvider(now=clock.now)
    elsewhere: Any = Elsewhere()
    contents = Contents(tmp_path)
    steps = JobSteps(
        storage=database,
        provider=provider,
        decisions=elsewhere,
        polling=JobPolling(database, provider, clock, Log(), 20.0),
        models=elsewhere,
        token=elsewhere,
        fetching=Fetching(elsewhere, contents, Log(), cap=1 << 20),
        clock=clock,
        log=Log(),
    )
    contents.incoming("d1").write_bytes(b"abc")
    path = contents.keep("d1", samples.job("first").dataset_sha256)
    await database.datasets.add(Transition(samples.dataset("d1", state=DatasetState.READY, path=path)))
    for row_id, began, due in (("first", -2, 1), ("second", -1, 0)):
        await database.jobs.add(
            Transition(
                samples.job(
                    row_id,
                    state=JobState.UPLOADING,
                    state_since=NOW + timedelta(seconds=began),
                    due_at=NOW + timedelta(seconds=due),
                )
            )
        )
    seen = []
    for _ in range(3):
        claim = await database.jobs.claim(clock.now(), 60)
        assert claim is not None
        await steps.step(claim)
        provider.passes()
        await database.jobs.release(claim.row.id, claim.token)
        after = await database.jobs.get(claim.row.id)
        assert after is not None
        seen.append((after.id, after.state, bool(after.fault)))
        if after.state is JobState.CREATING:
            await database.jobs.change(after.id, lambda job: Transition(replace(job, due_at=None)))
        clock.pass_seconds(1)
    assert seen == [
        ("second", JobState.UPLOADING, True),
        ("first", JobState.CREATING, True),  # the provider still reads the file
        ("second", JobState.VALIDATING_FILES, False),
    ]
    assert len(provider.files) == 1
