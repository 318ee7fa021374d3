"""Which model somebody means by a name, and whether the provider keeps it and its checkpoints still."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.access import Sight, Viewer
from bot.domain.catalog import Catalog, ModelInfo
from bot.domain.escaping import plain
from bot.domain.jobs.job import Job
from bot.domain.models import ModelState, Named, state_of
from bot.domain.nearest import did_you_mean
from bot.errors import (
    BadInput,
    NotAllowed,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
    UnknownName,
    UnusableFile,
)
from bot.ports import Clock, Page, Provider, Storage
from bot.services.datasets.contents import Fetching


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model to talk to: the tuned one of its job, or a checkpoint; `title` is what people call it."""

    job: Job
    model: str
    title: str

    @property
    def is_checkpoint(self) -> bool:
        """Whether it is from the middle of the training."""
        return self.model != self.job.fine_tuned_model


@dataclass(frozen=True)
class ModelResolver:
    """The tuned models within somebody's sight."""

    storage: Storage
    catalog: Catalog
    clock: Clock
    fetching: Fetching

    async def answering(self, sight: Sight, limit: int) -> Page[Job]:
        """The tuned models in sight that answer, as the jobs they came from, newest first."""
        today = self.clock.now().date()
        retired = [info.id for info in self.catalog.models if not info.serves(today)]
        return await self.storage.jobs.models(sight, limit, without=retired, there=True)

    def base(self, job: Job) -> ModelInfo | None:
        """The base model that a tuned one came from, however often it went on; None if the catalog knows it not."""
        return self.catalog.find(job.estimate.model) or self.catalog.find(job.model)

    def is_base(self, name: str) -> bool:
        """Whether a base model is called so."""
        return any(name in (info.id.lower(), *info.aliases) for info in self.catalog.models)

    async def find(self, sight: Sight, wanted: str, near: str = "") -> Job:
        """The tuned model of this alias, name, job id or suffix, as its job, to talk to.

        Of several of a name the one of the channel `near` is meant. Raises NotFound with the nearest name, or with what
        has become of it when it no longer answers.
        """
        job = await self.known(sight, wanted, near)
        self.check_answers(job)
        return job

    def check_answers(self, job: Job) -> None:
        """Raise NotFound, with what has become of it, when the model of this job no longer answers."""
        if gone := self._gone(job):
            raise NotFound(
                f"*{plain(job.title)}* no longer answers: {gone}. `/finetune models` lists those that do."
            )

    async def resolve(self, sight: Sight, wanted: str, near: str = "") -> ResolvedModel:
        """As `find`, also for a checkpoint: by its full name, or as the model's with @ and the step behind it."""
        name, at, step = wanted.strip().rpartition("@")
        if at and step.isdigit():
            job = await self.find(sight, name, near)
            kept = (await self.storage.curves.get(job.id)).named
            found = next((each for each in kept if each.step == int(step)), None)
            if found is None:
                steps = ", ".join(str(each.step) for each in kept)
                raise NotFound(
                    f"*{plain(job.title)}* has no checkpoint at step {step}. "
                    + (f"It has some at {steps}." if steps else "It has none at all.")
                )
            return ResolvedModel(job, found.model, found.name_in(job.title))
        try:
            job = await self.find(sight, wanted, near)
        except UnknownName:
            if checkpoint := await self._of_name(sight, wanted.strip().lower()):
                self.check_answers(checkpoint.job)
                return checkpoint
            raise
        return ResolvedModel(job, job.fine_tuned_model or "", job.title)

    async def here(self, viewer: Viewer, wanted: str) -> ResolvedModel:
        """As `resolve`, to be used where somebody is: one that everybody there may use.

        Raises NotAllowed for one that this person sees and others there do not.
        """
        near = viewer.place.channel_id
        try:
            return await self.resolve(viewer.common, wanted, near)
        except UnknownName:
            resolved = await self.resolve(viewer.sight, wanted, near)
            raise NotAllowed(
                f"*{plain(resolved.title)}* is only for people in <#{resolved.job.place.channel_id}>. Use it there or "
                "in our direct messages, or share it with this channel: `/finetune share MODEL #channel`."
            ) from None

    async def reach(self, sight: Sight, model: str) -> bool:
        """Whether a model, by its name at the provider, may be used within this sight; a base model always."""
        name = model.lower()
        if self.is_base(name):
            return True
        if any(each.model.lower() == name for each in await self.storage.jobs.model_names(sight)):
            return True
        return await self._of_name(sight, name) is not None

    async def _of_name(self, sight: Sight, model: str) -> ResolvedModel | None:
        """The checkpoint that the provider calls so, in lower case."""
        if not model:
            return None
        for job_id, curve in (await self.storage.curves.holding(model)).items():
            found = next((each for each in curve.named if each.model.lower() == model), None)
            job = await self.storage.jobs.model(sight, job_id) if found else None
            if found and job and job.fine_tuned_model:
                return ResolvedModel(job, found.model, found.name_in(job.title))
        return None

    def _gone(self, job: Job) -> str:
        """Why a model no longer answers; empty when it does."""
        info = self.base(job)
        match state_of(job, info, self.clock.now().date()):
            case ModelState.ANSWERS:
                return ""
            case ModelState.RETIRED:
                on = f" on {info.serves_until.isoformat()}" if info is not None and info.serves_until else ""
                return f"its base {info.name if info else ''} was retired{on}"
            case _:
                by = f" by <@{job.model_deletion.by}>" if job.model_deletion else ""
                return f"it was deleted{by}"

    async def known(self, sight: Sight, wanted: str, near: str = "") -> Job:
        """As `find`, but whatever has become of the model."""
        known = await self.storage.jobs.model_names(sight)
        if not known:
            raise UnknownName(
                "There is no tuned model here yet: drop a dataset into a channel and start a job with it."
            )
        found = _meant(known, wanted.strip().lower(), near)
        job = await self.storage.jobs.model(sight, found.id) if found else None
        if job is None:
            hint = did_you_mean(wanted, [each.title for each in known if not each.gone])
            raise UnknownName(f"I know no tuned model of this name.{hint} `/finetune models` lists them.")
        return job

    async def system_prompt(self, job: Job) -> str:
        """The system prompt of the model's first training example: a tuned model answers best under it.

        Empty where the dataset was deleted.

        Raises:
            Temporary, CurableRefusal: its content is to be had, but not now.
        """
        dataset = await self.storage.datasets.get(job.dataset_id)
        if dataset is None or dataset.path is None:
            return ""
        try:
            path = await self.fetching.path(dataset.file_id, job.dataset_sha256)
        except UnusableFile:
            return ""
        return await asyncio.to_thread(_first_system, path)


