"""What a decision rests on moves between the check and the save: it is then decided by what holds when it is saved."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from typing_extensions import override

from bot.domain import catalog, stale_buttons
from bot.domain.approvals.requests import Wanted
from bot.domain.budgets import Budget
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.decision_basis import FRESH, Outdated
from bot.domain.jobs.job import Job, JobState, Wish
from bot.domain.models import NAME_TAKEN
from bot.domain.money import Money, of_dollars
from bot.domain.places import Place
from bot.domain.policies import Member, Policy
from bot.domain.pricing import Estimate
from bot.domain.work_queue import Transition
from bot.errors import BadInput, BotError, NotAllowed, OverBudget, StaleState
from bot.providers.memory import InMemoryProvider
from bot.services.approvals.model_choice import ModelChoices
from bot.services.budgets import BudgetService
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.contents import Contents, Fetching
from bot.services.jobs.service import JobService
from bot.services.models.resolver import ModelResolver
from bot.services.models.service import ModelService
from bot.services.policies import WantedRules
from handlers.slack.uploads import SlackUploads
from storage.database import Database
from tests.handlers import samples
from tests.handlers.fakes import Log
from tests.handlers.samples import CHANNEL
from tests.services.approvals.test_decisions import INES, JONAS, MINA, MODEL, Desk, SomePeople
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW
from tests.viewers import WHOLE, absent, access_to, jobs_in, looking

WORKSPACE = Place("-/T1", "")
NAMED = Policy(approvers=frozenset({"U2", "U3"}))
OTHERS = Policy(approvers=frozenset({"U3"}))


class Meanwhile(SomePeople):
    """Slack as it knows these people; as soon as it is asked anew, something happens elsewhere, once."""

    happens: Callable[[], Awaitable[None]] | None = None

    async def member(self, user_id: str, *, anew: bool = False) -> Member:
        found = await super().member(user_id, anew=anew)
        if anew and self.happens is not None:
            happens, self.happens = self.happens, None
            await happens()
        return found


@dataclass
class Office(Desk):
    """The services in which something is checked and then saved; `elsewhere` is another replica's database."""

    def __init__(self, database: Database, elsewhere: Database, clock: SetClock) -> None:
        super().__init__(database, clock, NAMED, catalog.load())
        self.elsewhere = elsewhere
        self.slack = Meanwhile(S1={"U3"})
        self.slack.meet(*self.people.people.values())
        self.policies = replace(self.policies, people=self.slack)
        self.requests = replace(self.requests, policies=self.policies)
        self.decisions = replace(self.decisions, policies=self.policies)
        provider = InMemoryProvider()
        told = (clock, Log(), lambda: None)
        resolver = ModelResolver(database, catalog.load(), clock, absent(Fetching))
        self.models = ModelService(database, provider, resolver, self.policies, access_to(database), *told)
        self.library = DatasetAdministration(
            database, provider, absent(SlackUploads), absent(Contents), self.policies, *told
        )
        self.budgets = BudgetService(database, self.policies, *told)
        self.jobs = JobService(database, provider, self.policies, *told)

    async def rules(self, policy: Policy | None, place: Place = CHANNEL) -> None:
        """Somebody made other rules on the other replica."""
        await self.elsewhere.policies.change(place, lambda _, __: Transition(policy))

    async def becomes(self, row_id: str, **fields: Any) -> None:
        """A job is something else by now."""
        await self.elsewhere.jobs.change(row_id, lambda job: Transition(replace(job, **fields)))

    async def trained(self, row_id: str, **fields: Any) -> Job:
        made = {"state": JobState.SUCCEEDED, "fine_tuned_model": f"ft:{row_id}", "ended_at": NOW, **fields}
        return await self.database.jobs.add(Transition(samples.job(id=row_id, request_key=row_id, **made)))


@pytest.fixture
async def office(database_url: str, clock: SetClock) -> AsyncIterator[Office]:
    """On either engine: one replica decides, on the other the basis moves."""
    one, other = Database(database_url, clock), Database(database_url, clock)
    await one.upgrade()
    known = samples.dataset(id="support", file_id="support", sha256="ab" * 32, report=samples.report())
    await one.datasets.add(Transition(known))
    yield Office(one, other, clock)
    await other.close()
    await one.close()


