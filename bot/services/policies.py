"""Whose rules hold where: a channel's own, else its workspace's, else the settings'; shown and changed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain import policies, stale_buttons
from bot.domain.access import Viewer
from bot.domain.decision_basis import Basis, Outdated, Prepared
from bot.domain.jobs.job import Job
from bot.domain.places import Place
from bot.domain.policies import CHATS_PER_HOUR, Member, Policy, Rules, Source
from bot.domain.stale_buttons import Changed
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, NotFound, SlackRefused, SlackUnavailable
from bot.ports import Clock, Logger, People, Storage, UserGroup
from bot.services.access import check_here

TRIES = 3  # of one decision, while its rules move
Saved = TypeVar("Saved")


@dataclass(frozen=True, slots=True)
class WantedRules:
    """Rules as somebody filled them into the form: figures are text, the rest are ids."""

    approvers: frozenset[str] = frozenset()
    approver_groups: frozenset[str] = frozenset()
    requesters: frozenset[str] = frozenset()
    requester_groups: frozenset[str] = frozenset()
    approvals: str = "1"
    below: str = ""
    hours: str = ""
    chats: str = f"{CHATS_PER_HOUR}"
    self_approval: bool = False


@dataclass(frozen=True)
class PolicyService:
    """`settings` holds where nobody made other rules."""

    storage: Storage
    people: People
    settings: Policy
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def of(self, place: Place) -> Policy:
        """The rules that hold in this channel."""
        return (await self.rules(place)).policy

    async def of_person(self, place: Place, member: Member, *, asks: bool = False) -> tuple[Policy, Member]:
        """The rules that hold in this channel, and the person with those user groups that they are in.

        Only groups that matter are asked for: those that approve, or with `asks` those that may ask for a job. It
        is for what people are shown: what is saved goes through `decide`.

        Raises:
            SlackUnavailable, SlackRefused: a user group has to be asked for and Slack does not tell: then nobody gets
                a right from it.
        """
        policy = await self.of(place)
        return policy, await self._among(policy, member, asks=asks, anew=False)

    async def decide(
        self,
        place: Place,
        people: Collection[str],
        save: Callable[[Prepared], Awaitable[Saved]],
        *,
        asks: bool = False,
    ) -> Saved:
        """Save a decision that rests on the rules of this channel, and on what Slack says of these people now.

        `save` raises Outdated, from within its transaction, where the rules or the people are others than what it
        was given; then all of it is prepared anew, so that what is kept rests on what held when it was kept.
        `asks`: the right to ask for a job matters, not the right to approve.

        Raises:
            Outdated: the rules moved again and again.
            Changed: it is not what the person had read; its cards are drawn anew.
            SlackUnavailable, SlackRefused: Slack does not tell: then nobody decides.
        """
        known = frozenset(people)
        try:
            for _ in range(TRIES - 1):
                try:
                    return await save(await self._prepared(place, known, asks=asks))
                except Outdated as outdated:
                    known |= outdated.people
            return await save(await self._prepared(place, known, asks=asks))
        except Changed as changed:
            if changed.subject_id:
                await self.storage.outbox.redraw(changed.subject_id)
                self.wake()
            raise

    async def _prepared(self, place: Place, people: Collection[str], *, asks: bool) -> Prepared:
        """The rules, and these people as Slack tells of them at this moment."""
        now = self.clock.now()
        policy = await self.of(place)
        found = {}
        for user_id in sorted(people):
            try:
                member = await self.people.member(user_id, anew=True)
            except NotFound:  # whom Slack does not know may do nothing
                member = Member(user_id, user_id, is_gone=True)
            found[user_id] = await self._among(policy, member, asks=asks, anew=True)
        return Prepared(policy, now, found)

    def still(self, prepared: Prepared, basis: Basis) -> Policy:
        """The rules with which a decision was prepared, if they hold as it is saved. Raises Outdated."""
        return prepared.still(basis, self.settings, self.clock.now())

    async def _among(self, policy: Policy, member: Member, *, asks: bool, anew: bool) -> Member:
        asked = policy.groups_for(member.user_id, asks=asks)
        within = [
            each for each in sorted(asked) if member.user_id in await self.people.group(each, anew=anew)
        ]
        return replace(member, groups=frozenset(within))

    async def rules(self, place: Place) -> Rules:
        """The rules that hold in this channel, or with no `channel_id` in the workspace."""
        channel, workspace = await self.storage.policies.of(place)
        source = Source.CHANNEL if channel else Source.WORKSPACE if workspace else Source.SETTINGS
        policy = Basis(channel, workspace).policy(self.settings)
        return Rules(place.channel_id, policy, source)

    async def shortfall(self, job: Job, policy: Policy) -> str:
        """That too few people may approve this job, in words; empty when there are enough, or Slack does not tell."""
        if not policy.names_approvers:
            return ""
        try:
            able = await self._able(policy, policy.approvals + 1)
        except (SlackUnavailable, SlackRefused) as fault:
            self.log.warning("approvers not counted", job=job.id, error=type(fault).__name__)
            return ""
        return policies.shortfall(policy.approvals, policies.approving(policy, able, job))

    async def check_manage(self, member: Member, workspace: str, what: str) -> None:
        """Raise NotAllowed unless this person is among the workspace's approvers: `what` is "set budgets", say."""
        policy, known = await self.of_person(Place(workspace, ""), member)
        policy.check_manage(known, what)

    async def shown(self, viewer: Viewer) -> Rules:
        """The rules that hold where somebody looks; in a direct message the workspace's."""
        return await self.rules(_scope(viewer))

    async def may_change(self, viewer: Viewer) -> bool:
        """Whether this person may change rules here; the server checks again when it is done."""
        try:
            await self._check(viewer.member, viewer.place)
        except (NotAllowed, SlackRefused):
            return False
        return True

    async def to_change(self, viewer: Viewer, channel_id: str) -> Rules:
        """The rules of a channel, or with no id of the workspace, for whoever may change them. Raises NotAllowed."""
        place = _of_channel(viewer, channel_id)
        await self._check(viewer.member, place)
        return await self.rules(place)

    async def groups(self) -> list[UserGroup]:
        """The user groups that can be named; none where Slack has none for this workspace."""
        try:
            return await self.people.groups()
        except SlackRefused as refused:  # not part of every Slack plan
            self.log.warning("no user groups", code=refused.code)
            return []

    async def change(
        self, viewer: Viewer, channel_id: str, wanted: WantedRules, read: str | None = None
    ) -> Rules:
        """Make rules for a channel, or with no id for the workspace, in place of those that were `read`.

        Raises:
            StaleState: somebody else changed them meanwhile.
            NotAllowed: this person may not.
            BadInput: a value is off; `field` is one of WantedRules'.
        """
        member, place = viewer.member, _of_channel(viewer, channel_id)
        policy = Policy(
            approvers=wanted.approvers,
            approver_groups=wanted.approver_groups,
            requesters=wanted.requesters,
            requester_groups=wanted.requester_groups,
            approvals=policies.read_approvals(wanted.approvals),
            automatic_below=policies.read_below(wanted.below),
            expires_hours=policies.read_hours(wanted.hours),
            chats_per_hour=policies.read_chats(wanted.chats),
            self_approval=wanted.self_approval,
        )
        await self._check(member, place)
        before = await self.of(place)
        await self._check_full(policy.approvers - before.approvers, "approvers")
        await self._check_full(policy.requesters - before.requesters, "requesters")
        policy = policies.checked(policy)
        await self._check_quorum(policy)
        return await self._save(member, place, policy, read)

    async def take_back(self, viewer: Viewer, channel_id: str, read: str | None = None) -> Rules:
        """Let the rules above hold again: the workspace's in a channel, the settings' in the workspace."""
        return await self._save(viewer.member, _of_channel(viewer, channel_id), None, read)

    async def _save(self, member: Member, place: Place, policy: Policy | None, read: str | None) -> Rules:
        """A channel's own rules give nobody a right over them: those of the workspace decide who changes them."""
        if place.channel_id.startswith("D"):
            raise BadInput("A direct message has no rules of its own; change the workspace's.")
        by = member.user_id

        async def save(prepared: Prepared) -> Policy | None:
            def step(before: Policy | None, basis: Basis) -> Transition[Policy | None]:
                self.still(prepared, replace(basis, channel=None)).check_change(prepared.member(by))
                stale_buttons.check("", read, stale_buttons.rules(basis.policy(self.settings)))
                return policies.changed(place, before, policy, by, self.clock.now())

            return await self.storage.policies.change(place, step)

        await self.decide(Place(place.workspace, ""), {by}, save)
        self.log.info("policy changed", by=by, channel=place.channel_id)
        self.wake()
        return await self.rules(place)

    async def _check_full(self, user_ids: Collection[str], field: str) -> None:
        for each in await asyncio.gather(*(self.people.member(user_id, anew=True) for user_id in user_ids)):
            if not each.is_full:
                raise BadInput(
                    f"{each.name} is no full member of this workspace; guests, bots and people who left never ask"
                    " or decide.",
                    field,
                )

    async def _check_quorum(self, policy: Policy) -> None:
        if not policy.names_approvers:
            return
        able = await self._able(policy, policy.approvals + 1)  # one of them may be the one who asks
        askers = await self._named(policy.requesters, policy.requester_groups)
        if wrong := policies.unreachable(policy, able, askers):
            raise BadInput(wrong, "approvals")

    async def _able(self, policy: Policy, enough: int) -> frozenset[str]:
        """Those who may approve: all of them, or `enough`; people leave, become guests, and groups shrink."""
        able: set[str] = set()
        for user_id in sorted(await self._named(policy.approvers, policy.approver_groups)):
            if len(able) == enough:
                break
            with contextlib.suppress(NotFound):
                if (await self.people.member(user_id)).is_full:
                    able.add(user_id)
        return frozenset(able)

    async def _named(self, people: frozenset[str], groups: frozenset[str]) -> frozenset[str]:
        return people.union(*[await self.people.group(each) for each in sorted(groups)])

    async def _check(self, member: Member, place: Place) -> None:
        """A channel's own rules give nobody a right over them: those of the workspace decide who changes them."""
        policy, known = await self.of_person(Place(place.workspace, ""), member)
        policy.check_change(known)


def _scope(viewer: Viewer) -> Place:
    """Whose rules hold where somebody looks: the channel's, or in a direct message the workspace's. Raises BadInput."""
    channel_id = viewer.place.channel_id
    return _of_channel(viewer, "" if channel_id.startswith("D") else channel_id)


def _of_channel(viewer: Viewer, channel_id: str) -> Place:
    """A channel of which somebody speaks, or with no id the workspace. Raises BadInput when it is none of theirs."""
    if channel_id:
        check_here(viewer, channel_id)
    return Place(viewer.workspace, channel_id)
