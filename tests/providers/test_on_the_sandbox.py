"""The adapter through the life of a job on the simulated OpenAI, which checks requests as the real one does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.chats import Said, Usage
from bot.domain.jobs.job import Hyperparameters, ProviderJob, Sending
from bot.errors import TrainingClosed
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


@asynccontextmanager
async def simulated_world(profile: Profile) -> AsyncIterator[World]:
    """A simulated OpenAI on loopback, with the adapter connected."""
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


@pytest.fixture
async def world(profile: Profile) -> AsyncIterator[World]:
    async with simulated_world(profile) as opened:
        yield opened


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


async def test_leaving_an_answer_leaves_the_adapter_usable(world: World) -> None:
    async def one_word() -> str | Usage:
        async with world.provider.chat(ORDER.model, (Said("user", "Hi"),), max_tokens=50) as pieces:
            return await anext(pieces)

    async with asyncio.timeout(30):
        assert all(await asyncio.gather(*(one_word() for _ in range(5))))
        assert await world.provider.models()
