"""The real app over the real sandbox: each story runs in Socket Mode and in HTTP mode, on SQLite and PostgreSQL."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import running
from bot.config import Settings
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.signed_http import SIGNING_SECRET
from bot.transports import EVENTS_PATH
from tests.stories.driver import People

SPEED = 400.0  # times life: a small job takes about two seconds


def environment(sandbox: Sandbox, data_dir: Path, database_url: str, **more: str) -> dict[str, str]:
    """The settings of an app that works for this sandbox, quickly."""
    return {
        **sandbox.environment(data_dir),
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url,
        "POLL_SECONDS": "1",
        "TICK_SECONDS": "0.2",
        "CARD_SECONDS": "0.2",
        "LEASE_SECONDS": "5",
        **more,
    }


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def workspace(speed: float = SPEED, **more: Any) -> AsyncIterator[tuple[Sandbox, People]]:
    """A sandbox and the people in it, without an app yet; `more` is for the sandbox."""
    sandbox = Sandbox(speed=speed, rate_limits=False, **more)
    await sandbox.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield sandbox, await People(sandbox.url, http).meet()
    finally:
        await sandbox.close()


@asynccontextmanager
async def at_work(sandbox: Sandbox, data_dir: Path, **more: str) -> AsyncIterator[None]:
    """The app over Socket Mode and SQLite, with these settings besides; entered again it is the app restarted."""
    url = f"sqlite:///{data_dir}/bot.db"
    async with running(Settings.from_env(environment(sandbox, data_dir, url, **more))):
        yield


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[People]:
    """As `people`, in one combination only: for the many stories in which the others would tell nothing new."""
    async with workspace() as (sandbox, everybody), at_work(sandbox, tmp_path):
        yield everybody


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> str:
    """How Slack's side reaches the app."""
    return str(request.param)


@pytest.fixture
async def people(mode: str, database_url: str, tmp_path: Path) -> AsyncIterator[People]:
    """The people of a workspace in which the bot is at work."""
    async with workspace() as (sandbox, everybody):
        more: dict[str, str] = {}
        if mode == "http":
            more = {
                "SLACK_APP_TOKEN": "",
                "SLACK_SIGNING_SECRET": SIGNING_SECRET,
                "HOST": "127.0.0.1",
                "PORT": str(free_port()),
            }
        settings = Settings.from_env(environment(sandbox, tmp_path, database_url, **more))
        async with running(settings):
            if mode == "http":
                url = f"http://127.0.0.1:{settings.port}{EVENTS_PATH}"
                await everybody.post("delivery", {"mode": "http", "url": url})
            yield everybody
            await asyncio.sleep(0)
