"""Everything the OpenAI side of the sandbox knows: files, jobs, models; its rules, but nothing of HTTP."""

import asyncio
import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from bot.sandbox.clock import Clock
from bot.sandbox.openai import catalog, errors, story, training_data
from bot.sandbox.openai.answers import Memory
from bot.sandbox.openai.catalog import BASES, TRAINING_ENDS, Base
from bot.sandbox.openai.errors import ApiError, bad_request
from bot.sandbox.openai.files import FileStore, StoredFile
from bot.sandbox.openai.job_request import JobRequest
from bot.sandbox.openai.jobs import ENDED, Job
from bot.sandbox.openai.settings import Settings
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.timeline import Timeline
from bot.sandbox.openai.tokens import CountTokens
from bot.sandbox.openai.training_data import Turn

_DAY = 86_400
T = TypeVar("T")


@dataclass(slots=True)
class TunedModel:
    """A model or checkpoint that came out of a job, with all it ever learned."""

    id: str
    base: Base
    created: int
    turns: list[Turn]
    warm: bool = False
    _memory: Memory | None = None

    async def memory(self) -> Memory:
        """What it answers from; made at the first question, in a thread."""
        if self._memory is None:
            self._memory = await asyncio.to_thread(Memory, self.turns)
        return self._memory


