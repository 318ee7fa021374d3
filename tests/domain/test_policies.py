"""Who may approve, reject and cancel."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.datasets.lifecycle import Dataset
from bot.domain.jobs.job import Approval
from bot.domain.places import Place
from bot.domain.policies import Member, Policy
from bot.errors import NotAllowed
from tests.domain.jobs.test_transitions import job

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
    ("policy", "member", "refusal"),
    [
        (NAMED, MINA, ""),
        (NAMED, JONAS, ""),
        (NAMED, INES, "an approver or an admin of this Slack workspace can rename or delete it."),
        (NAMED, ADMIN, ""),
        (Policy(), MINA, ""),
        (Policy(), INES, "trained, or an admin of this Slack workspace can rename or delete it."),
        (Policy(), ADMIN, ""),
        (Policy(), GUEST, "or an admin"),
    ],
)
def test_who_may_rename_or_delete_a_model(policy: Policy, member: Member, refusal: str) -> None:
    """Whoever had it trained, approvers and admins: it was paid for, and others call it by its name."""
    _check(refusal, lambda: policy.check_model(member, job()))


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


GONE = Member("UJONAS", "Jonas", is_gone=True)
LEAD = Member("ULEA", "Lea", groups=frozenset({"S1"}))
GROUP = Policy(approver_groups=frozenset({"S1"}))
ASKERS = Policy(requesters=frozenset({"UINES"}), requester_groups=frozenset({"S1"}))


@pytest.mark.parametrize(
    ("policy", "member", "refusal"),
    [
        (NAMED, MINA, ""),
        (NAMED, JONAS, ""),
        (GROUP, LEAD, ""),
        (NAMED, INES, "Only <@UMINA>, who had this model trained, or an approver can share it."),
        (NAMED, ADMIN, "Only <@UMINA>, who had this model trained, or an approver can share it."),
        (NAMED, GONE, "or an approver can share it"),
        (Policy(), MINA, ""),
        (Policy(), INES, "Only <@UMINA>, who had this model trained, can share it."),
        (Policy(), replace(MINA, is_guest=True), "can share it"),
    ],
)
def test_who_may_share_a_model_and_who_is_told_who_may(policy: Policy, member: Member, refusal: str) -> None:
    """Whoever had it trained, while they are full members, and approvers; admins own no models."""
    _check(refusal, lambda: policy.check_share(member, job()))


@pytest.mark.parametrize(
    ("policy", "member", "refusal"),
    [
        (NAMED, JONAS, ""),
        (GROUP, LEAD, ""),
        (NAMED, INES, "Only approvers can set budgets: <@UGUEST>, <@UJONAS>, <@UMINA>, <@UOUT>."),
        (NAMED, ADMIN, "Only approvers can set budgets"),
        (NAMED, GUEST, "Only approvers can set budgets"),
        (NAMED, GONE, "Only approvers can set budgets"),
        (GROUP, INES, "Only approvers can set budgets: <!subteam^S1>."),
        (Policy(), ADMIN, ""),
        (Policy(), INES, "Only admins of this Slack workspace can set budgets while no approvers are named."),
        (Policy(), replace(ADMIN, is_guest=True), "Only admins"),
    ],
)
def test_who_may_look_after_everybodys_money(policy: Policy, member: Member, refusal: str) -> None:
    """The approvers; with none named an admin, not just anybody who may approve."""
    _check(refusal, lambda: policy.check_manage(member, "set budgets"))


@pytest.mark.parametrize(
    ("policy", "member", "refusal"),
    [
        (NAMED, JONAS, ""),
        (NAMED, ADMIN, ""),
        (GROUP, LEAD, ""),
        (Policy(), ADMIN, ""),
        (GROUP, INES, "Only <!subteam^S1>, or an admin of this Slack workspace can change who decides here."),
        (NAMED, GUEST, "or an admin"),
        (NAMED, GONE, "or an admin"),
        (NAMED, replace(ADMIN, is_gone=True), "or an admin"),
        (Policy(), INES, "Only an admin of this Slack workspace can change who decides here."),
    ],
)
def test_who_may_change_the_rules(policy: Policy, member: Member, refusal: str) -> None:
    """Approvers, and admins always: that anybody may approve lets nobody change who does."""
    _check(refusal, lambda: policy.check_change(member))


@pytest.mark.parametrize(
    ("policy", "member", "refusal"),
    [
        (Policy(), INES, ""),
        (Policy(), GUEST, "guests cannot"),
        (Policy(), GONE, "guests cannot"),
        (ASKERS, INES, ""),
        (ASKERS, LEAD, ""),
        (ASKERS, replace(INES, is_guest=True), "guests cannot"),
        (ASKERS, JONAS, "In this channel only <@UINES>, <!subteam^S1> can ask for a job."),
        (Policy(requesters=frozenset({"UINES"})), LEAD, "only <@UINES> can ask"),
        (Policy(requester_groups=frozenset({"S1"})), INES, "only <!subteam^S1> can ask"),
    ],
)
def test_who_may_ask_for_a_job(policy: Policy, member: Member, refusal: str) -> None:
    """Any full member, or those who are named, themselves or by their group."""
    _check(refusal, lambda: policy.check_request(member))


@pytest.mark.parametrize("member", [GUEST, OUTSIDER, ROBOT, GONE])
def test_whoever_is_no_full_member_asks_for_no_tool_and_votes_on_nothing(member: Member) -> None:
    """They can read along."""
    _check("read along", lambda: NAMED.check_errand(member))
    _check("read along", lambda: NAMED.check_vote(member))
    _check("", lambda: NAMED.check_errand(INES))
    _check("", lambda: NAMED.check_vote(INES))


def test_a_request_is_changed_by_whoever_asked_and_by_no_approver() -> None:
    """Others reject it, and say why."""
    _check("", lambda: NAMED.check_edit(MINA, job()))
    only = "Only <@UMINA>, who asked for this job, can change the request."
    _check(f"{only} You can reject it", lambda: NAMED.check_edit(JONAS, job()))
    _check(f"{only} Who can approve or reject it: <@", lambda: NAMED.check_edit(INES, job()))
    _check(f"{only} Who can approve or reject it", lambda: Policy().check_edit(GUEST, job()))


@pytest.mark.parametrize(
    ("policy", "approved_by", "whose"),
    [
        (Policy(), "", "any full member but the requester"),
        (Policy(self_approval=True), "", "any full member"),
        (Policy(approvals=2), "UJONAS", "any other full member"),
        (Policy(approvers=frozenset({"UMINA", "UJONAS", "UINES"})), "", "<@UINES>, <@UJONAS>"),
        (Policy(approvers=frozenset({"UMINA", "UJONAS", "UINES"})), "UJONAS", "<@UINES>"),
        (Policy(frozenset({"UMINA", "UINES"}), self_approval=True), "", "<@UINES>, <@UMINA>"),
        (Policy(frozenset({"UJONAS"}), approver_groups=frozenset({"S1"})), "UJONAS", "<!subteam^S1>"),
    ],
)
def test_a_request_says_whose_yes_it_waits_for(policy: Policy, approved_by: str, whose: str) -> None:
    """Those who may give one and have not."""
    approvals = (Approval(approved_by, datetime.now(UTC)),) if approved_by else ()
    assert policy.turn(replace(job(), approvals=approvals)) == whose


def test_who_asked_and_may_not_approve_is_told_who_else_may() -> None:
    """And who is alone is told no names."""
    told = "somebody else has to decide on it"
    _check(f"{told}: <@UJONAS>.", lambda: Policy(frozenset({"UMINA", "UJONAS"})).check_decision(MINA, job()))
    _check(f"{told}.", lambda: Policy(frozenset({"UMINA"})).check_decision(MINA, job()))


def _check(refusal: str, rule: Callable[[], None]) -> None:
    """It passes, or it is refused in words that hold these."""
    if not refusal:
        rule()
        return
    with pytest.raises(NotAllowed, match=re.escape(refusal)):
        rule()
