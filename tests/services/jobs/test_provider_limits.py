"""A job for which the provider has no place waits in our own queue, and is tried again when one may be free."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain import spending
from bot.domain.jobs import transitions
from bot.domain.jobs.job import Job, JobState
from bot.domain.work_queue import Transition
from bot.errors import CurableRefusal, Cure, LimitReached, ProviderUnavailable, TrainingClosed
from bot.providers.memory import InMemoryProvider
from bot.services.jobs.polling import JobPolling
from bot.services.jobs.steps import JobSteps
from handlers.views.jobs import cards
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import Elsewhere
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

DAILY = LimitReached("No more today (at most 2).", daily=True)
ACTIVE = LimitReached("No more at once (at most 3).", daily=False)


class Desk:
    """A job whose file is uploaded, and the service that creates it."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database = database
        self.clock = clock
        self.provider = InMemoryProvider(now=clock.now)
        self.provider.holds("file-1")
        polling = JobPolling(database, self.provider, clock, Log(), 20.0)
        elsewhere: Any = Elsewhere()
        self.steps = JobSteps(
            storage=database,
            provider=self.provider,
            decisions=elsewhere,
            polling=polling,
            models=elsewhere,
            token=elsewhere,
            fetching=elsewhere,
            clock=clock,
            log=Log(),
        )

    async def tries(self) -> Job:
        """The job as it is after the next try, if one is due."""
        claim = await self.database.jobs.claim(self.clock.now(), 60)
        if claim is not None:
            await self.steps.step(claim)
            await self.database.jobs.release("j1", claim.token)
        job = await self.database.jobs.get("j1")
        assert job is not None
        return job


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    job = samples.job("j1", state=JobState.CREATING, training_file_id="file-1", due_at=NOW)
    await database.jobs.add(Transition(job))
    return Desk(database, clock)


@pytest.mark.parametrize(
    ("limit", "first", "wait"),
    [
        (ACTIVE, None, timedelta(minutes=2)),
        (DAILY, NOW - timedelta(hours=20), timedelta(hours=4)),
        (DAILY, NOW - timedelta(hours=23, minutes=59), timedelta(minutes=2)),
        (DAILY, None, timedelta(hours=1)),
        (DAILY, ProviderUnavailable("away"), timedelta(hours=1)),
        (LimitReached("Wait.", daily=True, retry_after=90), None, timedelta(seconds=90)),
    ],
)
async def test_it_waits_until_a_place_may_be_free_and_then_begins(
    desk: Desk, limit: LimitReached, first: datetime | Exception | None, wait: timedelta
) -> None:
    desk.provider.fails("create_job", limit)
    if isinstance(first, Exception):
        desk.provider.fails("first_job", first)
    elif first is not None:
        desk.provider.was_created("ftjob-0", samples.job("j1").model, first)
    waiting = await desk.tries()
    assert (waiting.state, waiting.fault) == (JobState.CREATING, str(limit))
    assert waiting.waits_until == waiting.due_at == NOW + wait

    desk.clock.time = NOW + wait - timedelta(seconds=1)
    assert (await desk.tries()).state is JobState.CREATING
    desk.clock.time = NOW + wait
    begun = await desk.tries()
    assert (begun.state, begun.waits_until, begun.fault) == (JobState.VALIDATING_FILES, None, "")
    assert [order.our_id for order in desk.provider.orders.values()].count("j1") == 1


@pytest.mark.parametrize("waited", [False, True])
async def test_a_place_that_becomes_free_while_it_is_refused_is_tried_at_once(
    desk: Desk, waited: bool
) -> None:
    desk.provider.fails("create_job", ACTIVE, times=2 if waited else 1)
    if waited:
        desk.clock.time = (await desk.tries()).waits_until or NOW

    async def another_job_ends() -> None:
        desk.clock.time += timedelta(seconds=1)
        job = samples.job("j1")
        await desk.database.jobs.next_in_queue(job.provider, job.model, desk.clock.now())

    desk.provider.meanwhile("create_job", another_job_ends)
    assert (await desk.tries()).state is JobState.CREATING
    assert (await desk.tries()).state is JobState.VALIDATING_FILES


async def test_a_free_place_is_told_to_the_job_that_waits_longest_too_while_another_is_just_refused(
    desk: Desk,
) -> None:
    later = desk.clock.time + timedelta(hours=1)
    waits = samples.job(
        "j2", request_key="k2", state=JobState.CREATING, requested_at=NOW, due_at=later, waits_until=later
    )
    await desk.database.jobs.add(Transition(waits))
    held = await desk.database.jobs.claim(desk.clock.now(), 60)
    assert held is not None
    await desk.database.jobs.next_in_queue(waits.provider, waits.model, desk.clock.now())
    found = await desk.database.jobs.get("j2")
    assert found is not None
    assert found.due_at == desk.clock.now()


async def test_a_job_that_waits_can_be_cancelled(desk: Desk) -> None:
    desk.provider.fails("create_job", DAILY)
    await desk.tries()
    await desk.database.jobs.change("j1", lambda job: transitions.cancel_asked(job, "U1", NOW))
    ended = await desk.tries()
    assert (ended.state, ended.waits_until) == (JobState.CANCELLED, None)
    assert desk.provider.orders == {}


async def test_a_closed_training_ends_it_with_a_sentence_of_its_own(desk: Desk) -> None:
    closed = TrainingClosed("No new jobs from this organisation.", said="its words", code="c")
    desk.provider.fails("create_job", closed)
    ended = await desk.tries()
    assert (ended.state, ended.advice) == (JobState.CLOSED, "No new jobs from this organisation.")


async def test_while_slack_refuses_our_token_no_job_is_created(desk: Desk) -> None:
    class Refused(Elsewhere):
        """A Slack that refuses our token until somebody mends it."""

        refuses = True

        async def check(self) -> None:
            if self.refuses:
                raise CurableRefusal("Slack refuses my token.", "token_revoked", Cure.OPERATOR)

    slack: Any = Refused()
    desk.steps = replace(desk.steps, token=slack)
    waiting = await desk.tries()
    assert (waiting.state, waiting.fault, waiting.seen_by_provider) == (
        JobState.CREATING,
        "Slack refuses my token.",
        False,
    )
    assert desk.provider.orders == {}
    slack.refuses = False
    desk.clock.time = waiting.due_at or NOW
    assert (await desk.tries()).state is JobState.VALIDATING_FILES
    assert len(desk.provider.orders) == 1


async def test_while_spending_is_paused_nothing_is_created_and_what_waits_says_so(desk: Desk) -> None:
    """It is looked at in the database right before the call, and goes on as soon as it may."""

    async def pauses(*, on: bool) -> None:
        await desk.database.workspaces.pause(
            "-/T1", lambda basis: spending.paused("-/T1", basis.paused, "U8", desk.clock.now(), on=on)
        )

    desk.provider.meanwhile("file", lambda: pauses(on=True))
    waiting = await desk.tries()
    assert (waiting.state, waiting.seen_by_provider) == (JobState.CREATING, False)
    assert "All spending is paused" in waiting.fault
    assert "pause-spending off" in str(cards.card(waiting, desk.clock.now()))
    assert desk.provider.orders == {}
    desk.clock.time += timedelta(hours=1)
    assert (await desk.tries()).state is JobState.CREATING
    await pauses(on=False)
    assert (await desk.tries()).state is JobState.VALIDATING_FILES
