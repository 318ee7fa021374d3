"""Stores of jobs, the models that they leave, and their loss curves."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from bot.domain.access import Sight
from bot.domain.decision_basis import Basis, JobBasis, ModelBasis
from bot.domain.jobs.job import Job, JobState
from bot.domain.jobs.training import Curve
from bot.domain.models import Named, Share
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports.storage.rows import Page, Rows, Seen


class JobStore(Rows[Job], Seen[Job], Protocol):
    """Fine-tuning jobs, and the models that they leave.

    A model is in sight where its job is, and where it was shared; a job itself is not shared.
    """

    async def add(self, moved: Transition[Job], check: Callable[[JobBasis], None] = ...) -> Job:
        """Save a new request; the job saved earlier when its request_key is known already.

        What `check` raises about that on which the request rests keeps it from being saved.
        """
        ...

    async def listed(
        self, sight: Sight, limit: int, states: Collection[JobState] = ..., *, first: str = ...
    ) -> Page[Job]:
        """The jobs in sight, newest first; in these `states`, if any are given; those of `first` before others."""
        ...

    async def names(self, sight: Sight) -> list[Named]:
        """What the jobs in sight are called, newest first."""
        ...

    async def model(self, sight: Sight, job_id: str) -> Job | None:
        """The succeeded job whose model is in sight."""
        ...

    async def models(
        self,
        sight: Sight,
        limit: int,
        begin: int = 0,
        *,
        there: bool = False,
        provider: str = "",
        bases: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> Page[Job]:
        """The succeeded jobs whose models are in sight, newest first, from the one with the number `begin` on.

        What was deleted stands at the end. `there`: only models that nobody had deleted; `provider`: only those at
        this one, `bases`: only those that came from these base models, `without`: none of those.
        """
        ...

    async def model_names(self, sight: Sight) -> list[Named]:
        """What all of these are called, newest first."""
        ...

    async def share(
        self,
        job_id: str,
        step: Callable[[Job, tuple[Share, ...], Basis], tuple[Transition[Job], tuple[Share, ...]]],
    ) -> Job:
        """As `decide`, with a step that says with which channels the model of a job is shared."""
        ...

    async def shares(self, job_id: str) -> tuple[Share, ...]:
        """With which channels the model of this job is shared, by whom."""
        ...

    async def decide(
        self, job_id: str, step: Callable[[Job, JobBasis], Transition[Job]], *, token: str | None = None
    ) -> Job:
        """As `change`, with a step that also sees what holds: rules, money, what was approved lately.

        Two such steps in one workspace never run at once, on however many replicas: the second sees the first.
        """
        ...

    async def of_month(self, sight: Sight, month: str, limit: int) -> Page[Job]:
        """The jobs in sight that take money of this month, newest first."""
        ...

    async def rename(self, job_id: str, step: Callable[[Job, ModelBasis], Transition[Job]]) -> Job:
        """As `decide`, with a step that sees the other models of the workspace, to give this one an alias."""
        ...

    async def of_provider(self, provider_job_id: str) -> Job | None:
        """The job that the provider knows by this id."""
        ...

    async def waiting(self, place: Place) -> list[Job]:
        """The channel's requests on which nobody has decided, newest first."""
        ...

    async def left_models(self, place: Place) -> list[Job]:
        """The channel's succeeded jobs whose models nobody had deleted, newest first."""
        ...

    async def using(self, dataset_id: str) -> Job | None:
        """A job that has not ended and trains or validates on this dataset."""
        ...

    async def needing(self, sha256: str) -> Job | None:
        """A job that has not ended and trains or validates on this content, in whatever workspace."""
        ...

    async def uploading(self, sha256: str) -> list[Job]:
        """The jobs that are uploading and have this content among what they need."""
        ...

    async def last_trained(self, dataset_ids: Collection[str]) -> Job | None:
        """The newest job that succeeded on one of these datasets."""
        ...

    async def undecided(self, sight: Sight) -> list[Job]:
        """The requests in sight on which nobody has decided, oldest first."""
        ...

    async def last_answered(self, provider: str) -> Job | None:
        """The newest job that this provider created, or refused since it takes no more."""
        ...

    async def trained_since(self, model: str, since: datetime) -> bool:
        """Whether the model that the provider calls so was trained since then."""
        ...

    async def ended_since(self, place: Place, begin: datetime, end: datetime) -> list[Job]:
        """The channel's jobs that ended from `begin` until before `end`, oldest first."""
        ...

    async def of_content(self, sha256_begin: str) -> list[Job]:
        """The jobs of all workspaces that train on a content whose hash begins so, or validate on it."""
        ...

    async def live_in(self, workspace: str) -> list[Job]:
        """Every job of a workspace that has not ended."""
        ...

    async def followed(self, provider: str) -> list[Job]:
        """Every job that is under way at this provider."""
        ...

    async def running(self, provider: str) -> int:
        """How many jobs train at this provider now."""
        ...

    async def next_in_queue(self, provider: str, model: str, now: datetime) -> None:
        """Make the job due that waits longest for a free place to train this model.

        Those that a worker tries to create right now get a new due time too, from which the worker sees that a
        place became free after it had asked.
        """
        ...

    async def hasten(self, job_ids: Collection[str], now: datetime, *, again: bool = False) -> None:
        """Make these jobs due, if they are still under way, would be so later, and no fault puts them off.

        With `again`, one that a worker looks at right now gets a new due time too, from which the worker sees that
        it has to look once more.
        """
        ...


class CurveStore(Protocol):
    """The loss curves of jobs."""

    async def get(self, job_id: str) -> Curve:
        """What is kept of this job's curve; an empty one when nothing is."""
        ...

    async def of(self, job_ids: Collection[str]) -> dict[str, Curve]:
        """What is kept of the curves of these jobs, by their ids."""
        ...

    async def holding(self, model: str) -> dict[str, Curve]:
        """The curves that may have a checkpoint of this name, in whatever case, by their jobs' ids."""
        ...

    async def save(self, job_id: str, curve: Curve, *, ends: bool = False) -> None:
        """Keep this instead, and have its picture looked at; `ends`: the provider has ended the job."""
        ...
