"""Who may do what with a job, how such rules change, and whether enough people are there for them.

The server decides by these rules, never by what a button shows.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from bot.domain.audit import Detail, Did, Entry
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.jobs.job import Job
from bot.domain.money import Money, in_dollars, read_limit
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed

EXPIRES_HOURS = 72
CHATS_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Member:
    """A person as Slack tells of them; `is_outsider` covers other organisations, `is_guest` restricted accounts.

    `is_gone` once their account was deactivated. `is_admin` of the Slack workspace. `groups` are the ids of those user
    groups that were asked for and hold them. `tz` is their time zone, as in "Europe/Berlin".
    """

    user_id: str
    name: str
    is_guest: bool = False
    is_outsider: bool = False
    is_bot: bool = False
    is_gone: bool = False
    is_admin: bool = False
    groups: frozenset[str] = frozenset()
    tz: str = field(default="", compare=False)

    @property
    def is_full(self) -> bool:
        """A full member of this workspace."""
        return not (self.is_guest or self.is_outsider or self.is_bot or self.is_gone)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one channel.

    `requesters` and `approvers` are user ids, the groups beside them ids of Slack's user groups. With neither
    named, any full member may ask, and any full member but the requester approves. So many `approvals` by different
    people are needed; a request that costs less than `automatic_below` needs none. One that nobody
    decided on ends after `expires_hours`. One person is given `chats_per_hour` answers of models within an hour.
    `channels` is the allow-list, empty when the bot works everywhere.
    """

    approvers: frozenset[str] = frozenset()
    self_approval: bool = False
    channels: frozenset[str] = frozenset()
    approver_groups: frozenset[str] = frozenset()
    requesters: frozenset[str] = frozenset()
    requester_groups: frozenset[str] = frozenset()
    approvals: int = 1
    automatic_below: Money | None = None
    expires_hours: int = EXPIRES_HOURS
    chats_per_hour: int = CHATS_PER_HOUR

    def groups_for(self, user_id: str, *, asks: bool) -> frozenset[str]:
        """The user groups on which this person's right to ask rests, or to approve: none for somebody who is named."""
        named, groups = (
            (self.requesters, self.requester_groups) if asks else (self.approvers, self.approver_groups)
        )
        return frozenset() if user_id in named else groups

    def within(self, channels: frozenset[str]) -> "Policy":
        """The same rules under this allow-list, which the settings alone know."""
        return replace(self, channels=channels)

    @property
    def expires_after(self) -> timedelta:
        """How long a request waits for a decision."""
        return timedelta(hours=self.expires_hours)

    @property
    def names_approvers(self) -> bool:
        """Whether it says who approves; if not, any full member but the requester does."""
        return bool(self.approvers or self.approver_groups)

    def works_in(self, channel_id: str) -> bool:
        """Whether the bot does anything in this channel: an empty allow-list means everywhere; DMs are always open."""
        return not self.channels or channel_id in self.channels or channel_id.startswith("D")

    def check_channel(self, channel_id: str) -> None:
        """Raise NotAllowed outside the allow-list; the sentence says where it works."""
        if not self.works_in(channel_id):
            places = ", ".join(f"<#{channel}>" for channel in sorted(self.channels))
            raise NotAllowed(f"I don't work in this channel; try {places}.")

    def check_request(self, member: Member) -> None:
        """Raise NotAllowed unless this person may ask for a job."""
        if not member.is_full:
            raise NotAllowed("Only full members of this workspace can start fine-tuning, guests cannot.")
        if not (self.requesters or self.requester_groups):
            return
        if member.user_id not in self.requesters and not member.groups & self.requester_groups:
            people = _named(self.requesters, self.requester_groups)
            raise NotAllowed(f"In this channel only {people} can ask for a job.")

    def check_errand(self, member: Member) -> None:
        """Raise NotAllowed unless this person may have something made of a dataset."""
        if not member.is_full:
            raise NotAllowed(
                "Guests can read along, but only full members of this workspace can ask for this."
            )

    def check_talk(self, member: Member) -> None:
        """Raise NotAllowed unless this person may talk to a model: every answer is paid for."""
        if not member.is_full:
            raise NotAllowed(
                "Guests can read along, but only full members of this workspace can ask a model."
            )

    def check_vote(self, member: Member) -> None:
        """Raise NotAllowed unless this person's opinion of answers counts."""
        if not member.is_full:
            raise NotAllowed("Guests can read along, but only full members of this workspace can vote.")

    def check_decision(self, member: Member, job: Job) -> None:
        """Raise NotAllowed unless this person may approve or reject this job."""
        if not member.is_full:
            raise NotAllowed("Guests cannot decide on fine-tuning jobs; a full member of this workspace can.")
        if self.names_approvers and not self._approves(member):
            raise NotAllowed(f"Only approvers can decide on this job: {self.people()}.")
        if member.user_id == job.requested_by and not self.self_approval:
            others = self.approver_groups or self.approvers - {member.user_id}
            raise NotAllowed(
                "You asked for this job, so somebody else has to decide on it"
                + (f": {self.people(but=member.user_id)}." if others else ".")
            )

    def check_cancel(self, member: Member, job: Job) -> None:
        """Raise NotAllowed unless this person may withdraw or cancel this job."""
        if member.user_id != job.requested_by and not self._governs(member):
            approvers = f" Approvers here: {self.people()}." if self.names_approvers else ""
            raise NotAllowed(f"Only <@{job.requested_by}> or an approver can cancel this job.{approvers}")

    def check_model(self, member: Member, job: Job) -> None:
        """Raise NotAllowed unless this person may rename or delete the model of this job: it was paid for."""
        if member.user_id != job.requested_by and not self._keeps(member):
            raise NotAllowed(
                f"Only <@{job.requested_by}>, who had this model trained, {self._keepers()} can rename or delete it."
            )

    def check_share(self, member: Member, job: Job) -> None:
        """Raise NotAllowed unless this person may say in which other channels the model of this job is used."""
        if member.is_full and (member.user_id == job.requested_by or self._approves(member)):
            return
        by = f"<@{job.requested_by}>, who had this model trained,"
        if self.names_approvers:
            raise NotAllowed(f"Only {by} or an approver can share it. Approvers here: {self.people()}.")
        raise NotAllowed(f"Only {by} can share it.")

    def check_edit(self, member: Member, job: Job) -> None:
        """Raise NotAllowed unless this person may change this request: it is the requester's own."""
        if member.user_id == job.requested_by:
            return
        only = f"Only <@{job.requested_by}>, who asked for this job, can change the request."
        try:
            self.check_decision(member, job)
        except NotAllowed:
            raise NotAllowed(f"{only} Who can approve or reject it: {self.turn(job)}.") from None
        raise NotAllowed(f"{only} You can reject it and say what should be different.")

    def check_manage(self, member: Member, what: str) -> None:
        """Raise NotAllowed unless this person may do what concerns everybody's money: `what` is "set budgets", say.

        With no approvers named everybody may approve; but who may see and limit all of it, Slack's admins say.
        """
        if self.names_approvers and not (member.is_full and self._approves(member)):
            raise NotAllowed(f"Only approvers can {what}: {self.people()}.")
        if not self.names_approvers and not (member.is_full and member.is_admin):
            raise NotAllowed(f"Only admins of this Slack workspace can {what} while no approvers are named.")

    def check_change(self, member: Member) -> None:
        """Raise NotAllowed unless this person may change the rules themselves.

        The approvers may, and Slack's admins always: else nobody could mend rules that name nobody who is there.
        """
        if member.is_full and (member.is_admin or (self.names_approvers and self._approves(member))):
            return
        named = f"{self.people()}, or an" if self.names_approvers else "an"
        raise NotAllowed(f"Only {named} admin of this Slack workspace can change who decides here.")

    def check_delete(self, member: Member, dataset: Dataset) -> None:
        """Raise NotAllowed unless this person may delete this dataset: its uploader, approvers and admins may."""
        if member.user_id != dataset.uploaded_by and not self._keeps(member):
            raise NotAllowed(
                f"Only <@{dataset.uploaded_by}>, who shared this file, {self._keepers()} can delete it."
            )

    def turn(self, job: Job) -> str:
        """Whose yes a request waits for, as Slack mentions: those who may give one and have not."""
        not_theirs = {approval.by for approval in job.approvals}
        if not self.self_approval:
            not_theirs.add(job.requested_by)
        if self.names_approvers:
            return _named(self.approvers - not_theirs, self.approver_groups) or self.people()
        if len(job.approvals) > 0:
            return "any other full member"
        return "any full member" if self.self_approval else "any full member but the requester"

    def people(self, but: str = "") -> str:
        """The approvers as Slack mentions, for a sentence; without `but`."""
        return _named(self.approvers - {but}, self.approver_groups) or "any full member but the requester"

    def _approves(self, member: Member) -> bool:
        return member.user_id in self.approvers or bool(member.groups & self.approver_groups)

    def _keeps(self, member: Member) -> bool:
        """Whether this person may do away with what others made: an approver, or an admin; guests never."""
        return member.is_full and (self._approves(member) or member.is_admin)

    def _keepers(self) -> str:
        named = "an approver or an admin" if self.names_approvers else "or an admin"
        return f"{named} of this Slack workspace"

    def _governs(self, member: Member) -> bool:
        """An approver; with none named, anybody; guests never."""
        return member.is_full and (self._approves(member) or not self.names_approvers)


