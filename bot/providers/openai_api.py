"""A provider that speaks the OpenAI API, reached by its SDK under one profile; knows no rows, no Slack, no prices."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from openai import APIStatusError, AsyncOpenAI, AsyncStream, NotFoundError, Timeout, omit
from openai.types import FileObject, Upload
from openai.types.chat import ChatCompletionChunk
from openai.types.fine_tuning import FineTuningJob

from bot.domain.chats import Said, Usage
from bot.domain.jobs.job import Hyperparameters, ProviderJob, Sending
from bot.domain.jobs.training import Checkpoint, Event, Point
from bot.errors import ProviderRefused, ProviderUnavailable, Unsupported
from bot.ports import JobOrder, Listing, ProviderFile, ProviderModel
from bot.providers import safety
from bot.providers.answers import (
    checkpoint_of,
    event_of,
    file_of,
    given,
    job_of,
    measured,
    newest_first,
    time_of,
    usage_of,
)
from bot.providers.profiles import Profile
from bot.providers.results import points_of
from bot.providers.translate import FAULTS, translate, unreadable
from bot.providers.uploading import Keep, Uploading

METADATA_KEY = "finetune_bot_job"
"""Under this key of its metadata a job at the provider carries our job's id."""

_METHODS = {"supervised": "supervised", "preference": "dpo"}
_NOT_STARTED = frozenset({"validating_files", "queued"})
_ENDED = frozenset({"succeeded", "failed", "cancelled"})
_UNFIT = frozenset({400, 409})  # the job is not in a state for it
_NO_FUNCTION = frozenset({404, 405, 501})
_PAGE = 100  # jobs on a page of the list: the most it gives
_EVENTS = 100  # newest events read per look: the last of them holds the newest figures
Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds to wait: for a connection, an answer, an upload's answer, the next piece of a stream."""

    connect: float = 10.0
    answer: float = 60.0
    upload: float = 600.0
    stream: float = 120.0


