"""A provider that lives in memory: held to the same contract as the real adapter, for tests and for trying things out.

It keeps what a server would keep, and moves only when it is told to. It speaks to nobody.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.chats import Said, Usage
from bot.domain.jobs.job import Hyperparameters, ProviderJob, Sending
from bot.domain.jobs.training import Checkpoint, Event, Point
from bot.errors import ProviderRefused, UnknownModel
from bot.ports import JobOrder, Listing, ProviderFile, ProviderModel

BASES = ("gpt-4.1-mini-2025-04-14", "gpt-4o-mini-2024-07-18")
_ON_ITS_WAY = {"validating_files": "queued", "queued": "running", "running": "succeeded"}
_ENDED = frozenset({"succeeded", "failed", "cancelled"})


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class InMemoryProvider:
    """ports.Provider. `asked` is what was asked of it, as "pause_job ftjob-1", in order.

    What a server does by itself is set by whoever holds it: a file with `holds`, a job's status and figures with
    `moves`, a fault with `fails`, something that happens in the middle of a call with `meanwhile`. `shown` is how many
    jobs, the newest, its list shows at once (None: all); `unfound` are jobs whose own page it does not find. One
    that `cancels_late` shows a job as it was until it is moved.
    """

    name: str = "openai"
    can_pause: bool = True
    base_url: str = "https://memory.test/v1"
    key_variable: str = "MEMORY_API_KEY"
    now: Callable[[], datetime] = _utc_now
    shown: int | None = None
    cancels_late: bool = False
    files: dict[str, ProviderFile] = field(default_factory=dict)
    known: dict[str, ProviderJob] = field(default_factory=dict)
    orders: dict[str, JobOrder] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)
    told: dict[str, list[Event]] = field(default_factory=dict)
    kept: dict[str, list[Checkpoint]] = field(default_factory=dict)
    losses: dict[str, list[Point]] = field(default_factory=dict)
    tuned: set[str] = field(default_factory=set)
    unfound: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    _faults: list[tuple[str, Exception, bool]] = field(default_factory=list)
    _meanwhile: list[tuple[str, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    _count: int = 0

    # ---- what the world does to it --------------------------------------------------------------------------

    def fails(
        self, call: str, fault: Exception, *, about: str = "", after: bool = False, times: int = 1
    ) -> None:
        """The next so many calls of this name raise the fault, before they do anything or `after` they did.

        With `about` only those about this id or name.
        """
        self._faults += [(f"{call} {about}".strip(), fault, after)] * times

    def meanwhile(self, call: str, happens: Callable[[], Awaitable[None]]) -> None:
        """This happens once, while the next call of this name is under way."""
        self._meanwhile.append((call, happens))

    def holds(self, *names: str, ready: bool = True) -> None:
        """Files of these names and ids, of one byte each, were uploaded before."""
        self.files |= {name: ProviderFile(name, name, 1, ready) for name in names}

    def moves(self, job_id: str, status: str, **figures: object) -> ProviderJob:
        """A job gets this status, as if the server had done it; one that it does not know yet begins so."""
        known = self.known.get(job_id) or ProviderJob(job_id, status)
        self.created.setdefault(job_id, self.now())
        if status in _ENDED and known.finished_at is None:
            figures = {"finished_at": self.now(), **figures}
        self.known[job_id] = replace(known, status=status, **figures)  # type: ignore[arg-type]
        return self.known[job_id]

    def was_created(self, job_id: str, model: str, at: datetime) -> None:
        """A job of somebody else began then."""
        self.orders[job_id] = JobOrder("", model, "", "supervised", "", Hyperparameters(), None)
        self.known[job_id], self.created[job_id] = ProviderJob(job_id, "running", model=model), at

    def passes(self) -> None:
        """Files get ready, and every job that is under way comes one status further."""
        self.files = {each: replace(file, ready=not file.error) for each, file in self.files.items()}
        for job in list(self.known.values()):
            if job.status in _ON_ITS_WAY:
                self._goes_on(job)

    def _goes_on(self, job: ProviderJob) -> None:
        status = _ON_ITS_WAY[job.status]
        if status != "succeeded":
            self._says(job.id, f"Job is {status}")
            self.moves(job.id, status)
            return
        order = self.orders[job.id]
        model = f"ft:{order.model}:acme:{order.suffix}:{job.id[-8:]}"
        self.tuned.add(model)
        self.losses[f"file-{job.id}"] = [Point(step, 2.0 / step) for step in range(1, 11)]
        self.kept[job.id] = [Checkpoint(5, f"{model}:ckpt-step-5", 0.4), Checkpoint(10, model, 0.2)]
        self._says(job.id, "The job has successfully completed")
        self.moves(
            job.id, status, fine_tuned_model=model, trained_tokens=1_000, result_files=(f"file-{job.id}",)
        )

    def _says(self, job_id: str, message: str) -> None:
        told = self.told.setdefault(job_id, [])
        told.insert(0, Event(self.now(), "info", message, id=f"ftevent-{job_id}-{len(told)}"))

    @asynccontextmanager
    async def _call(self, name: str, *about: str) -> AsyncIterator[None]:
        """What every call does: it is written down, something may happen meanwhile, and it may fail."""
        asked = " ".join((name, *about))
        self.asked.append(asked)
        for planned in [each for each in self._meanwhile if each[0] == name][:1]:
            self._meanwhile.remove(planned)
            await planned[1]()
        fault = next((each for each in self._faults if each[0] in (name, asked)), None)
        if fault is None:
            yield
            return
        self._faults.remove(fault)
        _, error, after = fault
        if not after:
            raise error
        yield
        raise error

    # ---- training files -------------------------------------------------------------------------------------

    async def find_file(self, filename: str, size: int) -> ProviderFile | None:
        """See ports.Provider."""
        async with self._call("find_file"):
            found = (file for file in self.files.values() if (file.filename, file.size) == (filename, size))
            return next((file for file in found if not file.error), None)

    async def upload(
        self, path: Path, filename: str, *, begun: Sending | None, keep: Callable[[Sending], Awaitable[None]]
    ) -> ProviderFile:
        """See ports.Provider; always in one request."""
        async with self._call("upload", filename):
            size = path.stat().st_size  # noqa: ASYNC240  small files of tests
            await keep(replace(begun, sent=size) if begun else Sending(size, size))
            file = ProviderFile(self._new("file"), filename, size, ready=False)
            self.files[file.id] = file
        return file

    async def file(self, file_id: str) -> ProviderFile | None:
        """See ports.Provider."""
        async with self._call("file", file_id):
            return self.files.get(file_id)

    async def delete_files(self, ending: str) -> int:
        """See ports.Provider."""
        async with self._call("delete_files", ending):
            found = [each for each, file in self.files.items() if file.filename.endswith(ending)]
            for each in found:
                del self.files[each]
        return len(found)

    async def training_files(self) -> list[ProviderFile]:
        """See ports.Provider."""
        async with self._call("training_files"):
            return list(self.files.values())

    async def delete_file(self, file_id: str) -> None:
        """See ports.Provider."""
        async with self._call("delete_file", file_id):
            self.files.pop(file_id, None)

    # ---- jobs -----------------------------------------------------------------------------------------------

    async def create_job(self, order: JobOrder) -> ProviderJob:
        """See ports.Provider."""
        async with self._call("create_job", order.our_id):
            if order.training_file_id not in self.files:
                raise ProviderRefused("It knows no such training file.", param="training_file")
            job = ProviderJob(self._new("ftjob"), "validating_files", model=order.model)
            self.known[job.id], self.orders[job.id], self.created[job.id] = job, order, self.now()
            self._says(job.id, "Created fine-tuning job")
        return job

    async def find_job(self, our_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        async with self._call("find_job", our_id):
            found = (each for each, order in self.orders.items() if order.our_id == our_id)
            return next((self.known[each] for each in found), None)

    async def first_job(self, model: str, since: datetime) -> datetime | None:
        """See ports.Provider."""
        async with self._call("first_job", model):
            on_it = {each for each, order in self.orders.items() if order.model == model}
            times = [at for each, at in self.created.items() if each in on_it and at >= since]
            return min(times, default=None)

    async def jobs(self, wanted: Collection[str]) -> Listing:  # noqa: ARG002  one page is all
        """See ports.Provider; `wanted` are not looked for behind the page that is `shown`."""
        async with self._call("jobs"):
            newest = list(reversed(self.known))[: self.shown]
            return Listing({each: self.known[each] for each in newest}, len(newest) == len(self.known))

    async def job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        async with self._call("job", provider_job_id):
            return None if provider_job_id in self.unfound else self.known.get(provider_job_id)

    async def figures(self, job: ProviderJob) -> ProviderJob:
        """See ports.Provider."""
        async with self._call("figures", job.id):
            return self.known.get(job.id, job)

    async def cancel_job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        async with self._call("cancel_job", provider_job_id):
            job = self.known.get(provider_job_id)
            if job is None or job.status in _ENDED or self.cancels_late:
                return job
            return self.moves(job.id, "cancelled")

    async def pause_job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        async with self._call("pause_job", provider_job_id):
            return self._turned(provider_job_id, "running", "paused")

    async def resume_job(self, provider_job_id: str) -> ProviderJob | None:
        """See ports.Provider."""
        async with self._call("resume_job", provider_job_id):
            return self._turned(provider_job_id, "paused", "running")

    def _turned(self, job_id: str, before: str, after: str) -> ProviderJob | None:
        job = self.known.get(job_id)
        if job is None or job.status != before:
            return job
        self._says(job_id, "Fine-tuning job paused" if after == "paused" else "Fine-tuning job resumed")
        return self.moves(job_id, after)

    def _there(self, job_id: str) -> ProviderJob:
        if job_id not in self.known:
            raise ProviderRefused("It knows no such job.")
        return self.known[job_id]

    async def events(self, provider_job_id: str, limit: int) -> list[Event]:
        """See ports.Provider."""
        async with self._call("events", provider_job_id):
            self._there(provider_job_id)
            return self.told.get(provider_job_id, [])[:limit]

    async def checkpoints(self, provider_job_id: str) -> list[Checkpoint]:
        """See ports.Provider."""
        async with self._call("checkpoints", provider_job_id):
            self._there(provider_job_id)
            return sorted(self.kept.get(provider_job_id, []), key=lambda each: each.step)

    async def results(self, file_id: str) -> list[Point]:
        """See ports.Provider."""
        async with self._call("results", file_id):
            return list(self.losses.get(file_id, []))

    # ---- models ---------------------------------------------------------------------------------------------

    async def delete_model(self, model: str) -> None:
        """See ports.Provider."""
        async with self._call("delete_model", model):
            self.tuned.discard(model)

    async def models(self) -> list[ProviderModel]:
        """See ports.Provider."""
        async with self._call("models"):
            own = [ProviderModel(model, "acme") for model in sorted(self.tuned)]
            return [*(ProviderModel(base, "system") for base in BASES), *own]

    @asynccontextmanager
    async def chat(
        self, model: str, messages: Sequence[Said], *, max_tokens: int
    ) -> AsyncIterator[AsyncIterator[str | Usage]]:
        """See ports.Provider; it says again what was said last, word by word."""
        async with self._call("chat", model):
            if model not in {*BASES, *self.tuned}:
                raise UnknownModel(f"It has no model called {model}.")
        words = f"You said: {messages[-1].text}".split(" ")[:max_tokens]

        async def pieces() -> AsyncIterator[str | Usage]:
            for number, word in enumerate(words):
                yield f" {word}" if number else word
            asked = sum(len(message.text.split(" ")) for message in messages)
            yield Usage(asked=asked, answered=len(words))

        yield pieces()

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count:08}"
