"""How requests are decided: by as many as the rules want, at the price that holds, in time, or by the rules alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.domain import catalog
from bot.domain.approvals import requests
from bot.domain.approvals.requests import Wanted
from bot.domain.audit import POLICY
from bot.domain.budgets import Budget
from bot.domain.catalog import Catalog
from bot.domain.jobs.job import Job, JobState
from bot.domain.money import NO_MONEY, Money, of_dollars
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.policies import Member, Policy, Source
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, SlackUnavailable, StaleState
from bot.services.approvals.decisions import DecisionService
from bot.services.policies import PolicyService, WantedRules
from storage.database import Database
from tests.handlers import samples
from tests.handlers.fakes import Log
from tests.handlers.samples import CHANNEL
from tests.services.rules import Groups, requests_of, rules
from tests.storage.conftest import SetClock
from tests.viewers import WHOLE, looking

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.catalog import Method
    from bot.domain.outbox import OutboxMessage

MINA, JONAS, INES = Member("U1", "Mina"), Member("U2", "Jonas"), Member("U3", "Ines")
ADMIN, GUEST = Member("U8", "Ada", is_admin=True), Member("U9", "Priya", is_guest=True)
MODEL = "gpt-4o-mini-2024-07-18"
METHODS: tuple["Method", ...] = ("supervised",)
TWO = Policy(approvers=frozenset({"U2", "U3"}), approvals=2)


class SomePeople(Groups):
    """Slack as it knows these people; `down`: it tells of no group."""

    down = False

    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        if self.down:
            raise SlackUnavailable("Slack does not answer at the moment.")
        return await super().group(group_id, anew=anew)


class Desk:
    """The services that decide, over one database, under these settings."""

    def __init__(self, database: Database, clock: SetClock, settings: Policy, prices: Catalog) -> None:
        self.database, self.clock = database, clock
        self.people = SomePeople(S1={"U3"})
        self.people.meet(MINA, JONAS, INES, ADMIN, GUEST)
        self.policies: PolicyService = rules(database, clock, settings, self.people)
        self.requests = requests_of(database, clock, policies=self.policies, models=prices)
        self.decisions = DecisionService(
            database, self.policies, self.requests.choices, clock, Log(), lambda: None
        )

    async def asks(self, key: str = "V1", **wanted: str) -> Job:
        """Mina asks for a job."""
        return await self.requests.request(
            looking(MINA), Wanted(dataset_id="support", model=MODEL, **wanted), key
        )

    @staticmethod
    def wanted(**wanted: str) -> Wanted:
        """A job on the usual model."""
        return Wanted(model=MODEL, **wanted)

    async def looks(self) -> Job:
        """The loop takes the request that is due."""
        claim = await self.database.jobs.claim(self.clock.now(), 60.0)
        assert claim is not None
        await self.decisions.look(claim)
        await self.database.jobs.release(claim.row.id, claim.token)
        return await self.read(claim.row.id)

    async def nothing_due(self) -> bool:
        """Whether the loop would find no request."""
        return await self.database.jobs.claim(self.clock.now(), 60.0) is None

    async def read(self, job_id: str) -> Job:
        job = await self.database.jobs.get(job_id)
        assert job is not None
        return job

    async def notes(self, job: Job) -> list[str]:
        """What the thread of the card is told."""
        messages: list[OutboxMessage] = await self.database.outbox.of(job.id)
        return [message.data["what"] for message in messages if "what" in message.data]


@pytest.fixture
async def shelf(database: Database) -> Database:
    """A database in which one dataset can be trained on."""
    await database.datasets.add(
        Transition(
            samples.dataset(id="support", file_id="support", sha256="ab" * 32, report=samples.report())
        )
    )
    return database


def desk(
    shelf: Database, clock: SetClock, policy: Policy | None = None, prices: Catalog | None = None
) -> Desk:
    return Desk(shelf, clock, policy or Policy(), prices or catalog.load())


def dearer() -> Catalog:
    """The catalog with another price for the model."""
    return _with_prices(lambda usd: None if usd is None else usd * 2)


def unpriced() -> Catalog:
    """The catalog without a price for the model."""
    return _with_prices(lambda _: None)


def _with_prices(of: "Callable[[float | None], float | None]") -> Catalog:
    known = catalog.load()
    models = tuple(
        replace(model, train_usd=of(model.train_usd)) if model.id == MODEL else model
        for model in known.models
    )
    return replace(known, models=models)


# ---- several approvals


async def test_the_second_person_approves_and_both_are_kept(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock, TWO)
    job = await at.asks()
    first = await at.decisions.approve(looking(JONAS), job.id)
    assert (first.state, first.decided_by) == (JobState.REQUESTED, None)
    with pytest.raises(StaleState, match=r"somebody else's yes is still needed\.$"):
        await at.decisions.approve(looking(JONAS), job.id)
    second = await at.decisions.approve(looking(INES), job.id)
    assert (second.state, second.decided_by) == (JobState.APPROVED, "U3")
    assert [each.by for each in second.approvals] == ["U2", "U3"]
    with pytest.raises(StaleState, match="You have approved"):
        await at.decisions.approve(looking(INES), job.id)


async def test_approvals_at_the_same_instant_on_two_replicas_are_both_counted(
    shelf: Database, clock: SetClock, tmp_path: Path
) -> None:
    other = Database(f"sqlite:///{tmp_path}/bot.db", clock)
    one, two = desk(shelf, clock, TWO), desk(other, clock, TWO)
    job = await one.asks()
    saved = await asyncio.gather(
        one.decisions.approve(looking(JONAS), job.id), two.decisions.approve(looking(INES), job.id)
    )
    assert sorted(each.state.value for each in saved) == ["approved", "requested"]
    assert {each.by for each in (await one.read(job.id)).approvals} == {"U2", "U3"}
    await other.close()


async def test_the_same_yes_at_the_same_instant_is_counted_once(
    shelf: Database, clock: SetClock, tmp_path: Path
) -> None:
    other = Database(f"sqlite:///{tmp_path}/bot.db", clock)
    job = await desk(shelf, clock, TWO).asks()
    outcomes = await asyncio.gather(
        *(desk(each, clock, TWO).decisions.approve(looking(JONAS), job.id) for each in (shelf, other)),
        return_exceptions=True,
    )
    assert len([each for each in outcomes if isinstance(each, StaleState)]) == 1
    now = await desk(shelf, clock).read(job.id)
    assert (now.state, [each.by for each in now.approvals]) == (JobState.REQUESTED, ["U2"])
    await other.close()


async def test_one_no_ends_it_whoever_said_yes(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock, TWO)
    job = await at.asks()
    await at.decisions.approve(looking(JONAS), job.id)
    ended = await at.decisions.reject(looking(INES), job.id, "Not this week.")
    assert ended.state is JobState.REJECTED
    with pytest.raises(StaleState, match="<@U3> was faster"):
        await at.decisions.approve(looking(JONAS), job.id)


async def test_a_yes_of_somebody_who_may_not_approve_any_more_does_not_count(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock, replace(TWO, approvers=frozenset({"U2", "U3", "U4"})))
    job = await at.asks()
    await at.decisions.approve(looking(JONAS), job.id)
    later = desk(shelf, clock, replace(TWO, approvers=frozenset({"U3", "U4"})))
    now = await later.decisions.approve(looking(INES), job.id)
    assert (now.state, [each.by for each in now.approvals]) == (JobState.REQUESTED, ["U3"])


async def test_when_fewer_are_needed_by_now_the_same_person_may_press_again(
    shelf: Database, clock: SetClock
) -> None:
    job = await desk(shelf, clock, TWO).asks()
    await desk(shelf, clock, TWO).decisions.approve(looking(JONAS), job.id)
    now = await desk(shelf, clock, replace(TWO, approvals=1)).decisions.approve(looking(JONAS), job.id)
    assert (now.state, [each.by for each in now.approvals]) == (JobState.APPROVED, ["U2"])


# ---- user groups


async def test_a_group_approves_and_a_silent_slack_lets_nobody(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock, Policy(approver_groups=frozenset({"S1"}), approvers=frozenset({"U4"})))
    job = await at.asks()
    with pytest.raises(NotAllowed, match="<!subteam\\^S1>"):
        await at.decisions.approve(looking(JONAS), job.id)
    at.people.down = True
    with pytest.raises(SlackUnavailable):
        await at.decisions.approve(looking(INES), job.id)
    assert (await at.read(job.id)).approvals == ()
    approved = await at.decisions.approve(
        looking(Member("U4", "Dana")), job.id
    )  # named: no group has to be asked
    assert approved.state is JobState.APPROVED


async def test_only_whoever_is_named_may_ask(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock, Policy(requester_groups=frozenset({"S1"})))
    with pytest.raises(NotAllowed, match="only <!subteam\\^S1> can ask"):
        await at.asks()
    allowed = desk(shelf, clock, Policy(requesters=frozenset({"U1"}), requester_groups=frozenset({"S1"})))
    assert (await allowed.asks()).state is JobState.REQUESTED


# ---- by the rules alone


@pytest.mark.parametrize(("below", "state"), [(10**9, JobState.APPROVED), (1, JobState.REQUESTED)])
async def test_what_costs_less_than_the_amount_is_approved_by_the_rules(
    shelf: Database, clock: SetClock, below: int, state: JobState
) -> None:
    at = desk(shelf, clock, Policy(automatic_below=Money(below)))
    await at.asks()
    job = await at.looks()
    assert (job.state, job.decided_by) == (state, POLICY if state is JobState.APPROVED else None)
    if state is JobState.APPROVED:
        with pytest.raises(StaleState, match="approved it by itself"):
            await at.decisions.approve(looking(JONAS), job.id)


async def test_people_decide_where_the_money_or_the_price_is_not_there(
    shelf: Database, clock: SetClock
) -> None:
    cheap = Policy(automatic_below=of_dollars(1_000))
    at = desk(shelf, clock, cheap)
    unknown = await at.asks("V1")
    await shelf.jobs.change(
        unknown.id, lambda job: Transition(replace(job, estimate=replace(job.estimate, usd=None)))
    )
    assert (await at.looks()).state is JobState.REQUESTED
    await shelf.budgets.change(
        Budget("-/T1", "C1"), lambda each, _: Transition(replace(each, limit=of_dollars(0)))
    )
    await at.asks("V2")
    assert (await at.looks()).state is JobState.REQUESTED


async def test_a_price_that_moved_is_not_approved_by_the_rules(shelf: Database, clock: SetClock) -> None:
    await desk(shelf, clock).asks()
    later = desk(shelf, clock, Policy(automatic_below=of_dollars(1_000)), dearer())
    assert (await later.looks()).state is JobState.REQUESTED


async def test_a_price_that_nobody_knows_any_more_is_not_approved_by_the_rules(
    shelf: Database, clock: SetClock
) -> None:
    await desk(shelf, clock).asks()
    later = desk(shelf, clock, Policy(automatic_below=of_dollars(1_000)), unpriced())
    assert (await later.looks()).state is JobState.REQUESTED


async def test_rules_that_change_hold_at_once_for_what_waits(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock)
    await at.asks()
    assert (await at.looks()).state is JobState.REQUESTED
    assert await at.nothing_due()
    await at.policies.change(looking(ADMIN), CHANNEL.channel_id, WantedRules(hours="5", below="1000"))
    assert (await at.looks()).state is JobState.APPROVED


# ---- before anything is asked of the person who presses


async def test_whoever_cannot_decide_is_told_before_a_form_is_shown(shelf: Database, clock: SetClock) -> None:
    """They would type a reason in vain."""
    at = desk(shelf, clock)
    job = await at.asks()
    assert await at.decisions.check_decision(looking(JONAS), job.id) == job
    with pytest.raises(NotAllowed, match="somebody else has to decide"):
        await at.decisions.check_decision(looking(MINA), job.id)
    await at.decisions.approve(looking(JONAS), job.id)
    with pytest.raises(StaleState, match="<@U2> was faster"):
        await at.decisions.check_decision(looking(INES), job.id)


@pytest.mark.parametrize(
    ("state", "how"),
    [
        (JobState.WITHDRAWN, "was withdrawn"),
        (JobState.EXPIRED, "has ended, as nobody decided in time"),
        (JobState.CANCELLED, "was cancelled"),
        (JobState.FAILED, "has failed"),
        (JobState.LOST, "got lost at the provider"),
    ],
)
async def test_whoever_decides_too_late_is_told_how_it_ended(
    shelf: Database, clock: SetClock, state: JobState, how: str
) -> None:
    at = desk(shelf, clock)
    job = await at.asks()
    await shelf.jobs.change(job.id, lambda each: Transition(replace(each, state=state)))
    with pytest.raises(StaleState, match=f"Nothing to decide any more: .* {how}\\.$"):
        await at.decisions.reject(looking(JONAS), job.id, "No.")


async def test_what_was_decided_is_taken_up_at_once(shelf: Database, clock: SetClock) -> None:
    """Whoever decides wakes the loop; else people would wait for its next round."""
    at = desk(shelf, clock)
    woken: list[str] = []
    deciding = replace(at.decisions, wake=lambda: woken.append("decided"))
    await deciding.approve(looking(JONAS), (await at.asks("V1")).id)
    await deciding.reject(looking(JONAS), (await at.asks("V2")).id, "No.")
    policies = replace(at.policies, wake=lambda: woken.append("ruled"))
    await policies.change(looking(ADMIN), CHANNEL.channel_id, WantedRules(hours="5"))
    assert woken == ["decided", "decided", "ruled"]


# ---- time


async def test_a_request_is_reminded_of_once_and_ends(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock, Policy(expires_hours=3))
    await at.asks()
    job = await at.looks()
    assert job.due_at == clock.now() + timedelta(hours=2)
    clock.pass_seconds(2 * 3600)
    assert await at.notes(await at.looks()) == ["reminder"]
    assert await at.nothing_due()
    clock.pass_seconds(3600)
    ended = await at.looks()
    assert (ended.state, ended.due_at) == (JobState.EXPIRED, None)
    assert sorted(await at.notes(ended)) == ["reminder"]
    assert [m.id for m in await at.database.outbox.of(ended.id) if m.kind is MessageKind.JOB_ENDED]
    with pytest.raises(StaleState, match="Nothing to decide any more"):
        await at.decisions.approve(looking(JONAS), ended.id)


async def test_a_button_of_a_request_whose_time_is_over_does_nothing_and_says_why(
    shelf: Database, clock: SetClock
) -> None:
    """The card may show its buttons for a moment longer: whoever presses has it ended and drawn anew."""
    at = desk(shelf, clock, Policy(expires_hours=3))
    job = await at.asks()
    clock.pass_seconds(3 * 3600)
    woken: list[str] = []
    deciding = replace(at.decisions, wake=lambda: woken.append("woken"))
    for press in (
        deciding.approve(looking(JONAS), job.id),
        deciding.reject(looking(JONAS), job.id, "No."),
        deciding.check_decision(looking(JONAS), job.id),
        at.requests.check_edit(looking(MINA), job.id),
    ):
        with pytest.raises(StaleState, match=r"^Nobody decided on .* in time"):
            await press
    assert woken == ["woken"] * 3
    assert (await at.looks()).state is JobState.EXPIRED


async def test_a_clock_set_back_ends_nothing_early_and_one_that_jumps_needs_no_reminder(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock, Policy(expires_hours=3))
    job = await at.asks()
    clock.pass_seconds(-3600)
    assert await at.nothing_due()
    clock.pass_seconds(5 * 3600)
    ended = await at.looks()
    assert (ended.id, ended.state) == (job.id, JobState.EXPIRED)
    assert await at.notes(ended) == []


# ---- another request, another price


async def test_a_changed_request_needs_every_yes_again_and_has_its_time_anew(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock, replace(TWO, expires_hours=3))
    job = await at.asks()
    await at.decisions.approve(looking(JONAS), job.id)
    clock.pass_seconds(2 * 3600)
    await at.looks()
    wanted = Wanted(dataset_id="support", model=MODEL, suffix="warmer", epochs="2")
    changed = await at.requests.edit(looking(MINA), job.id, wanted)
    assert (changed.id, changed.suffix, changed.estimate.epochs) == (job.id, "warmer", 2)
    assert (changed.approvals, changed.place, changed.requested_at) == ((), job.place, job.requested_at)
    assert sorted(await at.notes(changed)) == ["edited", "reminder"]
    clock.pass_seconds(2 * 3600)
    assert sorted(await at.notes(await at.looks())) == ["edited", "reminder", "reminder"]
    assert (await at.decisions.approve(looking(JONAS), job.id)).state is JobState.REQUESTED
    assert (await at.decisions.approve(looking(INES), job.id)).state is JobState.APPROVED
    with pytest.raises(StaleState, match="is approved and starting"):
        await at.requests.edit(looking(MINA), job.id, wanted)


async def test_only_the_requester_changes_a_request_and_a_fault_leaves_it(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock)
    job = await at.asks()
    with pytest.raises(NotAllowed, match="<@U1>"):
        await at.requests.edit(looking(JONAS), job.id, Wanted(dataset_id="support", model=MODEL))
    with pytest.raises(BadInput) as told:
        await at.requests.edit(looking(MINA), job.id, Wanted(dataset_id="support", model=MODEL, epochs="99"))
    assert told.value.field == "epochs"
    assert replace(await at.read(job.id), revision=job.revision) == job


async def test_a_price_that_moved_is_told_first_and_approved_with_the_next_press(
    shelf: Database, clock: SetClock
) -> None:
    before = desk(shelf, clock, TWO)
    job = await before.asks()
    await before.decisions.approve(looking(JONAS), job.id)
    later = desk(shelf, clock, TWO, dearer())
    with pytest.raises(StaleState, match="has moved from"):
        await later.decisions.approve(looking(INES), job.id)
    shown = await later.read(job.id)
    assert shown.estimate.usd == pytest.approx((job.estimate.usd or 0) * 2)
    assert shown.approvals == ()
    assert await later.notes(shown) == ["repriced"]
    await later.decisions.approve(looking(INES), job.id)
    assert (await later.decisions.approve(looking(JONAS), job.id)).state is JobState.APPROVED


async def test_a_request_from_before_there_were_ends_waits_on(shelf: Database, clock: SetClock) -> None:
    at = desk(shelf, clock)
    job = await at.asks()
    await shelf.jobs.change(job.id, lambda each: Transition(replace(each, expires_at=None)))
    assert ((now := await at.looks()).state, now.due_at) == (JobState.REQUESTED, None)


# ---- the rules themselves


async def test_a_channels_rules_come_before_the_workspaces_and_those_before_the_settings(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock, Policy(approvers=frozenset({"U2"}), channels=frozenset({"C1"}))).policies
    here, everywhere = Place("-/T1", "C1"), Place("-/T1", "")
    assert (await at.rules(here)).source is Source.SETTINGS
    await at.change(
        looking(JONAS, place=everywhere),
        everywhere.channel_id,
        WantedRules(approvers=frozenset({"U2"}), hours="5"),
    )
    assert ((known := await at.rules(here)).source, known.policy.expires_hours) == (Source.WORKSPACE, 5)
    await at.change(
        looking(JONAS, place=here),
        here.channel_id,
        WantedRules(approvers=frozenset({"U3"}), hours="7", below="2.50"),
    )
    known = await at.rules(here)
    assert (known.source, known.policy.automatic_below) == (Source.CHANNEL, 2_500_000)
    assert known.policy.channels == {"C1"}
    assert (await at.of(Place("-/T1", "C2"))).expires_hours == 5
    assert (await at.of(Place("-/T2", "C1"))).approvers == {"U2"}
    with pytest.raises(NotAllowed):  # a channel's own approvers do not rule over its rules
        await at.change(looking(INES, place=here), here.channel_id, WantedRules(hours="9"))
    await at.take_back(looking(ADMIN, place=here), here.channel_id)
    assert (await at.rules(here)).source is Source.WORKSPACE
    assert [entry.details["rules"] for entry in await shelf.audit.listed(WHOLE) if "rules" in entry.details]


@pytest.mark.parametrize("member", [MINA, INES, GUEST, replace(ADMIN, is_guest=True)])
async def test_whoever_is_neither_approver_nor_admin_changes_no_rules(
    shelf: Database, clock: SetClock, member: Member
) -> None:
    at = desk(shelf, clock, Policy(approvers=frozenset({"U2", "U9"}))).policies
    assert not await at.may_change(looking(member))
    with pytest.raises(NotAllowed, match="admin"):
        await at.change(looking(member), CHANNEL.channel_id, WantedRules(hours="5"))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (WantedRules(approvals="0", hours="1"), "approvals"),
        (WantedRules(approvals="6", hours="1"), "approvals"),
        (WantedRules(approvals="two", hours="1"), "approvals"),
        (WantedRules(approvers=frozenset({"U2"}), approvals="2", hours="1"), "approvals"),
        (WantedRules(hours="0"), "hours"),
        (WantedRules(hours="721"), "hours"),
        (WantedRules(hours="1", below="-1"), "below"),
        (WantedRules(hours="1", below="cheap"), "below"),
        (WantedRules(hours="1", approvers=frozenset({"U9"})), "approvers"),
        (WantedRules(hours="1", requesters=frozenset({"U1", "U9"})), "requesters"),
        (WantedRules(hours="1", approvers=frozenset(f"UX{n}" for n in range(51))), "approvers"),
    ],
)
async def test_each_fault_in_the_rules_is_told_at_its_field(
    shelf: Database, clock: SetClock, wanted: WantedRules, field: str
) -> None:
    at = desk(shelf, clock).policies
    with pytest.raises(BadInput) as told:
        await at.change(looking(ADMIN), CHANNEL.channel_id, wanted)
    assert told.value.field == field
    assert (await at.rules(CHANNEL)).source is Source.SETTINGS


async def test_what_a_step_may_not_do_to_a_decided_request(shelf: Database, clock: SetClock) -> None:
    job = samples.job(JobState.APPROVED)
    steps: tuple[Callable[[], object], ...] = (
        lambda: requests.expired(job, clock.now()),
        lambda: requests.reminded(job, clock.now()),
        lambda: requests.waits(job, clock.now()),
        lambda: requests.edited(job, job, clock.now()),
        lambda: requests.repriced(job, job.estimate, clock.now()),
        lambda: requests.approved(job, "U2", 2, clock.now()),
        lambda: requests.approved_by_policy(job, Money(10**12), NO_MONEY, clock.now()),
    )
    for step in steps:
        with pytest.raises(StaleState):
            step()
