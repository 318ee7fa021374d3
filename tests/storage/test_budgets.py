"""The audit cannot be changed, and no order of steps, on however many replicas, spends a budget twice."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.domain import budgets
from bot.domain.access import Sight
from bot.domain.approvals import requests
from bot.domain.audit import Did, Entry
from bot.domain.budgets import Budget, Standing, Taken
from bot.domain.decision_basis import JobBasis
from bot.domain.jobs import transitions
from bot.domain.jobs.job import Job, JobState, ProviderJob, Training
from bot.domain.money import of_dollars, total
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import NotFound, OverBudget, StaleState
from storage.connections import Connections
from storage.database import Database
from storage.migrations import config
from storage.tables import JOBS
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL, NOW
from tests.viewers import WHOLE, looking

MONTH = "2026-11"
NO_REST = timedelta(0)
ENTRY = Entry(NOW, "-/T1", "C1", "U1", Did.BUDGET_CHANGED, "C1", {"usd": 1.5, "überall": "ç", "n": None})


def priced(row_id: str, usd: float, **fields: Any) -> Job:
    """A request that is expected to cost this."""
    return samples.job(row_id, estimate=replace(samples.ESTIMATE, usd=usd), **fields)


async def limit(store: Database, usd: float | None, *beyond: str, channel: str = "C1") -> None:
    """Set a budget."""
    amount = None if usd is None else of_dollars(usd)
    await store.budgets.change(
        Budget("-/T1", channel), lambda budget, _: budgets.changed(budget, amount, beyond, "U2", NOW)
    )


async def approve(store: Database, row_id: str, by: str = "U2") -> Job:
    """Approve it if the money is there."""

    def step(job: Job, basis: JobBasis) -> Transition[Job]:
        return budgets.within(requests.approved(job, by, 1, NOW), basis.funds, {by}, NOW)

    return await store.jobs.decide(row_id, step)


# ---- the audit


async def test_an_entry_comes_back_as_it_was_with_a_number_that_rises(database: Database) -> None:
    for _ in range(2):
        await database.audit.add(ENTRY)
    kept = await database.audit.listed(WHOLE)
    assert [replace(entry, number=0) for entry in kept] == [ENTRY, ENTRY]
    assert kept[0].number < kept[1].number
    assert await database.audit.listed(looking("U1", place=Place("-/T2", "C1")).sight) == []


async def test_a_month_ends_before_the_next_begins(database: Database) -> None:
    for hours in range(4):
        await database.audit.add(replace(ENTRY, at=NOW + timedelta(hours=hours)))
    kept = await database.audit.listed(WHOLE, NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    assert [entry.at for entry in kept] == [NOW + timedelta(hours=1), NOW + timedelta(hours=2)]


ROW = "number, workspace, at, who, what, channel_id, subject, details"
REPLACED = (
    "INSERT {} INTO audit (" + ROW + ") SELECT " + ROW.replace("who", "'U9'") + " FROM audit WHERE true {}"
)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET who = 'U9'",
        "DELETE FROM audit",
        REPLACED.format("", "ON CONFLICT (number) DO UPDATE SET who = 'U9'"),
        REPLACED.format("OR REPLACE", ""),
        "UPDATE OR REPLACE audit SET who = 'U9'",
    ],
)
async def test_the_database_itself_refuses_to_change_the_audit(
    database: Database, database_url: str, change: str
) -> None:
    if " OR REPLACE " in change and not database_url.startswith("sqlite"):
        return  # only SQLite knows it
    await database.audit.add(ENTRY)
    connections = Connections(database_url)
    with pytest.raises(DBAPIError, match="append-only"):
        async with connections.writing() as connection:
            await connection.execute(text(change))
    await connections.close()
    (kept,) = await database.audit.listed(WHOLE)
    assert replace(kept, number=0) == ENTRY


async def test_a_change_and_what_the_audit_keeps_of_it_are_never_apart(database: Database) -> None:
    asked = requests.requested(samples.job(), NOW)
    for _ in range(2):  # the same submission told twice
        await database.jobs.add(asked)
    await database.jobs.change("j1", lambda job: requests.approved(job, "U2", 1, NOW))
    with pytest.raises(StaleState):
        await database.jobs.change("j1", lambda job: requests.rejected(job, "U3", "no", NOW))
    kept = await database.audit.listed(WHOLE)
    assert [(entry.what, entry.who) for entry in kept] == [(Did.REQUESTED, "U1"), (Did.APPROVED, "U2")]


# ---- budgets


async def test_a_budget_comes_back_and_its_changes_are_kept(database: Database) -> None:
    await limit(database, 5)
    await limit(database, 7.5, "U9", "U8")
    channel, workspace = await database.budgets.standings(CHANNEL, MONTH)
    assert channel == Standing(Budget("-/T1", "C1", of_dollars(7.5), frozenset({"U8", "U9"})), MONTH)
    assert workspace == Standing(Budget("-/T1", ""), MONTH)
    assert [entry.details["before_usd"] for entry in await database.audit.listed(WHOLE)] == [None, 5.0]


async def test_a_channel_takes_from_its_own_budget_and_from_the_workspaces(database: Database) -> None:
    elsewhere = replace(CHANNEL, channel_id="C2")
    await database.jobs.add(Transition(priced("j1", 1)))
    await database.jobs.add(Transition(priced("j2", 2, place=elsewhere)))
    await database.jobs.add(Transition(priced("j3", 4, requested_at=NOW - timedelta(days=30))))
    ended = priced("j4", 8, state=JobState.SUCCEEDED, cost_usd=9.0)
    await database.jobs.add(Transition(ended))
    channel, workspace = await database.budgets.standings(CHANNEL, MONTH)
    assert (channel.reserved, channel.spent) == (1_000_000, 9_000_000)
    assert (workspace.reserved, workspace.spent) == (3_000_000, 9_000_000)
    assert {job.id for job in (await database.jobs.of_month(WHOLE, MONTH, 100)).rows} == {
        "j1",
        "j2",
        "j4",
    }
    assert {
        job.id for job in (await database.jobs.of_month(Sight("-/T1", frozenset({"C2"})), MONTH, 100)).rows
    } == {"j2"}


async def test_jobs_from_before_there_were_budgets_count_too(database_url: str, clock: SetClock) -> None:
    connections = Connections(database_url)
    async with connections.migrating() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0011"))
        known = await connection.run_sync(lambda sync: {c["name"] for c in inspect(sync).get_columns("jobs")})
        for job in (
            priced("j1", 4),
            priced("j2", 4, state=JobState.SUCCEEDED, cost_usd=5.5),
            priced("j3", 4, state=JobState.LOST),
            priced("j4", 4, state=JobState.WITHDRAWN),
        ):
            columns = {name: value for name, value in JOBS.dump(job).items() if name in known}
            await connection.execute(insert(JOBS.table).values(columns))
    await connections.close()
    database = Database(database_url, clock)
    await database.upgrade()
    channel, _ = await database.budgets.standings(CHANNEL, MONTH)
    assert (channel.reserved, channel.spent) == (4_000_000, 9_500_000)
    await database.close()


async def test_without_a_limit_a_job_stands_under_no_budget(database: Database) -> None:
    await limit(database, 5)
    await limit(database, None)
    await database.jobs.add(Transition(priced("j1", 1_000_000)))
    assert await database.budgets.funds(priced("j1", 1)) == ()
    assert (await approve(database, "j1")).state is JobState.APPROVED


async def test_whoever_asked_first_has_the_money(database: Database) -> None:
    """A later request does not take it away, until somebody has approved that one."""
    await limit(database, 10, "U9")
    await database.jobs.add(Transition(priced("first", 8)))
    await database.jobs.add(Transition(priced("second", 8, requested_at=NOW + timedelta(seconds=1))))
    with pytest.raises(OverBudget, match=r"\$6.00 over"):
        await approve(database, "second")
    assert (await approve(database, "second", "U9")).decided_by == "U9"
    with pytest.raises(OverBudget, match=r"\$6.00 over"):
        await approve(database, "first")


async def test_approvals_at_once_on_two_replicas_never_take_the_same_money(
    database: Database, replica: Database
) -> None:
    """Eight requests in two channels, of which the workspace can pay three: those that were made first."""
    await limit(database, 100, channel="")
    ids = [f"j{number}" for number in range(8)]
    for number, row_id in enumerate(ids):
        place = replace(CHANNEL, channel_id=f"C{number % 2}")
        await database.jobs.add(Transition(priced(row_id, 30, place=place)))
    tried = await asyncio.gather(
        *(
            approve(store, row_id)
            for store, row_id in zip((database, replica) * 4, reversed(ids), strict=True)
        ),
        return_exceptions=True,
    )
    approved = {each.id for each in tried if isinstance(each, Job)}
    assert approved == {"j0", "j1", "j2"}
    assert sum(isinstance(each, OverBudget) for each in tried) == 5


async def test_approvals_and_ends_at_once_wait_for_each_other_without_a_circle(
    database: Database, replica: Database
) -> None:
    """Each changes its own job, the budget and the cards of others."""
    await limit(database, 1_000)
    ids = [f"j{number:02}" for number in range(12)]
    for row_id in ids:
        await database.jobs.add(requests.requested(priced(row_id, 1), NOW))
    async with asyncio.TaskGroup() as group:
        for number, row_id in enumerate(ids):
            store = (database, replica)[number % 2]
            if number % 3:
                group.create_task(approve(store, row_id))
            else:
                group.create_task(store.jobs.change(row_id, lambda j: requests.withdrawn(j, "U1", NOW)))
    channel, _ = await database.budgets.standings(CHANNEL, MONTH)
    assert channel.reserved == 8_000_000


async def test_when_money_becomes_free_the_cards_of_those_who_wait_become_due(database: Database) -> None:
    await limit(database, 10)
    for row_id in ("j1", "j2"):
        await database.jobs.add(Transition(priced(row_id, 8)))
        await database.outbox.add(samples.post(f"card-{row_id}", subject_id=row_id))
    await database.jobs.change("j1", lambda job: requests.withdrawn(job, "U1", NOW))
    card = await database.outbox.get("card-j2")
    assert card is not None
    assert card.due_at == NOW


# ---- any order of steps

STEPS: dict[str, Callable[[Job], Transition[Job]]] = {
    "reject": lambda job: requests.rejected(job, "U2", "no", NOW),
    "withdraw": lambda job: requests.withdrawn(job, "U1", NOW),
    "cancel": lambda job: requests.stopped(job, "U1", NOW),
    "upload": lambda job: transitions.uploading(job, NOW),
    "uploaded": lambda job: transitions.uploaded(job, "file-1", NOW),
    "creating": transitions.creating,
    "created": lambda job: transitions.created(job, ProviderJob("ft-1", "running"), NOW),
    "refused": lambda job: transitions.refused(job, code="no", said="no", advice="", now=NOW),
    "half": lambda job: transitions.observed(
        job, ProviderJob("ft-1", "running", training=Training(5, 10)), NOW, NO_REST
    ),
    "succeeded": lambda job: transitions.observed(
        job, ProviderJob("ft-1", "succeeded", trained_tokens=900_000), NOW, NO_REST
    ),
    "cancelled": lambda job: transitions.observed(job, ProviderJob("ft-1", "cancelled"), NOW, NO_REST),
    "lost": lambda job: transitions.lost(job, NOW),
}
_WAY = ("approve", "upload", "uploaded", "creating", "created", "half", "succeeded")
_MOVES = st.lists(
    st.tuples(st.sampled_from(("j1", "j2", "j3")), st.sampled_from((*_WAY, *_WAY, *STEPS, "approve"))),
    max_size=40,
)


_COUNT = itertools.count(100)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, database=None
)
@given(prices=st.lists(st.floats(0, 9, allow_nan=False), min_size=3, max_size=3), moves=_MOVES)
async def test_after_any_steps_a_budget_says_what_its_jobs_say_and_is_never_overspent_by_approving(
    database: Database, prices: list[float], moves: list[tuple[str, str]]
) -> None:
    channel = f"C{next(_COUNT)}"
    place = replace(CHANNEL, channel_id=channel)
    await limit(database, 10, channel=channel)
    names = {row_id: f"{channel}-{row_id}" for row_id in ("j1", "j2", "j3")}
    for name, price in zip(names.values(), prices, strict=True):
        await database.jobs.add(requests.requested(priced(name, price, place=place), NOW))
    for row_id, move in moves:
        try:
            if move == "approve":
                await approve(database, names[row_id])
                committed = [
                    budgets.taken(job).reserved + budgets.taken(job).spent
                    for job in await _all(database, names)
                    if job.state is not JobState.REQUESTED
                ]
                assert sum(committed) <= of_dollars(10)
            else:
                await database.jobs.change(names[row_id], STEPS[move])
        except (StaleState, OverBudget, NotFound):
            pass
        standing, _ = await database.budgets.standings(place, MONTH)
        taken = [budgets.taken(job) for job in await _all(database, names)]
        assert Taken(standing.reserved, standing.spent) == Taken(
            total(each.reserved for each in taken), total(each.spent for each in taken)
        )


async def _all(database: Database, names: dict[str, str]) -> list[Job]:
    """The jobs as they are now."""
    return [job for name in names.values() if (job := await database.jobs.get(name))]
