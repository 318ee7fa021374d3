"""Which model people mean by a name, and under which prompt it was trained; asks no provider."""

import asyncio
import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from bot.domain.jobs import Job
from bot.domain.wording import plain
from bot.errors import NotFound
from bot.ports import Storage


@dataclass(frozen=True)
class Speakers:
    """The tuned models of workspaces; `folder` holds dataset contents."""

    storage: Storage
    folder: Path

    async def all(self, workspace: str) -> list[Job]:
        """The tuned models of a workspace, as the jobs they came from, newest first."""
        return await self.storage.jobs.tuned(workspace)

    async def find(self, workspace: str, wanted: str) -> Job:
        """The tuned model of this name, job id or suffix, as its job. Raises NotFound with the nearest name."""
        tuned = await self.all(workspace)
        if not tuned:
            raise NotFound(
                "There is no tuned model here yet: drop a dataset into a channel and start a job with it."
            )
        name = wanted.strip().lower()
        names: dict[str, Job] = {}
        for job in tuned:  # newest first: an older job with the same suffix gives way
            for known in (job.fine_tuned_model or "", job.id, job.title):
                names.setdefault(known.lower(), job)
        if name in names:
            return names[name]
        near = difflib.get_close_matches(name, [job.title for job in tuned], n=1)
        hint = f" Did you mean `{plain(near[0])}`?" if near else ""
        raise NotFound(f"I know no tuned model of this name.{hint} `/finetune models` lists them.")

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
