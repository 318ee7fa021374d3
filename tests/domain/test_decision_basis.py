"""On which rules a decision rests, and how long what Slack said of people is good for one."""

from datetime import timedelta

import pytest

from bot.domain.decision_basis import FRESH, Basis, Outdated, Prepared
from bot.domain.policies import Member, Policy
from tests.handlers.samples import NOW

HERE, EVERYWHERE = Policy(approvals=2), Policy(approvals=3)
SETTINGS = Policy(channels=frozenset({"C1"}))
JONAS = Member("U2", "Jonas", groups=frozenset({"S1"}))
PREPARED = Prepared(SETTINGS, NOW, {"U2": JONAS})


@pytest.mark.parametrize(
    ("basis", "approvals"),
    [
        (Basis(), 1),
        (Basis(workspace=EVERYWHERE), 3),
        (Basis(channel=HERE), 2),
        (Basis(channel=HERE, workspace=EVERYWHERE), 2),
    ],
)
def test_a_channels_own_rules_hold_else_the_workspaces_else_the_settings(
    basis: Basis, approvals: int
) -> None:
    assert basis.policy(SETTINGS).approvals == approvals


@pytest.mark.parametrize("basis", [Basis(), Basis(channel=HERE), Basis(workspace=EVERYWHERE)])
def test_where_the_bot_works_is_what_the_settings_say_whoever_made_the_rules(basis: Basis) -> None:
    assert basis.policy(SETTINGS).channels == {"C1"}


@pytest.mark.parametrize("age", [timedelta(0), FRESH])
def test_what_slack_said_just_now_is_good_for_a_decision(age: timedelta) -> None:
    assert PREPARED.still(Basis(), SETTINGS, NOW + age) == SETTINGS


def test_what_slack_said_a_while_ago_is_asked_anew() -> None:
    with pytest.raises(Outdated, match="rules changed at this very moment") as told:
        PREPARED.still(Basis(), SETTINGS, NOW + FRESH + timedelta(milliseconds=1))
    assert told.value.people == frozenset()


def test_rules_that_changed_meanwhile_are_asked_anew_however_fresh() -> None:
    with pytest.raises(Outdated):
        PREPARED.still(Basis(channel=HERE), SETTINGS, NOW)


def test_a_person_is_who_slack_said_they_are() -> None:
    assert PREPARED.member("U2") == JONAS


def test_whom_nobody_asked_slack_about_is_asked_about_next() -> None:
    with pytest.raises(Outdated) as told:
        PREPARED.member("U3")
    assert told.value.people == {"U3"}
