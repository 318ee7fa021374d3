"""Live jobs are looked over by pages, and looked at closely only when they moved or were long not seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.jobs import transitions
from bot.domain.jobs.job import FOLLOWED, Job, JobState, Wish
from bot.domain.jobs.training import Checkpoint, Curve, Point
from bot.domain.outbox import MessageKind
from bot.domain.work_queue import Transition
from bot.errors import ProviderRefused, ProviderUnavailable, StaleState, Temporary, Unsupported
from bot.providers.memory import InMemoryProvider
from bot.services.jobs.polling import TRIES_BEFORE_LOST, TRIES_FOR_FIGURES, JobPolling
from handlers.views.approvals import requests
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

POLL = 20.0
LEASE = 60.0


class Desk:
    """A database with live jobs, the provider that has them, and one worker."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database = database
        self.clock = clock
        self.provider = InMemoryProvider(now=clock.now)
        self.following = JobPolling(database, self.provider, clock, Log(), POLL)

    async def has(self, *states: JobState) -> None:
        """Jobs j0, j1 … in these states, known as p0, p1 … there, none of them due for an hour."""
        await self.following.begin()
        for number, state in enumerate(states):
            due = NOW + timedelta(hours=1)
            job = samples.job(f"j{number}", state=state, provider_job_id=f"p{number}", due_at=due)
            await self.database.jobs.add(Transition(job))
            if state in FOLLOWED:
                self.provider.moves(f"p{number}", state.value)

    async def works(self) -> list[str]:
        """Everything that is due now is done; gives what the provider was asked."""
        self.provider.asked.clear()
        now = self.clock.now()
        while poll := await self.database.polls.claim(now, LEASE):
            await self.following.poll(poll)
            await self.database.polls.release(poll.row.id, poll.token)
        while job := await self.database.jobs.claim(now, LEASE):
            try:
                await self.following.look(job)
            except Temporary as away:
                await self.put_off(job.row.id, str(away))
            await self.database.jobs.release(job.row.id, job.token)
        return self.provider.asked

    async def put_off(self, job_id: str, sentence: str) -> None:
        """As the job service does with what may pass."""
        await self.database.jobs.change(
            job_id, lambda job: transitions.delayed(job, sentence, self.clock.now(), 1.0)
        )

    async def state(self, number: int) -> JobState:
        return (await self.job(number)).state

    async def job(self, number: int) -> Job:
        job = await self.database.jobs.get(f"j{number}")
        assert job is not None
        return job


@pytest.fixture
def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(database, clock)


async def test_the_job_that_waits_longest_for_a_place_is_tried_when_another_ends(desk: Desk) -> None:
    """One place became free; who waits for another model's is left alone."""
    await desk.has(JobState.RUNNING)
    later = NOW + timedelta(hours=1)
    for number, (job_id, model) in enumerate((("other", "m-2"), ("first", "m-1"), ("second", "m-1"))):
        waits = samples.job(
            job_id,
            state=JobState.CREATING,
            model=model,
            requested_at=NOW + timedelta(seconds=number),
            waits_until=later,
            due_at=later,
        )
        await desk.database.jobs.add(Transition(waits))
    await desk.database.jobs.change("j0", lambda job: Transition(replace(job, model="m-1")))
    desk.provider.moves("p0", "cancelled")
    await desk.database.jobs.hasten({"j0"}, NOW)
    claim = await desk.database.jobs.claim(NOW, LEASE)
    assert claim is not None
    await desk.following.look(claim)
    due = {}
    for job_id in ("other", "first", "second"):
        job = await desk.database.jobs.get(job_id)
        assert job is not None
        due[job_id] = job.due_at
    assert due == {"other": later, "first": NOW, "second": later}


async def test_only_those_that_moved_are_looked_at(desk: Desk) -> None:
    await desk.has(JobState.QUEUED, JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED)
    desk.provider.moves("p1", "running")
    assert await desk.works() == ["jobs", "figures p1"]
    assert [await desk.state(number) for number in range(3)] == ["queued", "running", "running"]
    assert await desk.works() == []


