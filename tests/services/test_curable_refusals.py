"""What Slack refuses until somebody mends it is said once it is mended, however long that takes."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.errors import CurableRefusal, Cure, SlackRefused
from bot.ports import Posted, Subject
from bot.services.outbox import OutboxService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import Elsewhere
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

CHANNEL = Place("-/T1", "C1")
OTHER = Place("-/T1", "C2")
NOT_THERE = CurableRefusal("I am not in this channel.", "not_in_channel", Cure.INVITATION)


@dataclass
class FakeSlack:
    """Keeps what is posted; refuses everything while `fault` is set."""

    fault: Exception | None = None
    said: list[tuple[str, str | None]] = field(default_factory=list)
    looked_for: int = 0

    async def post(self, post: OutboxMessage, subject: Subject) -> Posted:
        if self.fault:
            raise self.fault
        self.said.append((post.id, post.place.thread_ts))
        return Posted(f"ts-{post.id}", post.place.thread_ts)

    async def link(self, channel_id: str, ts: str) -> str:
        return f"https://slack/{channel_id}/{ts}"

    async def thread_exists(self, place: Place) -> bool:
        return True

    async def update(self, post: OutboxMessage, subject: Subject) -> None:
        if self.fault:
            raise self.fault

    async def find(self, post: OutboxMessage) -> None:
        self.looked_for += 1


class Desk:
    """The outbox of a database, over a Slack that may refuse."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock, self.slack = database, clock, FakeSlack()
        elsewhere: Any = Elsewhere()
        self.service = OutboxService(
            database,
            self.slack,
            elsewhere,
            clock,
            Log(),
            wake=lambda: None,
            card_seconds=0.0,
            access=elsewhere,
        )

    async def asks(self, row_id: str, place: Place = CHANNEL, under: str = "") -> None:
        post = OutboxMessage(
            row_id, MessageKind.WELCOME, place, subject_id="", under=under, due_at=self.clock.now()
        )
        await self.database.outbox.add(post)

    async def works(self) -> None:
        """Do all that is due."""
        while claim := await self.database.outbox.claim(self.clock.now(), 60):
            await self.service.step(claim)
            await self.database.outbox.release(claim.row.id, claim.token)

    async def due_in(self, row_id: str) -> timedelta | None:
        post = await self.database.outbox.get(row_id)
        assert post is not None
        return post.due_at - self.clock.now() if post.due_at else None


@pytest.fixture
def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(database, clock)


@pytest.mark.parametrize("cure", [Cure.INVITATION, Cure.UNARCHIVING, Cure.OPERATOR])
async def test_an_announcement_that_slack_refused_for_a_while_comes_when_all_is_well_again(
    desk: Desk, cure: Cure
) -> None:
    desk.slack.fault = CurableRefusal("No.", "code", cure)
    await desk.asks("end")
    waits = []
    for _ in range(9):
        await desk.works()
        wait = await desk.due_in("end")
        assert wait is not None
        waits.append(wait / timedelta(minutes=1))
        desk.clock.time += wait
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    desk.slack.fault = None
    await desk.works()
    assert desk.slack.said == [("end", None)]
    assert desk.slack.looked_for == 0  # a refused message is none that may have been posted


async def test_invited_again_it_says_at_once_what_waited_in_this_channel(desk: Desk) -> None:
    desk.slack.fault = NOT_THERE
    await desk.asks("here")
    await desk.asks("elsewhere", OTHER)
    await desk.works()
    desk.slack.fault = None
    await desk.works()
    assert desk.slack.said == []
    await desk.service.retry(CHANNEL)
    await desk.works()
    assert desk.slack.said == [("here", None)]


async def test_started_again_it_tries_everything_that_waited(desk: Desk) -> None:
    desk.slack.fault = NOT_THERE
    await desk.asks("here")
    await desk.asks("elsewhere", OTHER)
    await desk.works()
    desk.slack.fault = None
    await desk.service.begin()
    await desk.works()
    assert sorted(desk.slack.said) == [("elsewhere", None), ("here", None)]


async def test_what_stands_below_a_message_that_waits_waits_with_it_and_comes_into_its_thread(
    desk: Desk,
) -> None:
    desk.slack.fault = NOT_THERE
    await desk.asks("card")
    await desk.works()
    await desk.asks("news", under="card")
    await desk.works()
    assert await desk.due_in("news") == await desk.due_in("card")
    desk.slack.fault = None
    await desk.service.retry(CHANNEL)
    await desk.works()
    desk.clock.time += timedelta(seconds=5)
    await desk.works()
    assert desk.slack.said == [("card", None), ("news", "ts-card")]


async def test_what_no_mending_cures_is_given_up(desk: Desk) -> None:
    desk.slack.fault = SlackRefused("No.", "invalid_blocks")
    await desk.asks("end")
    await desk.works()
    assert await desk.due_in("end") is None
    await desk.service.begin()
    assert await desk.due_in("end") is None
    assert desk.clock.now() == NOW
