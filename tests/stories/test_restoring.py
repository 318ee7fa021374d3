"""A backup as docs/operating.md has it made, brought back after the world went on: nothing is paid for twice."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.app import running
from bot.clock import SystemClock
from bot.config import Settings
from bot.domain.jobs.job import Job, JobState
from storage.database import Database
from tests.stories.backup import Bring, backed_up, dumped
from tests.stories.conftest import environment, workspace
from tests.stories.driver import shown
from tests.stories.talking import Talk
from tests.viewers import LUMEN, jobs_in


async def only_job(url: str) -> Job:
    database = Database(url, SystemClock())
    try:
        (job,) = await jobs_in(database, LUMEN)
    finally:
        await database.close()
    return job


@pytest.fixture
def backup(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> Callable[[Path], Awaitable[Bring]]:
    """Makes a backup of the database of this test and of a DATA_DIR."""
    folder = tmp_path / "backup"
    folder.mkdir()
    if database_url.startswith("sqlite"):
        return lambda data_dir: backed_up(database_url, data_dir, folder)
    server = request.getfixturevalue("postgres_server")
    return lambda data_dir: dumped(server, database_url, data_dir, folder)


async def test_a_backup_taken_during_an_upload_and_restored_after_the_jobs_end_pays_for_no_second_job(
    backup: Callable[[Path], Awaitable[Bring]], database_url: str, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    async with workspace() as (sandbox, people):
        settings = Settings.from_env(environment(sandbox, data_dir, database_url))
        talk = Talk(people)
        async with running(settings):
            request = await talk.asks_for()
            await people.fault("openai", "POST /files", "slow", delay=3)
            await people.jonas.clicks(request, "job_approve")
            await people.faults_hit()
            bring = await backup(data_dir)
            await people.mina.sees(talk.channel, "tone* is ready")
        ended = await only_job(database_url)
        await bring()
        assert (await only_job(database_url)).state is JobState.UPLOADING
        async with running(settings):

            async def known_again() -> Job | None:
                job = await only_job(database_url)
                return job if job.state is JobState.SUCCEEDED else None

            again = await people.until(known_again, "the end of the job in the restored database")

            async def true_card() -> bool | None:
                return "trained" in shown(await people.mina.finds(talk.channel, request["ts"])) or None

            await people.until(true_card, "the card's last state")
        assert len(await people.calls("POST /fine_tuning/jobs")) == 1
        assert len(await people.calls("POST /files")) == 1
        assert (again.provider_job_id, again.fine_tuned_model, again.cost_usd, again.training.train_loss) == (
            ended.provider_job_id,
            ended.fine_tuned_model,
            ended.cost_usd,
            ended.training.train_loss,
        )