async def test_a_word_of_the_provider_that_comes_during_a_look_is_not_lost(desk: Desk) -> None:
    """It tells that the job has ended while our look still carries home that it runs."""
    await desk.has(JobState.RUNNING)

    async def told() -> None:
        desk.clock.pass_seconds(1)
        await desk.database.jobs.hasten({"j0"}, desk.clock.now(), again=True)

    desk.provider.meanwhile("job", told)
    await desk.database.jobs.hasten({"j0"}, NOW)
    await desk.works()
    desk.provider.moves("p0", "cancelled")
    await desk.works()
    assert await desk.state(0) is JobState.CANCELLED


async def test_with_no_live_job_the_provider_is_not_asked(desk: Desk) -> None:
    await desk.has(JobState.SUCCEEDED, JobState.REQUESTED)
    assert await desk.works() == []


async def test_a_running_job_is_looked_at_in_each_interval_and_a_waiting_one_seldom(desk: Desk) -> None:
    await desk.has(JobState.VALIDATING_FILES, JobState.VALIDATING_FILES)
    desk.provider.moves("p0", "running")
    await desk.works()
    desk.clock.pass_seconds(POLL)
    assert await desk.works() == ["jobs", "job p0"]


async def test_a_job_that_the_whole_list_does_not_show_is_lost_after_several_looks(desk: Desk) -> None:
    await desk.has(JobState.QUEUED)
    del desk.provider.known["p0"]
    for _ in range(TRIES_BEFORE_LOST - 1):
        assert "job p0" in await desk.works()
        assert await desk.state(0) is JobState.QUEUED
        desk.clock.pass_seconds(POLL * 3)
    await desk.works()
    assert await desk.state(0) is JobState.LOST


async def test_a_server_that_knows_nothing_any_more_loses_no_job(desk: Desk) -> None:
    """At a wrong address no job is found, and no list either."""
    await desk.has(JobState.RUNNING)
    del desk.provider.known["p0"]
    desk.provider.fails("jobs", ProviderRefused("OpenAI does not know this (any more)."), times=100)
    for _ in range(TRIES_BEFORE_LOST + 1):
        desk.clock.pass_seconds(3_600)
        claim = await desk.database.jobs.claim(desk.clock.now(), LEASE)
        assert claim is not None
        with pytest.raises(ProviderRefused):
            await desk.following.look(claim)
        await desk.put_off("j0", "it refuses")
        await desk.database.jobs.release("j0", claim.token)
    assert await desk.state(0) is JobState.RUNNING


async def test_a_job_that_the_list_shows_is_not_lost_whatever_its_own_page_says(desk: Desk) -> None:
    await desk.has(JobState.RUNNING)

    desk.provider.unfound.add("p0")  # a server at odds with itself
    for _ in range(TRIES_BEFORE_LOST + 1):
        desk.clock.pass_seconds(3_600)
        await desk.works()
    assert await desk.state(0) is JobState.RUNNING


async def test_a_job_behind_the_pages_that_were_read_waits_for_its_own_look(desk: Desk) -> None:
    await desk.has(JobState.QUEUED)
    desk.provider.shown = 0
    desk.provider.moves("p0", "running")
    assert await desk.works() == ["jobs"]
    desk.clock.pass_seconds(3_600)
    assert await desk.works() == ["jobs", "job p0"]
    assert await desk.state(0) is JobState.RUNNING


@pytest.mark.parametrize("fault", [ProviderUnavailable("away"), ProviderRefused("the key is wrong")])
async def test_a_list_that_cannot_be_read_is_read_again_and_no_job_is_lost(
    desk: Desk, fault: Exception
) -> None:
    await desk.has(JobState.QUEUED)
    desk.provider.fails("jobs", fault)
    assert await desk.works() == ["jobs"]
    desk.provider.moves("p0", "running")
    assert await desk.works() == []
    desk.clock.pass_seconds(60)
    await desk.works()
    assert await desk.state(0) is JobState.RUNNING


