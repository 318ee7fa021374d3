"""What a job takes of a month, what fits into a budget, and who may go beyond it."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.domain import budgets
from bot.domain.approvals import requests
from bot.domain.audit import Did
from bot.domain.budgets import Budget, Funds, Standing, Taken
from bot.domain.jobs.job import LIVE, Job, JobState, Training
from bot.domain.money import Money, of_dollars, read_limit
from bot.errors import BadInput, OverBudget
from tests.storage import samples
from tests.storage.samples import NOW

NAMED = frozenset({"U8", "U9"})


def priced(usd: float | None, **fields: Any) -> Job:
    """A request that is expected to cost this."""
    return samples.job(estimate=replace(samples.ESTIMATE, usd=usd), **fields)


def standing(
    limit: float, *, taken: float = 0, channel: str = "C1", beyond: frozenset[str] = NAMED
) -> Standing:
    """A budget in dollars of which so much is reserved by others."""
    budget = Budget("-/T1", channel, of_dollars(limit), beyond)
    return Standing(budget, "2026-11", reserved=of_dollars(taken))


# ---- what a job takes


@pytest.mark.parametrize("state", sorted(LIVE))
def test_an_estimate_is_reserved_until_the_end(state: JobState) -> None:
    assert budgets.taken(priced(4.0, state=state)) == Taken(reserved=of_dollars(4))


@pytest.mark.parametrize("state", [JobState.REJECTED, JobState.WITHDRAWN, JobState.EXPIRED])
def test_what_never_began_gives_its_money_back(state: JobState) -> None:
    assert budgets.taken(priced(4.0, state=state)) == Taken()


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED])
def test_the_real_cost_counts_from_the_end_on(state: JobState) -> None:
    assert budgets.taken(priced(4.0, state=state, cost_usd=5.25)) == Taken(spent=of_dollars(5.25))


@pytest.mark.parametrize(
    ("state", "training", "spent"),
    [
        (JobState.CANCELLED, Training(), 0),
        (JobState.FAILED, Training(step=0, total_steps=10), 0),
        (JobState.CANCELLED, Training(step=3, total_steps=10), 1_200_000),
        (JobState.CANCELLED, Training(step=12, total_steps=10), 4_000_000),
        (JobState.FAILED, Training(step=3), 4_000_000),
        (JobState.LOST, Training(), 4_000_000),
        (JobState.SUCCEEDED, Training(step=10, total_steps=10), 4_000_000),
    ],
)
def test_where_the_provider_tells_no_cost_it_counts_as_what_it_may_be_at_most(
    state: JobState, training: Training, spent: int
) -> None:
    assert budgets.taken(priced(4.0, state=state, training=training)) == Taken(spent=Money(spent))


def test_an_unknown_price_takes_nothing() -> None:
    for state in JobState:
        assert budgets.taken(priced(None, state=state)) == Taken()


def test_the_month_is_that_of_the_request_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert budgets.month_of(datetime(2026, 12, 1, 8, 59, tzinfo=tokyo)) == "2026-11"
    assert budgets.month_of(datetime(2026, 12, 1, 9, 0, tzinfo=tokyo)) == "2026-12"


# ---- approving


def approve(job: Job, funds: Funds, *deciders: str) -> list[tuple[Did, str]]:
    """Approve under these budgets; gives what the audit keeps."""
    moved = budgets.within(requests.approved(job, "U2", 1, NOW), funds, deciders, NOW)
    assert moved.row.state is JobState.APPROVED
    return [(entry.what, entry.who) for entry in moved.entries]


def test_what_fits_to_the_last_cent_is_approved_by_anybody() -> None:
    assert approve(priced(4.0), (standing(10, taken=6),), "U2") == [(Did.APPROVED, "U2")]
    assert approve(priced(4.0), ()) == [(Did.APPROVED, "U2")]


def test_what_does_not_fit_is_refused_with_by_how_much_and_who_may() -> None:
    with pytest.raises(OverBudget) as refused:
        approve(priced(4.5), (standing(10, taken=6),), "U2")
    assert "This is $0.50 over the budget of <#C1> for 2026-11." in str(refused.value)
    assert "Only <@U8>, <@U9> may approve beyond it" in str(refused.value)


def test_somebody_named_goes_beyond_it_and_the_audit_says_so() -> None:
    over = standing(10, taken=6)
    assert approve(priced(4.5), (over,), "U2", "U9") == [(Did.APPROVED, "U2"), (Did.OVERRIDDEN, "U9")]
    entry = budgets.within(requests.approved(priced(4.5), "U9", 1, NOW), (over,), {"U9"}, NOW).entries[-1]
    assert entry.details == {"budget_usd": 10.0, "over_usd": 0.5, "month": "2026-11"}


def test_each_budget_that_is_too_small_wants_somebody_named_there() -> None:
    channel = standing(1, beyond=frozenset({"U8"}))
    workspace = standing(2, channel="", beyond=frozenset({"U9"}))
    with pytest.raises(OverBudget, match="the workspace"):
        approve(priced(4.0), (channel, workspace), "U8")
    with pytest.raises(OverBudget, match="<#C1>"):
        approve(priced(4.0), (channel, workspace), "U9")
    assert len(approve(priced(4.0), (channel, workspace), "U8", "U9")) == 3


@pytest.mark.parametrize("order", [("U2", "U9"), ("U9", "U2")])
def test_of_several_approvals_one_by_somebody_named_is_enough(order: tuple[str, str]) -> None:
    over = (standing(1),)
    first = budgets.within(requests.approved(priced(4.0), order[0], 2, NOW), over, order[:1], NOW)
    assert first.row.state is JobState.REQUESTED
    second = budgets.within(requests.approved(first.row, order[1], 2, NOW), over, order, NOW)
    assert second.entries[-1].what is Did.OVERRIDDEN
    with pytest.raises(OverBudget):
        budgets.within(requests.approved(first.row, "U3", 2, NOW), over, ("U2", "U3"), NOW)


def test_an_unknown_price_wants_somebody_named_wherever_there_is_a_budget() -> None:
    assert approve(priced(None), ()) == [(Did.APPROVED, "U2")]
    with pytest.raises(OverBudget, match="what this job costs is unknown"):
        approve(priced(None), (standing(1_000),), "U2")
    assert approve(priced(None), (standing(1_000),), "U8")[-1] == (Did.OVERRIDDEN, "U8")


def test_where_nobody_is_named_nobody_goes_beyond_it() -> None:
    with pytest.raises(OverBudget, match="Nobody is named"):
        approve(priced(4.0), (standing(1, beyond=frozenset()),), "U2")


def test_a_decision_that_approves_nothing_needs_no_money() -> None:
    moved = requests.rejected(priced(4.0), "U2", "no", NOW)
    assert budgets.within(moved, (standing(1),), (), NOW) == moved


# ---- setting


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("200", 200_000_000),
        (" $1,250.50 ", 1_250_500_000),
        ("0.5", 500_000),
        ("12 USD", 12_000_000),
        ("0", 0),
        ("off", None),
        ("No limit", None),
    ],
)
def test_an_amount_is_read_as_people_type_it(text: str, limit: int | None) -> None:
    assert read_limit(text) == limit


@pytest.mark.parametrize("text", ["", "lots", "-5", "1.234", "1e3", "5 €", "٣", "9999999999", "1.2.3", "nan"])
def test_what_is_no_amount_is_told_at_its_field(text: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_limit(text)
    assert wrong.value.field == "limit"


def test_a_change_is_in_the_audit_with_what_was_before() -> None:
    before = Budget("-/T1", "C1", of_dollars(5))
    moved = budgets.changed(before, of_dollars(7), ["U9"], "U2", NOW)
    assert moved.row == Budget("-/T1", "C1", of_dollars(7), frozenset({"U9"}))
    (entry,) = moved.entries
    assert (entry.what, entry.who, entry.channel_id) == (Did.BUDGET_CHANGED, "U2", "C1")
    assert entry.details == {"usd": 7.0, "before_usd": 5.0, "overriders": "U9", "overriders_before": ""}
    assert budgets.changed(before, of_dollars(5), (), "U2", NOW).entries == ()
    (whole,) = budgets.changed(Budget("-/T1", ""), of_dollars(0), (), "U2", NOW).entries
    assert (entry.subject, whole.subject) == ("C1", "workspace")


def test_a_limit_that_is_a_slip_of_the_finger_is_refused() -> None:
    with pytest.raises(BadInput, match="10,000,000"):
        budgets.changed(Budget("-/T1", "C1"), Money(budgets.MOST + 1), (), "U2", NOW)
    with pytest.raises(BadInput, match="20 people"):
        budgets.changed(Budget("-/T1", "C1"), of_dollars(1), [f"U{n}" for n in range(21)], "U2", NOW)