class Source(Enum):
    """Where the rules that hold in a channel come from."""

    CHANNEL = "channel"
    WORKSPACE = "workspace"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in a channel (or with no `channel_id` in the workspace), and where it comes from."""

    channel_id: str
    policy: Policy
    source: Source


def _named(people: frozenset[str], groups: frozenset[str]) -> str:
    mentions = [f"<@{each}>" for each in sorted(people)] + [f"<!subteam^{each}>" for each in sorted(groups)]
    return ", ".join(mentions)


MOST_APPROVALS = 5
MOST_HOURS = 24 * 30
MOST_CHATS = 10_000
MOST_NAMED = 50


def read_approvals(text: str) -> int:
    """How many people have to say yes. Raises BadInput."""
    return _whole(text, 1, MOST_APPROVALS, "approvals")


def read_hours(text: str) -> int:
    """After how many hours a request ends. Raises BadInput."""
    return _whole(text, 1, MOST_HOURS, "hours")


def read_chats(text: str) -> int:
    """How many answers of models one person is given within an hour. Raises BadInput."""
    return _whole(text, 0, MOST_CHATS, "chats")


def read_below(text: str) -> Money | None:
    """Below how many dollars nobody is asked; None from an empty text. Raises BadInput."""
    if not text.strip():
        return None
    try:
        return read_limit(text) or None
    except BadInput:
        raise BadInput(
            "Type an amount of US dollars, such as 5 or 2.50, or leave it empty.", "below"
        ) from None


def checked(policy: Policy) -> Policy:
    """The policy, if it names no more than can be looked up. Raises BadInput at what cannot be."""
    for people, named in (
        (policy.approvers, "approvers"),
        (policy.requesters, "requesters"),
    ):
        if len(people) > MOST_NAMED:
            raise BadInput(f"Name up to {MOST_NAMED} people, or a user group.", named)
    return policy


def changed(
    place: Place, before: Policy | None, after: Policy | None, by: str, now: datetime
) -> Transition[Policy | None]:
    """Other rules for a channel, or with no `channel_id` for the workspace; None: those above it hold again."""
    entry = Entry(
        at=now,
        workspace=place.workspace,
        channel_id=place.channel_id,
        who=by,
        what=Did.POLICY_CHANGED,
        subject=place.channel_id,
        details={**_told(after), **{f"{name}_before": value for name, value in _told(before).items()}},
    )
    return Transition(after, entries=(entry,) if after != before else ())


def _told(policy: Policy | None) -> dict[str, Detail]:
    if policy is None:
        return {"rules": "those above"}
    return {
        "approvers": " ".join(sorted(policy.approvers | policy.approver_groups)),
        "requesters": " ".join(sorted(policy.requesters | policy.requester_groups)),
        "approvals": policy.approvals,
        "self_approval": "yes" if policy.self_approval else "no",
        "automatic_below_usd": None if policy.automatic_below is None else in_dollars(policy.automatic_below),
        "expires_hours": policy.expires_hours,
        "chats_per_hour": policy.chats_per_hour,
    }


def _whole(text: str, least: int, most: int, field: str) -> int:
    typed = text.strip()
    if typed.isdecimal() and typed.isascii() and len(typed) < 6 and least <= int(typed) <= most:
        return int(typed)
    raise BadInput(f"A whole number from {least} to {most}.", field)


def approving(policy: Policy, able: frozenset[str], job: Job) -> int:
    """How many of those who are `able` to approve may approve this job."""
    return len(able if policy.self_approval else able - {job.requested_by})


def shortfall(needed: int, there: int) -> str:
    """What is said where too few are there, as in "2 approvals are needed, but only 1 person may approve"."""
    if there >= needed:
        return ""
    approvals = "1 approval is" if needed == 1 else f"{needed} approvals are"
    people = {0: "nobody", 1: "only 1 person"}.get(there, f"only {there} people")
    return f"{approvals} needed, but {people} may approve"


def unreachable(policy: Policy, able: frozenset[str], askers: frozenset[str]) -> str:
    """Why no request at all can be approved, and how that is mended; empty when some can.

    `askers` are those who may ask, empty when anybody may. Who asks does not approve, so where only approvers may
    ask there is always one fewer of them.
    """
    only_approvers_ask = bool(askers) and askers <= able and not policy.self_approval
    there = len(able) - only_approvers_ask
    short = shortfall(policy.approvals, there)
    if not short:
        return ""
    whose = " a request, for nobody approves their own" if only_approvers_ask else ""
    mend = "name more people" + (" or ask for fewer approvals" if policy.approvals > 1 else "")
    return f"{short}{whose}: {mend}."