async def test_a_job_that_is_being_cancelled_is_asked_about_until_it_ends(desk: Desk) -> None:
    await desk.has(JobState.QUEUED)
    await desk.database.jobs.change(
        "j0",
        lambda job: Transition(replace(job, cancel_asked_by="U1", due_at=NOW)),
    )
    desk.provider.cancels_late = True
    assert await desk.works() == ["jobs", "cancel_job p0"]
    desk.clock.pass_seconds(POLL)
    desk.provider.moves("p0", "cancelled")
    assert "cancel_job p0" in await desk.works()
    assert await desk.state(0) is JobState.CANCELLED


async def test_of_two_replicas_one_reads_the_list(desk: Desk) -> None:
    await desk.has(JobState.QUEUED)
    held = await desk.database.polls.claim(NOW, LEASE)
    assert held is not None
    assert await desk.works() == []
    await desk.following.begin()  # the other one starting makes no second look
    assert await desk.database.polls.claim(NOW, LEASE) is None


@pytest.mark.parametrize(
    ("state", "wish", "then"),
    [(JobState.RUNNING, Wish.PAUSE, "paused"), (JobState.PAUSED, Wish.RESUME, "running")],
)
async def test_a_wish_is_asked_of_the_provider_once(
    desk: Desk, state: JobState, wish: Wish, then: str
) -> None:
    await desk.has(state)
    await desk.database.jobs.change("j0", lambda job: transitions.wished(job, wish, "U1", NOW))
    assert await desk.works() == ["jobs", f"{wish}_job p0"]
    after = await desk.job(0)
    assert (after.state, after.wish) == (then, Wish.NONE)
    desk.clock.pass_seconds(POLL)
    assert f"{wish}_job p0" not in await desk.works()


async def test_what_is_wished_during_a_look_is_asked_right_after_it(desk: Desk) -> None:
    await desk.has(JobState.QUEUED)
    desk.provider.moves("p0", "running")

    async def meanwhile() -> None:
        await desk.database.jobs.change("j0", lambda job: transitions.wished(job, Wish.PAUSE, "U1", NOW))

    desk.provider.meanwhile("figures", meanwhile)
    assert await desk.works() == ["jobs", "figures p0", "pause_job p0"]
    assert (await desk.job(0)).state is JobState.PAUSED


async def test_a_wish_that_does_not_fit_is_refused(desk: Desk) -> None:
    await desk.has(JobState.VALIDATING_FILES, JobState.SUCCEEDED, JobState.RUNNING)
    for row_id in ("j0", "j1"):
        with pytest.raises(StaleState, match="nothing to pause"):
            await desk.database.jobs.change(
                row_id, lambda job: transitions.wished(job, Wish.PAUSE, "U1", NOW)
            )
    with pytest.raises(StaleState, match="nothing to resume"):
        await desk.database.jobs.change("j2", lambda job: transitions.wished(job, Wish.RESUME, "U1", NOW))


async def test_losses_are_kept_while_it_trains_and_read_when_it_ends(desk: Desk) -> None:
    await desk.has(JobState.RUNNING)
    desk.provider.moves("p0", "running", points=(Point(2, 1.5), Point(1, 2.5)))
    desk.provider.losses["results.csv"] = [
        Point(step, 2.0 / step, 1.0 if step < 60 else step / 60) for step in range(1, 101)
    ]
    desk.provider.kept["p0"] = [Checkpoint(66, "ft:m:ckpt-step-66"), Checkpoint(100, "ft:m")]
    desk.clock.pass_seconds(3_600)
    await desk.works()
    assert await desk.database.curves.get("j0") == Curve((Point(1, 2.5), Point(2, 1.5)))

    desk.provider.moves("p0", "succeeded", result_files=("results.csv",), points=())
    desk.clock.pass_seconds(POLL)
    assert await desk.works() == ["jobs", "figures p0", "results results.csv", "checkpoints p0"]
    curve, ended = await desk.database.curves.get("j0"), await desk.job(0)
    assert (len(curve.points), len(curve.checkpoints)) == (100, 2)
    assert "or use the checkpoint at step 66" in ended.reading
    assert (ended.training.step, round(ended.training.train_loss or 0, 2)) == (100, 0.02)
    assert await desk.database.outbox.get("job:j0:story:checkpoints:1") is not None