def _meant(known: Sequence[Named], name: str, near: str) -> Named | None:
    """The one that is called so. An alias goes before other names, the channel `near` before others.

    Then the newest, and one whose model was deleted last. Where aliases of two channels are the same, neither of them
    near, somebody has to say which is meant.
    """
    if not name:
        return None
    aliased = [each for each in known if each.alias == name]
    if len(aliased) > 1 and not any(each.channel_id == near for each in aliased):
        which = ", ".join(f"`{each.id}` of <#{each.channel_id}>" for each in aliased)
        raise BadInput(f"Several models are called so. Name the one you mean by its job: {which}.")
    found = aliased or [each for each in known if name in each.names]
    return min(found, key=lambda each: (each.channel_id != near, each.gone), default=None)


def _first_system(path: Path) -> str:
    try:
        with path.open("rb") as lines:
            example = json.loads(lines.readline(8 * 2**20).decode("utf-8-sig"))
        source = example.get("input", example)
        first = source["messages"][0]
        return first["content"] if first["role"] == "system" and isinstance(first["content"], str) else ""
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""


ANSWERS_WITHIN = 1.5  # seconds: Slack waits 3 for the answer to a form


@dataclass(frozen=True)
class CheckpointCheck:
    """Asked before somebody is promised anything: a provider lets go of checkpoints without telling."""

    provider: Provider

    async def check(self, resolved: ResolvedModel) -> None:
        """Raise NotFound when the provider keeps this checkpoint no longer; while it does not answer, ours counts."""
        if not resolved.is_checkpoint:
            return
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                kept = await self.provider.checkpoints(resolved.job.provider_job_id or "")
        except (TimeoutError, ProviderUnavailable, ProviderRefused):
            return
        if resolved.model not in [each.model for each in kept]:
            raise NotFound(f"The provider no longer keeps *{plain(resolved.title)}*.")
