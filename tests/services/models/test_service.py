"""Deleting a model is carried to its end whatever the provider says; its old files go, and only those."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import catalog, models
from bot.domain.access import Sight
from bot.domain.chats import ModelGone
from bot.domain.jobs.job import Job, JobState, ValidationDataset
from bot.domain.jobs.training import Checkpoint, Curve
from bot.domain.outbox import MessageKind
from bot.domain.periodic import PeriodicTaskKind
from bot.domain.places import Place
from bot.domain.policies import Member, Policy
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, NotFound, ProviderRefused, ProviderUnavailable, StaleState
from bot.providers.memory import InMemoryProvider
from bot.scheduler import DAILY
from bot.services.datasets.contents import Fetching, provider_ending
from bot.services.models.resolver import ModelResolver
from bot.services.models.service import ModelService
from bot.services.periodic import PeriodicService, Scheduled
from bot.services.retention import ProviderFiles
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW
from tests.viewers import absent, access_to, looking

MINA, JONAS, INES = (Member(user_id, user_id) for user_id in ("U1", "U2", "U3"))
SHA, OTHER_SHA = "ab" * 32, "cd" * 32
DAYS = 30
DAY = 86_400.0  # seconds
LEASE = 60.0


class Desk:
    """The services over a real database and a provider that obeys."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock, self.provider = database, clock, InMemoryProvider(now=clock.now)
        self.models = ModelService(
            access=access_to(database),
            storage=database,
            provider=self.provider,
            resolver=ModelResolver(database, catalog.load(), clock, absent(Fetching)),
            policies=rules(database, clock, Policy(approvers=frozenset({"U2"}))),
            clock=clock,
            log=Log(),
            wake=lambda: None,
        )
        files = ProviderFiles(database, self.provider, clock, Log(), DAYS)
        schedule = (Scheduled(PeriodicTaskKind.OLD_FILES, DAILY, files.remove, always="files:openai"),)
        self.periodic = PeriodicService(database, schedule, clock, Log())

    async def trained(self, row_id: str = "j1", **fields: Any) -> Job:
        """A model that was trained now."""
        name = f"ft:gpt-4.1-mini-2025-04-14:acme:{row_id}:x"
        self.provider.tuned.add(name)
        made: dict[str, Any] = {
            "state": JobState.SUCCEEDED,
            "fine_tuned_model": name,
            "ended_at": NOW,
            **fields,
        }
        return await self.database.jobs.add(Transition(samples.job(row_id, **made)))

    async def tries(self, row_id: str = "j1") -> Job:
        """The job after the removal was tried, if it is due."""
        await self._works(self.database.jobs, self.models.remove)
        job = await self.database.jobs.get(row_id)
        assert job is not None
        return job

    async def looks(self) -> list[str]:
        """Which files are at the provider after today's look at them."""
        await self.periodic.begin()
        await self._works(self.database.periodic, self.periodic.step)
        return list(self.provider.files)

    async def audited(self, workspace: str = "-/T1") -> list[tuple[object, ...]]:
        """What the audit of a workspace holds of deleted files."""
        entries = await self.database.audit.listed(Sight(workspace, frozenset({"C1", "C9"})))
        return [(e.who, e.channel_id, e.what.value, e.subject, e.details) for e in entries]

    async def _works(self, rows: Any, step: Callable[[Any], Awaitable[None]]) -> None:
        claim = await rows.claim(self.clock.now(), LEASE)
        assert claim is not None, "nothing is due"
        await step(claim)
        await rows.release(claim.row.id, claim.token)


@pytest.fixture
def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(database, clock)


async def test_a_model_goes_with_its_checkpoints_and_its_threads_are_told(desk: Desk) -> None:
    job = await desk.trained()
    name = job.fine_tuned_model or ""
    desk.provider.tuned.add("ft:ckpt")
    await desk.database.curves.save("j1", Curve((), (Checkpoint(1, "ft:ckpt"), Checkpoint(2, name))))
    for row_id, model, ended_by in (
        ("talks", name, None),
        ("ended", "ft:ckpt", "U1"),
        ("other", "ft:y", None),
    ):
        conversation = replace(samples.conversation(row_id), model=model, ended_by=ended_by)
        await desk.database.conversations.add(Transition(conversation))

    await desk.models.delete(looking(MINA), "j1")
    gone = await desk.tries()
    assert gone.model_deletion is not None
    assert gone.model_deletion.done_at == NOW
    assert desk.provider.tuned == set()
    told = [post for post in await desk.database.outbox.of("talks") if post.kind is MessageKind.CHAT_ENDED]
    assert [post.data for post in told] == [{"model_gone": True}]
    assert await desk.database.outbox.of("ended") == await desk.database.outbox.of("other") == []
    for row_id, by, model in (("talks", "U1", name), ("ended", "U1", "ft:ckpt")):
        bound = await desk.database.conversations.get(row_id)
        assert bound is not None
        assert (bound.ended_by, bound.gone) == (by, ModelGone(model, "U1"))
    kept = await desk.database.conversations.get("other")
    assert kept is not None
    assert (kept.ended_by, kept.gone) == (None, None)