async def running(office: Office) -> Job:
    return await office.trained("run", state=JobState.RUNNING, fine_tuned_model=None, ended_at=None)


async def tuned(office: Office) -> Job:
    return await office.trained("tone")


async def asked(office: Office) -> Job:
    return await office.asks()


async def approve(office: Office, job: Job) -> object:
    return await office.decisions.approve(looking(JONAS), job.id)


async def reject(office: Office, job: Job) -> object:
    return await office.decisions.reject(looking(JONAS), job.id, "Not this week.")


async def cancel(office: Office, job: Job) -> object:
    return await office.jobs.cancel(looking(JONAS), job.id)


async def pause(office: Office, job: Job) -> object:
    return await office.jobs.wish(looking(JONAS), job.id, Wish.PAUSE)


async def rename_model(office: Office, job: Job) -> object:
    return await office.models.rename(looking(JONAS), job.id, "warm")


async def delete_model(office: Office, job: Job) -> object:
    return await office.models.delete(looking(JONAS), job.id)


async def delete_dataset(office: Office, _: Job) -> object:
    return await office.library.delete(looking(JONAS), "support")


async def set_budget(office: Office, _: Job) -> object:
    return await office.budgets.set(looking(JONAS), "C1", "200", None)


async def change_rules(office: Office, _: Job) -> object:
    return await office.policies.change(looking(JONAS), CHANNEL.channel_id, WantedRules(hours="5"))


async def take_rules_back(office: Office, _: Job) -> object:
    return await office.policies.take_back(looking(JONAS), CHANNEL.channel_id)


Make = Callable[[Office], Awaitable[Job]]
Act = Callable[[Office, Job], Awaitable[object]]
ACTS: tuple[tuple[Make, Act], ...] = (
    (asked, approve),
    (asked, reject),
    (running, cancel),
    (running, pause),
    (tuned, rename_model),
    (tuned, delete_model),
    (tuned, delete_dataset),
    (tuned, set_budget),
    (tuned, change_rules),
    (tuned, take_rules_back),
)
by_acts = pytest.mark.parametrize(("make", "act"), ACTS, ids=[act.__name__ for _, act in ACTS])


async def refused(
    office: Office, make: Make, act: Act, meanwhile: Callable[[], Awaitable[None]]
) -> Exception:
    """The fault with which the act ends when this happens between its check and its save; nothing was done."""
    job = await make(office)
    before = await office.database.audit.listed(WHOLE)
    office.slack.happens = meanwhile
    with pytest.raises(BotError) as fault:
        await act(office, job)
    assert await office.database.audit.listed(WHOLE) == before
    return fault.value


@by_acts
async def test_whoever_lost_the_right_while_it_was_being_saved_did_nothing(
    office: Office, make: Make, act: Act
) -> None:
    async def new_rules() -> None:
        await office.rules(OTHERS)
        await office.rules(OTHERS, WORKSPACE)

    assert isinstance(await refused(office, make, act, new_rules), NotAllowed)


@by_acts
async def test_who_became_a_guest_a_second_ago_does_nothing(office: Office, make: Make, act: Act) -> None:
    """The bot may remember a full member for minutes: for what is saved Slack is asked anew."""
    job = await make(office)
    office.slack.meet(replace(JONAS, is_guest=True))
    with pytest.raises(NotAllowed):
        await act(office, job)
    now = await office.read(job.id)
    assert (now.state, now.approvals, now.alias, now.model_deletion) == (job.state, (), None, None)


async def test_more_approvals_wanted_at_this_moment_are_waited_for(office: Office) -> None:
    job = await asked(office)
    office.slack.happens = lambda: office.rules(replace(NAMED, approvals=2))
    saved = await office.decisions.approve(looking(JONAS), job.id)
    assert (saved.state, [each.by for each in saved.approvals]) == (JobState.REQUESTED, ["U2"])


async def test_a_yes_of_somebody_who_lost_the_right_at_this_moment_is_not_counted(office: Office) -> None:
    await office.rules(replace(NAMED, approvals=2))
    job = await asked(office)
    await office.decisions.approve(looking(INES), job.id)
    office.slack.meet(replace(INES, is_gone=True))
    saved = await office.decisions.approve(looking(JONAS), job.id)
    assert (saved.state, [each.by for each in saved.approvals]) == (JobState.REQUESTED, ["U2"])


