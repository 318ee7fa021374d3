"""The steps of a fine-tuning job, from the request to its end, and who hears of them.

Pure: each step takes the job as it was last read and gives the job as it should be saved, with the posts
that the step calls for. A step that does not fit the state raises StaleState and changes nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import models, story
from bot.domain.audit import BOT, POLICY, PROVIDER, Detail, Did, Entry
from bot.domain.dataset.lifecycle import backoff
from bot.domain.jobs import (
    ENDED,
    FOLLOWED,
    PROVIDER_ENDS,
    TRANSITIONS,
    Approval,
    Job,
    JobState,
    ProviderJob,
    S,
    Sending,
    Training,
    Wish,
    state_of,
)
from bot.domain.pricing import Estimate
from bot.domain.work import Moved, Place, Post, PostKind
from bot.errors import StaleState


def requested(job: Job, now: datetime) -> Moved[Job]:
    """A new request: its card goes to the channel and waits for a decision."""
    card = Post(id=job.card_id, kind=PostKind.JOB_CARD, place=job.place, subject_id=job.id, due_at=now)
    entry = _entry(job, Did.REQUESTED, job.requested_by, now, model=job.model, usd=job.estimate.usd)
    return Moved(replace(job, state_since=now, due_at=now), (card,), (entry,))


def approved(job: Job, by: str, needed: int, now: datetime) -> Moved[Job]:
    """Somebody whom the policy allows said yes; when so many as are `needed` have, the work begins at once."""
    entry = _entry(job, Did.APPROVED, by, now, model=job.model, usd=job.estimate.usd)
    approvals = (*(each for each in job.approvals if each.by != by), Approval(by, now))
    if len(approvals) < needed:
        return Moved(replace(_waiting(job), approvals=approvals), entries=(entry,))
    job = replace(_to(job, S.APPROVED, now), approvals=approvals)
    return Moved(replace(job, decided_by=by, decided_at=now, due_at=now), entries=(entry,))


def approved_by_policy(job: Job, below: int, now: datetime) -> Moved[Job]:
    """It costs less than what the policy approves by itself, `below` in micro-dollars: the work begins at once."""
    if job.estimate.usd is None or job.estimate.usd * 1_000_000 >= below:
        raise StaleState("This job is not approved by itself any more.")
    entry = _entry(job, Did.APPROVED, POLICY, now, usd=job.estimate.usd, below_usd=below / 1_000_000)
    return Moved(
        replace(_to(job, S.APPROVED, now), decided_by=POLICY, decided_at=now, due_at=now), entries=(entry,)
    )


def waits(job: Job, due_at: datetime | None) -> Moved[Job]:
    """Nobody decided yet: it is looked at again then."""
    return Moved(replace(_waiting(job), due_at=due_at))


def reminded(job: Job, now: datetime) -> Moved[Job]:
    """Those whose turn it is are reminded, once, in the card's thread; it is looked at again when it ends."""
    again = f"{job.edited_at.timestamp():.0f}" if job.edited_at else ""  # another request by then
    note = _note(job, "reminder", now, again)
    return Moved(replace(_waiting(job), reminded_at=now, due_at=job.expires_at), (note,))


def expired(job: Job, now: datetime) -> Moved[Job]:
    """Nobody decided in time: the requester is told in the card's thread."""
    entry = _entry(job, Did.EXPIRED, BOT, now, usd=job.estimate.usd)
    ended = replace(_to(job, S.EXPIRED, now), due_at=None)
    return Moved(ended, (_note(job, "expired", now),), (entry,))


def edited(job: Job, new: Job, now: datetime) -> Moved[Job]:
    """The requester wants something else: what `new` is asked with holds, and whoever said yes has to do so again."""
    entry = _entry(job, Did.EDITED, job.requested_by, now, model=new.model, usd=new.estimate.usd)
    asked = replace(
        _waiting(job),
        dataset_id=new.dataset_id,
        dataset_name=new.dataset_name,
        dataset_sha256=new.dataset_sha256,
        model=new.model,
        method=new.method,
        suffix=new.suffix,
        estimate=new.estimate,
        hyperparameters=new.hyperparameters,
        seed=new.seed,
        validation=new.validation,
        wandb_project=new.wandb_project,
        went_on_from=new.went_on_from,
        expires_at=new.expires_at,
        edited_at=now,
        reminded_at=None,
        due_at=now,
    )
    return _begun_anew(asked, "edited", entry, now)


def repriced(job: Job, estimate: Estimate, now: datetime) -> Moved[Job]:
    """What it costs has moved since it was asked for: whoever said yes did so to another price."""
    entry = _entry(
        job, Did.REPRICED, BOT, now, model=job.model, usd=estimate.usd, before_usd=job.estimate.usd
    )
    return _begun_anew(replace(_waiting(job), estimate=estimate), "repriced", entry, now)


