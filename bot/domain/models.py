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
from bot.domain.jobs import Job, JobState, ModelDeletion
from bot.domain.work import Moved
from bot.errors import BadInput, StaleState

ALIAS_LENGTH = 40  # characters: a name that people type
NAME_TAKEN = "No model can be called so; take another name."
"""Whatever stands in the way: another model, one that the person may not see, a base model."""
_ALIAS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Standing(StrEnum):
    """What has become of a tuned model."""

    ANSWERS = "answers"
    RETIRED = "retired"
    DELETING = "deleting"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Model:
    """A tuned model as people look at it.

    `info` is about its base, None where the catalog knows none. `retires_in` counts the days on which it still
    answers, None when no last day is known. `version` is that of its dataset, None when that is not known any more.
    """

    job: Job
    standing: Standing
    info: ModelInfo | None = None
    retires_in: int | None = None
    version: int | None = None
    checkpoints: int = 0


def standing(job: Job, info: ModelInfo | None, on: date) -> Standing:
    """What has become of the model of this job by that day."""
    if job.model_deletion is not None:
        return Standing.DELETED if job.model_deletion.done_at else Standing.DELETING
    return Standing.ANSWERS if info is None or info.serves(on) else Standing.RETIRED


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
        raise BadInput(
            f"An alias has up to {ALIAS_LENGTH} letters and digits, with single dashes between them, "
            "such as support-tone.",
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


def called(job: Job, name: str | None, by: str, now: datetime) -> Moved[Job]:
    """From now on people call the model so; None: as its job was called before."""
    check_there(job)
    if name == job.alias:
        return Moved(job)
    return Moved(replace(job, alias=name), entries=(_entry(job, Did.MODEL_RENAMED, by, now),))


def delete_asked(job: Job, by: str, now: datetime) -> Moved[Job]:
    """Somebody wants the model deleted at the provider: the worker does it at once."""
    check_there(job)
    deletion = ModelDeletion(by, now)
    entry = _entry(job, Did.MODEL_DELETED, by, now)
    return Moved(replace(job, model_deletion=deletion, due_at=now, attempts=0), entries=(entry,))


def deleted(job: Job, now: datetime) -> Moved[Job]:
    """The provider has it no more; its alias is free for another model."""
    if job.model_deletion is None:
        raise StaleState("Nobody asked for this model to be deleted.")
    deletion = replace(job.model_deletion, done_at=job.model_deletion.done_at or now)
    return Moved(replace(job, alias=None, model_deletion=deletion, due_at=None, attempts=0, fault=""))


def put_off(job: Job, sentence: str, due_at: datetime) -> Moved[Job]:
    """The provider could not delete it now: once more then, and the card says why."""
    if job.model_deletion is None or job.model_deletion.done_at is not None:
        return Moved(replace(job, due_at=None))
    return Moved(replace(job, fault=sentence, due_at=due_at, attempts=job.attempts + 1))


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
