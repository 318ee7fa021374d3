"""Decisions at the same instant on two replicas, on either engine: each replica has read the request as undecided."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.domain.audit import Did
from bot.domain.jobs.job import Job, JobState
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.pricing import Estimate
from bot.domain.work_queue import Transition
from bot.errors import StaleState
from bot.services.approvals.decisions import DecisionService
from bot.services.approvals.model_choice import ModelChoices
from storage.database import Database
from tests.handlers import samples
from tests.services.approvals.test_decisions import INES, JONAS, TWO, Desk, desk
from tests.storage.conftest import SetClock
from tests.viewers import looking

ROUNDS = 5  # who is first is chance
ONE = replace(TWO, approvals=1)


@dataclass
class Together:
    """Prices as they are, but told only when both replicas have asked, which each does before it saves."""

    choices: ModelChoices
    gate: asyncio.Barrier

    async def price(self, job: Job) -> Estimate | None:
        await self.gate.wait()
        return await self.choices.price(job)


@pytest.fixture
async def replicas(database_url: str, clock: SetClock) -> AsyncIterator[tuple[Database, Database]]:
    """Two replicas' view of one database in which one dataset can be trained on."""
    one, two = Database(database_url, clock), Database(database_url, clock)
    await one.upgrade()
    known = samples.dataset(id="support", file_id="support", sha256="ab" * 32, report=samples.report())
    await one.datasets.add(Transition(known))
    yield one, two
    await two.close()
    await one.close()


def both(desks: tuple[Desk, Desk]) -> tuple[DecisionService, DecisionService]:
    """The deciding services of the two, which go on to save at the same instant."""
    gate = asyncio.Barrier(2)

    def gated(at: Desk) -> DecisionService:
        choices: Any = Together(at.requests.choices, gate)
        return replace(at.decisions, choices=choices)

    one, two = desks
    return gated(one), gated(two)


def desks(replicas: tuple[Database, Database], clock: SetClock, policy: Policy) -> tuple[Desk, Desk]:
    one, two = replicas
    return desk(one, clock, policy), desk(two, clock, policy)


async def audited(database: Database, job: Job, what: Did) -> list[str]:
    """Who is written down to have done this to the job."""
    entries = await database.audit.listed(looking("U1", place=Place(job.place.workspace, "C1")).sight)
    return [entry.who for entry in entries if (entry.subject, entry.what) == (job.id, what)]


async def test_of_two_people_one_approves_and_the_other_is_told_who_was_faster(
    replicas: tuple[Database, Database], clock: SetClock
) -> None:
    at = desks(replicas, clock, ONE)
    for number in range(ROUNDS):
        job = await at[0].asks(f"V{number}")
        one, two = both(at)
        outcomes = await asyncio.gather(
            one.approve(looking(JONAS), job.id), two.approve(looking(INES), job.id), return_exceptions=True
        )
        [won] = [each for each in outcomes if isinstance(each, Job)]
        [lost] = [each for each in outcomes if isinstance(each, StaleState)]
        assert f"<@{won.decided_by}>" in str(lost)
        kept = await at[1].read(job.id)
        assert (kept.state, [each.by for each in kept.approvals]) == (JobState.APPROVED, [won.decided_by])
        assert await audited(replicas[0], job, Did.APPROVED) == [won.decided_by]


async def test_where_two_are_needed_both_count_and_one_of_them_makes_it_so(
    replicas: tuple[Database, Database], clock: SetClock
) -> None:
    at = desks(replicas, clock, TWO)
    for number in range(ROUNDS):
        job = await at[0].asks(f"V{number}")
        one, two = both(at)
        saved = await asyncio.gather(one.approve(looking(JONAS), job.id), two.approve(looking(INES), job.id))
        assert sorted(each.state.value for each in saved) == ["approved", "requested"]
        kept = await at[1].read(job.id)
        assert (kept.state, {each.by for each in kept.approvals}) == (JobState.APPROVED, {"U2", "U3"})
        assert sorted(await audited(replicas[0], job, Did.APPROVED)) == ["U2", "U3"]


async def test_a_yes_and_a_no_leave_one_decision(
    replicas: tuple[Database, Database], clock: SetClock
) -> None:
    """The one that came second is refused, whichever it was."""
    at = desks(replicas, clock, ONE)
    for number in range(ROUNDS):
        job = await at[0].asks(f"V{number}")
        outcomes = await asyncio.gather(
            at[0].decisions.approve(looking(JONAS), job.id),
            at[1].decisions.reject(looking(INES), job.id, "Not this week."),
            return_exceptions=True,
        )
        [won] = [each for each in outcomes if isinstance(each, Job)]
        assert len([each for each in outcomes if isinstance(each, StaleState)]) == 1
        kept = await at[1].read(job.id)
        assert (kept.state, kept.decided_by) == (won.state, won.decided_by)
        said_yes = await audited(replicas[0], job, Did.APPROVED)
        said_no = await audited(replicas[0], job, Did.REJECTED)
        assert said_yes + said_no == [won.decided_by]
