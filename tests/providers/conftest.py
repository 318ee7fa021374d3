"""A fake server and the adapter that talks to it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.providers import profiles
from bot.providers.openai_api import OpenAIProvider, Patience
from bot.providers.profiles import Profile
from tests.providers.fake_server import FakeServer, running


@pytest.fixture
def profile() -> Profile:
    return profiles.load()["openai"]


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with running() as fake:
        yield fake


@pytest.fixture
async def provider(server: FakeServer, profile: Profile) -> AsyncIterator[OpenAIProvider]:
    small_parts = replace(profile, max_file_bytes=1000, max_upload_bytes=10_000, part_bytes=400)
    adapter = OpenAIProvider(
        small_parts,
        api_key="sk-test",
        base_url=server.base_url,
        patience=Patience(answer=0.5, upload=2, stream=2),
    )
    yield adapter
    await adapter.close()
