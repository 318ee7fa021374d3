"""Which model people mean by a name, and under which prompt it was trained; asks no provider."""

import asyncio
import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from bot.domain.catalog import Catalog, ModelInfo
from bot.domain.jobs import Job
from bot.domain.models import Standing, standing
from bot.domain.wording import plain
from bot.errors import NotFound, UnknownName
from bot.ports import Clock, Storage


@dataclass(frozen=True, slots=True)
class Speaker:
    """A model to talk to: the tuned one of its job, or a checkpoint; `title` is what people call it."""

    job: Job
    model: str
    title: str

    @property
    def is_checkpoint(self) -> bool:
        """Whether it is from the middle of the training."""
        return self.model != self.job.fine_tuned_model


@dataclass(frozen=True)
class Speakers:
    """The tuned models of workspaces; `folder` holds dataset contents."""

    storage: Storage
    catalog: Catalog
    clock: Clock
    folder: Path

    async def all(self, workspace: str) -> list[Job]:
        """The tuned models of a workspace that answer, as the jobs they came from, newest first."""
        return [job for job in await self.storage.jobs.tuned(workspace) if not self._gone(job)]

    def base(self, job: Job) -> ModelInfo | None:
        """The base model that a tuned one came from, however often it went on; None if the catalog knows it not."""
        return self.catalog.find(job.estimate.model) or self.catalog.find(job.model)

    def is_base(self, name: str) -> bool:
        """Whether a base model is called so."""
        return any(name in (info.id.lower(), *info.aliases) for info in self.catalog.models)

    async def find(self, workspace: str, wanted: str) -> Job:
        """The tuned model of this alias, name, job id or suffix, as its job, to talk to.

        Raises NotFound with the nearest name, or with what has become of it when it no longer answers.
        """
        job = await self.known(workspace, wanted)
        self._check_answers(job)
        return job

    def _check_answers(self, job: Job) -> None:
        if gone := self._gone(job):
            raise NotFound(
                f"*{plain(job.title)}* no longer answers: {gone}. `/finetune models` lists those that do."
            )

    async def speaker(self, workspace: str, wanted: str) -> Speaker:
        """As `find`, also for a checkpoint: by its full name, or as the model's with @ and the step behind it."""
        name, at, step = wanted.strip().rpartition("@")
        if at and step.isdigit():
            job = await self.find(workspace, name)
            kept = (await self.storage.curves.get(job.id)).named
            found = next((each for each in kept if each.step == int(step)), None)
            if found is None:
                steps = ", ".join(str(each.step) for each in kept)
                raise NotFound(
                    f"*{plain(job.title)}* has no checkpoint at step {step}. "
                    + (f"It has some at {steps}." if steps else "It has none at all.")
                )
            return Speaker(job, found.model, found.name_in(job.title))
        try:
            job = await self.find(workspace, wanted)
        except UnknownName:
            if checkpoint := await self._of_name(workspace, wanted.strip().lower()):
                return checkpoint
            raise
        return Speaker(job, job.fine_tuned_model or "", job.title)

    async def _of_name(self, workspace: str, model: str) -> Speaker | None:
        """The checkpoint that the provider calls so, in lower case."""
        if not model:
            return None
        for job_id, curve in (await self.storage.curves.holding(model)).items():
            found = next((each for each in curve.named if each.model.lower() == model), None)
            job = await self.storage.jobs.get(job_id) if found else None
            if found and job and job.place.workspace == workspace and job.fine_tuned_model:
                self._check_answers(job)
                return Speaker(job, found.model, found.name_in(job.title))
        return None

    def _gone(self, job: Job) -> str:
        """Why a model no longer answers; empty when it does."""
        info = self.base(job)
        match standing(job, info, self.clock.now().date()):
            case Standing.ANSWERS:
                return ""
            case Standing.RETIRED:
                on = f" on {info.serves_until.isoformat()}" if info is not None and info.serves_until else ""
                return f"its base {info.name if info else ''} was retired{on}"
            case _:
                by = f" by <@{job.model_deletion.by}>" if job.model_deletion else ""
                return f"it was deleted{by}"

    async def known(self, workspace: str, wanted: str) -> Job:
        """As `find`, but whatever has become of the model."""
        tuned = await self.storage.jobs.tuned(workspace)
        if not tuned:
            raise UnknownName(
                "There is no tuned model here yet: drop a dataset into a channel and start a job with it."
            )
        name = wanted.strip().lower()
        newest = {job.id for job in tuned}
        tuned += [job for job in await self.storage.jobs.called(workspace, name) if job.id not in newest]
        names = {job.alias: job for job in tuned if job.alias}
        # Newest first: an older job with the same suffix gives way, and so does one whose model was deleted.
        for job in sorted(tuned, key=lambda job: job.model_deletion is not None):
            for known in (job.fine_tuned_model or "", job.id, job.title, job.suffix):
                names.setdefault(known.lower(), job)
        if name and name in names:
            return names[name]
        near = difflib.get_close_matches(name, [job.title for job in tuned], n=1)
        hint = f" Did you mean `{plain(near[0])}`?" if near else ""
        raise UnknownName(f"I know no tuned model of this name.{hint} `/finetune models` lists them.")

    async def system_prompt(self, job: Job) -> str:
        """The system prompt of the model's first training example: a tuned model answers best under it."""
        dataset = await self.storage.datasets.get(job.dataset_id)
        if dataset is None or dataset.path is None:
            return ""
        return await asyncio.to_thread(_first_system, self.folder / dataset.path)


def _first_system(path: Path) -> str:
    try:
        with path.open("rb") as lines:
            example = json.loads(lines.readline(8 * 2**20).decode("utf-8-sig"))
        source = example.get("input", example)
        first = source["messages"][0]
        return first["content"] if first["role"] == "system" and isinstance(first["content"], str) else ""
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""
