"""What was downloaded of a file that becomes no dataset is gone before that is written down."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.datasets.report import Report
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.errors import UnusableFile
from bot.ports import SlackFile
from bot.services.datasets.contents import Contents
from bot.services.datasets.service import DatasetService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock

PROSE = replace(samples.REPORT, ok=False, format=None, problem_codes={"not_a_dataset": 1})


class InSlack:
    """One file, written where it is wanted."""

    async def info(self, file_id: str) -> SlackFile:
        return SlackFile(file_id, "notes.txt", 3, "hosted", url="https://x")

    async def download(self, file: SlackFile, to: Path, *, cap: int, on_bytes: Callable[[int], None]) -> int:
        return await asyncio.to_thread(to.write_bytes, b"abc")


class Looks:
    """Finds prose, or nothing that can be read."""

    def __init__(self, *, readable: bool) -> None:
        self._readable = readable

    async def validate(self, path: Path, **_: Any) -> Report:
        if not self._readable:
            raise UnusableFile("No.")
        return PROSE


@pytest.mark.parametrize("state", [DatasetState.IGNORED, DatasetState.FAILED])
async def test_a_crash_leaves_no_bytes_of_a_file_that_is_no_dataset(
    database: Database,
    clock: SetClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: DatasetState,
) -> None:
    contents = Contents(tmp_path)
    slack: Any = InSlack()
    validation: Any = Looks(readable=state is DatasetState.IGNORED)
    nothing: Any = None
    service = DatasetService(
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
    quiet = replace(samples.dataset("d1", name="notes.txt"), quiet=True)
    await database.datasets.add(lifecycle.received(quiet, clock.now()))
    left: list[int] = []
    change = database.datasets.change

    async def watched(
        row_id: str, step: Callable[[Dataset], Transition[Dataset]], *, token: str | None = None
    ) -> Dataset:
        saved = await change(row_id, step, token=token)
        if saved.state is state:
            left.append(contents.size_of_incoming("d1"))
        return saved

    monkeypatch.setattr(database.datasets, "change", watched)
    claim = await database.datasets.claim(clock.now(), 60)
    assert claim is not None
    await service.step(claim)
    assert left == [0]
