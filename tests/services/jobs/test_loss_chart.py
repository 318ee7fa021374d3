"""The picture of a curve after a crash at any line: one file in Slack, and it is the one that the card shows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.jobs.job import JobState
from bot.domain.jobs.training import Curve, Point
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.work_queue import Transition
from bot.domain.worker_tasks import DrawLossChart
from bot.errors import SlackRefused, SlackUnavailable
from bot.services.jobs.loss_chart import TRIES, LossChartService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL, NOW, job

LEASE = 5.0


class Died(BaseException):
    """The process ended here."""


@dataclass
class FakeSlack:
    """Keeps files; ends the process, or refuses, where it is told to."""

    files: set[str] = field(default_factory=set)
    dies: str = ""
    fault: Exception | None = None
    made: int = 0

    def at(self, line: str) -> None:
        if self.dies == line:
            self.dies = ""
            raise Died

    async def put(self, path: Path, *, name: str, title: str, begin: Callable[[str], Awaitable[None]]) -> str:
        assert await asyncio.to_thread(path.read_bytes) == b"png"
        assert name.endswith(".png")
        assert "training loss" in title
        if self.fault is not None:
            raise self.fault
        self.made += 1
        file_id = f"F{self.made}"
        self.at("before begin")
        await begin(file_id)
        self.at("after begin")
        self.files.add(file_id)
        self.at("after upload")
        return file_id

    async def delete(self, file_id: str) -> None:
        self.files.discard(file_id)


class FakeWorkers:
    """Draws at once."""

    async def run(self, task: DrawLossChart) -> None:
        assert task.curve.points
        await asyncio.to_thread(task.target.write_bytes, b"png")


@dataclass
class Desk:
    database: Database
    clock: SetClock
    slack: FakeSlack
    folder: Path

    @property
    def service(self) -> LossChartService:
        return LossChartService(
            storage=self.database,
            workers=FakeWorkers(),  # type: ignore[arg-type]
            images=self.slack,
            clock=self.clock,
            log=Log(),
            wake=lambda: None,
            folder=self.folder,
        )

    async def works(self, steps: int = 12) -> None:
        """So many seconds of the loop; whoever dies is followed by another worker when the lease has run out."""
        for _ in range(steps):
            self.clock.pass_seconds(LEASE + 1)
            await self._cards_are_drawn()
            claim = await self.database.loss_charts.claim(self.clock.now(), LEASE)
            if claim is None:
                continue
            try:
                await self.service.step(claim)
            except Died:
                continue
            await self.database.loss_charts.release(claim.row.id, claim.token)

    async def _cards_are_drawn(self) -> None:
        row = await self.database.jobs.get("j0")
        assert row is not None
        for post in await self.database.outbox.of("j0"):
            await self.database.outbox.change(
                post.id, lambda p: Transition(replace(p, drawn=row.revision, due_at=None))
            )

    async def shown(self) -> str:
        row = await self.database.jobs.get("j0")
        assert row is not None
        return row.picture.file_id if row.picture else ""


@pytest.fixture
async def desk(database: Database, clock: SetClock, tmp_path: Path) -> Desk:
    card = OutboxMessage("job:j0:card", MessageKind.JOB_CARD, CHANNEL, "j0", ts="1.0", due_at=NOW)
    await database.jobs.add(Transition(job("j0", state=JobState.RUNNING), (card,)))
    await database.curves.save("j0", curve(10))
    return Desk(database, clock, FakeSlack(), tmp_path / "pictures")


def curve(steps: int) -> Curve:
    return Curve(tuple(Point(step, 2.0 / step) for step in range(1, steps + 1)))


async def test_a_curve_that_grows_has_one_file_at_a_time(desk: Desk) -> None:
    await desk.works()
    assert await desk.shown() == "F1"
    await desk.database.curves.save("j0", curve(60))
    await desk.works()
    assert (await desk.shown(), desk.slack.files) == ("F2", {"F2"})
    assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize(
    "line", ["before begin", "after begin", "after upload", "after the job", "before removal"]
)
async def test_a_crash_leaves_no_second_picture_and_no_lost_one(
    desk: Desk, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.works()
    desk.slack.dies = line
    change, delete = desk.database.jobs.change, desk.slack.delete

    async def dies_after(*args: object, **more: object) -> object:
        saved = await change(*args, **more)  # type: ignore[arg-type]
        desk.slack.at("after the job")
        return saved

    async def dies_before(file_id: str) -> None:
        desk.slack.at("before removal")
        await delete(file_id)

    monkeypatch.setattr(desk.database.jobs, "change", dies_after)
    monkeypatch.setattr(desk.slack, "delete", dies_before)
    await desk.database.curves.save("j0", curve(60))
    await desk.works(30)
    assert desk.slack.dies == ""
    shown = await desk.shown()
    assert shown != "F1"
    assert desk.slack.files == {shown}


async def test_an_earlier_file_stays_while_a_message_shows_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.works()
    monkeypatch.setattr(Desk, "_cards_are_drawn", _nothing)
    await desk.database.outbox.change(
        "job:j0:card", lambda p: Transition(replace(p, due_at=NOW + timedelta(days=1)))
    )
    await desk.database.curves.save("j0", curve(60))
    await desk.works()
    assert desk.slack.files == {"F1", "F2"}
    monkeypatch.undo()
    await desk.works()
    assert desk.slack.files == {"F2"}


async def _nothing(_: Desk) -> None:
    pass


@pytest.mark.parametrize("fault", [SlackRefused("over the limit", "storage_limit"), SlackUnavailable("away")])
async def test_a_picture_that_slack_does_not_take_is_given_up(desk: Desk, fault: Exception) -> None:
    desk.slack.fault = fault
    for _ in range(TRIES):
        await desk.works(1)
        desk.clock.pass_seconds(300)
    assert await desk.database.loss_charts.claim(desk.clock.now() + timedelta(days=1), LEASE) is None
    assert await desk.shown() == ""
