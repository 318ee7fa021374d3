"""What waits for whom, and what an approver is told of it: as rows, rules and money are at that moment."""

from dataclasses import replace

from bot.domain.briefing import Overlap
from bot.domain.budgets import Budget
from bot.domain.datasets.fingerprints import sketched
from bot.domain.jobs.job import JobState
from bot.domain.money import of_dollars
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.services.home import HomeService
from storage.database import Database
from tests.handlers import samples
from tests.services.approvals.test_decisions import GUEST, INES, JONAS, MINA, TWO, Desk, desk, shelf
from tests.storage.conftest import SetClock
from tests.viewers import looking

__all__ = ["shelf"]
ASKED = [n << 32 for n in range(1, 11)]
"""Fingerprints of ten prompts."""


async def waits_for(at: Desk, *who: object) -> list[list[str]]:
    return [[each.job.id for each in await at.decisions.awaiting(looking(one))] for one in who]  # type: ignore[arg-type]


async def test_a_request_waits_for_those_who_may_decide_until_they_have(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock, TWO)
    job = await at.asks()
    assert await waits_for(at, JONAS, INES, MINA, GUEST) == [[job.id], [job.id], [], []]
    await at.decisions.approve(looking(JONAS), job.id)
    assert await waits_for(at, JONAS, INES) == [[], [job.id]]
    await at.decisions.approve(looking(INES), job.id)
    assert await waits_for(at, JONAS, INES) == [[], []]


async def test_where_everybody_approves_it_waits_for_everybody_who_sees_it_but_the_requester(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock, Policy())
    job = await at.asks()
    assert await waits_for(at, JONAS, MINA) == [[job.id], []]
    elsewhere = replace(looking(JONAS), sight=replace(looking(JONAS).sight, channels=frozenset({"C9"})))
    assert await at.decisions.awaiting(elsewhere) == []


async def test_what_is_told_follows_the_data_the_last_job_and_the_money(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock)
    first = replace(samples.report(), valid=5, prints=sketched(ASKED[:5], 1, cut=False))
    newer = replace(samples.report(), valid=10, prints=sketched(ASKED, 1, cut=False), sha256="cd" * 32)
    held = replace(samples.report(), valid=4, prints=sketched(ASKED[:3], 1, cut=False), sha256="ef" * 32)
    for row, name, report in (
        ("v1", "tone.jsonl", first),
        ("v2", "tone.jsonl", newer),
        ("v", "held.jsonl", held),
    ):
        made = samples.dataset(id=row, file_id=row, name=name, sha256=report.sha256, report=report)
        await shelf.datasets.add(Transition(made))
    trained = samples.succeeded(id="old", request_key="old", dataset_id="v1", suffix="warm", cost_usd=3.5)
    await shelf.jobs.add(Transition(trained))
    job = await at.asks("V9")
    await at.requests.edit(looking(MINA), job.id, at.wanted(dataset_id="v2", validation_id="v"))
    [told] = await at.decisions.awaiting(looking(JONAS))
    change, last = told.briefing.change, told.briefing.last
    assert change is not None
    assert last is not None
    assert (change.version, change.before, change.new_prompts, change.compared) == (2, 1, 5, 10)
    assert (last.title, last.version, last.cost) == ("warm", 1, of_dollars(3.5))
    assert told.briefing.overlap == Overlap(3, 3, sampled=True)
    assert told.funds == ()
    await shelf.budgets.change(
        Budget("-/T1", "C1"), lambda each, _: Transition(replace(each, limit=of_dollars(100)))
    )
    [told] = await at.decisions.awaiting(looking(JONAS))
    [standing] = told.funds
    assert standing.left == of_dollars(100 - 3.5)


async def test_the_form_knows_the_budgets_before_it_asks_and_counts_its_own_request_once(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock)
    await shelf.budgets.change(
        Budget("-/T1", "C1"), lambda each, _: Transition(replace(each, limit=of_dollars(100)))
    )
    wanted = at.wanted(dataset_id="support")
    job = await at.asks()
    clock.pass_seconds(1)
    [asks_once_more] = (await at.requests.offer(looking(MINA), wanted)).funds
    [changes] = (await at.requests.offer(looking(MINA), wanted, job.id)).funds
    assert asks_once_more.reserved == job.estimate.price
    assert changes.reserved == 0


async def test_the_home_has_what_waits_once_and_ones_own_jobs_before_those_of_others(
    shelf: Database, clock: SetClock
) -> None:
    at = desk(shelf, clock)
    waiting = await at.asks()
    for number, who in enumerate(("U1", "U2", "U1")):
        ran = samples.running(id=f"r{number}", request_key=f"r{number}", requested_by=who)
        await shelf.jobs.add(Transition(ran))
    homes = HomeService(shelf, at.decisions, at.requests.choices.resolver, clock)
    found = await homes.of(looking(JONAS))
    assert [each.job.id for each in found.waiting] == [waiting.id]
    assert found.under_way.jobs[0].id == "r1"
    assert {each.state for each in found.under_way.jobs} == {JobState.RUNNING}
    assert (len(found.under_way.jobs), found.under_way.more) == (3, 0)
    mine = await homes.of(looking(MINA))
    assert mine.waiting == ()
    assert {each.id for each in mine.under_way.jobs} == {waiting.id, "r0", "r1", "r2"}