def _begun_anew(job: Job, what: str, entry: Entry, now: datetime) -> Moved[Job]:
    """Approvals count no longer; whoever gave one is told in the card's thread."""
    if not job.approvals:
        return Moved(job, entries=(entry,))
    people = [approval.by for approval in job.approvals]
    note = _note(job, what, now, f"{now.timestamp():.0f}", people=people)
    return Moved(replace(job, approvals=()), (note,), (entry,))


def rejected(job: Job, by: str, reason: str, now: datetime) -> Moved[Job]:
    """Somebody whom the policy allows said no, and why; the requester is told in the card's thread."""
    post = _post(job, PostKind.JOB_REJECTED, now)
    entry = _entry(job, Did.REJECTED, by, now)
    ended = replace(_to(job, S.REJECTED, now), decided_by=by, decided_at=now, reason=reason, due_at=None)
    return Moved(ended, (post,), (entry,))


def withdrawn(job: Job, by: str, now: datetime) -> Moved[Job]:
    """The requester took the request back before it was decided."""
    ended = replace(_to(job, S.WITHDRAWN, now), due_at=None)
    return Moved(ended, entries=(_entry(job, Did.WITHDRAWN, by, now),))


def cancel_asked(job: Job, by: str, now: datetime) -> Moved[Job]:
    """Somebody wants it stopped.

    What the provider has never seen ends here and now; anything else is due at once, so that the worker asks
    the provider.
    """
    if job.state is S.REQUESTED:
        return withdrawn(job, by, now)
    if job.state in ENDED:
        raise StaleState(f"This job has ended already: {job.state}.")
    entries = (_entry(job, Did.CANCEL_ASKED, by, now),) if job.cancel_asked_by != by else ()
    if not job.seen_by_provider:
        ended = _ended(replace(job, cancel_asked_by=by), S.CANCELLED, now)
        return replace(ended, entries=entries + ended.entries)
    return Moved(replace(job, cancel_asked_by=by, due_at=now, attempts=0), entries=entries)


def wished(job: Job, wish: Wish, by: str, now: datetime) -> Moved[Job]:
    """Somebody wants it to stand still, or to go on: the worker asks the provider at once."""
    fits = (S.QUEUED, S.RUNNING) if wish is Wish.PAUSE else (S.PAUSED,)
    if job.state not in fits or job.cancel_asked_by is not None:
        raise StaleState(f"This job is {job.state.value.replace('_', ' ')}; there is nothing to {wish}.")
    asked = Did.PAUSE_ASKED if wish is Wish.PAUSE else Did.RESUME_ASKED
    return Moved(replace(job, wish=wish, due_at=now, attempts=0), entries=(_entry(job, asked, by, now),))


def uploading(job: Job, now: datetime) -> Moved[Job]:
    """The job's files are on their way to the provider."""
    return Moved(replace(_to(job, S.UPLOADING, now), fault=""))


def sent(job: Job, sending: Sending) -> Moved[Job]:
    """So much of the file is at the provider."""
    if job.state is not S.UPLOADING:
        raise StaleState(f"This job is {job.state}; nothing is uploaded for it now.")
    return Moved(replace(job, sending=sending))


def uploaded(job: Job, file_id: str, now: datetime) -> Moved[Job]:
    """The provider has what was to be uploaded; the next step uploads the other file, or creates the job."""
    if job.state is not S.UPLOADING:
        raise StaleState(f"This job is {job.state}; nothing is uploaded for it now.")
    if job.training_file_id is None:
        job = replace(job, training_file_id=file_id)
    elif job.validation is not None:
        job = replace(job, validation=replace(job.validation, file_id=file_id))
    job = replace(job, sending=None, due_at=now, attempts=0, fault="")
    return Moved(job if job.to_upload else _to(job, S.CREATING, now))


def file_gone(job: Job, file_id: str, now: datetime) -> Moved[Job]:
    """The provider lost one of the files before the job existed: upload it once more."""
    if job.seen_by_provider:
        raise StaleState("This job may exist at the provider already.")
    job = replace(_to(job, S.UPLOADING, now), due_at=now)
    if job.validation is not None and job.validation.file_id == file_id:
        return Moved(replace(job, validation=replace(job.validation, file_id=None)))
    return Moved(replace(job, training_file_id=None))


def creating(job: Job) -> Moved[Job]:
    """Written before the one call that costs money: from here on the job may exist at the provider."""
    if job.state is not S.CREATING:
        raise StaleState(f"This job is {job.state}; it cannot be created now.")
    return Moved(replace(job, seen_by_provider=True))


def created(job: Job, provider: ProviderJob, now: datetime) -> Moved[Job]:
    """The provider has the job (just created, or found again by our id): follow it from here."""
    entry = _entry(job, Did.CREATED, PROVIDER, now, provider_job=provider.id, model=job.model)
    moved = observed(
        replace(
            _to(job, S.VALIDATING_FILES, now),
            provider_job_id=provider.id,
            waits_until=None,
            attempts=0,
            fault="",
        ),
        provider,
        now,
        timedelta(0),
    )
    began = story.begun(moved.row, now)
    return Moved(began.row, (*began.posts, *moved.posts), (entry, *moved.entries))


