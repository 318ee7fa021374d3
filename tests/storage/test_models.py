"""What is asked of jobs once they have left a model: aliases are unique, contents and weeks find their jobs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import models
from bot.domain.jobs.job import Job, JobState, ValidationDataset
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import BadInput
from storage.database import Database
from tests.storage import samples
from tests.storage.samples import CHANNEL, NOW
from tests.viewers import WHOLE

HOUR = timedelta(hours=1)


def trained(row_id: str, **fields: Any) -> Job:
    return samples.job(
        row_id, state=JobState.SUCCEEDED, fine_tuned_model=f"ft:{row_id}", ended_at=NOW, **fields
    )


async def rename(database: Database, row_id: str, alias: str | None) -> Job:
    return await database.jobs.rename(row_id, lambda job, _: models.called(job, alias, "U1", NOW))


async def test_an_alias_belongs_to_one_model_of_a_workspace(database: Database, replica: Database) -> None:
    elsewhere = Place("-/T2", "C1")
    for job in (trained("j1"), trained("j2"), trained("j3", place=elsewhere)):
        await database.jobs.add(Transition(job))
    await rename(database, "j1", "warm")
    with pytest.raises(BadInput) as taken:
        await rename(replica, "j2", "warm")
    assert taken.value.field == "alias"
    assert (await rename(replica, "j3", "warm")).alias == "warm"

    await rename(database, "j1", None)
    assert (await rename(replica, "j2", "warm")).title == "warm"
    assert [entry.subject for entry in await database.audit.listed(WHOLE)] == [
        "j1",
        "j1",
        "j2",
    ]


async def test_a_jobs_id_at_the_provider_finds_it(database: Database) -> None:
    await database.jobs.add(Transition(samples.job("j1", provider_job_id="ftjob-1")))
    found = await database.jobs.of_provider("ftjob-1")
    assert found is not None
    assert found.id == "j1"
    assert await database.jobs.of_provider("ftjob-2") is None


async def test_a_content_finds_every_job_that_trains_or_validates_on_it(database: Database) -> None:
    begin = "ab" * 12
    validates = ValidationDataset("d2", "v.jsonl", begin + "2" * 40)
    for job in (
        samples.job("trains", dataset_sha256=begin + "1" * 40),
        samples.job("validates", dataset_sha256="cd" * 32, validation=validates),
        samples.job("neither", dataset_sha256="cd" * 32),
        samples.job("wildcards", dataset_sha256="%" * 64),
    ):
        await database.jobs.add(Transition(job))
    assert {job.id for job in await database.jobs.of_content(begin)} == {"trains", "validates"}
    assert {job.id for job in await database.jobs.of_content("%")} == {"wildcards"}


async def test_a_week_holds_its_begin_and_not_its_end(database: Database) -> None:
    for number, ended_at in enumerate((NOW - HOUR, NOW, NOW + HOUR, NOW + 2 * HOUR)):
        job = samples.job(f"j{number}", state=JobState.FAILED, ended_at=ended_at)
        await database.jobs.add(Transition(job))
    other = samples.job("other", state=JobState.FAILED, ended_at=NOW, place=Place("-/T1", "C9"))
    await database.jobs.add(Transition(other))
    found = await database.jobs.ended_since(CHANNEL, NOW, NOW + 2 * HOUR)
    assert [job.id for job in found] == ["j1", "j2"]


async def test_conversations_with_a_model_are_found_whether_or_not_they_last(database: Database) -> None:
    made: dict[str, dict[str, Any]] = {
        "talks": {"model": "ft:a"},
        "compares": {"model": "ft:b", "other_model": "ft:a"},
        "ended": {"model": "ft:a", "ended_by": "U1"},
        "other": {"model": "ft:b"},
    }
    for row_id, fields in made.items():
        conversation = replace(samples.conversation(row_id), **fields)
        await database.conversations.add(Transition(conversation))
    found = {each.id for each in await database.conversations.bound_to("ft:a")}
    assert found == {"talks", "compares", "ended"}


async def test_a_chore_is_kept_once_and_done_by_one(database: Database, replica: Database) -> None:
    await database.periodic.add(samples.FULL_PERIODIC_TASK)
    await replica.periodic.add(replace(samples.FULL_PERIODIC_TASK, attempts=7))
    assert await database.periodic.get("digest:C1") == samples.FULL_PERIODIC_TASK
    first = await database.periodic.claim(NOW, 60)
    assert first is not None
    assert await replica.periodic.claim(NOW, 60) is None