@dataclass(slots=True)
class OpenAIWorld:
    """The state; every call of the API starts with `settle`."""

    clock: Clock
    settings: Settings
    count_tokens: CountTokens
    timeline: Timeline = field(init=False)
    files: FileStore = field(init=False)
    jobs: dict[str, Job] = field(default_factory=dict)
    tuned: dict[str, TunedModel] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _readings: set[asyncio.Task[None]] = field(default_factory=set)
    _mounted: float = field(init=False)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.clock)
        self.files = FileStore(self.timeline, self.settings)
        self._mounted = self.clock.now()

    # ---- time

    def settle(self) -> float:
        """Look at the clock, let finished jobs leave their models and result files, and give the training time."""
        moment = self.timeline.look()
        for job in self.jobs.values():
            if not job.settled and job.status(moment) in ENDED:
                job.settled = True
                if job.status(moment) == "succeeded":
                    self._harvest(job)
        return moment

    def today(self) -> date:
        """The day in the sandbox: its calendar's day at the start plus the days that went by since."""
        return self.settings.calendar + timedelta(days=int((self.timeline.now - self._mounted) // _DAY))

    def shown_date(self, day: date) -> date:
        """A catalogue date as people shall see it: as far from now as it is from the sandbox's calendar."""
        mounted = date.fromtimestamp(self._mounted)  # noqa: DTZ012 - a day of the calendar on somebody's wall
        return day + (mounted - self.settings.calendar)

    async def pause(self, seconds: float) -> None:
        """Wait in wall time, but not beyond the closing of the sandbox."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return

    async def close(self) -> None:
        """Stop reading files and remove them."""
        for job in self.jobs.values():
            job.stop_reading.set()
        await asyncio.gather(*self._readings)
        self.files.close()

    # ---- jobs

    def create_job(self, request: JobRequest) -> Job:
        """Check a request against files, models and limits, and start the job."""
        if self.settings.training_closed:
            raise errors.training_closed()
        base, learned = self._trainable(request)
        training = self._training_file(request.training_file, "training_file")
        validation = request.validation_file and self._training_file(
            request.validation_file, "validation_file"
        )
        if request.validation_file == request.training_file:
            raise bad_request("Training file and validation file must be different files.", "validation_file")
        self._limits(base)
        job = Job(
            request=request,
            base=base,
            created_at=int(self.timeline.now),
            born=self.timeline.look(),
            seed=secrets.randbelow(2**31) if request.seed is None else request.seed,
            doom=self.settings.dooms.pop(0) if self.settings.dooms else None,
        )
        self.jobs[job.id] = job
        reading = asyncio.create_task(self._read(job, training, validation or None, learned))
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)
        return job

    def job(self, job_id: str) -> Job:
        """The job of that id."""
        if job_id not in self.jobs:
            raise errors.no_job(job_id)
        return self.jobs[job_id]

    def view(self, job: Job) -> Json:
        """The job as it is now."""
        return job.view(self.settle(), self.timeline, self.clock.speed)

    def cancel(self, job: Job) -> None:
        """End a job by hand."""
        moment = self.settle()
        self._must_live(job, moment)
        job.stop_reading.set()
        job.cancelled_at = moment

    def pause_job(self, job: Job) -> None:
        """Let a queued or running job stand still."""
        moment = self.settle()
        self._must_live(job, moment)
        status = job.status(moment)
        if status not in ("queued", "running"):
            raise bad_request(f"Job {job.id} cannot be paused while it has status '{status}'.")
        job.pauses.append([moment, float("inf")])

    def resume_job(self, job: Job) -> None:
        """Let a paused job go on."""
        moment = self.settle()
        self._must_live(job, moment)
        if job.status(moment) != "paused":
            raise bad_request(f"Job {job.id} cannot be resumed while it has status '{job.status(moment)}'.")
        job.pauses[-1][1] = moment

    @staticmethod
    def _must_live(job: Job, moment: float) -> None:
        if job.status(moment) in ENDED:
            raise bad_request("Job has already completed.")

    def _trainable(self, request: JobRequest) -> tuple[Base, list[Turn]]:
        """The base to train, and what the model to go on from has learned already."""
        parent = self.tuned.get(request.model)
        base = parent.base if parent else catalog.find(request.model)
        if base is None or not base.methods or self._gone(base) or self.today() > TRAINING_ENDS:
            raise errors.not_trainable(request.model)
        if request.method not in base.methods:
            raise bad_request(f"Model {base.id} does not support the '{request.method}' method.", "method")
        return base, parent.turns if parent else []

    def _training_file(self, file_id: str, param: str) -> StoredFile:
        try:
            file = self.files.get(file_id)
        except ApiError:
            raise bad_request(f"invalid {param}: {file_id}", param) from None
        if file.purpose != "fine-tune":
            raise bad_request(
                f"File '{file_id}' has purpose '{file.purpose}', but must have purpose 'fine-tune'.", param
            )
        if self.timeline.look() < file.ready_at:
            raise bad_request(
                f"File '{file_id}' is still being processed and is not ready to be used for fine-tuning. "
                "Please try again later.",
                param,
            )
        return file

    def _limits(self, base: Base) -> None:
        moment = self.timeline.look()
        same = [job for job in self.jobs.values() if job.base is base]
        recent = [job for job in same if job.created_at > self.timeline.now - _DAY]
        daily, active = self.settings.daily_jobs, self.settings.active_jobs
        if daily is not None and len(recent) >= daily:
            raise ApiError(
                429,
                "This fine-tune request has been rate-limited. Your organization has reached the maximum of "
                f"{daily} fine-tuning requests per day for the model '{base.id}'.",
                code="daily_rate_limit_exceeded",
            )
        if active is not None and sum(job.status(moment) not in ENDED for job in same) >= active:
            raise ApiError(
                429,
                "This fine-tune request has been rate-limited. Your organization has reached the maximum of "
                f"{active} active requests for the model '{base.id}'.",
                code="rate_limit_exceeded",
            )

    async def _read(
        self, job: Job, training: StoredFile, validation: StoredFile | None, learned: list[Turn]
    ) -> None:
        """Read the files of a job in a thread; until it is done the job goes on validating."""
        read = functools.partial(
            training_data.read,
            method=job.request.method,
            images=job.base.images,
            example_tokens=job.base.example_tokens,
            count_tokens=self.count_tokens,
            stop=job.stop_reading,
        )
        try:
            data = await asyncio.to_thread(read, training.path, param="training_file")
            held_out = (
                await asyncio.to_thread(read, validation.path, param="validation_file")
                if validation
                else None
            )
        except (training_data.Stopped, FileNotFoundError):
            # Called off, or the file was deleted under the job's hands: OpenAI works on a copy, we say so instead.
            data, held_out = training_data.TrainingData(failure=_FILE_GONE), None
        data.turns = [*data.turns, *learned]
        job.data, job.validation = data, held_out
        job.read_at = self.timeline.look()

    def _harvest(self, job: Job) -> None:
        assert job.data is not None  # noqa: S101 - a job that succeeded was read
        job.result_file = self.files.add_result(story.result_csv(job)).id
        for step, name in job.checkpoints():
            created = self.timeline.stamp(job.moment(job.step_done(step)))
            self.tuned[name] = TunedModel(name, job.base, created, job.data.turns)

    # ---- models

    def _gone(self, base: Base) -> bool:
        return base.shutdown is not None and self.today() >= base.shutdown

    def models(self) -> list[Json]:
        """The `model` objects of everything that answers today."""
        self.settle()
        bases = [
            self._model_view(name, base.created, base)
            for base in BASES
            if not self._gone(base)
            for name in (base.id, base.alias)
            if name
        ]
        own = [
            self._model_view(m.id, m.created, m.base) for m in self.tuned.values() if not self._gone(m.base)
        ]
        return bases + own

    def model(self, name: str) -> Json:
        """One `model` object."""
        for shown in self.models():
            if shown["id"] == name:
                return shown
        raise errors.no_model(name)

    def delete_model(self, name: str) -> None:
        """Forget a tuned model."""
        self.model(name)
        if name not in self.tuned:
            raise ApiError(
                403, f"You have insufficient permissions to delete the model '{name}'.", param="model"
            )
        del self.tuned[name]

    def chat_model(self, name: str) -> TunedModel | Base:
        """The model a chat is held with; refuses 404 when it is not there or retired."""
        self.settle()
        found = self.tuned.get(name) or catalog.find(name)
        if found is None:
            raise errors.no_chat_model(name)
        if self._gone(found.base if isinstance(found, TunedModel) else found):
            raise errors.retired_model(name)
        return found

    def _model_view(self, name: str, created: int, base: Base) -> Json:
        return {
            "id": name,
            "object": "model",
            "created": created,
            "owned_by": "sandbox (simulated)" if name in self.tuned else "openai (simulated)",
            "shutdown_date": None if base.shutdown is None else self.shown_date(base.shutdown).isoformat(),
        }

    def model_limits(self) -> Json:
        """Limits per trainable model; OpenAI documents the address, not the shape."""
        moment = self.settle()
        rows = []
        for base in BASES:
            if base.methods and not self._gone(base) and not self.settings.training_closed:
                active = sum(j.base is base and j.status(moment) not in ENDED for j in self.jobs.values())
                rows.append(
                    {
                        "object": "fine_tuning.model_limit",
                        "model": base.id,
                        "max_total_jobs": self.settings.daily_jobs,
                        "max_concurrent_jobs": self.settings.active_jobs,
                        "active_jobs": active,
                    }
                )
        return {"object": "list", "data": rows, "has_more": False}


_FILE_GONE = training_data.Failure(
    "invalid_training_file", "The job failed because its files could not be read.", "training_file"
)


def page(items: list[T], after: str | None, limit: int, ident: Callable[[T], str]) -> tuple[list[T], bool]:
    """The `limit` items that follow the one called `after`, and whether there are more.

    An `after` that is not there gives nothing, as a page beyond the end does.
    """
    if after is not None:
        ids = [ident(item) for item in items]
        items = items[ids.index(after) + 1 :] if after in ids else []
    return items[:limit], len(items) > limit
