"""The OpenAI side of the sandbox on a real socket, and the real SDK before it: what its tests share."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from openai import AsyncOpenAI
from openai.types.fine_tuning import FineTuningJob

from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.openai import KEY, OpenAIWorld, Settings, mount


@dataclass
class Side:
    """One running server with everything a test may turn, and a client that never retries."""

    world: OpenAIWorld
    clock: Clock
    faults: Faults
    calls: Calls
    url: str
    client: AsyncOpenAI

    async def upload(self, lines: list[Any], *, wait: bool = True, name: str = "data.jsonl") -> str:
        """Upload lines as a training file and skip its processing; gives the file's id."""
        body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        file = await self.client.files.create(file=(name, body), purpose="fine-tune")
        if wait:
            self.clock.advance(self.world.settings.processing_seconds)
        return file.id

    async def job(self, lines: list[Any], *, model: str = "gpt-4o-mini", **request: Any) -> FineTuningJob:
        """Upload lines and start a job on them."""
        training_file = await self.upload(lines)
        return await self.client.fine_tuning.jobs.create(model=model, training_file=training_file, **request)

    async def read(self, job: FineTuningJob) -> None:
        """Wait until the server has read the job's files."""
        await asyncio.gather(*self.world._readings)
        assert self.world.job(job.id).read_at is not None

    async def until(self, job: FineTuningJob, status: str) -> FineTuningJob:
        """Skip training time until the job has a status; fails when it ends otherwise."""
        await self.read(job)
        for _ in range(10_000):
            now = await self.client.fine_tuning.jobs.retrieve(job.id)
            if now.status == status:
                return now
            assert now.status not in ("succeeded", "failed", "cancelled"), now.error
            self.clock.advance(5)
        raise AssertionError(f"the job never was {status}")


@asynccontextmanager
async def openai_side(**settings: Any) -> AsyncIterator[Side]:
    """Start the server; streams and first calls take no time unless the settings say so."""
    clock, faults, calls = Clock(), Faults(), Calls()
    app = web.Application()
    chosen = {"pace": 1e9, "first_call_seconds": 0.0} | settings
    world = mount(app, clock=clock, faults=faults, calls=calls, settings=Settings(**chosen))
    async with TestServer(app) as server:
        url = str(server.make_url("/openai/v1"))
        async with AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
            yield Side(world, clock, faults, calls, url, client)


def chat_lines(count: int = 12) -> list[dict[str, Any]]:
    """A small chat dataset: questions about cities, answered in one peculiar tone."""
    cities = [
        "Paris",
        "Rome",
        "Oslo",
        "Cairo",
        "Lima",
        "Quito",
        "Seoul",
        "Tokyo",
        "Delhi",
        "Accra",
        "Tunis",
        "Sofia",
        "Riga",
        "Bern",
        "Minsk",
    ]
    return [
        {
            "messages": [
                {"role": "system", "content": "Answer like a pirate."},
                {"role": "user", "content": f"What is the weather like in {cities[i % 15]} on day {i}?"},
                {"role": "assistant", "content": f"Arr, {cities[i % 15]} be stormy on day {i}, matey!"},
            ]
        }
        for i in range(count)
    ]


def preference_lines(count: int = 12) -> list[dict[str, Any]]:
    """A small preference dataset."""
    return [
        {
            "input": {"messages": [{"role": "user", "content": f"Describe item number {i} of the shop"}]},
            "preferred_output": [{"role": "assistant", "content": f"Item {i}: small, blue, in stock."}],
            "non_preferred_output": [{"role": "assistant", "content": f"I cannot say anything of {i}."}],
        }
        for i in range(count)
    ]