@pytest.mark.parametrize(
    ("fault", "tries"), [(ProviderUnavailable("away", 1), TRIES_FOR_FIGURES + 1), (ProviderRefused("no"), 1)]
)
async def test_an_end_is_not_held_back_for_figures_that_cannot_be_had(
    desk: Desk, fault: Exception, tries: int
) -> None:
    await desk.has(JobState.QUEUED)
    desk.provider.moves("p0", "succeeded", result_files=("results.csv",))
    desk.provider.fails("results", fault, times=100)
    for _ in range(tries):
        assert await desk.state(0) is JobState.QUEUED
        await desk.works()
        desk.clock.pass_seconds(POLL)
    ended = await desk.job(0)
    assert (ended.state, ended.reading) == (JobState.SUCCEEDED, "")


async def test_what_the_list_showed_counts_no_more_once_the_row_moved_on(desk: Desk) -> None:
    await desk.has(JobState.QUEUED)
    desk.provider.moves("p0", "running")
    poll = await desk.database.polls.claim(NOW, LEASE)
    assert poll is not None
    await desk.following.poll(poll)
    await desk.database.jobs.change(
        "j0", lambda job: Transition(replace(job, fault="another replica was here"))
    )
    assert await desk.works() == ["job p0"]


@pytest.mark.parametrize(
    ("state", "wish", "sentence"),
    [
        (JobState.RUNNING, Wish.PAUSE, "OpenAI cannot pause jobs."),
        (JobState.PAUSED, Wish.RESUME, "OpenAI cannot resume jobs."),
    ],
)
async def test_what_the_provider_cannot_do_is_said_once_and_the_job_goes_on(
    desk: Desk, state: JobState, wish: Wish, sentence: str
) -> None:
    await desk.has(state)
    await desk.database.jobs.change("j0", lambda job: transitions.wished(job, wish, "U1", NOW))
    desk.provider.fails(f"{wish}_job", Unsupported(sentence))
    assert await desk.works() == ["jobs", f"{wish}_job p0", "job p0"]
    after = await desk.job(0)
    assert (after.state, after.wish, after.fault) == (state, Wish.NONE, "")
    [note] = [post for post in await desk.database.outbox.of("j0") if post.kind is MessageKind.JOB_NOTE]
    assert sentence in requests.note(after, note.data).text


async def test_a_job_that_cannot_be_cancelled_goes_on_and_whoever_wanted_it_is_told(desk: Desk) -> None:
    await desk.has(JobState.RUNNING)
    await desk.database.jobs.change(
        "j0", lambda job: transitions.cancel_asked(replace(job, seen_by_provider=True), "U1", NOW)
    )
    desk.provider.fails("cancel_job", Unsupported("OpenAI cannot cancel jobs."))
    await desk.works()
    after = await desk.job(0)
    assert (after.state, after.cancel_asked_by) == (JobState.RUNNING, None)
    [note] = [post for post in await desk.database.outbox.of("j0") if post.kind is MessageKind.JOB_NOTE]
    assert "<@U1>: OpenAI cannot cancel jobs." in requests.note(after, note.data).text


@pytest.mark.parametrize("wish", [Wish.PAUSE, Wish.NONE])
async def test_a_job_that_is_gone_when_something_is_wanted_of_it_is_found_to_be_lost(
    desk: Desk, wish: Wish
) -> None:
    await desk.has(JobState.RUNNING)
    del desk.provider.known["p0"]
    await desk.database.jobs.change(
        "j0",
        lambda job: Transition(replace(job, wish=wish, cancel_asked_by=None if wish else "U1", due_at=NOW)),
    )
    for _ in range(TRIES_BEFORE_LOST):
        await desk.works()
        desk.clock.pass_seconds(POLL)
    assert await desk.state(0) is JobState.LOST
