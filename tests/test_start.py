"""Starting with wrong settings: one clear sentence and an exit status, never a traceback."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A Slack and an OpenAI to start against."""
    sandbox = Sandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.close()


async def start(environment: dict[str, str]) -> tuple[int, str]:
    """Run `finetune-bot run`; gives its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"), env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "SLACK_BOT_TOKEN: Slack refuses it (invalid_auth)"),
        ("SLACK_APP_TOKEN", "xapp-wrong", "SLACK_APP_TOKEN: Slack refuses it (invalid_auth)"),
        ("SLACK_BOT_TOKEN", "hunter2", "SLACK_BOT_TOKEN cannot be used"),
        ("DATABASE_URL", "mysql://u@h/d", "DATABASE_URL"),
        ("MODELS_FILE", "/nowhere/models.toml", "MODELS_FILE: /nowhere/models.toml cannot be read"),
    ],
)
async def test_a_wrong_setting_is_told_in_a_sentence(
    sandbox: Sandbox, tmp_path: Path, variable: str, value: str, told: str
) -> None:
    settings = {**sandbox.environment(tmp_path), "DATA_DIR": str(tmp_path)} | {variable: value}
    status, said = await start(settings)
    assert status == 2
    assert told in said
    assert "Traceback" not in said
    assert "hunter2" not in said


async def test_a_port_that_is_taken_is_told_in_a_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        http = {
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": "s" * 32,
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        status, said = await start({**sandbox.environment(tmp_path), "DATA_DIR": str(tmp_path), **http})
    assert status == 2
    assert f"127.0.0.1:{port} cannot be listened on" in said
    assert "Traceback" not in said


async def test_a_database_that_is_away_ends_the_start_with_a_sentence(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    away = {"DATABASE_URL": f"postgresql://u:hunter2@127.0.0.1:{port}/d"}
    status, said = await start({**sandbox.environment(tmp_path), "DATA_DIR": str(tmp_path), **away})
    assert status == 1
    assert "database does not answer" in said
    assert "hunter2" not in said
