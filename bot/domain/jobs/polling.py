"""When to ask the provider about live jobs, and which of them moved; asks nobody and knows no time of day."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.jobs.job import Job, JobState, ProviderJob, state_of
from bot.domain.work_queue import Transition, backoff

LOOKS_PER_POLL = 10
"""Running jobs looked at closely in each interval, whether they moved or not, so that their progress stays fresh.
A look is two calls: at one interval of 20 seconds that is one call a second, however many jobs there are."""

_WAITING = frozenset({"validating_files", "queued", "paused"})
_REST = 30  # intervals between two close looks at a job that waits: the list tells when it moves
_CALM = 3  # intervals between two lists while no job works
_JITTER = timedelta(seconds=60)  # by which the server's guess of the end may wander without meaning anything


@dataclass(frozen=True, slots=True)
class Poll:
    """The look over all live jobs at one provider; `id` is the provider's name. One worker at a time holds it."""

    id: str
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


def polled(poll: Poll, states: Collection[JobState], now: datetime, interval: timedelta) -> Transition[Poll]:
    """The list was read; next time in an interval, or later when all live jobs (in `states`) only wait."""
    calm = bool(states) and all(state in (JobState.QUEUED, JobState.PAUSED) for state in states)
    return Transition(replace(poll, due_at=now + interval * (_CALM if calm else 1), attempts=0))


def delayed(poll: Poll, now: datetime, retry_after: float | None) -> Transition[Poll]:
    """The list could not be read: again after `retry_after` seconds, or a growing pause."""
    wait = backoff(poll.attempts) if retry_after is None else timedelta(seconds=retry_after)
    return Transition(replace(poll, due_at=now + wait, attempts=poll.attempts + 1))


def rest(status: str, running: int, interval: timedelta) -> timedelta:
    """How long a job of this status, one of `running` that run, may go without a close look."""
    if status in _WAITING:
        return interval * _REST
    return interval * max(1.0, running / LOOKS_PER_POLL)


def moved(job: Job, seen: ProviderJob) -> bool:
    """Whether the list shows something of the job that our row does not know yet."""
    if state_of(seen.status, job.state) is not job.state:
        return True
    told, known = seen.training.estimated_finish, job.training.estimated_finish
    if told is not None and (known is None or abs(told - known) >= _JITTER):
        return True
    return seen.trained_tokens is not None and seen.trained_tokens != job.trained_tokens
