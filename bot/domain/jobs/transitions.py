"""The steps of a fine-tuning job, from the decision to its end, and who hears of them.

Pure: each step takes the job as it was last read and gives the job as it should be saved, with the messages
that the step calls for. A step that does not fit the state raises StaleState and changes nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.audit import BOT, PROVIDER, Detail, Did, Entry
from bot.domain.jobs import thread_updates
from bot.domain.jobs.job import (
    ENDED,
    FOLLOWED,
    PROVIDER_ENDS,
    TRANSITIONS,
    Job,
    JobState,
    ProviderJob,
    S,
    Sending,
    Training,
    Wish,
    how_it_stands,
    state_of,
)
from bot.domain.money import cost, in_dollars
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition, backoff
from bot.errors import StaleState


def become(job: Job, state: JobState, now: datetime) -> Job:
    """The job in its next state. Raises StaleState when it cannot become that."""
    if state not in TRANSITIONS[job.state]:
        raise StaleState(f"This job {how_it_stands(job)}; it cannot become {state}.")
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


def announcement(job: Job, kind: MessageKind, now: datetime) -> OutboxMessage:
    """A message to the channel, said once for each kind."""
    place = Place(job.place.workspace, job.place.channel_id)
    return OutboxMessage(
        id=f"job:{job.id}:{kind.value}", kind=kind, place=place, subject_id=job.id, due_at=now
    )


def note(job: Job, what: str, now: datetime, which: str = "", **data: object) -> OutboxMessage:
    """A sentence in the thread of the job's card, said once for each `which`."""
    return OutboxMessage(
        id=f"job:{job.id}:{what}" + (f":{which}" if which else ""),
        kind=MessageKind.JOB_NOTE,
        place=job.place,
        subject_id=job.id,
        data={"what": what, **data},
        under=job.card_id,
        due_at=now,
    )


def cancel_asked(job: Job, by: str, now: datetime) -> Transition[Job]:
    """Somebody wants it stopped.

    What the provider has never seen ends here and now; anything else is due at once, so that the worker asks
    the provider.
    """
    if job.state in ENDED:
        raise StaleState(f"This job has ended already: {job.state}.")
    entries = (entry_of(job, Did.CANCEL_ASKED, by, now),) if job.cancel_asked_by != by else ()
    if not job.seen_by_provider:
        ended = _ended(replace(job, cancel_asked_by=by), S.CANCELLED, now)
        return replace(ended, entries=entries + ended.entries)
    return Transition(replace(job, cancel_asked_by=by, due_at=now, attempts=0), entries=entries)


def wished(job: Job, wish: Wish, by: str, now: datetime) -> Transition[Job]:
    """Somebody wants it to stand still, or to go on: the worker asks the provider at once."""
    fits = (S.QUEUED, S.RUNNING) if wish is Wish.PAUSE else (S.PAUSED,)
    if job.state not in fits or job.cancel_asked_by is not None:
        raise StaleState(f"This job {how_it_stands(job)}; there is nothing to {wish}.")
    asked = Did.PAUSE_ASKED if wish is Wish.PAUSE else Did.RESUME_ASKED
    return Transition(
        replace(job, wish=wish, due_at=now, attempts=0), entries=(entry_of(job, asked, by, now),)
    )


def unsupported(job: Job, asked: Job, sentence: str, now: datetime) -> Transition[Job]:
    """The provider has no function for what people want of it: the job goes on, and whoever wants it is told.

    `asked` is the job as it was when the provider was asked: what was wanted since is still to be asked for.
    """
    cancels = asked.cancel_asked_by is not None
    if cancels:
        job = replace(job, cancel_asked_by=None)
    elif job.wish is asked.wish:
        job = replace(job, wish=Wish.NONE)
    people = [asked.cancel_asked_by] if cancels else []
    message = note(job, "unsupported", now, str(asked.revision), why=sentence, people=people)
    return Transition(replace(job, attempts=0, fault="", due_at=now), (message,))


