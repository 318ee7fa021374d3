"""A tuned model after its training: what it is called, whether it still answers, its deletion. Pure; asks nobody.

The row of a model is the succeeded job that it came from. What is deleted at the provider stays here as history.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from bot.domain.audit import Did, Entry
from bot.domain.catalog import ModelInfo
from bot.domain.jobs.job import Job, JobState, ModelDeletion, title_of
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import BadInput, StaleState

ALIAS_LENGTH = 40  # characters: a name that people type
NAME_TAKEN = "No model can be called so; take another name."
"""Whatever stands in the way: another model, one that the person may not see, a base model."""
_ALIAS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class ModelState(StrEnum):
    """What has become of a tuned model."""

    ANSWERS = "answers"
    RETIRED = "retired"
    DELETING = "deleting"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Share:
    """That a model may be used in another channel than its own: who shared it with which, and when."""

    channel_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """How a program reaches a model: what it is called there, where that is, and where people keep their key."""

    title: str
    name: str
    base_url: str
    key_variable: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a job and its model are called; `gone`: somebody had the model deleted."""

    id: str
    channel_id: str
    alias: str | None
    suffix: str
    dataset_name: str
    model: str
    gone: bool = False

    @property
    def title(self) -> str:
        """As Job.title."""
        return title_of(self.alias, self.suffix, self.dataset_name)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may be called, in lower case, without its alias."""
        return tuple(each.lower() for each in (self.model, self.id, self.title, self.suffix) if each)


@dataclass(frozen=True, slots=True)
class Model:
    """A tuned model as people look at it.

    `info` is about its base, None where the catalog knows none. `retires_in` counts the days on which it still
    answers, None when no last day is known. `version` is that of its dataset, None when that is not known any more.
    `borrowed`: whoever looks sees it only since it was shared: its job and its dataset stay with its channel.
    """

    job: Job
    state: ModelState
    info: ModelInfo | None = None
    retires_in: int | None = None
    version: int | None = None
    checkpoints: int = 0
    borrowed: bool = False


def state_of(job: Job, info: ModelInfo | None, on: date) -> ModelState:
    """What has become of the model of this job by that day."""
    if job.model_deletion is not None:
        return ModelState.DELETED if job.model_deletion.done_at else ModelState.DELETING
    return ModelState.ANSWERS if info is None or info.serves(on) else ModelState.RETIRED


def days_left(info: ModelInfo | None, on: date) -> int | None:
    """On how many days, this one among them, models of this base still answer."""
    if info is None or info.serves_until is None:
        return None
    return max(0, (info.serves_until - on).days)


def alias(text: str) -> str | None:
    """An alias as typed, None for none. Raises BadInput with what an alias may hold."""
    name = text.strip().lower()
    if not name:
        return None
    if len(name) > ALIAS_LENGTH or not _ALIAS.fullmatch(name):
        near = "-".join(re.findall(r"[a-z0-9]+", name[:ALIAS_LENGTH]))[:ALIAS_LENGTH] or "support-tone"
        raise BadInput(
            f"An alias is one word of up to {ALIAS_LENGTH} letters and digits, with single dashes between them, "
            f"such as {near}.",
            "alias",
        )
    return name


def check_free(name: str | None, others: Iterable[Job]) -> None:
    """Raise BadInput when one of the other models goes by this name already: it would be taken for that one."""
    there = (each for each in others if each.model_deletion is None)
    if name is not None and any(name in names_of(each) for each in there):
        raise BadInput(NAME_TAKEN, "alias")


def names_of(job: Job) -> frozenset[str]:
    """Everything that the model of this job goes by, in lower case."""
    named = (job.alias or "", job.title, job.suffix, job.id, job.fine_tuned_model or "")
    return frozenset(each.lower() for each in named if each)


def called(job: Job, name: str | None, by: str, now: datetime) -> Transition[Job]:
    """From now on people call the model so; None: as its job was called before."""
    check_there(job)
    if name == job.alias:
        return Transition(job)
    return Transition(replace(job, alias=name), entries=(_entry(job, Did.MODEL_RENAMED, by, now),))


def shared(
    job: Job, shares: tuple[Share, ...], channel_id: str, by: str, now: datetime
) -> tuple[Transition[Job], tuple[Share, ...]]:
    """From now on the model may be used in this channel too; both channels are told."""
    check_there(job)
    if any(each.channel_id == channel_id for each in shares):
        return Transition(job), shares
    return _told(job, Did.MODEL_SHARED, channel_id, by, now), (*shares, Share(channel_id, by, now))


def unshared(
    job: Job, shares: tuple[Share, ...], channel_id: str, by: str, now: datetime
) -> tuple[Transition[Job], tuple[Share, ...]]:
    """It belongs to its own channel alone again, or to one less; both channels are told."""
    left = tuple(each for each in shares if each.channel_id != channel_id)
    if left == shares:
        return Transition(job), shares
    return _told(job, Did.MODEL_UNSHARED, channel_id, by, now), left


def _told(job: Job, what: Did, channel_id: str, by: str, now: datetime) -> Transition[Job]:
    """The row as it is, a message in each of the two channels, and a line of the audit of each."""
    places = Place(job.place.workspace, job.place.channel_id), Place(job.place.workspace, channel_id)
    messages = tuple(
        OutboxMessage(
            id=f"job:{job.id}:{what.name.lower()}:{channel_id}:{now.timestamp():.6f}:{number}",
            kind=MessageKind.MODEL_SHARED,
            place=place,
            subject_id=job.id,
            data={"by": by, "with": channel_id, "on": what is Did.MODEL_SHARED},
            due_at=now,
        )
        for number, place in enumerate(places)
    )
    entry = _entry(job, what, by, now)
    own = replace(entry, details={**entry.details, "with": channel_id})
    return Transition(job, messages, (own, replace(entry, channel_id=channel_id)))


def delete_asked(job: Job, by: str, now: datetime) -> Transition[Job]:
    """Somebody wants the model deleted at the provider: the worker does it at once."""
    check_there(job)
    deletion = ModelDeletion(by, now)
    entry = _entry(job, Did.MODEL_DELETED, by, now)
    return Transition(replace(job, model_deletion=deletion, due_at=now, attempts=0), entries=(entry,))


def deleted(job: Job, now: datetime) -> Transition[Job]:
    """The provider has it no more; its alias is free for another model."""
    if job.model_deletion is None:
        raise StaleState("Nobody asked for this model to be deleted.")
    deletion = replace(job.model_deletion, done_at=job.model_deletion.done_at or now)
    return Transition(replace(job, alias=None, model_deletion=deletion, due_at=None, attempts=0, fault=""))


def check_there(job: Job) -> None:
    """Raise StaleState unless the job has left a model that nobody had deleted."""
    if job.state is not JobState.SUCCEEDED or not job.fine_tuned_model:
        raise StaleState("This job has left no model.")
    if job.model_deletion is not None:
        raise StaleState(f"This model is deleted already: <@{job.model_deletion.by}> asked for it.")


def _entry(job: Job, what: Did, by: str, now: datetime) -> Entry:
    place = job.place
    details = {"model": job.fine_tuned_model}
    return Entry(now, place.workspace, place.channel_id, by, what, job.id, details)