class OpenAIProvider:
    """ports.Provider over the OpenAI API.

    The SDK's own retries are off: our row is the retry. It outlives the process, its card says what it waits for,
    and a Retry-After of two minutes is not slept away inside a lease.
    """

    def __init__(
        self, profile: Profile, *, api_key: str, base_url: str = "", patience: Patience | None = None
    ) -> None:
        self.name = profile.name
        self.can_pause = profile.has_pause
        self.base_url = base_url or profile.base_url
        self.key_variable = profile.key_variable
        self.profile = profile
        self._patience = patience or Patience()
        self._client = AsyncOpenAI(
            api_key=api_key,
            base_url=self.base_url,
            timeout=self._timeout(self._patience.answer),
            max_retries=0,
        )
        # The SDK takes these from the environment, where they belong to whatever else uses it.
        self._client.organization = self._client.project = None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    # ---- training files -------------------------------------------------------------------------------------

    async def find_file(self, filename: str, size: int) -> ProviderFile | None:
        """See ports.Provider."""
        with self._translated():
            async for file in self._client.files.list(purpose="fine-tune", limit=1000, order="desc"):
                known = file_of(file)
                if known.filename == filename and known.size == size and not known.error:
                    return known
        return None

    async def upload(self, path: Path, filename: str, *, begun: Sending | None, keep: Keep) -> ProviderFile:
        """See ports.Provider; up to `max_file_bytes` in one request, above that in parts."""
        size = (await asyncio.to_thread(path.stat)).st_size
        if size > self.profile.largest_file:
            raise ProviderRefused(
                f"{self.profile.title} takes files up to {self.profile.largest_file // 1024**2:,} MB; "
                f"this one has {size // 1024**2:,} MB. Split the dataset, or leave examples out."
            )
        timeout = self._timeout(self._patience.upload)
        uploading = Uploading(self._client, self.profile, timeout, path, filename, size, keep)
        if size <= self.profile.max_file_bytes:
            return file_of(self._read(await uploading.whole(), FileObject))
        done = self._read(await uploading.in_parts(begun), Upload)
        return file_of(self._read(done.file, FileObject))

    async def file(self, file_id: str) -> ProviderFile | None:
        """See ports.Provider."""
        with self._translated():
            try:
                file = await self._client.files.retrieve(file_id)
            except NotFoundError:
                return None
        return file_of(self._read(file, FileObject))

    async def delete_files(self, ending: str) -> int:
        """See ports.Provider."""
        with self._translated():
            listed = self._client.files.list(purpose="fine-tune", limit=1000, order="desc")
            found = [file.id async for file in listed if file.filename.endswith(ending)]
            for file_id in found:
                with suppress(NotFoundError):
                    await self._client.files.delete(file_id)
        return len(found)

    async def training_files(self) -> list[ProviderFile]:
        """See ports.Provider."""
        with self._translated():
            listed = self._client.files.list(purpose="fine-tune", limit=1000, order="desc")
            return [file_of(file) async for file in listed]

    async def delete_file(self, file_id: str) -> None:
        """See ports.Provider."""
        with self._translated(), suppress(NotFoundError):
            await self._client.files.delete(file_id)

    # ---- jobs -----------------------------------------------------------------------------------------------

    async def create_job(self, order: JobOrder) -> ProviderJob:
        """See ports.Provider."""
        if order.method not in _METHODS:
            raise ProviderRefused(f"Training by the {order.method} method is not possible here yet.")
        chosen = _chosen(order.hyperparameters)
        method: dict[str, Any] = {"type": _METHODS[order.method]}
        if chosen and self.profile.hyperparameters == "method":
            method[method["type"]] = {"hyperparameters": chosen}
        body: dict[str, Any] = {
            "model": order.model,
            "training_file": order.training_file_id,
            "method": method,
            "metadata": {METADATA_KEY: order.our_id},
        }
        if chosen and self.profile.hyperparameters == "top":
            body["hyperparameters"] = chosen
        if order.suffix:
            body["suffix"] = order.suffix
        if order.seed is not None:
            body["seed"] = order.seed
        if order.validation_file_id is not None:
            body["validation_file"] = order.validation_file_id
        if order.wandb_project:
            body["integrations"] = [{"type": "wandb", "wandb": {"project": order.wandb_project}}]
        with self._translated(creating=True):
            job = await self._client.fine_tuning.jobs.create(**body)
        return job_of(self._read(job, FineTuningJob, creating=True))

    async def find_job(self, our_id: str) -> ProviderJob | None:
        """See ports.Provider; looks into each job too, as a server may not know the filter."""
        with self._translated():
            async for job in self._client.fine_tuning.jobs.list(limit=100, metadata={METADATA_KEY: our_id}):
                if (job.metadata or {}).get(METADATA_KEY) == our_id:
                    return job_of(job)
        return None

    async def first_job(self, model: str, since: datetime) -> datetime | None:
        """See ports.Provider; reads the list, newest first, as far as `since`."""
        oldest = None
        with self._translated():
            async for job in self._client.fine_tuning.jobs.list(limit=_PAGE):
                created = time_of(given(job, "created_at"))
                if created is None or created < since:
                    break
                oldest = created if given(job, "model") == model else oldest
        return oldest

    async def jobs(self, wanted: Collection[str]) -> Listing:
        """See ports.Provider."""
        missing, seen = set(wanted), dict[str, ProviderJob]()
        with self._translated():
            page = await self._client.fine_tuning.jobs.list(limit=_PAGE)
            for read in count(1):
                seen |= {job.id: job_of(job) for job in page.data or ()}
                missing -= seen.keys()
                if not page.has_next_page():
                    return Listing(seen, complete=True)
                if not missing or read * _PAGE >= len(wanted):
                    break
                page = await page.get_next_page()
        return Listing(seen, complete=False)

    async def job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        with self._translated():
            try:
                answer = await self._client.fine_tuning.jobs.retrieve(provider_job_id)
            except NotFoundError:
                return None
        return await self.figures(job_of(self._read(answer, FineTuningJob)))

    async def figures(self, job: ProviderJob) -> ProviderJob:
        """See ports.Provider; figures are worth having but not worth failing for."""
        if not self.profile.has_events or job.status in _NOT_STARTED:
            return job
        if job.status == "succeeded" and job.result_files:
            return job  # its result file tells more
        try:
            page = await self._client.fine_tuning.jobs.list_events(job.id, limit=_EVENTS)
        except FAULTS:
            return job
        told = given(page, "data") or ()
        job = _checked(job, told)
        found = [event.data for event in told if isinstance(given(event, "data"), dict)]
        other = tuple(event for event in map(event_of, told) if not event.measures)
        return replace(measured(job, newest_first(found)), events=other)

    async def cancel_job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        return await self._turned(
            self._client.fine_tuning.jobs.cancel(provider_job_id), provider_job_id, "cancel"
        )

    async def pause_job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        return await self._turned(
            self._client.fine_tuning.jobs.pause(provider_job_id), provider_job_id, "pause"
        )

    async def resume_job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        return await self._turned(
            self._client.fine_tuning.jobs.resume(provider_job_id), provider_job_id, "resume"
        )

    async def _turned(
        self, call: Awaitable[FineTuningJob], provider_job_id: str, what: str
    ) -> ProviderJob | None:
        """The job after the call; as it stands when the server finds that the call does not fit it any more.

        A server that knows the job but not the call has no such function.
        """
        with self._translated():
            try:
                return job_of(self._read(await call, FineTuningJob))
            except APIStatusError as refused:
                status = refused.status_code
                if status not in _UNFIT | _NO_FUNCTION:
                    raise
                try:
                    job = await self._client.fine_tuning.jobs.retrieve(provider_job_id)
                except NotFoundError:
                    return None
                seen = self._read(job, FineTuningJob)
                if status in _NO_FUNCTION:
                    raise Unsupported(f"{self.profile.title} cannot {what} jobs.") from refused
                if what == "cancel" and seen.status not in _ENDED:
                    raise
                return job_of(seen)

    async def events(self, provider_job_id: str, limit: int) -> list[Event]:
        """See ports.Provider."""
        if not self.profile.has_events:
            raise ProviderRefused(f"{self.profile.title} tells nothing of its jobs but their state.")
        with self._translated():
            page = await self._client.fine_tuning.jobs.list_events(provider_job_id, limit=limit)
        return [event_of(event) for event in given(page, "data") or ()]

    async def checkpoints(self, provider_job_id: str) -> list[Checkpoint]:
        """See ports.Provider."""
        if not self.profile.has_checkpoints:
            raise ProviderRefused(f"{self.profile.title} keeps no checkpoints.")
        with self._translated():
            page = await self._client.fine_tuning.jobs.checkpoints.list(provider_job_id, limit=_PAGE)
        kept = [checkpoint_of(each) for each in given(page, "data") or ()]
        return sorted(kept, key=lambda each: each.step)

    async def results(self, file_id: str) -> list[Point]:
        """See ports.Provider."""
        with self._translated():
            content = await self._client.files.content(file_id)
        return points_of(content.content)

    # ---- models ---------------------------------------------------------------------------------------------

    async def delete_model(self, model: str) -> None:
        """See ports.Provider."""
        with self._translated(), suppress(NotFoundError):
            await self._client.models.delete(model)

    async def models(self) -> list[ProviderModel]:
        """See ports.Provider."""
        with self._translated():
            return [
                ProviderModel(model.id, model.owned_by, model.shutdown_date or "")
                async for model in self._client.models.list()
            ]

    @asynccontextmanager
    async def chat(
        self, model: str, messages: Sequence[Said], *, max_tokens: int
    ) -> AsyncIterator[AsyncIterator[str | Usage]]:
        """See ports.Provider."""
        said: list[Any] = [{"role": message.role, "content": message.text} for message in messages]
        with self._translated():
            answer = await self._client.chat.completions.create(
                model=model,
                messages=said,
                max_completion_tokens=max_tokens,
                stream=True,
                stream_options={"include_usage": True} if self.profile.has_usage else omit,
                timeout=self._timeout(self._patience.stream),
            )
        pieces = self._pieces(answer)
        try:
            yield pieces
        finally:
            await pieces.aclose()
            await answer.close()

    async def _pieces(self, answer: AsyncStream[ChatCompletionChunk]) -> AsyncGenerator[str | Usage]:
        reason: str | None = None
        with self._translated():
            async for chunk in answer:
                if usage := usage_of(given(chunk, "usage")):
                    yield usage
                for choice in chunk.choices or ():
                    reason = choice.finish_reason or reason
                    if text := choice.delta.content or choice.delta.refusal:
                        yield text
        if reason is None:
            raise ProviderUnavailable(f"{self.profile.title} broke off its answer.")
        if reason == "content_filter":
            raise ProviderRefused(f"The content filter of {self.profile.title} stopped this answer.")

    # ---- the SDK's ways -------------------------------------------------------------------------------------

    @contextmanager
    def _translated(self, *, creating: bool = False) -> Iterator[None]:
        try:
            yield
        except FAULTS as error:
            raise translate(error, self.profile, creating=creating) from error

    def _read(self, answer: object, kind: type[Answered], *, creating: bool = False) -> Answered:
        """The answer, if it is one: the SDK hands over text when a server answers 200 with a page."""
        if isinstance(answer, kind):
            return answer
        raise unreadable(self.profile, creating=creating)

    def _timeout(self, seconds: float) -> Timeout:
        return Timeout(seconds, connect=self._patience.connect)


def _checked(job: ProviderJob, told: Iterable[object]) -> ProviderJob:
    """A failed job with the safety checks that its model failed, if that is what its events tell."""
    if job.status != "failed":
        return job
    events = ((given(e, "type") or "", given(e, "message") or "", given(e, "data")) for e in told)
    advice = safety.advise(safety.failed(events))
    return replace(job, advice=advice) if advice else job


def _chosen(hyperparameters: Hyperparameters) -> dict[str, int | float]:
    """What is not left to the provider; `beta` is only ever set for the preference method."""
    values = {
        "n_epochs": hyperparameters.n_epochs,
        "batch_size": hyperparameters.batch_size,
        "learning_rate_multiplier": hyperparameters.learning_rate_multiplier,
        "beta": hyperparameters.beta,
    }
    return {name: value for name, value in values.items() if value is not None}
