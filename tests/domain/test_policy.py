"""Who may approve, reject and cancel."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.dataset.lifecycle import Dataset
from bot.domain.policy import Member, Policy
from bot.domain.work import Place
from bot.errors import NotAllowed
from tests.domain.test_jobs import job

MINA = Member("UMINA", "Mina")  # asked for the job
JONAS = Member("UJONAS", "Jonas")
INES = Member("UINES", "Ines")
ADMIN = Member("UADA", "Ada", is_admin=True)
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
    ("policy", "member", "allowed"),
    [
        (NAMED, MINA, True),
        (NAMED, JONAS, True),
        (NAMED, INES, False),
        (NAMED, ADMIN, True),
        (Policy(), INES, False),
        (Policy(), ADMIN, True),
        (Policy(), replace(ADMIN, is_guest=True), False),
        (Policy(), GUEST, False),
        (Policy(), OUTSIDER, False),
    ],
)
def test_who_may_delete_a_dataset(policy: Policy, member: Member, allowed: bool) -> None:
    """Whoever shared it, approvers and admins: that anybody may approve gives nobody what others made."""
    shared = Dataset("d1", Place("-/T1", "C1"), "F1", "a.jsonl", 1, MINA.user_id, datetime.now(UTC))
    if allowed:
        policy.check_delete(member, shared)
    else:
        with pytest.raises(NotAllowed, match="<@UMINA>"):
            policy.check_delete(member, shared)


@pytest.mark.parametrize(
    ("policy", "member", "allowed"),
    [
        (NAMED, MINA, True),
        (NAMED, JONAS, True),
        (NAMED, INES, False),
        (NAMED, ADMIN, True),
        (Policy(), MINA, True),
        (Policy(), INES, False),
        (Policy(), ADMIN, True),
        (Policy(), GUEST, False),
    ],
)
def test_who_may_rename_or_delete_a_model(policy: Policy, member: Member, allowed: bool) -> None:
    """Whoever had it trained, approvers and admins: it was paid for, and others call it by its name."""
    if allowed:
        policy.check_model(member, job())
    else:
        with pytest.raises(NotAllowed, match="admin"):
            policy.check_model(member, job())


def test_an_uploader_may_delete_as_a_guest_too() -> None:
    """It is their file."""
    theirs = Dataset("d1", Place("-/T1", "C1"), "F1", "a.jsonl", 1, GUEST.user_id, datetime.now(UTC))
    Policy().check_delete(GUEST, theirs)


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
