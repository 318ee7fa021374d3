"""Services that remember what they were asked and answer with samples; no rules but the ones a test needs.

Each is the real one with other answers, so that the types hold it to what the app calls; a method that has none here
finds nothing to work with, and fails.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from bot.domain import comparisons
from bot.domain.access import Viewer
from bot.domain.approvals.requests import Offer, Wanted
from bot.domain.budgets import Funded
from bot.domain.chats import Conversation
from bot.domain.comparisons import Ballot
from bot.domain.datasets.lifecycle import GONE, Dataset
from bot.domain.datasets.whereabouts import Whereabouts
from bot.domain.home import Home, Listed
from bot.domain.jobs.job import LIVE, Job, JobState, Wish
from bot.domain.jobs.training import Checkpoint, Event
from bot.domain.models import Model, Share
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.transforms.convert import Part, convert, guess
from bot.domain.transforms.lifecycle import Transform, TransformKind, offered, versions_beside
from bot.domain.worker_tasks import Mended, Preview
from bot.errors import NotFound, StaleState
from bot.ports import Page, SlackFile
from bot.services import Services
from bot.services.access import AccessService
from bot.services.approvals.decisions import DecisionService
from bot.services.approvals.requests import RequestService
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from bot.services.chats import ChatService
from bot.services.comparisons import ComparisonService
from bot.services.datasets.administration import DatasetAdministration
from bot.services.datasets.examples import ExampleService
from bot.services.datasets.service import DatasetService
from bot.services.digests import DigestService
from bot.services.home import HomeService
from bot.services.jobs.service import JobService
from bot.services.models.service import ModelService
from bot.services.outbox import OutboxService
from bot.services.policies import PolicyService
from bot.services.retention import AppRemoval
from bot.services.transforms import TransformService
from bot.services.turns import TurnService
from handlers.slack.people import SlackPeople
from tests.handlers import samples
from tests.viewers import absent, page


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    warning = error = exception = info


class FakeDatasets(DatasetService):
    """`known` maps file ids to datasets; what was received is kept by file id, once each."""

    def __init__(self) -> None:
        self.known: dict[str, Dataset] = {}
        self.received: dict[str, tuple[Place, SlackFile, str]] = {}
        self.ready: list[Dataset] = []
        self.by_id: dict[str, Dataset] = {}
        self.fault: Exception | None = None

    @override
    async def receive(
        self,
        thread: Place,
        file: SlackFile,
        user_id: str,
        half: object = None,
        *,
        asked: bool = False,
    ) -> Dataset | None:
        if self.fault:
            raise self.fault
        if file.id in self.received:
            return None
        self.received[file.id] = (thread, file, user_id)
        return samples.dataset(file_id=file.id, name=file.name)

    @override
    async def listed(self, viewer: Viewer) -> Page[Dataset]:
        return page([each for each in self.ready if viewer.here.holds(each.place)])

    @override
    async def beside(self, viewer: Viewer, dataset: Dataset) -> list[Dataset]:
        return versions_beside(dataset, self.ready)

    @override
    async def get(self, viewer: Viewer, dataset_id: str) -> Dataset:
        if self.fault:
            raise self.fault
        return self.by_id.get(dataset_id) or samples.dataset(id=dataset_id)

    @override
    async def in_file(self, viewer: Viewer, file_ids: Sequence[str]) -> Dataset | None:
        return next((self.known[each] for each in file_ids if each in self.known), None)

    @override
    async def knows(self, place: Place, file_id: str) -> bool:
        return file_id in self.known


class FakeAdministration(DatasetAdministration):
    """Remembers which files were told to be gone."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    @override
    async def whereabouts(self, viewer: Viewer, dataset_id: str) -> Whereabouts:
        return Whereabouts()

    @override
    async def file_deleted(self, workspace: str, file_id: str) -> None:
        self.deleted.append(file_id)


class FakeRequests(RequestService):
    """Offers a sample, in which the wanted model is chosen; requests are kept by their key, once each."""

    def __init__(self) -> None:
        self.offered: Offer = samples.offer()
        self.offers: list[tuple[Place, Wanted]] = []
        self.requests: dict[str, tuple[Place, Wanted]] = {}
        self.fault: Exception | None = None

    @override
    async def check_ask(self, viewer: Viewer) -> None:
        Policy().check_request(viewer.member)

    @override
    async def offer(self, viewer: Viewer, wanted: Wanted, editing: str = "") -> Offer:
        self.offers.append((viewer.place, wanted))
        chosen = next((each for each in self.offered.models if each.key == wanted.model), self.offered.chosen)
        return replace(self.offered, chosen=chosen, wanted=wanted)

    @override
    async def request(self, viewer: Viewer, wanted: Wanted, request_key: str) -> Job:
        if self.fault:
            raise self.fault
        self.requests[request_key] = (viewer.place, wanted)
        return samples.job()