async def test_a_group_that_is_named_at_this_moment_is_asked_for(office: Office) -> None:
    job = await asked(office)
    office.slack.happens = lambda: office.rules(Policy(approver_groups=frozenset({"S1"})))
    with pytest.raises(NotAllowed, match="subteam"):
        await office.decisions.approve(looking(JONAS), job.id)
    office.slack.happens = lambda: office.rules(Policy(approver_groups=frozenset({"S1"}), approvals=2))
    saved = await office.decisions.approve(looking(INES), job.id)
    assert [each.by for each in saved.approvals] == ["U3"]


async def test_rules_that_never_rest_are_told_after_some_tries(office: Office) -> None:
    job = await asked(office)
    hours = iter(range(1, 100))

    async def restless() -> None:
        await office.rules(replace(NAMED, expires_hours=next(hours)))
        office.slack.happens = restless

    office.slack.happens = restless
    with pytest.raises(Outdated, match="rules changed"):
        await office.decisions.approve(looking(JONAS), job.id)
    assert next(hours) == 4


async def test_what_slack_said_long_ago_decides_nothing(office: Office, clock: SetClock) -> None:
    job = await asked(office)
    tries = []

    async def slow() -> None:
        tries.append(clock.pass_seconds(FRESH.total_seconds() + 1))
        office.slack.happens = slow

    office.slack.happens = slow
    with pytest.raises(Outdated):
        await office.decisions.approve(looking(JONAS), job.id)
    assert (await office.read(job.id)).state is JobState.REQUESTED


async def test_money_that_was_taken_away_at_this_moment_is_not_spent(office: Office) -> None:
    async def none_left() -> None:
        await office.elsewhere.budgets.change(
            Budget("-/T1", "C1"), lambda budget, _: Transition(replace(budget, limit=of_dollars(0)))
        )

    assert isinstance(await refused(office, asked, approve, none_left), OverBudget)


async def test_a_request_that_is_changed_at_this_moment_is_not_approved(office: Office) -> None:
    async def dearer() -> None:
        await office.requests.edit(
            looking(MINA), job.id, Wanted(dataset_id="support", model=MODEL, epochs="50")
        )

    job = await asked(office)
    office.slack.happens = dearer
    with pytest.raises(StaleState, match="was changed at this moment"):
        await office.decisions.approve(looking(JONAS), job.id)
    assert (await office.read(job.id)).approvals == ()


async def test_a_request_that_became_dearer_at_this_moment_is_not_approved(office: Office) -> None:
    async def repriced() -> None:
        await office.becomes(job.id, estimate=replace(job.estimate, usd=(job.estimate.usd or 0) * 2))

    job = await asked(office)
    office.slack.happens = repriced
    with pytest.raises(StaleState, match="was changed at this moment"):
        await office.decisions.approve(looking(JONAS), job.id)
    assert (await office.read(job.id)).approvals == ()


async def test_a_request_that_is_approved_at_this_moment_is_not_edited(office: Office) -> None:
    async def approved() -> None:
        await office.decisions.approve(looking(JONAS), job.id)

    job = await asked(office)
    office.slack.happens = approved
    with pytest.raises(StaleState, match="is approved and starting"):
        await office.requests.edit(
            looking(MINA), job.id, Wanted(dataset_id="support", model=MODEL, epochs="50")
        )
    assert (await office.read(job.id)).estimate.epochs != 50


@pytest.mark.parametrize("editing", [False, True])
async def test_nobody_asks_for_what_others_may_ask_for_alone_at_this_moment(
    office: Office, editing: bool
) -> None:
    async def only_others_ask() -> None:
        await office.rules(replace(NAMED, requesters=frozenset({"U3"})))

    job = await asked(office) if editing else None
    office.slack.happens = only_others_ask
    wanted = Wanted(dataset_id="support", model=MODEL, epochs="50")
    with pytest.raises(NotAllowed, match="can ask for a job"):
        await (office.requests.edit(looking(MINA), job.id, wanted) if job else office.asks())
    kept = await jobs_in(office.database)
    assert [each.estimate.epochs for each in kept] == ([job.estimate.epochs] if job else [])


