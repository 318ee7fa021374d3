"""Whose rules somebody sees and may change, where they look; and how few people Slack is asked about for it."""

from dataclasses import replace

import pytest
from typing_extensions import override

from bot.domain.audit import Did
from bot.domain.places import Place
from bot.domain.policies import Member, Policy, Source
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, NotFound, SlackRefused
from bot.ports import UserGroup
from bot.services.access import NOT_HERE
from bot.services.policies import PolicyService, WantedRules
from storage.database import Database
from tests.handlers import samples
from tests.services.rules import Groups, rules
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL
from tests.viewers import WHOLE, looking

WORKSPACE, DIRECT = Place("-/T1", ""), Place("-/T1", "D1")
MINA, JONAS, INES = Member("U1", "Mina"), Member("U2", "Jonas"), Member("U3", "Ines")
ADMIN = Member("U8", "Ada", is_admin=True)
SETTINGS = Policy(approvers=frozenset({"U2"}))
OWN, COMMON = WantedRules(hours="7"), WantedRules(approvers=frozenset({"U2"}), hours="5")


class Team(Groups):
    """Slack as it knows these people; `asked`: whom it was asked about; `refuses`: it tells of no group.

    `remembered` and `remembered_groups` are what the bot was told a while ago.
    """

    def __init__(self, **groups: set[str]) -> None:
        super().__init__(**groups)
        self.meet(MINA, JONAS, INES, ADMIN)
        self.asked: list[str] = []
        self.refuses = False
        self.unknown: set[str] = set()
        self.remembered: dict[str, Member] = {}
        self.remembered_groups: dict[str, frozenset[str]] = {}

    @override
    async def member(self, user_id: str, *, anew: bool = False) -> Member:
        self.asked.append(user_id)
        if not anew and user_id in self.remembered:
            return self.remembered[user_id]
        if user_id in self.unknown:
            raise NotFound("Slack knows nobody of this id.")
        return await super().member(user_id, anew=anew)

    @override
    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        self._check()
        if not anew and group_id in self.remembered_groups:
            return self.remembered_groups[group_id]
        return await super().group(group_id, anew=anew)

    @override
    async def groups(self) -> list[UserGroup]:
        self._check()
        return await super().groups()

    def _check(self) -> None:
        if self.refuses:
            raise SlackRefused("Slack has no user groups here.", "not_allowed_token_type")


@pytest.fixture
def team() -> Team:
    return Team(S1={"U3"}, S2={f"UX{number}" for number in range(40)})


@pytest.fixture
def service(database: Database, clock: SetClock, team: Team) -> PolicyService:
    return rules(database, clock, SETTINGS, team)


@pytest.mark.parametrize(("member", "may"), [(JONAS, True), (ADMIN, True), (MINA, False)])
async def test_a_button_that_changes_the_rules_is_there_for_whoever_may(
    service: PolicyService, member: Member, may: bool
) -> None:
    assert await service.may_change(looking(member)) is may


async def test_nobody_gets_that_button_from_a_group_that_slack_does_not_tell_of(
    database: Database, clock: SetClock, team: Team
) -> None:
    service = rules(database, clock, Policy(approver_groups=frozenset({"S1"})), team)
    assert await service.may_change(looking(INES))
    assert not await service.may_change(looking(JONAS))
    team.refuses = True
    assert not await service.may_change(looking(INES))


async def test_those_whom_the_workspaces_rules_name_may_change_rules_instead_of_those_of_the_settings(
    service: PolicyService,
) -> None:
    await service.change(looking(ADMIN), "", replace(COMMON, approvers=frozenset({"U3"})))
    for channel_id in ("C1", ""):
        assert (await service.to_change(looking(INES), channel_id)).policy.approvers == {"U3"}
        with pytest.raises(NotAllowed):
            await service.to_change(looking(JONAS), channel_id)
    assert await service.may_change(looking(INES))
    assert not await service.may_change(looking(JONAS))


async def test_a_right_that_somebody_lost_a_moment_ago_is_none_whatever_the_bot_remembers(
    database: Database, clock: SetClock, team: Team
) -> None:
    """Of the person and of the group alike: for what is saved Slack is asked anew."""
    service = rules(database, clock, Policy(approver_groups=frozenset({"S1"})), team)
    team.remembered["U3"] = INES
    team.meet(replace(INES, is_guest=True))
    with pytest.raises(NotAllowed):
        await service.take_back(looking(INES), "C1")
    team.meet(INES)
    team.remembered_groups["S1"], team.known["S1"] = team.known["S1"], frozenset()
    with pytest.raises(NotAllowed):
        await service.take_back(looking(INES), "C1")
    team.known["S1"] = frozenset({"U3"})
    assert (await service.take_back(looking(INES), "C1")).source is Source.SETTINGS


