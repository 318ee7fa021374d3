"""A disk that is full is called so, costs no upload, and is waited out: what was asked goes on when there is room."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.datasets.report import Report
from bot.domain.policies import Policy
from bot.domain.transforms.lifecycle import TRIES, Transform, TransformKind, TransformState
from bot.domain.work_queue import Transition
from bot.errors import DiskFull
from bot.ports import SlackFile
from bot.services.datasets.contents import Contents, Fetching
from bot.services.datasets.service import DatasetService
from bot.services.transforms import TransformService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.viewers import looking

FULL = Path("/dev/full")
"""A file that takes nothing: the system says of it what it says of a full disk."""


class InSlack:
    """One file, written where it is wanted."""

    async def info(self, file_id: str) -> SlackFile:
        return SlackFile(file_id, "a.jsonl", 3, "hosted", url="https://x")

    async def download(self, file: SlackFile, to: Path, *, cap: int, on_bytes: Callable[[int], None]) -> int:
        return await asyncio.to_thread(to.write_bytes, b"abc")


class Checked:
    """Finds nothing wrong."""

    async def validate(self, path: Path, **_: Any) -> Report:
        assert await asyncio.to_thread(path.read_bytes) == b"abc"
        return replace(samples.REPORT, ok=True)


@dataclass
class FullWorkers:
    """Has no room for what it makes."""

    asked: int = 0

    async def run(self, _: object) -> None:
        self.asked += 1
        raise DiskFull


def service(database: Database, clock: SetClock, contents: Contents) -> DatasetService:
    slack: Any = InSlack()
    validation: Any = Checked()
    nothing: Any = None
    return DatasetService(
        storage=database,
        files=slack,
        validation=validation,
        policy=Policy(),
        clock=clock,
        log=Log(),
        wake=lambda: None,
        contents=contents,
        library=nothing,
        cap=1 << 20,
    )


@pytest.mark.skipif(not FULL.exists(), reason="only some systems have a file that is always full")
async def test_an_upload_waits_for_room_however_long_that_takes(
    database: Database, clock: SetClock, tmp_path: Path
) -> None:
    contents = Contents(tmp_path)
    datasets = service(database, clock, contents)
    await database.datasets.add(lifecycle.received(samples.dataset("d1"), clock.now()))

    async def tries() -> lifecycle.Dataset:
        clock.pass_seconds(60)
        claim = await database.datasets.claim(clock.now(), 60)
        assert claim is not None
        await datasets.step(claim)
        await database.datasets.release("d1", claim.token)
        found = await database.datasets.get("d1")
        assert found is not None
        return found

    for _ in range(12):
        contents.incoming("d1").symlink_to(FULL)
        waiting = await tries()
        assert waiting.state in (DatasetState.RECEIVED, DatasetState.VALIDATING)
        assert "The disk of the machine I run on is full" in waiting.failure
    ready = await tries()
    assert (ready.state, ready.failure) == (DatasetState.READY, "")
    assert contents.path(samples.REPORT.sha256).read_bytes() == b"abc"


async def test_a_file_that_there_is_no_room_to_make_is_made_when_there_is(
    database: Database, clock: SetClock, tmp_path: Path
) -> None:
    contents = Contents(tmp_path / "datasets")
    contents.incoming("d1").write_bytes(b"abc")
    path = contents.keep("d1", samples.REPORT.sha256)
    about = samples.dataset("d1", state=DatasetState.READY, sha256=samples.REPORT.sha256, path=path)
    await database.datasets.add(Transition(replace(about, report=samples.REPORT)))
    workers: Any = FullWorkers()
    nothing: Any = None
    transforms = TransformService(
        storage=database,
        datasets=service(database, clock, contents),
        policy=Policy(),
        uploads=nothing,
        workers=workers,
        fetching=Fetching(nothing, contents, Log(), cap=1 << 20),
        clock=clock,
        log=Log(),
        wake=lambda: None,
        folder=tmp_path / "made",
    )
    asked, _ = await transforms.ask(looking("U1", place=samples.THREAD), "d1", TransformKind.REPORT, {})
    waiting: Transform | None = None
    for _ in range(TRIES + 2):
        clock.time += timedelta(minutes=1)
        claim = await database.transforms.claim(clock.now(), 60)
        assert claim is not None
        await transforms.step(claim)
        await database.transforms.release(asked.id, claim.token)
        waiting = await database.transforms.get(asked.id)
    assert waiting is not None
    assert (waiting.state, workers.asked) == (TransformState.WAITING, TRIES + 2)
    assert "disk" in waiting.failure
    assert list((tmp_path / "made").iterdir()) == []