def observed(job: Job, provider: ProviderJob, now: datetime, rest: timedelta) -> Moved[Job]:
    """The provider was asked; an unknown status means that it is still going. Next look after `rest` at the latest."""
    if job.state not in FOLLOWED:
        raise StaleState(f"This job is {job.state}; nothing more is expected of the provider.")
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
        told = story.heard(job, provider.events, now) if state is S.SUCCEEDED else Moved(job)
        end = _ended(told.row, state, now)
        return replace(end, posts=(*told.posts, *end.posts))
    told = story.heard(job, provider.events, now)
    if state not in TRANSITIONS[job.state]:  # the same again, or an order of states we have not seen before
        return told
    moved = story.moved(job.state, _to(told.row, state, now), now)
    return replace(moved, posts=(*told.posts, *moved.posts))


def never_created(job: Job, now: datetime) -> Moved[Job]:
    """Somebody cancelled while the outcome of the create call was unknown, and the provider has no such job."""
    return _ended(job, S.CANCELLED, now)


def lost(job: Job, now: datetime) -> Moved[Job]:
    """The provider no longer knows the job."""
    return _ended(job, S.LOST, now)


def refused(job: Job, *, code: str, said: str, advice: str, now: datetime) -> Moved[Job]:
    """The provider said no for good before or while the job was created."""
    return _ended(replace(job, error_code=code, said=said, advice=advice), S.FAILED, now)


def closed(job: Job, *, code: str, said: str, advice: str, now: datetime) -> Moved[Job]:
    """The provider takes no new jobs from this organisation: nothing was trained and nothing is paid."""
    return _ended(replace(job, error_code=code, said=said, advice=advice), S.CLOSED, now)


def no_place(job: Job, sentence: str, until: datetime) -> Moved[Job]:
    """The provider takes no further job now: it waits here, and its card shows the time of the next try."""
    if job.state is not S.CREATING:
        raise StaleState(f"This job is {job.state}; it waits for no place.")
    return Moved(replace(job, fault=sentence, waits_until=until, due_at=until, attempts=0))


def delayed(job: Job, sentence: str, now: datetime, retry_after: float | None) -> Moved[Job]:
    """A fault that may pass: the same step once more, later; the card says so."""
    wait = timedelta(seconds=retry_after) if retry_after is not None else backoff(job.attempts)
    if job.state in ENDED:  # only the removal of its model can be left to do
        return models.put_off(job, sentence, now + wait)
    return Moved(replace(job, fault=sentence, waits_until=None, due_at=now + wait, attempts=job.attempts + 1))


def _merged(old: Training, new: Training) -> Training:
    """The latest figure of each kind; a figure the provider left out stays as it was."""
    return Training(
        step=new.step if new.step is not None else old.step,
        total_steps=new.total_steps if new.total_steps is not None else old.total_steps,
        train_loss=new.train_loss if new.train_loss is not None else old.train_loss,
        valid_loss=new.valid_loss if new.valid_loss is not None else old.valid_loss,
        estimated_finish=new.estimated_finish or old.estimated_finish,
    )


def _cost(job: Job, trained_tokens: int | None) -> float | None:
    """What was billed: trained_tokens × price per million (facts: "training price x trained_tokens")."""
    price = job.estimate.price_per_million_usd
    if trained_tokens is None or price is None:
        return None
    return trained_tokens * price / 1_000_000


def _ended(job: Job, state: JobState, now: datetime) -> Moved[Job]:
    job = replace(_to(job, state, now), ended_at=now, wish=Wish.NONE, waits_until=None, due_at=None, fault="")
    entry = _entry(
        job,
        Did.ENDED,
        PROVIDER if job.seen_by_provider else BOT,
        now,
        state=state.value,
        usd=job.cost_usd,
        estimated_usd=job.estimate.usd,
        trained_tokens=job.trained_tokens,
    )
    return Moved(job, (_post(job, PostKind.JOB_ENDED, now),), (entry,))


def _entry(job: Job, what: Did, who: str, now: datetime, **details: Detail) -> Entry:
    return Entry(
        at=now,
        workspace=job.place.workspace,
        channel_id=job.place.channel_id,
        who=who,
        what=what,
        subject=job.id,
        details={key: value for key, value in details.items() if value is not None},
    )


def _note(job: Job, what: str, now: datetime, which: str = "", **data: object) -> Post:
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


def _waiting(job: Job) -> Job:
    if job.state is not S.REQUESTED:
        raise StaleState(f"This job is {job.state}; nobody has to decide on it.")
    return replace(job, attempts=0, fault="")


def _post(job: Job, kind: PostKind, now: datetime) -> Post:
    place = Place(job.place.workspace, job.place.channel_id)
    return Post(id=f"job:{job.id}:{kind.value}", kind=kind, place=place, subject_id=job.id, due_at=now)


def _to(job: Job, state: JobState, now: datetime) -> Job:
    if state not in TRANSITIONS[job.state]:
        raise StaleState(f"This job is {job.state}; it cannot become {state}.")
    return replace(job, state=state, state_since=now)
