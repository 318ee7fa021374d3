"""What every provider does behind the port: the real adapter on the simulated OpenAI, and the one in memory, alike."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.chats import Said, Usage
from bot.domain.jobs.job import ProviderJob
from bot.errors import ProviderRefused, UnknownModel, UnknownOutcome
from bot.ports import Provider, ProviderFile
from bot.providers.memory import InMemoryProvider
from bot.providers.profiles import Profile
from tests.providers.test_on_the_sandbox import ORDER, dataset, forget, simulated_world

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Under:
    """A provider under test; `passes` lets some time go by there, `lose_answer` the answer to the next creation."""

    provider: Provider
    passes: Callable[[], None]
    lose_answer: Callable[[], object]

    async def uploaded(self, path: Path, name: str = "support.jsonl") -> ProviderFile:
        file = await self.provider.upload(path, name, begun=None, keep=forget)
        while not file.ready:
            self.passes()
            seen = await self.provider.file(file.id)
            assert seen is not None
            file = seen
        return file

    async def until(self, job: ProviderJob, status: str) -> ProviderJob:
        while job.status != status:
            self.passes()
            seen = await self.provider.job(job.id)
            assert seen is not None
            job = seen
        return job


@asynccontextmanager
async def on_the_sandbox(profile: Profile) -> AsyncIterator[Under]:
    async with simulated_world(profile) as world:
        yield Under(
            world.provider,
            lambda: world.clock.advance(10),
            lambda: world.faults.add("openai", "POST /fine_tuning/jobs", "drop_after"),
        )


@asynccontextmanager
async def in_memory(_: Profile) -> AsyncIterator[Under]:
    provider = InMemoryProvider()
    lost = UnknownOutcome("The answer never came.")
    yield Under(provider, provider.passes, lambda: provider.fails("create_job", lost, after=True))


@pytest.fixture(params=[on_the_sandbox, in_memory])
async def under(request: pytest.FixtureRequest, profile: Profile) -> AsyncIterator[Under]:
    opened: AbstractAsyncContextManager[Under] = request.param(profile)
    async with opened as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return dataset(tmp_path, 12)


async def test_a_file_is_found_by_its_name_and_size_until_it_is_deleted(under: Under, path: Path) -> None:
    file = await under.uploaded(path)
    size = file.size
    found = await under.provider.find_file("support.jsonl", size)
    assert found == file
    assert await under.provider.find_file("support.jsonl", size + 1) is None
    assert await under.provider.find_file("other.jsonl", size) is None
    assert [each.id for each in await under.provider.training_files()] == [file.id]
    await under.provider.delete_file(file.id)
    await under.provider.delete_file(file.id)  # there is none any more: that is as good
    assert await under.provider.file(file.id) is None
    assert await under.provider.training_files() == []


async def test_files_are_deleted_by_the_end_of_their_names(under: Under, path: Path) -> None:
    for name in ("a-1234.jsonl", "b-1234.jsonl", "c-5678.jsonl"):
        await under.uploaded(path, name)
    assert await under.provider.delete_files("-1234.jsonl") == 2
    assert await under.provider.delete_files("-1234.jsonl") == 0
    assert [each.filename for each in await under.provider.training_files()] == ["c-5678.jsonl"]


async def test_a_job_trains_to_a_model_that_answers_and_can_be_deleted(under: Under, path: Path) -> None:
    file = await under.uploaded(path)
    job = await under.provider.create_job(replace(ORDER, training_file_id=file.id))
    assert job.status == "validating_files"
    ended = await under.until(job, "succeeded")
    model = ended.fine_tuned_model
    assert model is not None
    assert ended.trained_tokens
    assert ended.finished_at is not None
    points = await under.provider.results(ended.result_files[0])
    assert [point.step for point in points] == sorted(point.step for point in points)
    kept = await under.provider.checkpoints(job.id)
    assert [each.step for each in kept] == sorted(each.step for each in kept)
    assert kept[-1].model == model

    async with under.provider.chat(model, (Said("user", "Hello there"),), max_tokens=50) as pieces:
        *said, usage = [piece async for piece in pieces]
    assert "".join(map(str, said)).strip()
    assert isinstance(usage, Usage)
    assert usage.asked > 0
    assert usage.answered > 0

    assert model in {each.id for each in await under.provider.models()}
    await under.provider.delete_model(model)
    await under.provider.delete_model(model)
    assert model not in {each.id for each in await under.provider.models()}
    with pytest.raises(UnknownModel):
        async with under.provider.chat(model, (Said("user", "Hello"),), max_tokens=50) as pieces:
            await anext(pieces)


async def test_a_creation_whose_answer_was_lost_is_found_by_our_id(under: Under, path: Path) -> None:
    file = await under.uploaded(path)
    under.lose_answer()
    with pytest.raises(UnknownOutcome):
        await under.provider.create_job(replace(ORDER, training_file_id=file.id))
    found = await under.provider.find_job(ORDER.our_id)
    assert found is not None
    assert await under.provider.find_job("another") is None


async def test_the_list_shows_jobs_and_when_the_first_of_a_model_was_created(
    under: Under, path: Path
) -> None:
    file = await under.uploaded(path)
    first = await under.provider.create_job(replace(ORDER, training_file_id=file.id))
    second = await under.provider.create_job(replace(ORDER, our_id="second", training_file_id=file.id))
    listing = await under.provider.jobs([first.id, second.id])
    assert set(listing.jobs) == {first.id, second.id}
    assert listing.complete
    created = await under.provider.first_job(ORDER.model, EPOCH)
    assert created is not None
    assert await under.provider.first_job(ORDER.model, created + timedelta(days=1)) is None
    assert await under.provider.first_job("gpt-4.1-2025-04-14", EPOCH) is None


def there(job: ProviderJob | None) -> ProviderJob:
    assert job is not None
    return job


async def test_a_job_stands_still_and_goes_on_and_says_so(under: Under, path: Path) -> None:
    file = await under.uploaded(path)
    job = await under.provider.create_job(replace(ORDER, training_file_id=file.id))
    assert (
        there(await under.provider.pause_job(job.id)).status == "validating_files"
    )  # too early: it just goes on
    assert await under.provider.checkpoints(job.id) == []
    await under.until(job, "running")
    assert there(await under.provider.pause_job(job.id)).status == "paused"
    assert there(await under.provider.pause_job(job.id)).status == "paused"
    under.passes()
    seen = await under.provider.job(job.id)
    assert seen is not None
    assert seen.status == "paused"
    assert there(await under.provider.resume_job(job.id)).status == "running"
    await under.until(job, "succeeded")
    told = await under.provider.events(job.id, 100)
    messages = [event.message for event in told]
    assert messages[0] == "The job has successfully completed"
    assert messages.index("Fine-tuning job resumed") < messages.index("Fine-tuning job paused")
    assert len({event.id for event in told}) == len(told)
    assert len(await under.provider.events(job.id, 2)) == 2


async def test_a_cancelled_job_stays_cancelled_and_asking_twice_is_asking_once(
    under: Under, path: Path
) -> None:
    file = await under.uploaded(path)
    job = await under.provider.create_job(replace(ORDER, training_file_id=file.id))
    assert there(await under.provider.cancel_job(job.id)).status == "cancelled"
    assert there(await under.provider.cancel_job(job.id)).status == "cancelled"
    seen = await under.provider.job(job.id)
    assert seen is not None
    assert seen.status == "cancelled"


async def test_what_it_never_heard_of_is_none_or_refused(under: Under) -> None:
    assert await under.provider.file("file-none") is None
    assert await under.provider.job("ftjob-none") is None
    assert await under.provider.cancel_job("ftjob-none") is None
    assert await under.provider.pause_job("ftjob-none") is None
    assert await under.provider.resume_job("ftjob-none") is None
    for call in (
        under.provider.events("ftjob-none", 10),
        under.provider.checkpoints("ftjob-none"),
        under.provider.create_job(replace(ORDER, training_file_id="file-none")),
    ):
        with pytest.raises(ProviderRefused):
            await call
