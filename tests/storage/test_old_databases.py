"""A row of every kind survives an upgrade from an older version: rows_of_0023.sql, one full row of each table."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from bot.domain.audit import Detail, Did, Entry
from bot.domain.budgets import Budget, Standing
from bot.domain.chats import Early
from bot.domain.decision_basis import Pause
from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.training import Checkpoint, Curve, Point
from bot.domain.models import Share
from bot.domain.money import Money
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from storage.connections import Connections
from storage.database import Database
from storage.migrations import config
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL, EARLIER, NOW, THREAD
from tests.viewers import WHOLE

CURVE = Curve((Point(1, 2.5), Point(2, 1.25, 1.5)), (Checkpoint(2, "ft:x:ckpt", 1.25, 1.5),))
CHART = LossChart(
    "j-full",
    begun="F7",
    step=20,
    made=3,
    made_at=EARLIER,
    old=("F5", "F6"),
    since=4,
    ends=True,
    last=True,
    due_at=NOW,
    attempts=2,
    revision=1,
)
EARLY = Early(
    "m-full",
    THREAD,
    "1700000005.000600",
    "U1",
    "T1",
    "wait <ü>",
    to_bot=True,
    due_at=EARLIER,
    attempts=2,
    revision=3,
)
BUDGET = Budget("-/T1", "C1", Money(5_000_000_000), frozenset({"U5", "U6"}))
POLICY = Policy(
    frozenset({"U2", "U3"}),
    self_approval=True,
    approvals=2,
    automatic_below=Money(1_500_000),
    expires_hours=24,
)
DETAILS: dict[str, Detail] = {"price": 0.1 + 0.2, "why": None, "n": 3}
ENTRY = Entry(NOW, "-/T1", "C1", "U2", Did.APPROVED, "j-full", DETAILS, number=1)


@pytest.fixture
async def old(database_url: str, clock: SetClock) -> AsyncIterator[Database]:
    """The database after its upgrade."""
    connections = Connections(database_url)
    async with connections.migrating() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0023"))
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        rows = Path(__file__).with_name("rows_of_0023.sql").read_text(encoding="utf-8")
        for row in rows.split(";\n")[:-1]:
            await connection.exec_driver_sql(row)
    await connections.close()
    database = Database(database_url, clock)
    await database.upgrade()
    yield database
    await database.close()


async def test_every_row_is_read_back_as_it_was_saved(old: Database) -> None:
    assert await old.datasets.get("d-full") == replace(
        samples.FULL_DATASET, version=1, half=None, quiet=False
    )
    assert await old.transforms.get("e-full") == samples.FULL_TRANSFORM
    assert await old.jobs.get("j-full") == replace(samples.FULL_JOB, sent_at=None)
    assert await old.jobs.shares("j-full") == (Share("C2", "U4", EARLIER),)
    assert await old.polls.get("openai") == samples.FULL_POLL
    assert await old.periodic.get("digest:C1") == samples.FULL_PERIODIC_TASK
    assert await old.curves.get("j-full") == CURVE
    assert await old.loss_charts.get("j-full") == CHART
    assert await old.conversations.get("c-full") == samples.FULL_CONVERSATION
    assert await old.turns.get("t-full") == samples.FULL_TURN
    assert await old.early.get("m-full") == EARLY
    assert await old.ballots.get("b-full") == samples.FULL_BALLOT
    assert await old.outbox.get("p-full") == samples.FULL_MESSAGE


async def test_budgets_rules_and_the_audit_hold_as_before(old: Database) -> None:
    channel, workspace = await old.budgets.standings(CHANNEL, "2025-10")
    assert channel == Standing(BUDGET, "2025-10", spent=Money(15_000_000), chats=Money(125))
    assert workspace.spent == Money(15_000_000)
    assert await old.policies.of(CHANNEL) == (POLICY, None)
    assert await old.workspaces.paused(CHANNEL.workspace) == Pause("U9", NOW)
    assert await old.audit.listed(WHOLE) == [ENTRY]
    assert await old.mark() == "a-mark"


async def test_the_rows_are_worked_on_and_the_same_wish_is_known_again(old: Database) -> None:
    for store in (old.transforms, old.periodic, old.loss_charts, old.outbox):
        claim = await store.claim(NOW, 60)
        assert claim is not None
        await store.release(claim.row.id, claim.token)
    again = replace(samples.FULL_TRANSFORM, id="e-new")
    assert await old.transforms.add(Transition(again)) == (samples.FULL_TRANSFORM, False)
    assert not await old.outbox.add(samples.FULL_MESSAGE)