class FakeTransforms(TransformService):
    """Transforms by their wish, the first asker's each; `table` is the file that a preview looks into."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, TransformKind, str], Transform] = {}
        self.by_id: dict[str, Dataset] = {}
        self.plan = samples.plan()
        self.table = [{"question": "Why?", "answer": "So.", "id": "7"}]

    @override
    async def ask(
        self, viewer: Viewer, dataset_id: str, kind: TransformKind, options: Mapping[str, Any]
    ) -> tuple[Transform, bool]:
        await self.check(viewer, dataset_id, kind)
        wish = (dataset_id, kind, json.dumps(options))
        is_new = wish not in self.asked
        if is_new:
            self.asked[wish] = samples.transform(kind, options=options, asked_by=viewer.user_id)
        return self.asked[wish], is_new

    @override
    async def check(self, viewer: Viewer, dataset_id: str, kind: TransformKind) -> Dataset:
        Policy().check_errand(viewer.member)
        dataset = self.by_id.get(dataset_id) or samples.dataset(id=dataset_id)
        if dataset.state in GONE:
            raise StaleState("This file was deleted, and my copy with it.")
        if kind not in offered(dataset):
            raise StaleState("This cannot be done with this file as it is now; its card shows what can.")
        return dataset

    @override
    async def show_mending(self, viewer: Viewer, dataset_id: str) -> tuple[Dataset, Mended]:
        return await self.check(viewer, dataset_id, TransformKind.MEND), self.plan

    @override
    async def preview(
        self, viewer: Viewer, dataset_id: str, columns: Mapping[Part, str] | None = None, system: str = ""
    ) -> Preview:
        mapping = guess(self.table, columns)
        examples = tuple(convert(row, mapping, system) for row in self.table)
        return Preview(tuple(self.table[0]), mapping, examples)


class FakeJobs(JobService):
    """One job by id; `faults` maps a method's name to what it raises."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.decisions: list[tuple[str, str, str]] = []
        self.faults: dict[str, Exception] = {}
        self.told: list[Event] = []
        self.kept: list[Checkpoint] = []

    def may(self, method: str) -> None:
        """Raise what this method is to raise."""
        if method in self.faults:
            raise self.faults[method]

    @property
    @override
    def can_pause(self) -> bool:
        return True

    @override
    async def check_cancel(self, viewer: Viewer, job_id: str) -> Job:
        self.may("check_cancel")
        return self.jobs[job_id]

    @override
    async def wish(self, viewer: Viewer, job_id: str, wish: Wish) -> Job:
        self.may("wish")
        self.decisions.append((wish.value, viewer.user_id, job_id))
        self.jobs[job_id] = replace(self.jobs[job_id], wish=wish)
        return self.jobs[job_id]

    @override
    async def events(self, viewer: Viewer, job: Job) -> list[Event]:
        return self.told

    @override
    async def checkpoints(self, viewer: Viewer, job: Job) -> list[Checkpoint]:
        return self.kept

    @override
    async def cancel(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        self.may("cancel")
        self.decisions.append(("cancel", viewer.user_id, job_id))
        return self.jobs[job_id]

    @override
    async def listed(self, viewer: Viewer) -> Page[Job]:
        return page(list(self.jobs.values()))

    @override
    async def find(self, viewer: Viewer, name: str) -> Job:
        called = next((each.id for each in self.jobs.values() if each.title == name), name)
        return await self.get(viewer, called)

    @override
    async def get(self, viewer: Viewer, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise NotFound("I know no job with this id; `/finetune jobs` lists them.")
        return self.jobs[job_id]


class FakeDecisions(DecisionService):
    """Decides the jobs of these, and is kept with what they are told."""

    def __init__(self, of: FakeJobs) -> None:
        self.of = of

    @override
    async def check_decision(self, viewer: Viewer, job_id: str) -> Job:
        self.of.may("check_decision")
        return self.of.jobs[job_id]

    @override
    async def approve(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        self.of.may("approve")
        self.of.decisions.append(("approve", viewer.user_id, job_id))
        return replace(self.of.jobs[job_id], state=JobState.APPROVED)

    @override
    async def reject(self, viewer: Viewer, job_id: str, reason: str) -> Job:
        self.of.may("reject")
        self.of.decisions.append(("reject", viewer.user_id, reason))
        return self.of.jobs[job_id]

    @override
    async def shown(self, job: Job) -> Funded:
        return Funded(job, (), Policy())


class FakeChats(ChatService):
    """Keeps which chats were opened, where and with which model."""

    def __init__(self) -> None:
        self.tuned: list[Job] = []
        self.opened: dict[str, tuple[Place, str]] = {}
        self.asked_in: list[Place | None] = []
        self.fault: Exception | None = None

    @override
    async def models(self, viewer: Viewer) -> Page[Job]:
        return page(self.tuned)

    @override
    async def open(
        self, viewer: Viewer, model: str, request_key: str, asked_in: Place | None = None
    ) -> Conversation:
        if self.fault:
            raise self.fault
        self.asked_in.append(asked_in)
        self.opened[request_key] = (viewer.place, model)
        return samples.conversation(place=viewer.place)


class FakeTurns(TurnService):
    """`threads` are the roots of conversations; what was said to it is kept by its ts, and what it heard of that."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.said: dict[str, str] = {}
        self.heard: dict[str, str] = {}
        self.to_bot: set[str] = set()
        self.fault: Exception | None = None

    @override
    async def hear(
        self, thread: Place, message_ts: str, user_id: str, team_id: str, text: str, *, to_bot: bool = False
    ) -> bool:
        if self.fault:
            raise self.fault
        assert user_id
        assert team_id
        self.said[message_ts] = text
        if to_bot:
            self.to_bot.add(message_ts)
        if thread.thread_ts not in self.threads:
            return False
        self.heard[message_ts] = text
        return True


class FakeComparisons(ComparisonService):
    """Keeps which comparisons were opened, and votes as (who, ballot, letter); `asked` is the ballot they are for."""

    def __init__(self) -> None:
        self.opened: dict[str, tuple[Place, str, str]] = {}
        self.votes: list[tuple[str, str, str]] = []
        self.hidden: list[str] = []
        self.finished: list[str] = []
        self.repeated: list[str] = []
        self.asked: Ballot = samples.ballot()
        self.fault: Exception | None = None

    @override
    async def open(
        self,
        viewer: Viewer,
        model: str,
        other: str,
        request_key: str,
        asked_in: Place | None = None,
        *,
        blind: bool = False,
    ) -> Conversation:
        if self.fault:
            raise self.fault
        self.opened[request_key] = (viewer.place, model, other)
        return samples.comparison(place=viewer.place)

    @override
    async def again(
        self, viewer: Viewer, conversation_id: str, request_key: str, asked_in: Place | None = None
    ) -> Conversation:
        self.repeated.append(conversation_id)
        return samples.comparison(place=viewer.place)

    @override
    async def ballot(self, viewer: Viewer, ballot_id: str) -> Ballot:
        return self.asked

    @override
    async def vote(self, viewer: Viewer, ballot_id: str, letter: str) -> Ballot:
        if self.fault:
            raise self.fault
        self.votes.append((viewer.user_id, ballot_id, letter))
        self.asked = comparisons.voted(self.asked, viewer.user_id, self.asked.behind(letter)).row
        return self.asked

    @override
    async def make_blind(self, viewer: Viewer, conversation_id: str) -> None:
        self.hidden.append(conversation_id)

    @override
    async def end(self, viewer: Viewer, conversation_id: str) -> None:
        self.finished.append(conversation_id)


class FakeModels(ModelService):
    """A workspace without tuned models; what is done with them is told in tests/stories/test_models.py."""

    def __init__(self) -> None:
        self.homes: dict[str, Place] = {}

    @override
    async def listed(self, viewer: Viewer, begin: int, most: int) -> tuple[list[Model], int]:
        return [], 0

    @override
    async def home_of(self, viewer: Viewer, model: str) -> Place:
        return self.homes.get(model) or samples.job().place

    @override
    async def shared(self, viewer: Viewer, job_id: str) -> tuple[Share, ...]:
        return ()


class FakeOutbox(OutboxService):
    """Messages that were asked for."""

    def __init__(self) -> None:
        self.welcomed: list[Place] = []

    @override
    async def retry(self, place: Place) -> None: ...

    @override
    async def welcome(self, place: Place) -> None:
        self.welcomed.append(place)


class FakeHome(HomeService):
    """The Home of whoever looks: the jobs and models that a test put down."""

    def __init__(self, jobs: FakeJobs, chats: FakeChats) -> None:
        self.of_jobs, self.of_chats = jobs, chats

    @override
    async def of(self, viewer: Viewer) -> Home:
        jobs = tuple(self.of_jobs.jobs.values())
        waiting = tuple(
            Funded(job, (), Policy())
            for job in jobs
            if job.state is JobState.REQUESTED and job.requested_by != viewer.user_id
        )
        live = tuple(job for job in jobs if job.state in LIVE - {JobState.REQUESTED})
        return Home("2026-11", waiting, Listed(live), models=Listed(tuple(self.of_chats.tuned)))


class FakePlaces:
    """The channels that have anything of ours."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        return frozenset(self.known)


def absent_services() -> Services:
    """None that works: for what only registers, and for a test to replace the ones it needs."""
    return Services(
        datasets=absent(DatasetService),
        requests=absent(RequestService),
        jobs=absent(JobService),
        chats=absent(ChatService),
        turns=absent(TurnService),
        outbox=absent(OutboxService),
        policy=Policy(),
        people=absent(SlackPeople),
        administration=absent(DatasetAdministration),
        transforms=absent(TransformService),
        comparisons=absent(ComparisonService),
        budgets=absent(BudgetService),
        policies=absent(PolicyService),
        decisions=absent(DecisionService),
        audit=absent(AuditService),
        models=absent(ModelService),
        digests=absent(DigestService),
        access=absent(AccessService),
        app_removal=absent(AppRemoval),
        examples=absent(ExampleService),
        home=absent(HomeService),
    )