async def test_a_removal_that_fails_comes_again_until_the_model_is_gone(desk: Desk, clock: SetClock) -> None:
    await desk.trained()
    await desk.models.delete(looking(JONAS), "j1")
    desk.provider.fails("delete_model", ProviderUnavailable("OpenAI is away.", 5))
    desk.provider.fails("delete_model", ProviderRefused("No.", said="<no key>"))
    assert (await desk.tries()).fault == "OpenAI is away."
    clock.pass_seconds(5)
    refused = await desk.tries()
    assert refused.fault == "No. The server says: “&lt;no key&gt;”"
    assert refused.state is JobState.SUCCEEDED
    clock.pass_seconds(3600)
    done = await desk.tries()
    assert (done.fault, done.due_at) == ("", None)
    assert desk.provider.tuned == set()


async def test_who_asked_and_approvers_may_rename_and_delete_nobody_else(desk: Desk) -> None:
    await desk.trained()
    with pytest.raises(NotAllowed, match="<@U1>"):
        await desk.models.delete(looking(INES), "j1")
    with pytest.raises(NotAllowed):
        await desk.models.rename(looking(INES), "j1", "warm")
    assert (await desk.models.rename(looking(JONAS), "j1", "warm")).title == "warm"
    await desk.models.delete(looking(MINA), "j1")
    with pytest.raises(StaleState, match="deleted already"):
        await desk.models.delete(looking(JONAS), "j1")


async def test_an_alias_finds_its_model_before_any_other_name(desk: Desk, clock: SetClock) -> None:
    await desk.trained("j1", suffix="tone")
    await desk.trained("j2", suffix="tone", requested_at=NOW + timedelta(hours=1))
    with pytest.raises(BadInput, match=r"An alias is one word .* such as warm-and-kind"):
        await desk.models.rename_in_words(looking(MINA), "j1 warm and kind")
    before, job = await desk.models.rename_in_words(looking(MINA), "j1 warm")
    assert (before, job.id) == ("tone", "j1")
    assert (await desk.models.find(looking("U1"), "WARM")).job.id == "j1"
    assert (await desk.models.find(looking("U1"), "tone")).job.id == "j2"
    await desk.models.rename(looking(MINA), "j2", "newer")
    assert (await desk.models.find(looking("U1"), "tone")).job.id == "j2"  # by the old name too
    with pytest.raises(BadInput, match="take another name"):
        await desk.models.rename(looking(MINA), "j2", "gpt-4o-mini")
    with pytest.raises(BadInput, match="take another name"):
        await desk.models.rename(looking(MINA), "j2", "warm")


async def test_what_retired_or_was_deleted_is_shown_but_not_talked_to(desk: Desk, clock: SetClock) -> None:
    await desk.trained("j1", suffix="tone")
    await desk.trained("j2", suffix="calm")
    await desk.models.delete(looking(MINA), "j1")
    with pytest.raises(NotFound, match="deleted by <@U1>"):
        await desk.models.resolver.find(looking("U1").sight, "tone")
    clock.time = NOW + timedelta(days=60)
    with pytest.raises(NotFound, match="retired on 2027-01-14"):
        await desk.models.resolver.find(looking("U1").sight, "calm")
    shown, total = await desk.models.listed(looking("U1"), 0, 10)
    assert [(each.job.suffix, each.state) for each in shown] == [
        ("calm", models.ModelState.RETIRED),
        ("tone", models.ModelState.DELETING),
    ]
    assert total == 2
    assert (await desk.models.resolver.answering(looking("U1").sight, 10)).rows == ()


