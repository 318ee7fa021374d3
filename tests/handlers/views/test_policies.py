"""Rules and requests as people read them: whose turn it is, what is still needed, and the form that changes rules."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.audit import POLICY
from bot.domain.budgets import Funded
from bot.domain.jobs.job import Approval, Job, JobState
from bot.domain.money import of_dollars
from bot.domain.policies import Policy, Rules, Source
from bot.ports import UserGroup
from bot.sandbox.slack.blocks import check_message
from bot.sandbox.slack.views import check
from handlers.views import policies
from handlers.views.approvals import requests
from handlers.views.jobs import cards
from tests.handlers import samples
from tests.handlers.samples import HOSTILE, NOW
from tests.handlers.views.test_views import words

FULL = Policy(
    approvers=frozenset({"U2", "U3"}),
    approver_groups=frozenset({"S1"}),
    requesters=frozenset({"U4"}),
    requester_groups=frozenset({"S2"}),
    approvals=2,
    automatic_below=of_dollars(2.5),
    expires_hours=24,
)
GROUPS = [UserGroup("S1", "ml-leads"), UserGroup("S2", "support")]


def request(policy: Policy, **changes: Any) -> Funded:
    return Funded(samples.job(**changes), (), policy)


def approved_by(*people: str) -> dict[str, Any]:
    return {"approvals": tuple(Approval(each, NOW) for each in people)}


# ---- rules


def test_the_rules_are_told_to_everybody_and_buttons_only_to_those_who_may_change_them() -> None:
    message = policies.shown(Rules("C1", FULL, Source.CHANNEL), may_change=True)
    shown = words(message)
    for line in (
        "Who decides on jobs in <#C1>",
        "Ask for a job: <@U4>, <!subteam^S2>",
        "Approve it: <@U2>, <@U3>, <!subteam^S1>, 2 of them",
        "One's own request: cannot be approved by oneself",
        "Below $2.50 a person and day nobody is asked",
        "ends after 24 hours",
        "this channel's own rules",
        "Guests and people of other organisations never ask or decide.",
    ):
        assert line in shown
    check_message(message.blocks)
    assert "Change" not in words(policies.shown(Rules("C1", FULL, Source.CHANNEL), may_change=False))
    direct = words(policies.shown(Rules("", Policy(), Source.SETTINGS), may_change=True))
    assert "Change the workspace's" in direct
    assert "Change this channel's" not in direct
    assert "come from the settings" in direct


@pytest.mark.parametrize(
    ("rules", "groups", "back"),
    [
        (Rules("C1", FULL, Source.CHANNEL), GROUPS, "The workspace's rules instead"),
        (Rules("", FULL, Source.WORKSPACE), GROUPS, "The settings' rules instead"),
        (Rules("C1", FULL, Source.WORKSPACE), GROUPS[:1], ""),
        (Rules("", Policy(), Source.SETTINGS), [], ""),
    ],
)
def test_the_form_shows_what_holds_and_slack_takes_it(
    rules: Rules, groups: list[UserGroup], back: str
) -> None:
    """A group that is not told of any more stays chosen until somebody takes it away."""
    view = policies.form(rules, groups)
    check(view, "modal")
    check(policies.after_saving(rules), "modal")
    shown = words(view)
    assert ("instead" in shown) is bool(back)
    assert back in shown
    assert ('"initial_users": ["U2", "U3"]' in shown) is (rules.policy is FULL)
    assert ('"value": "S2"' in shown) is (rules.policy is FULL)


def test_more_groups_than_a_menu_holds_still_make_a_form() -> None:
    many = [UserGroup(f"S{n:03}", "g" * 200) for n in range(300)]
    check(policies.form(Rules("C1", FULL, Source.CHANNEL), many), "modal")


# ---- requests


@pytest.mark.parametrize(
    ("policy", "changes", "turn"),
    [
        (Policy(), {}, "any full member but the requester"),
        (Policy(self_approval=True), {}, "any full member"),
        (Policy(approvals=2), approved_by("U2"), "any other full member"),
        (FULL, {}, "<@U2>, <@U3>, <!subteam^S1>"),
        (FULL, approved_by("U2"), "<@U3>, <!subteam^S1>"),
        (Policy(approvers=frozenset({"U1", "U2"})), {}, "<@U2>"),
        (Policy(approvers=frozenset({"U1", "U2"}), self_approval=True), {}, "<@U1>, <@U2>"),
    ],
)
def test_the_card_says_whose_turn_it_is(policy: Policy, changes: dict[str, Any], turn: str) -> None:
    card = requests.card(request(policy, **changes))
    assert f"Who can approve: {turn}." in words(card)
    check_message(card.blocks)


def test_the_card_counts_approvals_and_says_that_it_was_changed() -> None:
    assert "approvals" not in words(requests.card(request(Policy())))
    assert "*0 of 2 approvals*" in words(requests.card(request(FULL)))
    shown = words(requests.card(request(FULL, edited_at=NOW, expires_at=NOW, **approved_by("U3"))))
    assert "*1 of 2 approvals*: <@U3>" in shown
    assert "Changed by <@U1>" in shown
    assert ", until <!date^" in shown
    assert "pretty" not in shown.partition(", until")[2], 'read later it would say "until yesterday"'


def test_a_decided_card_names_everybody_who_approved_or_the_policy() -> None:
    job = samples.job(JobState.APPROVED, decided_by="U3", **approved_by("U2", "U3"))
    assert "approved by <@U2>, <@U3>" in words(cards.card(job, NOW))
    alone = samples.job(JobState.APPROVED, decided_by=POLICY)
    assert "approved by itself: ≈ $6.87 is below" in words(cards.card(alone, NOW))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("reminder", "still waits for a decision by <@U2>, <@U3>, <!subteam^S1>."),
        ("edited", "Your approval was for what it was before. cc <@U2>"),
        ("expired", "in time, <@U1>"),  # asked for by an earlier version, and not posted before the update
        ("repriced", "it no longer counts. cc <@U2>"),
    ],
)
def test_each_note_says_whom_it_is_for(what: str, said: str) -> None:
    message = requests.note(request(FULL, suffix=HOSTILE), {"what": what, "people": ["U2"]})
    assert said in words(message)
    assert "<!channel>" not in words(message)
    check_message(message.blocks)


def test_a_reminder_that_comes_after_the_decision_pings_nobody() -> None:
    late: Job | Funded
    for late in (samples.job(JobState.REJECTED), replace(request(FULL), job=samples.job(JobState.APPROVED))):
        shown = words(requests.note(late, {"what": "reminder"}))
        assert "decided on meanwhile" in shown
        assert "<@" not in shown
