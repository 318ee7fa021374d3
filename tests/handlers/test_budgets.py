"""Money as people ask for it and limit it: words, buttons and the form, over the real budgets and rules."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.budgets import Budget
from bot.domain.money import of_dollars
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from handlers.ids import Action
from storage.database import Database
from tests.handlers.conftest import Desk
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage.conftest import SetClock
from tests.viewers import access_to

JONAS, INES = "U0JONASWBR", "U0INESDRTE"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/bot.db", SetClock())
    await opened.upgrade()
    yield opened
    await opened.close()


class DirectMessages:
    """Takes every file."""

    async def send_privately(self, user_id: str, path: Path, *, name: str, title: str, comment: str) -> str:
        return "F1"


@pytest.fixture
def real(database: Database) -> dict[str, Any]:
    """Jonas approves; the money is counted in a database."""
    clock = SetClock()
    policies = rules(database, clock, Policy(approvers=frozenset({JONAS})))
    return {
        "policies": policies,
        "budgets": BudgetService(database, policies, clock, Log(), lambda: None),
        "audit": AuditService(
            storage=database,
            direct_messages=DirectMessages(),
            policies=policies,
            access=access_to(database),
            clock=clock,
            log=Log(),
        ),
    }


async def workspace(desk: Desk) -> str:
    return f"-/{(await desk.get('world'))['team']['id']}"


async def budget(desk: Desk, database: Database, channel: str = "ft-support") -> Budget:
    """The budget of a channel, or with no name the workspace's."""
    place = Place(await workspace(desk), desk.channels[channel] if channel else "")
    of_channel, of_all = await database.budgets.standings(place, "2026-11")
    return (of_channel if channel else of_all).budget


async def opens(desk: Desk, action_id: str) -> dict[str, Any]:
    """The form behind a button of the sheet."""
    await desk.command("budget", who="jonas")
    sheet = await desk.sees("What training may cost in", who="jonas")
    where = {"channel": desk.channels["ft-support"], "ts": sheet["ts"]}
    assert (await desk.act("click", "jonas", **where, action={"action_id": action_id}))["ok"]
    return await desk.modal("US dollars a month", "jonas")


def filled(limit: str, *people: str) -> dict[str, Any]:
    return {
        "limit": {"limit": {"type": "plain_text_input", "value": limit or None}},
        "overriders": {"overriders": {"type": "multi_users_select", "selected_users": list(people)}},
    }


async def test_only_whoever_may_set_a_budget_is_given_buttons_for_it(desk: Desk) -> None:
    for who, there in (("jonas", True), ("mina", False)):
        await desk.command("budget", who=who)
        sheet = await desk.sees("What training may cost in", who=who)
        assert (Action.SET_BUDGET in str(sheet["blocks"])) is there


@pytest.mark.parametrize(
    ("action_id", "channel", "other"),
    [(Action.SET_BUDGET, "ft-support", ""), (Action.SET_BUDGET_FOR_ALL, "", "ft-support")],
)
async def test_the_form_sets_the_budget_whose_button_was_pressed(
    desk: Desk, database: Database, action_id: str, channel: str, other: str
) -> None:
    form = await opens(desk, action_id)
    assert (await desk.act("submit", "jonas", view_id=form["id"], values=filled(" 200 ", INES)))["ok"]
    await desk.modal("$200.00 left of $200.00", "jonas")
    saved = await budget(desk, database, channel)
    assert (saved.limit, saved.overriders) == (of_dollars(200), frozenset({INES}))
    assert (await budget(desk, database, other)).limit is None


async def test_an_empty_limit_is_none_and_nobody_picked_is_nobody(desk: Desk, database: Database) -> None:
    await desk.command(f"budget 5 <@{INES}>", who="jonas")
    await desk.sees("Saved.", who="jonas")
    form = await opens(desk, Action.SET_BUDGET)
    assert (await desk.act("submit", "jonas", view_id=form["id"], values=filled("")))["ok"]
    await desk.modal("no limit", "jonas")
    saved = await budget(desk, database)
    assert (saved.limit, saved.overriders) == (None, frozenset())


async def test_a_form_that_others_were_faster_than_saves_nothing(desk: Desk, database: Database) -> None:
    form = await opens(desk, Action.SET_BUDGET)
    await desk.command("budget 5", who="jonas")
    await desk.sees("Saved.", who="jonas")
    await desk.act("submit", "jonas", view_id=form["id"], values=filled("700"))
    await desk.modal("changed since you read it", "jonas")
    assert (await budget(desk, database)).limit == of_dollars(5)


async def test_an_amount_that_is_none_is_told_at_the_limit(desk: Desk, database: Database) -> None:
    form = await opens(desk, Action.SET_BUDGET)
    said = await desk.act("submit", "jonas", view_id=form["id"], values=filled("lots"))
    assert list(said["errors"]) == ["limit"]
    assert (await budget(desk, database)).limit is None


async def test_an_amount_after_the_word_sets_the_budget(desk: Desk, database: Database) -> None:
    await desk.command("budget 200", who="mina")
    await desk.sees("Only approvers can set budgets", who="mina")
    await desk.command("budget 200", who="jonas")
    await desk.sees("$200.00 left of $200.00", who="jonas")
    assert (await budget(desk, database)).limit == of_dollars(200)


async def test_spending_is_paused_and_let_go_on_in_words(desk: Desk, database: Database) -> None:
    for words in ("pause-spending", "pause-spending maybe"):
        await desk.command(words, who="jonas")
    await desk.sees("On or off?", who="jonas")
    assert await database.workspaces.paused(await workspace(desk)) is None
    await desk.command("pause-spending ON", who="jonas")
    await desk.sees("has paused all spending", who="jonas")
    paused = await database.workspaces.paused(await workspace(desk))
    assert paused is not None
    assert paused.by == JONAS
    await desk.command("pause-spending off", who="jonas")
    await desk.sees("Spending goes on", who="jonas")
    assert await database.workspaces.paused(await workspace(desk)) is None


async def test_the_audit_goes_to_whoever_asks_for_a_month_or_for_all_of_it(desk: Desk) -> None:
    await desk.command("budget 200", who="jonas")
    await desk.sees("Saved.", who="jonas")
    await desk.command("audit 2026-11", who="jonas")
    await desk.sees("The audit of November 2026 is in our direct messages as a table: 1 entry.", who="jonas")
    await desk.command("audit all", who="jonas")  # the first one is in it
    await desk.sees("The whole audit is in our direct messages as a table: 2 entries.", who="jonas")
    await desk.command("audit", who="mina")
    await desk.sees("Only approvers can read the audit", who="mina")
