"""The adapter through the life of a job on the simulated OpenAI, which checks requests as the real one does."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.conversations import Said, Usage
from bot.domain.jobs import Hyperparameters, ProviderJob, Sending
from bot.errors import ProviderRefused, TrainingClosed, UnknownOutcome
from bot.ports import JobOrder, ProviderFile
from bot.providers.openai_api import OpenAIProvider, Patience
from bot.providers.profiles import Profile
from bot.sandbox import openai as simulated
from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults

ORDER = JobOrder(
    our_id="k3x9",
    model="gpt-4o-mini-2024-07-18",
    training_file_id="",
    method="supervised",
    suffix="support",
    hyperparameters=Hyperparameters(n_epochs=2),
    seed=None,
)


@dataclass
class World:
    """The adapter, and what moves the world it talks to."""

    provider: OpenAIProvider
    clock: Clock
    faults: Faults
    calls: Calls

    async def uploaded(self, path: Path) -> ProviderFile:
        file = await self.provider.upload(path, "support.jsonl", begun=None, keep=forget)
        while not file.ready:
            self.clock.advance(5)
            seen = await self.provider.file(file.id)
            assert seen is not None
            file = seen
        return file

    async def passes(self, job: ProviderJob, seconds: float) -> ProviderJob:
        """The job after some seconds of training."""
        self.clock.advance(seconds)
        seen = await self.provider.job(job.id)
        assert seen is not None
        return seen


@pytest.fixture
async def world(profile: Profile) -> AsyncIterator[World]:
    app = web.Application(client_max_size=1024**3)
    clock, faults, calls = Clock(), Faults(), Calls()
    simulated.mount(app, clock=clock, faults=faults, calls=calls)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.1)
    provider = OpenAIProvider(
        replace(profile, max_file_bytes=2000, part_bytes=1500),
        api_key="sk-sandbox-0001",
        base_url=f"{server.make_url('/openai/v1')}",
        patience=Patience(answer=2.0),
    )
    yield World(provider, clock, faults, calls)
    await provider.close()
    await server.close()


async def forget(_: Sending) -> None:
    """Nobody wants to know how far the upload is."""


def dataset(folder: Path, examples: int) -> Path:
    """A chat dataset of short examples."""
    path = folder / "dataset"
    messages = ({"role": "user", "content": "Hi {}"}, {"role": "assistant", "content": "Hello number {}"})
    with path.open("w") as file:
        for number in range(examples):
            said = [message | {"content": message["content"].format(number)} for message in messages]
            file.write(json.dumps({"messages": said}) + "\n")
    return path


@pytest.mark.parametrize("examples", [12, 40])  # one request, and parts
async def test_a_dataset_becomes_a_model_that_answers(world: World, tmp_path: Path, examples: int) -> None:
    path = dataset(tmp_path, examples)
    file = await world.uploaded(path)
    found = await world.provider.find_file("support.jsonl", path.stat().st_size)
    assert found is not None
    assert found.id == file.id

    job = await world.provider.create_job(replace(ORDER, training_file_id=file.id))
    while job.status not in ("succeeded", "failed"):
        world.clock.advance(20)
        seen = await world.provider.job(job.id)
        assert seen is not None
        job = seen
    assert (job.status, job.error_code) == ("succeeded", "")
    points = await world.provider.results(job.result_files[0])
    assert [point.step for point in points] == list(range(1, len(points) + 1))
    assert all(point.train is not None for point in points)
    assert job.trained_tokens
    assert job.finished_at is not None

    assert job.fine_tuned_model is not None
    assert job.fine_tuned_model in {model.id for model in await world.provider.models()}
    async with world.provider.chat(job.fine_tuned_model, (Said("user", "Hi 3"),), max_tokens=50) as pieces:
        *said, usage = [piece async for piece in pieces]
    assert "Hello number" in "".join(map(str, said))
    assert isinstance(usage, Usage)
    assert usage.asked > usage.answered > 0


async def test_a_create_that_was_done_but_not_answered_is_found_by_our_id(
    world: World, tmp_path: Path
) -> None:
    file = await world.uploaded(dataset(tmp_path, 12))
    world.faults.add("openai", "POST /fine_tuning/jobs", "drop_after")
    with pytest.raises(UnknownOutcome):
        await world.provider.create_job(replace(ORDER, training_file_id=file.id))
    found = await world.provider.find_job("k3x9")
    assert found is not None
    assert await world.provider.find_job("another") is None
    assert (await world.provider.cancel_job(found.id)).status == "cancelled"
    assert (await world.provider.cancel_job(found.id)).status == "cancelled"


async def test_a_dataset_that_is_too_small_fails_with_words_and_advice(world: World, tmp_path: Path) -> None:
    file = await world.uploaded(dataset(tmp_path, 3))
    job = await world.provider.create_job(replace(ORDER, training_file_id=file.id))
    while job.status != "failed":
        world.clock.advance(20)
        seen = await world.provider.job(job.id)
        assert seen is not None
        job = seen
    assert job.error_code == "invalid_n_examples"
    assert "3 example" in job.error_message
    assert "at least 10" in job.advice


async def test_an_organisation_that_may_not_train_any_more_is_told_so(world: World, tmp_path: Path) -> None:
    file = await world.uploaded(dataset(tmp_path, 12))
    world.faults.add("openai", "POST /fine_tuning/jobs", "error", code="training_closed")
    with pytest.raises(TrainingClosed, match="another provider"):
        await world.provider.create_job(replace(ORDER, training_file_id=file.id))


async def test_what_it_never_heard_of_is_none_or_refused(world: World) -> None:
    assert await world.provider.file("file-none") is None
    assert await world.provider.job("ftjob-none") is None
    with pytest.raises(ProviderRefused):
        await world.provider.cancel_job("ftjob-none")
    with pytest.raises(ProviderRefused):
        await world.provider.create_job(replace(ORDER, training_file_id="file-none"))


async def test_leaving_an_answer_leaves_the_adapter_usable(world: World) -> None:
    async def one_word() -> str | Usage:
        async with world.provider.chat(ORDER.model, (Said("user", "Hi"),), max_tokens=50) as pieces:
            return await anext(pieces)

    async with asyncio.timeout(30):
        assert all(await asyncio.gather(*(one_word() for _ in range(5))))
        assert await world.provider.models()


async def test_a_job_stands_still_goes_on_and_tells_its_story(world: World, tmp_path: Path) -> None:
    file = await world.uploaded(dataset(tmp_path, 12))
    job = await world.provider.create_job(replace(ORDER, training_file_id=file.id))
    assert (await world.provider.pause_job(job.id)).status == "validating_files"  # too early: it just goes on
    assert await world.provider.checkpoints(job.id) == []
    while job.status != "running":
        job = await world.passes(job, 5)
    assert (await world.provider.pause_job(job.id)).status == "paused"
    assert (await world.provider.pause_job(job.id)).status == "paused"
    world.clock.advance(10_000)
    assert (await world.provider.resume_job(job.id)).status == "running"
    while job.status != "succeeded":
        job = await world.passes(job, 20)
    told = [event.message for event in await world.provider.events(job.id, 100)]
    assert told[0] == "The job has successfully completed"
    assert told.index("Fine-tuning job resumed") < told.index("Fine-tuning job paused")
    kept = await world.provider.checkpoints(job.id)
    assert [each.step for each in kept] == sorted(each.step for each in kept)
    assert kept[-1].model == job.fine_tuned_model
    assert kept[-1].train_loss is not None
