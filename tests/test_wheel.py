"""The built wheel: it holds what the app reads at run time and nothing else, and the app starts from it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = [
    "bot/sandbox/manifest.yaml",
    "bot/sandbox/page/index.html",
    "bot/sandbox/page/main.js",
    "bot/sandbox/page/css/base.css",
    "bot/sandbox/page/vendor/inter-latin.woff2",
    "bot/sandbox/samples/support.jsonl",
    "bot/domain/catalog.toml",
    "bot/providers/profiles.toml",
    "bot/vocabularies/o200k_base.tiktoken",
    "bot/vocabularies/lid.176.ftz",
    "bot/vocabularies/cl100k_base.pattern",
    "storage/migrations/env.py",
    "storage/migrations/versions/m0001_the_first_tables.py",
    "handlers/views/jobs/cards.py",
]
USE_ALL = """
import asyncio, sys
from pathlib import Path

import aiohttp
import bot, handlers, storage
from bot import tokenizer
from bot.app import running
from bot.clock import SystemClock
from bot.config import Settings
from bot.sandbox.server import Sandbox

async def main(folder):
    assert all(Path(package.__file__).is_relative_to(folder) for package in (bot, handlers, storage))
    assert tokenizer.counter("o200k_base").count("hello world") == 2
    assert tokenizer.counter("cl100k_base").count("hello world") == 2
    sandbox = Sandbox()
    await sandbox.start()
    data = folder / "data"
    data.mkdir()
    settings = Settings.from_env({**sandbox.environment(data), "DATA_DIR": str(data)})
    async with running(settings), aiohttp.ClientSession(sandbox.url) as http:
        for path in ("/", "/static/main.js", "/control/world"):
            async with http.get(path) as answer:
                assert answer.status == 200, path
    await sandbox.close()

asyncio.run(main(Path(sys.argv[1])))
print("all used")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's packages, and nothing of the tree."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(folder: Path, *words: str) -> str:
    """What Python prints when it finds our packages in the folder only."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_what_is_read_at_run_time_and_nothing_else(wheel: Path) -> None:
    """Page, samples, manifest, tables, vocabularies and migrations; no tests, no papers of the project."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        assert "finetune-bot = bot.cli.main:main" in archive.read(entry_points).decode()
    assert [name for name in NEEDED if name not in names] == []
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"bot", "handlers", "storage"}
    assert [name for name in names if "__pycache__" in name or name.endswith((".db", ".log"))] == []


def test_every_file_of_the_page_is_in_the_wheel(wheel: Path) -> None:
    """A module left out would show only when somebody opens the page."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    page = ROOT / "bot" / "sandbox" / "page"
    files = [file.relative_to(ROOT).as_posix() for file in page.rglob("*") if file.is_file()]
    assert len(files) > 30
    assert [file for file in files if file not in names] == []


def test_the_program_explains_itself_from_the_wheel(unpacked: Path) -> None:
    """What `finetune-bot --help` shows."""
    said = run(unpacked, "-m", "bot", "--help")
    for word in ("run", "demo", "check", "db"):
        assert word in said


def test_app_and_sandbox_run_from_the_wheel(unpacked: Path) -> None:
    """Every file that the two read is found beside their code."""
    assert "all used" in run(unpacked, "-c", USE_ALL, str(unpacked))
