"""What budgets leave and who may go beyond them, as people read it."""

from dataclasses import replace
from typing import Any

from bot.domain.budgets import Budget, Standing
from bot.domain.decision_basis import Pause
from bot.domain.jobs.job import Job, JobState
from bot.domain.money import of_dollars
from bot.domain.spending import Sheet
from bot.sandbox.slack.blocks import check_message
from bot.sandbox.slack.views import check
from handlers.views import budgets, funds
from handlers.views.jobs import cards
from tests.handlers import samples
from tests.handlers.samples import HOSTILE
from tests.handlers.views.test_views import words

MONTH = "2026-11"
CHANNEL = Budget("-/T1", "C1", of_dollars(200), frozenset({"U9"}))
WORKSPACE = Budget("-/T1", "")
PART = Standing(CHANNEL, "2026-11", reserved=of_dollars(12), spent=of_dollars(100))
NO_LIMIT = Standing(WORKSPACE, "2026-11", spent=of_dollars(300))


def asked(usd: float | None, **changes: Any) -> Job:
    """A request that is expected to cost this."""
    return samples.job(estimate=samples.estimate(usd=usd), **changes)


def test_the_sheet_says_limit_spent_reserved_left_and_the_jobs_behind_it() -> None:
    behind = (asked(12.0, suffix="tone"), asked(9.0, state=JobState.SUCCEEDED, cost_usd=8.5, suffix="done"))
    message = budgets.sheet(Sheet(MONTH, PART, NO_LIMIT, behind), may_set=True)
    shown = words(message)
    assert "What training may cost in November 2026" in message.text
    assert "*<#C1>*: $88.00 left of $200.00" in shown
    assert "56% · spent $100.00 · reserved $12.00" in shown
    assert "May approve beyond it: <@U9>" in shown
    assert "*The workspace*: no limit\\nSpent $300.00" in shown
    assert "*tone*: reserved $12.00, waits for approval" in shown
    assert "*done*: spent $8.50, trained" in shown
    assert "in UTC" in shown
    check_message(message.blocks)


def test_the_sheet_shows_training_and_chats_apart_and_that_spending_is_paused() -> None:
    pause = Pause("U2", samples.NOW)
    message = budgets.sheet(
        Sheet(MONTH, replace(PART, chats=of_dollars(8)), NO_LIMIT, (), paused=pause), may_set=False
    )
    shown = words(message)
    assert "*<#C1>*: $80.00 left of $200.00" in shown
    assert "60% · spent $100.00 · reserved $12.00 for training · $8.00 for chats" in shown
    assert "<@U2> has paused all spending" in shown
    assert "/finetune pause-spending off" in shown
    check_message(message.blocks)


def test_only_those_who_may_set_a_budget_are_offered_to() -> None:
    assert "Change this channel" not in words(budgets.sheet(Sheet(MONTH, PART, NO_LIMIT, ()), may_set=False))
    direct = words(budgets.sheet(Sheet(MONTH, None, NO_LIMIT, ()), may_set=True))
    assert "Change the workspace" in direct
    assert "Change this channel" not in direct


def test_a_jobs_name_is_harmless_in_the_sheet() -> None:
    message = budgets.sheet(Sheet(MONTH, PART, NO_LIMIT, (asked(1.0, suffix=HOSTILE),)), may_set=True)
    assert "<!channel>" not in words(message)
    check_message(message.blocks)


def test_the_form_shows_what_is_so_now() -> None:
    view = budgets.form(PART)
    check(view, "modal")
    shown = words(view)
    assert '"initial_value": "200"' in shown
    assert '"initial_users": ["U9"]' in shown
    empty = budgets.form(NO_LIMIT)
    check(empty, "modal")
    assert "initial_value" not in words(empty)
    assert "initial_users" not in words(empty)


def test_a_request_says_what_it_leaves_or_by_how_much_it_is_over() -> None:
    assert funds.effects(asked(8.0), (PART,)) == [
        "Leaves $80.00 of the $200.00 that <#C1> may spend in November 2026."
    ]
    assert funds.warnings(asked(8.0), (PART,)) == []
    assert funds.warnings(asked(90.0), (PART,)) == [
        "⚠️ $2.00 over the budget of <#C1> for November 2026. Only <@U9> may approve it."
    ]
    assert funds.effects(asked(90.0), (PART,)) == []
    nobody = replace(PART, budget=replace(CHANNEL, overriders=frozenset()))
    (warning,) = funds.warnings(asked(90.0), (nobody,))
    assert "Nobody is named who may approve it; `/finetune budget` changes that." in warning
    assert "The price is unknown" in funds.warnings(asked(None), (PART,))[0]


def test_the_end_says_what_is_left() -> None:
    done = asked(9.0, state=JobState.SUCCEEDED, cost_usd=8.5)
    shown = words(cards.ended(done, (PART,)))
    assert "It cost $8.50." in shown
    assert "<#C1>: $79.50 left of $200.00 for November 2026." in shown
    over = asked(9.0, state=JobState.SUCCEEDED, cost_usd=98.0)
    assert "<#C1>: $10.00 over the limit of $200.00" in words(cards.ended(over, (PART,)))
    assert "left of" not in words(cards.ended(done))
