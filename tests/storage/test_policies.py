"""Rules are kept per channel and workspace, come back as they were, and change as one on both databases."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain import policies
from bot.domain.decision_basis import Basis
from bot.domain.jobs.job import JobState
from bot.domain.money import of_dollars
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from storage.database import Database
from tests.storage import samples
from tests.storage.samples import CHANNEL, NOW
from tests.viewers import WHOLE

WORKSPACE = Place("-/T1", "")
FULL = Policy(
    approvers=frozenset({"U2", "U3"}),
    self_approval=True,
    approver_groups=frozenset({"S1"}),
    requesters=frozenset({"U4"}),
    requester_groups=frozenset({"S2", "S3"}),
    approvals=2,
    automatic_below=of_dollars(2_500),
    expires_hours=24,
)


async def make(store: Database, place: Place, policy: Policy | None) -> Policy | None:
    """Change the rules there."""
    return await store.policies.change(
        place, lambda before, _: policies.changed(place, before, policy, "U2", NOW)
    )


async def test_rules_come_back_as_they_were_and_are_nobody_elses(database: Database) -> None:
    assert await make(database, CHANNEL, FULL) == FULL
    assert await database.policies.of(CHANNEL) == (FULL, None)
    await make(database, WORKSPACE, Policy())
    assert await database.policies.of(CHANNEL) == (FULL, Policy())
    assert await database.policies.of(WORKSPACE) == (None, Policy())
    assert await database.policies.of(Place("-/T1", "C2")) == (None, Policy())
    assert await database.policies.of(Place("-/T2", "C1")) == (None, None)


async def test_the_allow_list_is_the_settings_alone(database: Database) -> None:
    await make(database, CHANNEL, replace(FULL, channels=frozenset({"C1"})))
    assert await database.policies.of(CHANNEL) == (FULL, None)


async def test_rules_taken_back_are_gone_and_each_change_is_in_the_audit_once(database: Database) -> None:
    await make(database, CHANNEL, FULL)
    await make(database, CHANNEL, FULL)  # nothing changed, nothing to tell
    await make(database, CHANNEL, None)
    assert await database.policies.of(CHANNEL) == (None, None)
    kept = await database.audit.listed(WHOLE)
    assert [(entry.what.value, entry.who, entry.subject) for entry in kept] == [
        ("policy changed", "U2", "C1")
    ] * 2
    assert kept[0].details["approvals"] == 2
    assert kept[1].details["approvals_before"] == 2


async def test_changes_at_once_on_two_replicas_are_both_kept(database: Database, replica: Database) -> None:
    """Each adds an approver to what it finds: none of them is lost once there is a row."""
    await make(database, CHANNEL, Policy())

    async def add(store: Database, user_id: str) -> None:
        def step(before: Policy | None, _: Basis) -> Transition[Policy | None]:
            known = before or Policy()
            more = replace(known, approvers=known.approvers | {user_id})
            return policies.changed(CHANNEL, before, more, user_id, NOW)

        await store.policies.change(CHANNEL, step)

    await asyncio.gather(*(add((database, replica)[n % 2], f"U{n}") for n in range(6)))
    channel, _ = await database.policies.of(CHANNEL)
    assert channel is not None
    assert channel.approvers == {f"U{n}" for n in range(6)}


@pytest.mark.parametrize("place", [WORKSPACE, CHANNEL])
async def test_a_change_has_waiting_jobs_looked_at_and_their_cards_redrawn(
    database: Database, place: Place
) -> None:
    job, card = samples.job("j1", due_at=None), samples.post("p1", subject_id="j1", ts="1.1", due_at=None)
    await database.jobs.add(Transition(job, (card,)))
    elsewhere = samples.job("j2", due_at=None, place=Place("-/T2", "C1"))
    decided = samples.job("j3", due_at=None, state=JobState.SUCCEEDED)
    for other in (elsewhere, decided):
        await database.jobs.add(Transition(other))
    await make(database, place, FULL)
    (shown,) = await database.outbox.of("j1")
    assert shown.due_at is not None
    due = {row_id: each.due_at for row_id in ("j1", "j2", "j3") if (each := await database.jobs.get(row_id))}
    assert due == {"j1": NOW, "j2": None, "j3": None}
