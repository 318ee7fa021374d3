"""When the provider is asked, and what counts as a move."""

from datetime import timedelta

import pytest

from bot.domain.jobs import polling
from bot.domain.jobs.job import JobState, ProviderJob, Training
from bot.domain.jobs.polling import Poll
from tests.domain.jobs.test_transitions import NOW, job

S = JobState
INTERVAL = timedelta(seconds=20)
SOON = NOW + timedelta(minutes=10)


def seen(status: str = "running", finish_after: float | None = None, **fields: object) -> ProviderJob:
    """The job as the list shows it."""
    finish = None if finish_after is None else SOON + timedelta(seconds=finish_after)
    return ProviderJob("ftjob-1", status, training=Training(estimated_finish=finish), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "shown", "moved"),
    [
        (S.QUEUED, seen("queued"), False),
        (S.QUEUED, seen("running"), True),
        (S.RUNNING, seen("pausing"), False),
        (S.RUNNING, seen("succeeded"), True),
        (S.RUNNING, seen(finish_after=0), False),
        (S.RUNNING, seen(finish_after=-30), False),
        (S.RUNNING, seen(finish_after=300), True),
        (S.RUNNING, seen(trained_tokens=5), True),
    ],
)
def test_a_job_moved_when_the_list_shows_something_new(
    state: JobState, shown: ProviderJob, moved: bool
) -> None:
    """An unknown status is no move, and a guess of the end may wander a little."""
    assert polling.moved(job(state, training=Training(estimated_finish=SOON)), shown) is moved


def test_the_first_guess_of_the_end_is_a_move() -> None:
    """Until then the card has no time left to show."""
    assert polling.moved(job(S.RUNNING), seen(finish_after=0))


@pytest.mark.parametrize(
    ("states", "intervals"),
    [([], 1), ([S.RUNNING, S.QUEUED], 1), ([S.VALIDATING_FILES], 1), ([S.QUEUED, S.PAUSED], 3)],
)
def test_the_list_is_read_less_often_while_jobs_only_wait(states: list[JobState], intervals: int) -> None:
    """A queue moves in minutes; a job that is being checked may end at once."""
    after = polling.polled(Poll("openai", attempts=4), states, NOW, INTERVAL).row
    assert (after.due_at, after.attempts) == (NOW + intervals * INTERVAL, 0)


def test_a_list_that_cannot_be_read_is_tried_again_at_growing_pauses() -> None:
    """Unless the server said how long to wait."""
    first = polling.delayed(Poll("openai"), NOW, None).row
    second = polling.delayed(first, NOW, None).row
    assert (first.due_at, second.due_at) == (NOW + timedelta(seconds=2), NOW + timedelta(seconds=4))
    assert polling.delayed(first, NOW, 90).row.due_at == NOW + timedelta(seconds=90)


@pytest.mark.parametrize(("running", "intervals"), [(1, 1), (10, 1), (1_000, 100)])
def test_the_close_looks_of_running_jobs_share_one_budget(running: int, intervals: int) -> None:
    """However many jobs train, about ten of them are looked at in an interval."""
    assert polling.rest("running", running, INTERVAL) == intervals * INTERVAL
    assert polling.rest("queued", running, INTERVAL) == 30 * INTERVAL
