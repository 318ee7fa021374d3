"""A press counts for what the person had read, so whatever the card, the question or the form says is in it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import stale_buttons
from bot.domain.budgets import Budget, Standing
from bot.domain.jobs.job import Hyperparameters, JobState, ValidationDataset
from bot.domain.money import NO_MONEY, of_dollars
from bot.domain.policies import Policy
from bot.errors import StaleState
from tests.handlers import samples
from tests.handlers.samples import NOW

JOB = samples.job(validation=ValidationDataset("d2", "held-out.jsonl", "cd" * 32))
TUNED = samples.succeeded()
DATASET = samples.dataset(sha256="ab" * 32)
BUDGET = Budget("-/T1", "C1", limit=of_dollars(5), overriders=frozenset({"U2"}))


def left(dollars: float, budget: Budget = BUDGET) -> Standing:
    """A budget of which so much is left."""
    return Standing(replace(budget, limit=of_dollars(dollars)), "2026-11", NO_MONEY, NO_MONEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"edited_at": NOW},
        {"estimate": samples.estimate(usd=6.88)},
        {"estimate": samples.estimate(epochs=4)},
        {"dataset_sha256": "ef" * 32},
        {"validation": None},
        {"validation": ValidationDataset("d2", "held-out.jsonl", "ef" * 32)},
        {"model": "gpt-4.1-2025-04-14"},
        {"method": "preference"},
        {"hyperparameters": Hyperparameters(n_epochs=3)},
        {"seed": 7},
        {"suffix": "voice"},
        {"wandb_project": "curves"},
    ],
    ids=str,
)
def test_a_yes_does_not_count_once_anything_of_the_request_is_another(changes: dict[str, Any]) -> None:
    assert stale_buttons.request(replace(JOB, **changes), ()) != stale_buttons.request(JOB, ())


def test_a_yes_counts_whatever_else_happened_to_the_request_meanwhile() -> None:
    """A reminder, another yes and an attempt that failed change nothing of what was read."""
    later = replace(
        JOB, reminded_at=NOW, due_at=NOW + timedelta(hours=1), attempts=2, fault="away", revision=9
    )
    assert stale_buttons.request(later, ()) == stale_buttons.request(JOB, ())


def test_a_yes_is_to_going_beyond_this_budget_by_this_much() -> None:
    enough, short, shorter = (stale_buttons.request(JOB, (left(dollars),)) for dollars in (100, 5, 4))
    workspace = stale_buttons.request(JOB, (left(5, replace(BUDGET, channel_id="")),))
    assert enough == stale_buttons.request(JOB, ())
    assert len({enough, short, shorter, workspace}) == 4


def test_a_cancellation_is_of_what_had_been_paid_for_when_it_was_read() -> None:
    approved = replace(JOB, state=JobState.APPROVED)
    training = replace(JOB, state=JobState.RUNNING, seen_by_provider=True)
    dearer = replace(training, estimate=samples.estimate(usd=100))
    assert [stale_buttons.stage(job) for job in (JOB, approved, training)] == [
        "request",
        "approved",
        "training",
    ]
    assert len({stale_buttons.stopping(job) for job in (JOB, approved, training, dearer)}) == 4


@pytest.mark.parametrize(
    "changes",
    [{"alias": "prod"}, {"fine_tuned_model": "ft:gpt-4.1-mini:acme:tone:xyz"}, {"cost_usd": 9.0}],
    ids=str,
)
def test_a_model_is_deleted_by_what_was_read_of_it(changes: dict[str, Any]) -> None:
    assert stale_buttons.model(replace(TUNED, **changes)) != stale_buttons.model(TUNED)


@pytest.mark.parametrize(
    "changes", [{"title": "Voice"}, {"name": "voice.jsonl"}, {"version": 2}, {"sha256": "ef" * 32}], ids=str
)
def test_a_dataset_is_deleted_by_what_was_read_of_it(changes: dict[str, Any]) -> None:
    assert stale_buttons.dataset(replace(DATASET, **changes)) != stale_buttons.dataset(DATASET)


@pytest.mark.parametrize(
    "changes",
    [
        {"approvers": frozenset({"U2"})},
        {"approver_groups": frozenset({"S1"})},
        {"requesters": frozenset({"U2"})},
        {"requester_groups": frozenset({"S1"})},
        {"approvals": 2},
        {"automatic_below": of_dollars(1)},
        {"expires_hours": 5},
        {"chats_per_hour": 5},
        {"self_approval": True},
    ],
    ids=str,
)
def test_rules_are_saved_over_those_that_the_form_began_with(changes: dict[str, Any]) -> None:
    assert stale_buttons.rules(Policy(**changes)) != stale_buttons.rules(Policy())


def test_the_order_in_which_people_were_named_makes_no_other_rules_or_budget() -> None:
    """Sets have no order; two replicas may tell theirs differently."""
    people = [f"U{number}" for number in range(40)]
    ways = (frozenset(people), frozenset(reversed(people)))
    assert len({stale_buttons.rules(Policy(approvers=each)) for each in ways}) == 1
    assert len({stale_buttons.budget(replace(BUDGET, overriders=each)) for each in ways}) == 1


@pytest.mark.parametrize(
    "changes", [{"limit": None}, {"limit": of_dollars(6)}, {"overriders": frozenset()}], ids=str
)
def test_a_budget_is_saved_over_the_one_that_the_form_began_with(changes: dict[str, Any]) -> None:
    assert stale_buttons.budget(replace(BUDGET, **changes)) != stale_buttons.budget(BUDGET)


def test_what_a_button_carries_is_the_row_and_what_was_read_of_it() -> None:
    assert stale_buttons.read(stale_buttons.value("k3x9mp", "0123")) == ("k3x9mp", "0123")
    assert stale_buttons.read("k3x9mp") == ("k3x9mp", "")  # of a card from before


@pytest.mark.parametrize("read", ["", "old"])
def test_a_press_on_what_is_so_no_longer_says_it_and_which_card_to_draw_anew(read: str) -> None:
    with pytest.raises(StaleState, match="changed since you read it, so nothing was done") as refused:
        stale_buttons.check("k3x9mp", read, "new")
    assert isinstance(refused.value, stale_buttons.Changed)
    assert refused.value.subject_id == "k3x9mp"


@pytest.mark.parametrize("read", [None, "new"])
def test_a_press_on_what_is_still_so_is_done(read: str | None) -> None:
    stale_buttons.check("k3x9mp", read, "new")