async def test_whom_slack_does_not_know_any_more_changes_nothing(service: PolicyService, team: Team) -> None:
    team.remembered["U2"] = JONAS
    team.unknown.add("U2")
    with pytest.raises(NotAllowed):
        await service.take_back(looking(JONAS), "C1")


@pytest.mark.parametrize("field", ["approvers", "requesters"])
async def test_who_became_a_guest_a_moment_ago_is_named_in_no_rules(
    service: PolicyService, team: Team, field: str
) -> None:
    """The bot may remember a full member for minutes: for what is saved Slack is asked anew."""
    team.remembered["U3"] = INES
    team.meet(replace(INES, is_guest=True))
    wanted = replace(OWN, **{field: frozenset({"U2", "U3"})})  # type: ignore[arg-type]  # one of two fields
    with pytest.raises(BadInput, match="Ines is no full member") as refused:
        await service.change(looking(JONAS), "C1", wanted)
    assert refused.value.field == field


async def test_the_form_begins_with_the_rules_that_hold_there(service: PolicyService) -> None:
    await service.change(looking(JONAS), "", COMMON)
    await service.change(looking(JONAS), "C1", OWN)
    here, everywhere = [await service.to_change(looking(JONAS), each) for each in ("C1", "")]
    assert (here.channel_id, here.source, here.policy.expires_hours) == ("C1", Source.CHANNEL, 7)
    assert (everywhere.channel_id, everywhere.source) == ("", Source.WORKSPACE)
    assert everywhere.policy.expires_hours == 5


async def test_the_form_does_not_open_for_who_may_not_change_the_rules(service: PolicyService) -> None:
    for channel_id in ("C1", ""):
        with pytest.raises(NotAllowed, match="<@U2>, or an admin"):
            await service.to_change(looking(MINA), channel_id)


async def test_rules_of_a_channel_that_somebody_does_not_see_are_neither_told_nor_changed(
    service: PolicyService,
) -> None:
    """They read the same as where the bot is not."""
    there = replace(looking(JONAS), place=replace(CHANNEL, channel_id="C7"))
    for asked in (
        service.to_change(looking(JONAS), "C7"),
        service.change(looking(JONAS), "C7", COMMON),
        service.take_back(looking(JONAS), "C7"),
        service.shown(there),
    ):
        with pytest.raises(BadInput) as refused:
            await asked
        assert str(refused.value) == NOT_HERE
    assert (await service.rules(replace(CHANNEL, channel_id="C7"))).source is Source.SETTINGS


async def test_in_a_direct_message_the_workspaces_rules_are_shown(service: PolicyService) -> None:
    await service.change(looking(JONAS), "", COMMON)
    await service.change(looking(JONAS), "C1", OWN)
    there = await service.shown(looking(JONAS, place=DIRECT))
    assert (there.channel_id, there.policy.expires_hours) == ("", 5)
    here = await service.shown(looking(JONAS))
    assert (here.channel_id, here.policy.expires_hours) == ("C1", 7)


async def test_a_direct_message_gets_no_rules_of_its_own(service: PolicyService) -> None:
    with pytest.raises(BadInput, match="direct message has no rules of its own"):
        await service.change(looking(JONAS, place=DIRECT), "D1", COMMON)


async def test_where_slack_has_no_user_groups_none_can_be_picked(service: PolicyService, team: Team) -> None:
    assert [each.id for each in await service.groups()] == ["S1", "S2"]
    team.refuses = True
    assert await service.groups() == []


async def test_a_channels_approvers_do_not_change_the_rules_that_made_them_so(service: PolicyService) -> None:
    """Whoever may change them is said by the rules of the workspace, as they are when it is saved."""
    await service.change(looking(JONAS), "C1", replace(OWN, approvers=frozenset({"U3"})))
    assert not await service.may_change(looking(INES))
    for channel_id in ("C1", ""):
        with pytest.raises(NotAllowed):
            await service.take_back(looking(INES), channel_id)
    assert (await service.take_back(looking(JONAS), "C1")).source is Source.SETTINGS


async def test_rules_changed_say_in_the_audit_who_and_where(
    service: PolicyService, database: Database
) -> None:
    await service.change(looking(JONAS), "C1", OWN)
    [entry] = await database.audit.listed(WHOLE)
    assert (entry.what, entry.who, entry.channel_id) == (Did.POLICY_CHANGED, "U2", "C1")


async def test_a_big_group_is_counted_only_as_far_as_approvals_are_needed(
    database: Database, clock: SetClock, team: Team
) -> None:
    """One more than are needed, since one of them may be who asks; Slack limits how often it is asked."""
    service = rules(database, clock, people=team)
    policy = Policy(approver_groups=frozenset({"S2"}), approvals=2)
    job = await database.jobs.add(Transition(samples.job()))
    assert await service.shortfall(job, policy) == ""
    assert len(team.asked) == 3
