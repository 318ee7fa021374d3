"""The fine-tuning provider as the services see it; knows nobody's names, prices or models."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from collections.abc import Mapping as Values
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.domain.chats import Said, Usage
from bot.domain.jobs.job import Hyperparameters, ProviderJob, Sending
from bot.domain.jobs.training import Checkpoint, Event, Point


@dataclass(frozen=True, slots=True)
class ProviderFile:
    """A file at the provider; `ready` when jobs may use it, `error` its words when it never will be."""

    id: str
    filename: str
    size: int
    ready: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class ProviderModel:
    """A model the provider lists now; `shutdown_date` ISO date or empty."""

    id: str
    owned_by: str
    shutdown_date: str = ""


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What the create call asks for; `our_id` goes into the metadata.

    `model` is a base model or a tuned one to go on from. `wandb_project` empty: nothing is reported to W&B.
    """

    our_id: str
    model: str
    training_file_id: str
    method: str  # supervised | preference | reinforcement
    suffix: str
    hyperparameters: Hyperparameters
    seed: int | None
    validation_file_id: str | None = None
    wandb_project: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest jobs of the server by their ids there; `complete` when it has no others."""

    jobs: Values[str, ProviderJob]
    complete: bool


class Provider(Protocol):
    """A server that speaks the OpenAI fine-tuning API, under one profile.

    Every call may raise ProviderUnavailable (try later) or ProviderRefused (final).
    """

    name: str
    can_pause: bool
    base_url: str
    key_variable: str  # in which people keep their key, as its own documentation says

    async def find_file(self, filename: str, size: int) -> ProviderFile | None:
        """A usable training file of ours with this name and size, from an earlier upload; None if there is none."""
        ...

    async def upload(
        self, path: Path, filename: str, *, begun: Sending | None, keep: Callable[[Sending], Awaitable[None]]
    ) -> ProviderFile:
        """Stream a training file from disk to the provider; a large one in parts.

        `keep` is awaited every few seconds and after each part, with how far it is; what it raises ends the upload.
        With `begun`, the last that an earlier try kept, an upload in parts goes on behind its last whole part.
        """
        ...

    async def file(self, file_id: str) -> ProviderFile | None:
        """The file as it is now; None when the provider does not know it."""
        ...

    async def delete_files(self, ending: str) -> int:
        """Delete every training file whose name ends so; gives how many there were."""
        ...

    async def training_files(self) -> list[ProviderFile]:
        """Every training file there is, whoever uploaded it."""
        ...

    async def delete_file(self, file_id: str) -> None:
        """Delete a file; nothing happens when there is none of this id any more."""
        ...

    async def create_job(self, order: JobOrder) -> ProviderJob:
        """Create the job: one attempt, never retried below this call.

        May raise UnknownOutcome, and LimitReached when the provider takes no further job on this model now.
        """
        ...

    async def find_job(self, our_id: str) -> ProviderJob | None:
        """The job that carries our id in its metadata, or None."""
        ...

    async def first_job(self, model: str, since: datetime) -> datetime | None:
        """When the oldest job on this model that was created after `since` was created; None if there is none."""
        ...

    async def jobs(self, wanted: Collection[str]) -> Listing:
        """The newest jobs as its list shows them, without training figures.

        Reads until every `wanted` one (an id there) was seen, but no more pages of 100 than these would fill.
        """
        ...

    async def job(self, provider_job_id: str) -> ProviderJob | None:
        """The job with its latest training figures; None when the provider no longer knows it."""
        ...

    async def figures(self, job: ProviderJob) -> ProviderJob:
        """A job that the list showed, with its latest training figures."""
        ...

    async def cancel_job(self, provider_job_id: str) -> ProviderJob | None:
        """Ask to cancel; gives the job as the provider then shows it. A job that ended already is just shown.

        As for the next two: None when the provider no longer knows the job, and Unsupported when it has no such
        function.
        """
        ...

    async def pause_job(self, provider_job_id: str) -> ProviderJob | None:
        """Ask to let it stand still; gives the job as the provider then shows it, paused or not."""
        ...

    async def resume_job(self, provider_job_id: str) -> ProviderJob | None:
        """Ask to let a paused job go on; gives the job as the provider then shows it."""
        ...

    async def events(self, provider_job_id: str, limit: int) -> list[Event]:
        """What the provider told of the job, newest first. ProviderRefused when it tells nothing."""
        ...

    async def checkpoints(self, provider_job_id: str) -> list[Checkpoint]:
        """The models kept from the middle of the training, by step. ProviderRefused when it keeps none."""
        ...

    async def results(self, file_id: str) -> list[Point]:
        """The losses in a result file, step by step; none when it holds no table of losses."""
        ...

    async def delete_model(self, model: str) -> None:
        """Delete a tuned model; nothing happens when there is none of this name any more."""
        ...

    async def models(self) -> list[ProviderModel]:
        """Every model the key may use."""
        ...

    def chat(
        self, model: str, messages: Sequence[Said], *, max_tokens: int
    ) -> AbstractAsyncContextManager[AsyncIterator[str | Usage]]:
        """A streamed answer: pieces of text as they come, then what it took, where the provider tells that.

        Closing the context ends the request. Raises UnknownModel besides.
        """
        ...
