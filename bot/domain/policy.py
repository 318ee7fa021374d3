"""Who may do what with a job; the server decides by these rules, never by what a button shows."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from bot.domain.dataset.lifecycle import Dataset
from bot.domain.jobs import Job
from bot.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Member:
    """A person as Slack tells of them; `is_outsider` covers other organisations, `is_guest` restricted accounts."""

    user_id: str
    name: str
    is_guest: bool = False
    is_outsider: bool = False
    is_bot: bool = False

    @property
    def is_full(self) -> bool:
        """A full member of this workspace."""
        return not (self.is_guest or self.is_outsider or self.is_bot)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who approves: the named people, or with none named any full member but the requester."""

    approvers: AbstractSet[str] = field(default_factory=frozenset)
    self_approval: bool = False
    channels: AbstractSet[str] = field(default_factory=frozenset)

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
        if self.approvers and member.user_id not in self.approvers:
            raise NotAllowed(f"Only approvers can decide on this job: {self.people()}.")
        if member.user_id == job.requested_by and not self.self_approval:
            raise NotAllowed(
                "You asked for this job, so somebody else has to decide on it"
                + (f": {self.people(but=member.user_id)}." if self.approvers - {member.user_id} else ".")
            )

    def check_cancel(self, member: Member, job: Job) -> None:
        """Raise NotAllowed unless this person may withdraw or cancel this job."""
        if member.user_id == job.requested_by or member.user_id in self.approvers:
            return
        if not self.approvers and member.is_full:
            return
        raise NotAllowed(f"Only <@{job.requested_by}> or an approver can cancel this job.")

    def check_manage(self, member: Member, what: str) -> None:
        """Raise NotAllowed unless this person may do what concerns everybody's money: `what` is "set budgets", say."""
        if member.user_id in self.approvers or (not self.approvers and member.is_full):
            return
        raise NotAllowed(f"Only approvers can {what}: {self.people()}.")

    def check_delete(self, member: Member, dataset: Dataset) -> None:
        """Raise NotAllowed unless this person may delete this dataset: its uploader and approvers may."""
        if member.user_id == dataset.uploaded_by or member.user_id in self.approvers:
            return
        if not self.approvers and member.is_full:
            return
        raise NotAllowed(
            f"Only <@{dataset.uploaded_by}>, who shared this file, or an approver can delete it."
        )

    def people(self, but: str = "") -> str:
        """The approvers as Slack mentions, for a sentence; without `but`."""
        named = sorted(self.approvers - {but})
        return ", ".join(f"<@{user_id}>" for user_id in named) or "any full member but the requester"