async def test_files_go_a_while_after_the_last_job_that_used_them_ended(desk: Desk, clock: SetClock) -> None:
    ours, theirs = f"support{provider_ending(SHA)}", f"support{provider_ending('ef' * 32)}"
    held_out = f"v{provider_ending(OTHER_SHA)}"
    desk.provider.holds(ours, held_out, theirs, "their-own.jsonl", f"{ours}.bak")
    everything = list(desk.provider.files)
    await desk.trained("old", dataset_sha256=SHA, ended_at=NOW - timedelta(days=9))
    await desk.trained("new", dataset_sha256=SHA, validation=ValidationDataset("d2", "v.jsonl", OTHER_SHA))
    clock.time = NOW + timedelta(days=DAYS, seconds=-1)
    assert await desk.looks() == everything
    assert await desk.audited() == []
    clock.pass_seconds(DAY)
    assert await desk.looks() == everything[2:]
    assert await desk.audited() == [
        ("bot", "C1", "provider file deleted", "d1", {"file": ours, "bytes": 1, "after_days": DAYS}),
        ("bot", "C1", "provider file deleted", "d2", {"file": held_out, "bytes": 1, "after_days": DAYS}),
    ]
    clock.pass_seconds(DAY)
    assert await desk.looks() == everything[2:]
    assert len(await desk.audited()) == 2


async def test_what_was_deleted_before_the_provider_broke_off_is_in_the_audit_of_each_workspace(
    desk: Desk, clock: SetClock
) -> None:
    desk.provider.holds(f"a{provider_ending(SHA)}", second := f"a{provider_ending(OTHER_SHA)}")
    await desk.trained("here", dataset_sha256=SHA)
    await desk.trained("there", dataset_sha256=SHA, place=Place("-/T2", "C9"))
    await desk.trained("other", dataset_sha256=OTHER_SHA)
    clock.time = NOW + timedelta(days=DAYS)
    desk.provider.fails("delete_file", ProviderRefused("No."), about=second)
    assert await desk.looks() == [second]
    assert [entry[3] for entry in await desk.audited()] == ["d1"]
    assert [entry[1] for entry in await desk.audited("-/T2")] == ["C9"]


async def test_a_file_that_an_unfinished_job_needs_stays(desk: Desk, clock: SetClock) -> None:
    ours = f"support{provider_ending(SHA)}"
    desk.provider.holds(ours)
    await desk.trained("old", dataset_sha256=SHA)
    await desk.database.jobs.add(Transition(samples.job("waits", dataset_sha256=SHA)))
    clock.time = NOW + timedelta(days=DAYS * 2)
    assert await desk.looks() == [ours]


async def test_a_provider_that_refuses_is_asked_again_in_an_hour(desk: Desk, clock: SetClock) -> None:
    desk.provider.fails("training_files", ProviderRefused("No."))
    await desk.looks()
    task = await desk.database.periodic.get("files:openai")
    assert task is not None
    assert (task.due_at, task.attempts) == (NOW + timedelta(hours=1), 1)


async def test_a_removal_that_died_before_it_was_written_down_is_done_again_and_tells_nothing_twice(
    desk: Desk, clock: SetClock
) -> None:
    job = await desk.trained()
    conversation = replace(samples.conversation("talks"), model=job.fine_tuned_model or "")
    await desk.database.conversations.add(Transition(conversation))
    await desk.models.delete(looking(MINA), "j1")
    claim = await desk.database.jobs.claim(NOW, LEASE)
    assert claim is not None
    taken = replace(claim, token="of another worker")  # its lease ran out before the last save
    with pytest.raises(StaleState):
        await desk.models.remove(taken)
    clock.pass_seconds(LEASE)
    gone = await desk.tries()
    assert gone.model_deletion is not None
    assert gone.model_deletion.done_at is not None
    assert len([p for p in await desk.database.outbox.of("talks") if p.kind is MessageKind.CHAT_ENDED]) == 1


async def test_a_program_is_told_the_name_of_a_model_that_answers_and_of_no_other(
    database: Database, clock: SetClock
) -> None:
    desk = Desk(database, clock)
    job = await desk.trained()
    access = await desk.models.from_code(looking(INES), job.id)
    assert (access.name, access.base_url) == (job.fine_tuned_model, desk.provider.base_url)
    with pytest.raises(NotFound, match="I don't know this model"):
        await desk.models.from_code(
            replace(looking(INES), sight=Sight(job.place.workspace, frozenset())), job.id
        )
    await desk.models.delete(looking(MINA), job.id)
    with pytest.raises(NotFound, match="no longer answers"):
        await desk.models.from_code(looking(INES), job.id)
