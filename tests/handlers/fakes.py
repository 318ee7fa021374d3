"""Services that remember what they were asked and answer with samples; no rules but the ones a test needs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.access import Viewer
from bot.domain.budgets import Funded
from bot.domain.conversations import Conversation
from bot.domain.dataset.convert import Part, convert, guess
from bot.domain.dataset.errands import Errand, ErrandKind
from bot.domain.dataset.lifecycle import GONE, Dataset
from bot.domain.dataset.tools import offered, versions_beside
from bot.domain.jobs import Job, JobState, Wish
from bot.domain.models import Model, Share
from bot.domain.policy import Policy
from bot.domain.training import Checkpoint, Event
from bot.domain.work import Place
from bot.errors import NotFound, StaleState
from bot.ports import Page, Preview
from bot.services.offers import Offer, Wanted
from tests.handlers import samples
from tests.viewers import page


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    warning = error = exception = info


@dataclass
class FakeDatasets:
    """`known` maps file ids to datasets; what was received is kept by file id, once each."""

    known: dict[str, Dataset] = field(default_factory=dict)
    received: dict[str, tuple[Place, dict[str, Any]]] = field(default_factory=dict)
    ready: list[Dataset] = field(default_factory=list)
    by_id: dict[str, Dataset] = field(default_factory=dict)
    fault: Exception | None = None

    async def receive(self, place: Place, *, file_id: str, **about: Any) -> Dataset | None:
        if self.fault:
            raise self.fault
        if file_id in self.received:
            return None
        self.received[file_id] = (place, about)
        return samples.dataset(file_id=file_id, name=about["name"])

    async def listed(self, viewer: Viewer) -> Page[Dataset]:
        return page([each for each in self.ready if viewer.here.holds(each.place)])

    async def beside(self, viewer: Viewer, dataset: Dataset) -> list[Dataset]:
        return versions_beside(dataset, self.ready)

    async def get(self, viewer: Viewer, dataset_id: str) -> Dataset:
        if self.fault:
            raise self.fault
        return self.by_id.get(dataset_id) or samples.dataset(id=dataset_id)

    async def in_file(self, viewer: Viewer, file_ids: Sequence[str]) -> Dataset | None:
        return next((self.known[each] for each in file_ids if each in self.known), None)

    async def knows(self, place: Place, file_id: str) -> bool:
        return file_id in self.known


@dataclass
class FakeLibrary:
    """Remembers which files were told to be gone."""

    deleted: list[str] = field(default_factory=list)

    async def file_deleted(self, workspace: str, file_id: str) -> None:
        self.deleted.append(file_id)


@dataclass
class FakeAsking:
    """Offers a sample, in which the wanted model is chosen; requests are kept by their key, once each."""

    offered: Offer = field(default_factory=samples.offer)
    offers: list[tuple[Place, Wanted]] = field(default_factory=list)
    requests: dict[str, tuple[Place, Wanted]] = field(default_factory=dict)
    fault: Exception | None = None

    async def offer(self, viewer: Viewer, wanted: Wanted) -> Offer:
        self.offers.append((viewer.place, wanted))
        chosen = next((each for each in self.offered.models if each.key == wanted.model), self.offered.chosen)
        return replace(self.offered, chosen=chosen, wanted=wanted)

    async def request(self, viewer: Viewer, wanted: Wanted, request_key: str) -> Job:
        if self.fault:
            raise self.fault
        self.requests[request_key] = (viewer.place, wanted)
        return samples.job()


@dataclass
class FakeErrands:
    """Errands by their wish, the first asker's each; `table` is the file that a preview looks into."""

    asked: dict[tuple[str, ErrandKind, str], Errand] = field(default_factory=dict)
    by_id: dict[str, Dataset] = field(default_factory=dict)
    table: list[dict[str, str]] = field(
        default_factory=lambda: [{"question": "Why?", "answer": "So.", "id": "7"}]
    )

    async def ask(
        self, viewer: Viewer, dataset_id: str, kind: ErrandKind, options: Mapping[str, Any]
    ) -> tuple[Errand, bool]:
        await self.check(viewer, dataset_id, kind)
        wish = (dataset_id, kind, json.dumps(options))
        is_new = wish not in self.asked
        if is_new:
            self.asked[wish] = samples.errand(kind, options=options, asked_by=viewer.user_id)
        return self.asked[wish], is_new

    async def check(self, viewer: Viewer, dataset_id: str, kind: ErrandKind) -> Dataset:
        Policy().check_errand(viewer.member)
        dataset = self.by_id.get(dataset_id) or samples.dataset(id=dataset_id)
        if dataset.state in GONE:
            raise StaleState("This file was deleted, and my copy with it.")
        if kind not in offered(dataset):
            raise StaleState("This cannot be done with this file as it is now; its card shows what can.")
        return dataset

    async def preview(
        self, viewer: Viewer, dataset_id: str, columns: Mapping[Part, str] | None = None
    ) -> Preview:
        mapping = guess(self.table, columns)
        return Preview(tuple(self.table[0]), mapping, tuple(convert(row, mapping) for row in self.table))