async def test_a_dataset_that_is_deleted_at_this_moment_is_not_asked_for(office: Office) -> None:
    async def deleted() -> None:
        await office.elsewhere.datasets.change(
            "support", lambda dataset: Transition(replace(dataset, state=DatasetState.DELETING))
        )

    office.slack.happens = deleted
    with pytest.raises(BadInput, match="deleted") as told:
        await office.asks()
    assert told.value.field == "dataset"


async def test_a_validation_dataset_that_is_deleted_at_this_moment_is_not_asked_for(office: Office) -> None:
    async def deleted() -> None:
        await office.elsewhere.datasets.change(
            "other", lambda dataset: Transition(replace(dataset, state=DatasetState.DELETING))
        )

    other = samples.dataset(id="other", file_id="other", sha256="cd" * 32, report=samples.report())
    await office.database.datasets.add(Transition(other))
    office.slack.happens = deleted
    with pytest.raises(BadInput, match="deleted") as told:
        await office.asks(validation_id="other")
    assert told.value.field == "validation"


async def test_a_dataset_that_a_job_is_asked_for_with_at_this_moment_is_not_deleted(office: Office) -> None:
    async def asked_for() -> None:
        await office.asks()

    office.slack.happens = asked_for
    with pytest.raises(StaleState, match="needs"):
        await office.library.delete(looking(MINA), "support")
    dataset = await office.database.datasets.get("support")
    assert dataset is not None
    assert dataset.state is DatasetState.READY


async def test_a_name_that_another_model_is_given_at_this_moment_is_taken(office: Office) -> None:
    async def taken() -> None:
        await office.becomes("other", alias="warm")

    await office.trained("other")
    job = await tuned(office)
    office.slack.happens = taken
    with pytest.raises(BadInput, match=NAME_TAKEN):
        await office.models.rename(looking(MINA), job.id, "warm")


@pytest.mark.parametrize("name", ["prod", "support-tone", "other", "gpt-4o"])
async def test_nobody_gives_a_model_the_name_by_which_another_is_called(office: Office, name: str) -> None:
    """Alias, suffix, id, title and base: each leads people to a model. What stands in the way is not told."""
    await office.trained("other", suffix="Support-Tone", alias="prod")
    job = await tuned(office)
    with pytest.raises(BadInput) as told:
        await office.models.rename(looking(MINA), job.id, name)
    assert (str(told.value), told.value.field) == (NAME_TAKEN, "alias")
    assert (await office.read(job.id)).alias is None


async def test_a_name_that_is_taken_where_somebody_may_not_look_is_free_to_them(office: Office) -> None:
    """To refuse it would say that there is something of this name."""
    await office.trained("unseen", alias="layoffs", place=Place("-/T1", "CHIDDEN"))
    job = await tuned(office)
    assert (await office.models.rename(looking(MINA), job.id, "layoffs")).alias == "layoffs"


async def test_a_title_that_another_dataset_gets_at_this_moment_is_taken(office: Office) -> None:
    async def taken() -> None:
        await office.library.rename(looking(MINA), "other.jsonl warm")

    other = samples.dataset(id="other", file_id="other", name="other.jsonl", sha256="cd" * 32)
    await office.database.datasets.add(Transition(other))
    support = await office.database.datasets.get("support")
    assert support is not None
    office.slack.happens = taken
    with pytest.raises(BadInput, match="take another title"):
        await office.library.rename(looking(MINA), f"{support.name} warm")


