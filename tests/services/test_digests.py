"""A channel's weekly digest: once for each week, on however many replicas and after however long a pause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import catalog
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.periodic import PeriodicTask, PeriodicTaskKind, digest_of
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.errors import StaleState
from bot.ports import Claim
from bot.scheduler import MONDAYS_AT_NINE
from bot.services.datasets.contents import Fetching
from bot.services.digests import DigestService
from bot.services.models.resolver import ModelResolver
from bot.services.periodic import PeriodicService, Scheduled
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.viewers import absent, looking

LEASE = 60.0
HERE = samples.CHANNEL
FRIDAY, MONDAY = datetime(2026, 11, 27, 12, tzinfo=UTC), datetime(2026, 11, 30, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


class Desk:
    """The digests of one channel, which somebody turned on on a Friday."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.digests = DigestService(
            storage=database,
            resolver=ModelResolver(database, catalog.load(), clock, absent(Fetching)),
            policies=rules(database, clock, Policy(approvers=frozenset({"U2"}))),
            clock=clock,
            log=Log(),
            mondays=MONDAYS_AT_NINE,
        )
        schedule = (Scheduled(PeriodicTaskKind.DIGEST, MONDAYS_AT_NINE, self.digests.make),)
        self.periodic = PeriodicService(database, schedule, clock, Log())

    async def claimed(self) -> Claim[PeriodicTask]:
        """What a worker takes that looks now."""
        claim = await self.database.periodic.claim(self.clock.now(), LEASE)
        assert claim is not None, "nothing is due"
        return claim

    async def told(self) -> list[OutboxMessage]:
        """The digests in the outbox."""
        return [m for m in await self.database.outbox.of("") if m.kind is MessageKind.DIGEST]

    async def task(self) -> PeriodicTask:
        found = await self.database.periodic.get(digest_of(HERE).id)
        assert found is not None
        return found


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    desk = Desk(database, clock)
    clock.time = FRIDAY
    assert await desk.digests.turn(looking("U1"), on=True) == MONDAY
    await database.jobs.add(Transition(samples.job("waits")))
    return desk


async def test_nothing_is_told_before_its_monday(desk: Desk, clock: SetClock) -> None:
    clock.time = MONDAY - timedelta(seconds=1)
    assert await desk.database.periodic.claim(clock.now(), LEASE) is None
    assert await desk.database.next_due(clock.now()) == MONDAY


async def test_weeks_in_which_nobody_ran_are_told_once_and_the_next_one_comes_on_its_monday(
    desk: Desk, clock: SetClock
) -> None:
    clock.time = MONDAY + 2 * WEEK + timedelta(days=2)
    await desk.periodic.step(await desk.claimed())
    (told,) = await desk.told()
    assert told.id.endswith((MONDAY + 2 * WEEK).date().isoformat())
    task = await desk.task()
    assert (task.done_at, task.due_at) == (MONDAY + 2 * WEEK, MONDAY + 3 * WEEK)
    assert await desk.database.periodic.claim(clock.now(), LEASE) is None


async def test_of_two_replicas_one_makes_the_digest(desk: Desk, clock: SetClock) -> None:
    clock.time = MONDAY
    claim = await desk.claimed()
    assert await desk.database.periodic.claim(clock.now(), LEASE) is None
    await desk.periodic.step(claim)
    assert len(await desk.told()) == 1


async def test_a_replica_that_lost_its_lease_tells_nothing(desk: Desk, clock: SetClock) -> None:
    clock.time = MONDAY
    late = await desk.claimed()
    clock.pass_seconds(LEASE + 1)
    await desk.periodic.step(await desk.claimed())
    with pytest.raises(StaleState):
        await desk.periodic.step(late)
    assert len(await desk.told()) == 1
    assert (await desk.task()).due_at == MONDAY + WEEK


async def test_a_digest_that_is_due_twice_in_a_week_is_told_once(desk: Desk, clock: SetClock) -> None:
    clock.time = MONDAY
    for _ in range(2):
        claim = await desk.claimed()
        await desk.periodic.step(claim)
        await desk.database.periodic.release(claim.row.id, claim.token)
        now = clock.pass_seconds(3600)
        await desk.database.periodic.change(claim.row.id, lambda t: Transition(replace(t, due_at=now)))  # noqa: B023
    assert len(await desk.told()) == 1
