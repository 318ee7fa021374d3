"""A deletion is carried to its end whatever comes between, and never takes what somebody else still needs."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.datasets import lifecycle
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.jobs.job import JobState
from bot.domain.policies import Member
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotFound, ProviderRefused, ProviderUnavailable, StaleState
from bot.providers.memory import InMemoryProvider
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.contents import Contents, provider_ending
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL
from tests.viewers import looking

MINA = Member("U1", "Mina")
SHA = "ab" * 32
LEASE = 60.0


@dataclass
class InSlack:
    """Which files were to be taken out of Slack; `fault` is raised instead."""

    taken_out: list[str] = field(default_factory=list)
    fault: Exception | None = None

    async def delete(self, file_id: str) -> None:
        if self.fault:
            raise self.fault
        self.taken_out.append(file_id)


@dataclass
class Shelf:
    """A library over a real database and a real folder."""

    service: DatasetAdministration
    provider: InMemoryProvider
    contents: Contents
    database: Database
    clock: SetClock

    async def read(self, row_id: str, **about: Any) -> Dataset:
        """A dataset that was read, with its content in its place and at the provider."""
        self.contents.incoming(row_id).write_bytes(b"{}")
        path = self.contents.keep(row_id, SHA)
        self.provider.holds(f"tone{provider_ending(SHA)}")
        known = samples.dataset(row_id, state=DatasetState.READY, sha256=SHA, path=path, **about)
        added = await self.database.datasets.add(Transition(known))
        assert added is not None
        return added

    async def works(self) -> Dataset:
        """One step of what is due, as the worker does it."""
        self.clock.pass_seconds(1_000)
        claim = await self.database.datasets.claim(self.clock.now(), LEASE)
        assert claim is not None
        try:
            await self.service.remove(claim)
        finally:
            await self.database.datasets.release(claim.row.id, claim.token)
        return await self.now(claim.row.id)

    async def now(self, row_id: str) -> Dataset:
        found = await self.database.datasets.get(row_id)
        assert found is not None
        return found

    @property
    def kept(self) -> bool:
        return (self.contents.folder / self.contents.place_of(SHA)).exists()


@pytest.fixture
def shelf(database: Database, clock: SetClock, tmp_path: Path) -> Shelf:
    provider, contents = InMemoryProvider(now=clock.now), Contents(tmp_path)
    in_slack: Any = InSlack()
    service = DatasetAdministration(
        storage=database,
        provider=provider,
        uploads=in_slack,
        contents=contents,
        policies=rules(database, clock),
        clock=clock,
        log=Log(),
        wake=lambda: None,
    )
    return Shelf(service, provider, contents, database, clock)


async def test_nothing_is_left_of_a_deleted_dataset(shelf: Shelf) -> None:
    shelf.provider.holds("other-file.jsonl")
    await shelf.read("d1")
    asked = await shelf.service.delete(looking(MINA), "d1")
    assert asked.state is DatasetState.DELETING
    gone = await shelf.works()
    assert (gone.state, gone.deletion) == (DatasetState.DELETED, lifecycle.Deletion("U1"))
    assert not shelf.kept
    assert set(shelf.provider.files) == {"other-file.jsonl"}
    with pytest.raises(StaleState, match="deleted already"):
        await shelf.service.delete(looking(MINA), "d1")


async def test_a_deletion_that_a_crash_broke_off_is_done_again(shelf: Shelf) -> None:
    await shelf.read("d1")
    await shelf.service.delete(looking(MINA), "d1")
    shelf.provider.fails("delete_files", RuntimeError("the process died here"), after=True)
    with pytest.raises(RuntimeError):
        await shelf.works()
    assert (await shelf.now("d1")).state is DatasetState.DELETING
    assert (await shelf.works()).state is DatasetState.DELETED


@pytest.mark.parametrize("fault", [ProviderUnavailable("It is away."), ProviderRefused("It says no.")])
async def test_a_provider_that_does_not_delete_is_asked_again_and_told_of(
    shelf: Shelf, fault: Exception
) -> None:
    await shelf.read("d1")
    await shelf.service.delete(looking(MINA), "d1")
    shelf.provider.fails("delete_files", fault)
    waiting = await shelf.works()
    assert (waiting.state, waiting.failure) == (DatasetState.DELETING, str(fault))
    assert not shelf.kept
    assert (await shelf.works()).state is DatasetState.DELETED


async def test_what_another_dataset_holds_stays(shelf: Shelf) -> None:
    await shelf.read("d1")
    await shelf.read("d2", place=replace(CHANNEL, channel_id="C2"))
    await shelf.service.delete(looking(MINA), "d1")
    gone = await shelf.works()
    assert gone.deletion == lifecycle.Deletion("U1", shared=True)
    assert shelf.kept
    assert shelf.provider.files


async def test_a_dataset_that_a_job_needs_is_not_deleted(shelf: Shelf) -> None:
    await shelf.read("d1")
    job = samples.job("j1", dataset_id="d1", dataset_sha256=SHA, state=JobState.RUNNING)
    await shelf.database.jobs.add(Transition(job))
    with pytest.raises(StaleState, match="Cancel the job or wait"):
        await shelf.service.delete(looking(MINA), "d1")


async def test_the_providers_copy_stays_for_a_job_that_runs_when_the_file_goes_in_slack(shelf: Shelf) -> None:
    """Our copy goes at once; the provider's as soon as the job has ended."""
    dataset = await shelf.read("d1")
    job = samples.job("j1", dataset_id="d1", dataset_sha256=SHA, state=JobState.RUNNING)
    await shelf.database.jobs.add(Transition(job))
    await shelf.service.file_deleted(dataset.place.workspace, dataset.file_id)
    waiting = await shelf.works()
    assert waiting.state is DatasetState.DELETING
    assert "still needs the copy at the provider" in waiting.failure
    assert not shelf.kept
    assert shelf.provider.files
    await shelf.database.jobs.change("j1", lambda job: Transition(replace(job, state=JobState.SUCCEEDED)))
    assert (await shelf.works()).state is DatasetState.DELETED
    assert shelf.provider.files == {}


