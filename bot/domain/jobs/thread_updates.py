"""What the thread of a job's card is told while the job runs: short, each thing once, never more than a dozen. Pure.

The channel hears only of the end; what the card shows anyway is not repeated here. Every function gives the job that
remembers what was told, with the messages to save in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.jobs.job import Job, JobState, Told
from bot.domain.jobs.training import Event
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.work_queue import Transition

BEGUN, PAUSED, RESUMED, CHECKPOINTS, WARNING, SAFETY = (
    "begun",
    "paused",
    "resumed",
    "checkpoints",
    "warning",
    "safety",
)
MOST = {BEGUN: 1, PAUSED: 2, RESUMED: 2, CHECKPOINTS: 3, WARNING: 3, SAFETY: 1}
"""Posts of each kind in one thread: twelve in all. What is beyond is in `/finetune events`."""
CHECKPOINT_PAUSE = timedelta(minutes=5)  # in which further checkpoints are gathered for one message
REMEMBERED = 60  # ids of events: more than one look reads, so that none is told twice
QUOTED = 3  # events in one message


def begun(job: Job, now: datetime) -> Transition[Job]:
    """The provider has created the job."""
    return _told(job, BEGUN, now, provider_job=job.provider_job_id, model=job.model)


def moved(before: JobState, job: Job, now: datetime) -> Transition[Job]:
    """The job stands still, or goes on."""
    if job.state is JobState.PAUSED and before is not JobState.PAUSED:
        return _told(job, PAUSED, now, step=job.training.step)
    if before is JobState.PAUSED and job.state in (JobState.RUNNING, JobState.QUEUED):
        return _told(job, RESUMED, now)
    return Transition(job)


def heard(job: Job, events: Sequence[Event], now: datetime, *, last: bool = False) -> Transition[Job]:
    """The provider's log was read: its warnings, its word on the finished model, and new checkpoints.

    `last`: nothing comes after it, so that nothing is gathered any more.
    """
    known = frozenset(job.story.events)
    new = [event for event in reversed(events) if _tells(event) and _key(event) not in known]
    messages: list[OutboxMessage] = []
    if new:
        ids = (*job.story.events, *(_key(event) for event in new))[-REMEMBERED:]
        job = replace(job, story=replace(job.story, events=ids))
        safety = [event.message for event in new if event.judges]
        warnings = [event.message for event in new if not event.judges]
        for what, said in ((WARNING, warnings), (SAFETY, safety)):
            if said:
                told = _told(job, what, now, said=said[-QUOTED:], more=max(0, len(said) - QUOTED))
                job, messages = told.row, [*messages, *told.messages]
    kept = _checkpoints(job, events, now, last=last)
    return Transition(kept.row, (*messages, *kept.messages))


def _tells(event: Event) -> bool:
    return event.judges or event.level in ("warn", "error")


def _key(event: Event) -> str:
    return event.id or f"{event.at}:{event.message[:40]}"


def _checkpoints(job: Job, events: Sequence[Event], now: datetime, *, last: bool) -> Transition[Job]:
    """Those since the last message, gathered: there may be one for each of fifty epochs."""
    told = job.story
    steps = sorted(
        {e.checkpoint for e in events if e.checkpoint is not None and e.checkpoint > told.checkpoint}
    )
    gathers = not last and told.checkpoint_at is not None and now < told.checkpoint_at + CHECKPOINT_PAUSE
    if not steps or gathers:
        return Transition(job)
    job = replace(job, story=replace(told, checkpoint=steps[-1], checkpoint_at=now))
    return _told(job, CHECKPOINTS, now, steps=steps)


def _told(job: Job, what: str, now: datetime, **data: object) -> Transition[Job]:
    """One more message of this kind, unless the thread has had enough of them."""
    before = job.story.posts.get(what, 0)
    if before >= MOST[what]:
        return Transition(job)
    message = OutboxMessage(
        id=f"job:{job.id}:story:{what}:{before + 1}",
        kind=MessageKind.JOB_STORY,
        place=job.place,
        subject_id=job.id,
        data={"what": what, "last": before + 1 == MOST[what], **data},
        under=job.card_id,
        due_at=now,
    )
    story: Told = replace(job.story, posts={**job.story.posts, what: before + 1})
    return Transition(replace(job, story=story), (message,))