@dataclass
class FakeJobs:
    """One job by id; `faults` maps a method's name to what it raises."""

    jobs: dict[str, Job] = field(default_factory=dict)
    decisions: list[tuple[str, str, str]] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)

    def _raise(self, method: str) -> None:
        if method in self.faults:
            raise self.faults[method]

    async def check_decision(self, viewer: Viewer, job_id: str) -> Job:
        self._raise("check_decision")
        return self.jobs[job_id]

    async def approve(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        self._raise("approve")
        self.decisions.append(("approve", viewer.user_id, job_id))
        return replace(self.jobs[job_id], state=JobState.APPROVED)

    async def reject(self, viewer: Viewer, job_id: str, reason: str) -> Job:
        self._raise("reject")
        self.decisions.append(("reject", viewer.user_id, reason))
        return self.jobs[job_id]

    async def shown(self, job: Job) -> Funded:
        return Funded(job, (), Policy())

    async def check_cancel(self, viewer: Viewer, job_id: str) -> Job:
        self._raise("check_cancel")
        return self.jobs[job_id]

    can_pause: bool = True
    told: list[Event] = field(default_factory=list)
    kept: list[Checkpoint] = field(default_factory=list)

    async def wish(self, viewer: Viewer, job_id: str, wish: Wish) -> Job:
        self._raise("wish")
        self.decisions.append((wish.value, viewer.user_id, job_id))
        self.jobs[job_id] = replace(self.jobs[job_id], wish=wish)
        return self.jobs[job_id]

    async def events(self, viewer: Viewer, job: Job) -> list[Event]:
        return self.told

    async def checkpoints(self, viewer: Viewer, job: Job) -> list[Checkpoint]:
        return self.kept

    async def cancel(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        self._raise("cancel")
        self.decisions.append(("cancel", viewer.user_id, job_id))
        return self.jobs[job_id]

    async def listed(self, viewer: Viewer) -> Page[Job]:
        return page(list(self.jobs.values()))

    async def asked_by(self, viewer: Viewer) -> Page[Job]:
        return page([job for job in self.jobs.values() if job.requested_by == viewer.user_id])

    async def find(self, viewer: Viewer, name: str) -> Job:
        called = next((each.id for each in self.jobs.values() if each.title == name), name)
        return await self.get(viewer, called)

    async def get(self, viewer: Viewer, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise NotFound("I know no job with this id; `/finetune jobs` lists them.")
        return self.jobs[job_id]


@dataclass
class FakeChat:
    """`threads` are the roots of conversations; what was heard is kept by its ts, once each."""

    tuned: list[Job] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    heard: dict[str, str] = field(default_factory=dict)
    opened: dict[str, tuple[Place, str]] = field(default_factory=dict)
    fault: Exception | None = None

    async def models(self, viewer: Viewer) -> Page[Job]:
        return page(self.tuned)

    async def open(self, viewer: Viewer, model: str, request_key: str) -> Conversation:
        if self.fault:
            raise self.fault
        self.opened[request_key] = (viewer.place, model)
        return samples.conversation(place=viewer.place)

    async def hear(
        self, thread: Place, message_ts: str, user_id: str, team_id: str, text: str, *, to_bot: bool = False
    ) -> bool:
        if self.fault:
            raise self.fault
        if thread.thread_ts not in self.threads:
            return False
        assert user_id
        assert team_id
        self.heard[message_ts] = text
        return True


@dataclass
class FakeComparing:
    """Keeps which comparisons were opened, and votes as (who, ballot, letter)."""

    opened: dict[str, tuple[Place, str, str]] = field(default_factory=dict)
    votes: list[tuple[str, str, str]] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    fault: Exception | None = None

    async def open(self, viewer: Viewer, model: str, other: str, request_key: str) -> Conversation:
        if self.fault:
            raise self.fault
        self.opened[request_key] = (viewer.place, model, other)
        return samples.comparison(place=viewer.place)

    async def vote(self, viewer: Viewer, ballot_id: str, letter: str) -> None:
        if self.fault:
            raise self.fault
        self.votes.append((viewer.user_id, ballot_id, letter))

    async def hide(self, viewer: Viewer, conversation_id: str, read: str | None = None) -> None:
        self.hidden.append(conversation_id)


@dataclass
class FakeModels:
    """A workspace without tuned models; what is done with them is told in tests/stories/test_models.py."""

    homes: dict[str, Place] = field(default_factory=dict)

    async def listed(self, viewer: Viewer, begin: int, most: int) -> tuple[list[Model], int]:
        return [], 0

    async def home_of(self, viewer: Viewer, model: str) -> Place:
        return self.homes.get(model) or samples.job().place

    async def shared(self, viewer: Viewer, job_id: str) -> tuple[Share, ...]:
        return ()


@dataclass
class FakePosts:
    """Posts that were asked for."""

    welcomed: list[Place] = field(default_factory=list)

    async def mended(self, place: Place) -> None: ...

    async def welcome(self, place: Place) -> None:
        self.welcomed.append(place)


@dataclass
class FakePlaces:
    """The channels that have anything of ours."""

    known: set[str] = field(default_factory=set)

    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        return frozenset(self.known)