@pytest.mark.parametrize(
    "state", [JobState.REQUESTED, JobState.APPROVED, JobState.UPLOADING, JobState.CREATING]
)
async def test_a_file_deleted_in_slack_leaves_a_job_that_is_still_to_be_created_its_bytes(
    shelf: Shelf, state: JobState
) -> None:
    """`/finetune delete` would refuse; whichever way it is asked for, what a job needs stays while it needs it."""
    dataset = await shelf.read("d1")
    await shelf.database.jobs.add(
        Transition(samples.job("j1", dataset_id="d1", dataset_sha256=SHA, state=state))
    )
    await shelf.service.file_deleted(dataset.place.workspace, dataset.file_id)
    waiting = await shelf.works()
    assert (waiting.state, waiting.failure) == (
        DatasetState.DELETING,
        f"the job *{samples.job('j1').title}* still needs it.",
    )
    assert shelf.contents.path(SHA).exists()
    assert shelf.provider.files
    await shelf.service.forget(SHA)  # another upload of the same content that was deleted while it was read
    assert shelf.contents.path(SHA).exists()
    await shelf.database.jobs.change("j1", lambda job: Transition(replace(job, state=JobState.CANCELLED)))
    assert (await shelf.works()).state is DatasetState.DELETED
    assert not shelf.kept
    assert shelf.provider.files == {}


async def test_the_oldest_of_many_live_jobs_keeps_its_dataset_too(shelf: Shelf) -> None:
    await shelf.read("d1")
    oldest = samples.job("j1", dataset_id="d1", dataset_sha256=SHA, state=JobState.QUEUED)
    await shelf.database.jobs.add(Transition(oldest))
    for number in range(1_000):
        later = oldest.requested_at + timedelta(seconds=1 + number)
        other = replace(
            oldest, id=f"k{number}", request_key=f"k{number}", dataset_id="d2", requested_at=later
        )
        await shelf.database.jobs.add(Transition(replace(other, dataset_sha256="cd" * 32)))
    with pytest.raises(StaleState, match="Cancel the job or wait"):
        await shelf.service.delete(looking(MINA), "d1")


async def test_a_file_that_was_never_read_leaves_nothing(shelf: Shelf) -> None:
    await shelf.database.datasets.add(lifecycle.received(samples.dataset("d1"), shelf.clock.now()))
    incoming = shelf.contents.incoming("d1")
    incoming.write_bytes(b"half")
    incoming.with_name("d1.checked").write_bytes(b"what was counted of it")
    await shelf.service.delete(looking(MINA), "d1")
    assert (await shelf.works()).state is DatasetState.DELETED
    assert not list(incoming.parent.iterdir())


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("my data.jsonl Tone of voice", "Tone of voice"),
        ("`my data.jsonl` Tone", "Tone"),
        ("MY DATA.JSONL “Tone of voice”", "Tone of voice"),
        ("my data.jsonl my data.jsonl", "my data.jsonl"),
    ],
)
async def test_a_name_with_spaces_is_told_from_the_title_after_it(
    shelf: Shelf, words: str, label: str
) -> None:
    await shelf.read("d1", name="my data.jsonl")
    before, renamed = await shelf.service.rename(looking(MINA), words)
    assert (before, renamed.label) == ("my data.jsonl", label)
    assert [d.id for d in await shelf.service.versions(looking("U1"), label)] == ["d1"]
    assert [d.id for d in await shelf.service.versions(looking("U1"), "my data.jsonl")] == ["d1"]


async def test_a_title_back_to_the_files_name_is_none(shelf: Shelf) -> None:
    await shelf.read("d1", name="a.jsonl")
    await shelf.service.rename(looking(MINA), "a.jsonl Tone")
    _, renamed = await shelf.service.rename(looking(MINA), "tone a.jsonl")
    assert (renamed.title, renamed.label) == ("", "a.jsonl")


@pytest.mark.parametrize("words", ["", "a.jsonl", "a.jsonl  ", "a.jsonl ``", "a.jsonl " + "x" * 61])
async def test_a_title_that_is_none_is_refused(shelf: Shelf, words: str) -> None:
    await shelf.read("d1", name="a.jsonl")
    with pytest.raises(BadInput):
        await shelf.service.rename(looking(MINA), words)


async def test_a_name_of_another_channel_is_not_known(shelf: Shelf) -> None:
    await shelf.read("d1", name="a.jsonl", place=replace(CHANNEL, channel_id="C2"))
    with pytest.raises(NotFound, match="no datasets in this channel yet"):
        await shelf.service.versions(looking("U1"), "a.jsonl")