async def test_what_the_rules_approve_by_themselves_is_counted_over_a_day(
    office: Office, clock: SetClock
) -> None:
    """One big request split into many small ones is one big request."""
    job = await office.asks("V1", epochs="3")
    each = round((job.estimate.usd or 0) * 1_000_000)
    await office.rules(replace(NAMED, automatic_below=Money(each * 2 + each // 2)))

    async def becomes() -> JobState:
        looked = await office.looks()
        await office.becomes(looked.id, due_at=None)  # what follows is not told here
        return looked.state

    assert await becomes() is JobState.APPROVED
    await office.asks("V2", epochs="3")
    assert await becomes() is JobState.APPROVED
    await office.asks("V3", epochs="3")
    assert await becomes() is JobState.REQUESTED
    clock.pass_seconds(24 * 3600 + 1)
    await office.asks("V4", epochs="3")
    assert await becomes() is JobState.APPROVED


async def test_an_amount_that_is_lowered_at_this_moment_approves_nothing(office: Office) -> None:
    await office.rules(replace(NAMED, automatic_below=of_dollars(1_000)))
    await office.asks()
    held = office.requests.choices

    class Slow(ModelChoices):
        """Prices as they are; while they are told, the rules change."""

        @override
        async def price(self, job: Job) -> Estimate | None:
            await office.rules(NAMED)
            return await held.price(job)

    office.decisions = replace(office.decisions, choices=absent(Slow))
    assert (await office.looks()).state is JobState.REQUESTED


# ---- what was read is what is done


def read(job: Job) -> str:
    return stale_buttons.request(job, ())


async def test_a_request_that_became_dearer_since_it_was_read_is_not_approved_by_the_old_card(
    office: Office,
) -> None:
    """The card is drawn anew, and what it says then can be approved."""
    job = await asked(office)
    office.slack.meet(*office.slack.people.values())
    dear = await office.requests.edit(
        looking(MINA), job.id, Wanted(dataset_id="support", model=MODEL, epochs="50")
    )
    for old in (read(job), "", "ab" * 8):
        with pytest.raises(StaleState, match="changed since you read it"):
            await office.decisions.approve(looking(JONAS), job.id, old)
    [card] = [post for post in await office.database.outbox.of(job.id) if post.kind.is_card]
    assert card.drawn < dear.revision
    assert (await office.decisions.approve(looking(JONAS), job.id, read(dear))).state is JobState.APPROVED


async def test_who_read_of_no_overrun_does_not_go_beyond_the_budget(office: Office) -> None:
    job = await asked(office)
    await office.elsewhere.budgets.change(
        Budget("-/T1", "C1"),
        lambda each, _: Transition(replace(each, limit=of_dollars(0), overriders=frozenset({"U2"}))),
    )
    with pytest.raises(StaleState, match="changed since you read it"):
        await office.decisions.approve(looking(JONAS), job.id, read(job))
    funds = await office.database.budgets.funds(job)
    saved = await office.decisions.approve(looking(JONAS), job.id, stale_buttons.request(job, funds))
    assert saved.state is JobState.APPROVED


@pytest.mark.parametrize("old", ["", "other"])
@pytest.mark.parametrize("what", ["request", "model", "dataset"])
async def test_what_was_read_otherwise_is_neither_stopped_nor_deleted(
    office: Office, what: str, old: str
) -> None:
    """A card that said "nothing has been paid" stops no training, and a model is deleted by the name that was read."""
    job = await (asked(office) if what == "request" else tuned(office))
    dataset = await office.database.datasets.get("support")
    assert dataset is not None
    before = {
        "request": stale_buttons.stopping(job),
        "model": stale_buttons.model(job),
        "dataset": stale_buttons.dataset(dataset),
    }[what]
    act: Any = {
        "request": lambda seen: office.jobs.cancel(looking(MINA), job.id, seen),
        "model": lambda seen: office.models.delete(looking(MINA), job.id, seen),
        "dataset": lambda seen: office.library.delete(looking(MINA), "support", seen),
    }[what]
    if what == "request":
        await office.becomes(job.id, state=JobState.RUNNING, seen_by_provider=True)
    elif what == "model":
        await office.becomes(job.id, alias="prod")
    else:
        await office.library.rename(looking(MINA), f"{dataset.name} gold")
    with pytest.raises(StaleState, match="changed since you read it"):
        await act(before if old else old)
    now = await office.read(job.id)
    assert (now.cancel_asked_by, now.model_deletion) == (None, None)


@pytest.mark.parametrize("what", ["rules", "budget"])
async def test_a_form_that_was_opened_before_somebody_elses_change_does_not_undo_it(
    office: Office, what: str
) -> None:
    rules = stale_buttons.rules(await office.policies.of(CHANNEL))
    budget = stale_buttons.budget(Budget("-/T1", "C1"))
    await office.rules(replace(NAMED, approvals=2))
    await office.budgets.set(looking(JONAS), "C1", "5", None)
    saves: Any = {
        "rules": lambda: office.policies.change(looking(JONAS), "C1", WantedRules(hours="5"), rules),
        "budget": lambda: office.budgets.set(looking(JONAS), "C1", "700", None, read=budget),
    }[what]
    with pytest.raises(StaleState, match="changed since you read it"):
        await saves()
    assert (await office.policies.of(CHANNEL)).approvals == 2
