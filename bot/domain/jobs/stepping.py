"""What the steps of a job share: the next state, the audit's entry, the announcement. Pure."""

from dataclasses import replace
from datetime import datetime

from bot.domain.audit import Detail, Did, Entry
from bot.domain.jobs.job import TRANSITIONS, Job, JobState
from bot.domain.outbox import Place, Post, PostKind
from bot.errors import StaleState


def become(job: Job, state: JobState, now: datetime) -> Job:
    """The job in its next state. Raises StaleState when it cannot become that."""
    if state not in TRANSITIONS[job.state]:
        raise StaleState(f"This job is {job.state}; it cannot become {state}.")
    return replace(job, state=state, state_since=now)


def entry_of(job: Job, what: Did, who: str, now: datetime, **details: Detail) -> Entry:
    """What the audit keeps of a step; details that are None are left out."""
    return Entry(
        at=now,
        workspace=job.place.workspace,
        channel_id=job.place.channel_id,
        who=who,
        what=what,
        subject=job.id,
        details={key: value for key, value in details.items() if value is not None},
    )


def announcement(job: Job, kind: PostKind, now: datetime) -> Post:
    """A message to the channel, said once for each kind."""
    place = Place(job.place.workspace, job.place.channel_id)
    return Post(id=f"job:{job.id}:{kind.value}", kind=kind, place=place, subject_id=job.id, due_at=now)


def note(job: Job, what: str, now: datetime, which: str = "", **data: object) -> Post:
    """A sentence in the thread of the job's card, said once for each `which`."""
    return Post(
        id=f"job:{job.id}:{what}" + (f":{which}" if which else ""),
        kind=PostKind.JOB_NOTE,
        place=job.place,
        subject_id=job.id,
        data={"what": what, **data},
        under=job.card_id,
        due_at=now,
    )