def uploading(job: Job, now: datetime) -> Transition[Job]:
    """The job's files are on their way to the provider."""
    return Transition(replace(become(job, S.UPLOADING, now), fault=""))


def sent(job: Job, sending: Sending) -> Transition[Job]:
    """So much of the file is at the provider."""
    if job.state is not S.UPLOADING:
        raise StaleState(f"This job {how_it_stands(job)}; nothing is uploaded for it now.")
    return Transition(replace(job, sending=sending))


def uploaded(job: Job, file_id: str, now: datetime) -> Transition[Job]:
    """The provider has what was to be uploaded; the next step uploads the other file, or creates the job."""
    if job.state is not S.UPLOADING:
        raise StaleState(f"This job {how_it_stands(job)}; nothing is uploaded for it now.")
    if job.training_file_id is None:
        job = replace(job, training_file_id=file_id)
    elif job.validation is not None:
        job = replace(job, validation=replace(job.validation, file_id=file_id))
    job = replace(job, sent_at=job.sent_at or now, sending=None, due_at=now, attempts=0, fault="")
    return Transition(job if job.to_upload else become(job, S.CREATING, now))


def file_gone(job: Job, file_id: str, now: datetime) -> Transition[Job]:
    """The provider lost one of the files before the job existed: upload it once more."""
    if job.seen_by_provider:
        raise StaleState("This job may exist at the provider already.")
    job = replace(become(job, S.UPLOADING, now), due_at=now)
    if job.validation is not None and job.validation.file_id == file_id:
        return Transition(replace(job, validation=replace(job.validation, file_id=None)))
    return Transition(replace(job, training_file_id=None))


def creating(job: Job) -> Transition[Job]:
    """Written before the one call that costs money: from here on the job may exist at the provider."""
    if job.state is not S.CREATING:
        raise StaleState(f"This job {how_it_stands(job)}; it cannot be created now.")
    return Transition(replace(job, seen_by_provider=True))


def created(job: Job, provider: ProviderJob, now: datetime) -> Transition[Job]:
    """The provider has the job (just created, or found again by our id): follow it from here.

    One that has ended meanwhile is looked at once more at once: its figures are read before its end is told.
    """
    entry = entry_of(job, Did.CREATED, PROVIDER, now, provider_job=provider.id, model=job.model)
    job = replace(
        become(job, S.VALIDATING_FILES, now),
        provider_job_id=provider.id,
        seen_by_provider=True,
        waits_until=None,
        attempts=0,
        fault="",
        due_at=now,
    )
    if provider.status in PROVIDER_ENDS:
        began = thread_updates.begun(job, now)
        return Transition(began.row, began.messages, (entry,))
    transition = observed(job, provider, now, timedelta(0))
    began = thread_updates.begun(transition.row, now)
    return Transition(began.row, (*began.messages, *transition.messages), (entry, *transition.entries))


def observed(job: Job, provider: ProviderJob, now: datetime, rest: timedelta) -> Transition[Job]:
    """The provider was asked; an unknown status means that it is still going. Next look after `rest` at the latest."""
    if job.state not in FOLLOWED:
        raise StaleState(f"This job {how_it_stands(job)}; nothing more is expected of the provider.")
    state = state_of(provider.status, job.state)
    training = _merged(job.training, provider.training)
    job = replace(job, training=training, attempts=0, fault="", due_at=now + rest)
    if state in PROVIDER_ENDS:
        job = replace(
            job,
            fine_tuned_model=provider.fine_tuned_model,
            trained_tokens=provider.trained_tokens,
            cost_usd=_cost(job, provider.trained_tokens),
            error_code=provider.error_code,
            said=provider.error_message,
            advice=provider.advice,
            reading=provider.reading,
        )
        # Why a job failed is told with its end.
        told = Transition(job)
        if state is S.SUCCEEDED:
            told = thread_updates.heard(job, provider.events, now, last=True)
        end = _ended(told.row, state, now)
        return replace(end, messages=(*told.messages, *end.messages))
    told = thread_updates.heard(job, provider.events, now)
    if state not in TRANSITIONS[job.state]:  # the same again, or an order of states we have not seen before
        return told
    transition = thread_updates.moved(job.state, become(told.row, state, now), now)
    return replace(transition, messages=(*told.messages, *transition.messages))


