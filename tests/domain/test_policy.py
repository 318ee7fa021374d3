"""Who may approve, reject and cancel."""

import pytest

from bot.domain.policy import Member, Policy
from bot.errors import NotAllowed
from tests.domain.test_jobs import job

MINA = Member("UMINA", "Mina")  # asked for the job
JONAS = Member("UJONAS", "Jonas")
INES = Member("UINES", "Ines")
GUEST = Member("UGUEST", "Gil", is_guest=True)
OUTSIDER = Member("UOUT", "Olga", is_outsider=True)
ROBOT = Member("UBOT", "Robot", is_bot=True)
NAMED = Policy(approvers=frozenset({"UJONAS", "UMINA", "UGUEST", "UOUT"}))


@pytest.mark.parametrize(
    ("policy", "member", "allowed"),
    [
        (Policy(), JONAS, True),
        (Policy(), INES, True),
        (Policy(), MINA, False),
        (Policy(self_approval=True), MINA, True),
        (Policy(), GUEST, False),
        (Policy(), OUTSIDER, False),
        (Policy(), ROBOT, False),
        (NAMED, JONAS, True),
        (NAMED, INES, False),
        (NAMED, MINA, False),
        (NAMED, GUEST, False),
        (NAMED, OUTSIDER, False),
        (Policy(approvers=frozenset({"UMINA"}), self_approval=True), MINA, True),
    ],
)
def test_who_may_decide(policy: Policy, member: Member, allowed: bool) -> None:
    """Named approvers, or any full member; never the requester unless configured, never a guest."""
    if allowed:
        policy.check_decision(member, job())
    else:
        with pytest.raises(NotAllowed):
            policy.check_decision(member, job())


def test_a_refusal_says_who_may() -> None:
    """The sentence names the approvers, so that the person knows whom to ask."""
    with pytest.raises(NotAllowed, match="<@UJONAS>"):
        Policy(approvers=frozenset({"UJONAS"})).check_decision(INES, job())


@pytest.mark.parametrize(
    ("policy", "member", "allowed"),
    [
        (NAMED, MINA, True),
        (NAMED, JONAS, True),
        (NAMED, INES, False),
        (Policy(), INES, True),
        (Policy(), GUEST, False),
    ],
)
def test_who_may_cancel(policy: Policy, member: Member, allowed: bool) -> None:
    """The requester and approvers; with no approver named any full member."""
    if allowed:
        policy.check_cancel(member, job())
    else:
        with pytest.raises(NotAllowed):
            policy.check_cancel(member, job())


@pytest.mark.parametrize(
    ("member", "allowed"), [(MINA, True), (INES, True), (GUEST, False), (OUTSIDER, False)]
)
def test_who_may_talk_to_a_model(member: Member, allowed: bool) -> None:
    """Every answer is paid for, so guests read along."""
    if allowed:
        Policy().check_talk(member)
    else:
        with pytest.raises(NotAllowed, match="read along"):
            Policy().check_talk(member)


def test_the_allow_list_of_channels_is_told_and_leaves_direct_messages_open() -> None:
    """Outside the list the sentence says where to go."""
    policy = Policy(channels=frozenset({"C1"}))
    policy.check_channel("C1")
    policy.check_channel("D1")
    with pytest.raises(NotAllowed, match="<#C1>"):
        policy.check_channel("C2")