def never_created(job: Job, now: datetime) -> Transition[Job]:
    """Somebody cancelled while the outcome of the create call was unknown, and the provider has no such job."""
    return _ended(job, S.CANCELLED, now)


def lost(job: Job, now: datetime) -> Transition[Job]:
    """The provider no longer knows the job."""
    return _ended(job, S.LOST, now)


def refused(job: Job, *, code: str, said: str, advice: str, now: datetime) -> Transition[Job]:
    """The provider said no for good before or while the job was created."""
    return _ended(replace(job, error_code=code, said=said, advice=advice), S.FAILED, now)


def closed(job: Job, *, code: str, said: str, advice: str, now: datetime) -> Transition[Job]:
    """The provider takes no new jobs from this organisation: nothing was trained and nothing is paid."""
    return _ended(replace(job, error_code=code, said=said, advice=advice), S.CLOSED, now)


def no_place(job: Job, sentence: str, until: datetime) -> Transition[Job]:
    """The provider takes no further job now: it waits here, and its card shows the time of the next try."""
    if job.state is not S.CREATING:
        raise StaleState(f"This job {how_it_stands(job)}; it waits for no place.")
    return Transition(replace(job, fault=sentence, waits_until=until, due_at=until, attempts=0))


def delayed(job: Job, sentence: str, now: datetime, retry_after: float | None) -> Transition[Job]:
    """A fault that may pass: the same step once more, later; the card says so."""
    wait = timedelta(seconds=retry_after) if retry_after is not None else backoff(job.attempts)
    if job.state in ENDED:  # only the removal of its model can be left to do
        return deletion_delayed(job, sentence, now + wait)
    return Transition(
        replace(job, fault=sentence, waits_until=None, due_at=now + wait, attempts=job.attempts + 1)
    )


def deletion_delayed(job: Job, sentence: str, due_at: datetime) -> Transition[Job]:
    """The provider could not delete its model now: once more then, and the card says why."""
    if job.model_deletion is None or job.model_deletion.done_at is not None:
        return Transition(replace(job, due_at=None))
    return Transition(replace(job, fault=sentence, due_at=due_at, attempts=job.attempts + 1))


def _merged(old: Training, new: Training) -> Training:
    """The latest figure of each kind; a figure the provider left out stays as it was."""
    return Training(
        step=new.step if new.step is not None else old.step,
        total_steps=new.total_steps if new.total_steps is not None else old.total_steps,
        first_loss=new.first_loss if new.first_loss is not None else old.first_loss,
        train_loss=new.train_loss if new.train_loss is not None else old.train_loss,
        valid_loss=new.valid_loss if new.valid_loss is not None else old.valid_loss,
        estimated_finish=new.estimated_finish or old.estimated_finish,
    )


def _cost(job: Job, trained_tokens: int | None) -> float | None:
    """What was billed: trained_tokens × price per million (facts: "training price x trained_tokens")."""
    price = job.estimate.price_per_million_usd
    if trained_tokens is None or price is None:
        return None
    return in_dollars(cost(trained_tokens, price))


def _ended(job: Job, state: JobState, now: datetime) -> Transition[Job]:
    job = replace(
        become(job, state, now), ended_at=now, wish=Wish.NONE, waits_until=None, due_at=None, fault=""
    )
    entry = entry_of(
        job,
        Did.ENDED,
        PROVIDER if job.seen_by_provider else BOT,
        now,
        state=state.value,
        usd=job.cost_usd,
        estimated_usd=job.estimate.usd,
        trained_tokens=job.trained_tokens,
    )
    return Transition(job, (announcement(job, MessageKind.JOB_ENDED, now),), (entry,))
