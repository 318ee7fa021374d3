"""Jobs as rows; knows no provider and no policy."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.audit import POLICY
from bot.domain.budgets import taken
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.decision_basis import Basis, JobBasis, ModelBasis
from bot.domain.jobs.job import FOLLOWED, LIVE, Job, JobState
from bot.domain.jobs.polling import Poll
from bot.domain.models import NAME_TAKEN, Named, Share
from bot.domain.money import NO_MONEY, Money, total
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import BadInput
from bot.ports import JobStore, Page
from storage.budgets import funds_of, waiting
from storage.connections import unbroken
from storage.decision_basis import hold
from storage.rows import AddedRows, SeenRows, WorkedRows, in_channel, in_sight, make_cards_due
from storage.tables import DATASETS, JOBS, MODEL_SHARES, POLLS

_UNDER_WAY = JOBS.c.state.in_(FOLLOWED)
_LIVE = JOBS.c.state.in_(LIVE)
_SUCCEEDED = JOBS.c.state == JobState.SUCCEEDED
DAY = timedelta(hours=24)
_NEWEST = (JOBS.c.requested_at.desc(), JOBS.c.id)


def _unchecked(basis: JobBasis) -> None:
    """For a job that nobody has to be asked for."""


class Jobs(SeenRows[Job], WorkedRows[Job], JobStore):
    """bot.ports.JobStore."""

    table = JOBS
    noun = "job"
    has_cards = True

    @unbroken
    async def add(self, transition: Transition[Job], check: Callable[[JobBasis], None] = _unchecked) -> Job:
        """Save a new request; the job saved earlier when its request_key is known already."""
        async with self._connections.writing() as connection:
            basis = await hold(connection, transition.row.place)
            check(await self._basis(connection, transition.row, basis))
            return (await self._insert_request(connection, transition))[0]

    async def decide(
        self, job_id: str, step: Callable[[Job, JobBasis], Transition[Job]], *, token: str | None = None
    ) -> Job:
        """As `change`, with a step that also sees what holds; until it is saved, nobody else decides."""

        async def with_basis(connection: AsyncConnection, job: Job, basis: Basis) -> Transition[Job]:
            return step(job, await self._basis(connection, job, basis))

        return await self._decide(job_id, with_basis, token)

    async def _basis(self, connection: AsyncConnection, job: Job, basis: Basis) -> JobBasis:
        """What a decision on this job rests on, from within its transaction."""
        return JobBasis(
            basis.channel,
            basis.workspace,
            basis.paused,
            await funds_of(connection, job, alone=True),
            await self._automatic(connection, job),
            await _ready(connection, job.place),
        )

    async def _automatic(self, connection: AsyncConnection, job: Job) -> Money:
        """What the rules approved by themselves for this person within a day."""
        c = JOBS.c
        whose = and_(c.workspace == job.place.workspace, c.requested_by == job.requested_by, c.id != job.id)
        lately = and_(c.decided_by == POLICY, c.decided_at > self._clock.now() - DAY)
        found = await JOBS.read(connection, whose, lately)
        return total(each.estimate.price or NO_MONEY for each in found)

    async def _also(self, connection: AsyncConnection, before: Job, after: Job) -> None:
        """When it takes more or less than before, or for sure, others that wait stand differently."""
        waited = [job.state is JobState.REQUESTED for job in (before, after)]
        if taken(before) == taken(after) and waited[0] == waited[1]:
            return
        if await funds_of(connection, after, alone=True):
            await make_cards_due(connection, waiting(after.place.workspace), self._clock.now())

    async def of_month(self, sight: Sight, month: str, limit: int) -> Page[Job]:
        """The jobs in sight that take money of this month, newest first."""
        takes = and_(JOBS.c.month == month, JOBS.c.reserved + JOBS.c.spent > 0)
        return await self._page(in_sight(JOBS, sight), takes, order=_NEWEST, limit=limit)

    async def listed(
        self, sight: Sight, limit: int, states: Collection[JobState] = (), *, first: str = ""
    ) -> Page[Job]:
        """The jobs in sight, newest first; in these `states`, if any are given; those of `first` before others."""
        which = [JOBS.c.state.in_(states)] if states else []
        order = (JOBS.c.requested_by != first, *_NEWEST) if first else _NEWEST
        return await self._page(in_sight(JOBS, sight), *which, order=order, limit=limit)

    async def names(self, sight: Sight) -> list[Named]:
        """What the jobs in sight are called, newest first."""
        return await self._named(in_sight(JOBS, sight))

    async def model(self, sight: Sight, job_id: str) -> Job | None:
        """The succeeded job whose model is in sight."""
        return await self._first(JOBS.c.id == job_id, _model_in_sight(sight))

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
        """The succeeded jobs whose models are in sight, newest first; what was deleted stands at the end."""
        c, base = JOBS.c, JOBS.c.estimate["model"].as_string()
        where = [_model_in_sight(sight)]
        where += [c.model_deletion.is_(None), c.fine_tuned_model.is_not(None)] if there else []
        where += [c.provider == provider] if provider else []
        where += [base.in_(bases)] if bases is not None else []
        where += [base.not_in(without)] if without else []
        order = (c.model_deletion.is_not(None), *_NEWEST)
        return await self._page(*where, order=order, limit=limit, begin=begin)

    async def model_names(self, sight: Sight) -> list[Named]:
        """What the models in sight are called, newest first."""
        return await self._named(_model_in_sight(sight))

    @unbroken
    async def _named(self, where: ColumnElement[bool]) -> list[Named]:
        c = JOBS.c
        names = (c.id, c.channel_id, c.alias, c.suffix, c.dataset_name, func.coalesce(c.fine_tuned_model, ""))
        statement = select(*names, c.model_deletion.is_not(None)).where(where).order_by(*_NEWEST)
        async with self._connections.reading() as connection:
            rows = await connection.execute(statement)
            return [Named(*row) for row in rows]

    async def share(
        self,
        job_id: str,
        step: Callable[[Job, tuple[Share, ...], Basis], tuple[Transition[Job], tuple[Share, ...]]],
    ) -> Job:
        """As `decide`, with a step that says with which channels the model of a job is shared."""

        async def shared(connection: AsyncConnection, job: Job, basis: Basis) -> Transition[Job]:
            before = await _shares(connection, job_id)
            transition, after = step(job, before, basis)
            gone = [each.channel_id for each in before if each not in after]
            if gone:
                here = and_(MODEL_SHARES.c.job_id == job_id, MODEL_SHARES.c.channel_id.in_(gone))
                await connection.execute(delete(MODEL_SHARES.table).where(here))
            of_job = {"job_id": job_id, "workspace": job.place.workspace}
            added = [of_job | MODEL_SHARES.dump(each) for each in after if each not in before]
            if added:
                await connection.execute(insert(MODEL_SHARES.table), added)
            return transition

        return await self._decide(job_id, shared)

    @unbroken
    async def shares(self, job_id: str) -> tuple[Share, ...]:
        """With which channels the model of this job is shared, by whom."""
        async with self._connections.reading() as connection:
            return await _shares(connection, job_id)

    async def waiting(self, place: Place) -> list[Job]:
        """The channel's requests on which nobody has decided, newest first."""
        return await self._read(in_channel(JOBS, place), JOBS.c.state == JobState.REQUESTED, order=_NEWEST)

    async def left_models(self, place: Place) -> list[Job]:
        """The channel's succeeded jobs whose models nobody had deleted, newest first."""
        left = and_(_SUCCEEDED, JOBS.c.model_deletion.is_(None))
        return await self._read(in_channel(JOBS, place), left, order=_NEWEST)

    async def using(self, dataset_id: str) -> Job | None:
        """A job that has not ended and trains or validates on this dataset."""
        validates = JOBS.c.validation["dataset_id"].as_string() == dataset_id
        return await self._first(_LIVE, or_(JOBS.c.dataset_id == dataset_id, validates), order=_NEWEST)

    async def needing(self, sha256: str) -> Job | None:
        """A job that has not ended and trains or validates on this content, in whatever workspace."""
        return await self._first(_LIVE, _has_content(sha256), order=_NEWEST)

    async def uploading(self, sha256: str) -> list[Job]:
        """The jobs that are uploading and have this content among what they need."""
        return await self._read(JOBS.c.state == JobState.UPLOADING, _has_content(sha256))

    async def last_trained(self, dataset_ids: Collection[str]) -> Job | None:
        """The newest job that succeeded on one of these datasets."""
        return await self._first(_SUCCEEDED, JOBS.c.dataset_id.in_(dataset_ids), order=_NEWEST)

    async def undecided(self, sight: Sight) -> list[Job]:
        """The requests in sight on which nobody has decided, oldest first."""
        waits = JOBS.c.state == JobState.REQUESTED
        return await self._read(in_sight(JOBS, sight), waits, order=(JOBS.c.requested_at, JOBS.c.id))

    async def last_answered(self, provider: str) -> Job | None:
        """The newest job that this provider created, or refused since it takes no more."""
        answered = or_(JOBS.c.provider_job_id.is_not(None), JOBS.c.state == JobState.CLOSED)
        return await self._first(JOBS.c.provider == provider, answered, order=_NEWEST)

    @unbroken
    async def trained_since(self, model: str, since: datetime) -> bool:
        """Whether the model that the provider calls so was trained since then."""
        trained = and_(JOBS.c.fine_tuned_model == model, JOBS.c.ended_at > since)
        async with self._connections.reading() as connection:
            return await connection.scalar(select(JOBS.c.id).where(trained).limit(1)) is not None

    async def rename(self, job_id: str, step: Callable[[Job, ModelBasis], Transition[Job]]) -> Job:
        """As `decide`, with a step that sees the other models of the workspace, to give one of them an alias."""

        async def with_basis(connection: AsyncConnection, job: Job, basis: Basis) -> Transition[Job]:
            others = and_(JOBS.c.workspace == job.place.workspace, JOBS.c.id != job.id)
            found = tuple(await JOBS.read(connection, others, _SUCCEEDED))
            return step(job, ModelBasis(basis.channel, basis.workspace, basis.paused, found))

        try:
            return await self._decide(job_id, with_basis)
        except IntegrityError as taken:
            raise BadInput(NAME_TAKEN, "alias") from taken

    async def of_provider(self, provider_job_id: str) -> Job | None:
        """The job that the provider knows by this id."""
        return await self._first(JOBS.c.provider_job_id == provider_job_id)

    async def ended_since(self, place: Place, begin: datetime, end: datetime) -> list[Job]:
        """The channel's jobs that ended from `begin` until before `end`, oldest first."""
        ended = and_(JOBS.c.ended_at >= begin, JOBS.c.ended_at < end)
        return await self._read(in_channel(JOBS, place), ended, order=(JOBS.c.ended_at, JOBS.c.id))

    async def of_content(self, sha256_begin: str) -> list[Job]:
        """The jobs of all workspaces that train on a content whose hash begins so, or validate on it."""
        validates = JOBS.c.validation["sha256"].as_string()
        begins = [
            column.startswith(sha256_begin, autoescape=True) for column in (JOBS.c.dataset_sha256, validates)
        ]
        return await self._read(or_(*begins), order=_NEWEST)

    async def live_in(self, workspace: str) -> list[Job]:
        """Every job of a workspace that has not ended."""
        return await self._read(JOBS.c.workspace == workspace, _LIVE)

    async def followed(self, provider: str) -> list[Job]:
        """Every job that is under way at this provider."""
        return await self._read(JOBS.c.provider == provider, _UNDER_WAY)

    @unbroken
    async def running(self, provider: str) -> int:
        """How many jobs train at this provider now."""
        trains = and_(JOBS.c.provider == provider, JOBS.c.state == JobState.RUNNING)
        async with self._connections.reading() as connection:
            return await connection.scalar(select(func.count()).where(trains)) or 0

    @unbroken
    async def next_in_queue(self, provider: str, model: str, now: datetime) -> None:
        """Make the job due that waits longest for a free place to train this model.

        Those that a worker tries to create right now get a new due time too, from which the worker sees that a
        place became free after it had asked.
        """
        same = and_(JOBS.c.provider == provider, JOBS.c.model == model)
        held = and_(JOBS.c.state == JobState.CREATING, JOBS.c.lease_token.is_not(None))
        waits = and_(same, JOBS.c.waits_until > now, JOBS.c.lease_token.is_(None))
        longest = select(JOBS.c.id).where(waits).order_by(JOBS.c.requested_at, JOBS.c.id).limit(1)
        told = or_(and_(JOBS.c.id.in_(longest.scalar_subquery()), waits), and_(same, held))
        async with self._connections.writing() as connection:
            await connection.execute(update(JOBS.table).where(told).values(due_at=now))

    @unbroken
    async def hasten(self, job_ids: Collection[str], now: datetime, *, again: bool = False) -> None:
        """Make these jobs due, if they are still under way, would be so later, and no fault puts them off.

        With `again`, one that a worker looks at right now gets a new due time too, from which the worker sees that
        it has to look once more.
        """
        told = and_(JOBS.c.due_at > now, JOBS.c.attempts == 0)
        if again:
            told = or_(told, JOBS.c.lease_token.is_not(None))
        async with self._connections.writing() as connection:
            await connection.execute(
                update(JOBS.table).where(JOBS.c.id.in_(job_ids), _UNDER_WAY, told).values(due_at=now)
            )


class Polls(AddedRows[Poll]):
    """The looks over the live jobs, one for each provider."""

    table = POLLS
    noun = "poll"


async def _ready(connection: AsyncConnection, place: Place) -> frozenset[str]:
    """The datasets of a channel that can be trained on."""
    ids = select(DATASETS.c.id).where(
        DATASETS.c.workspace == place.workspace,
        DATASETS.c.channel_id == place.channel_id,
        DATASETS.c.state == DatasetState.READY,
    )
    return frozenset((await connection.execute(ids)).scalars())


def _model_in_sight(sight: Sight) -> ColumnElement[bool]:
    """That a job has left a model, and that its channel or one with which it is shared is in sight."""
    shared = select(MODEL_SHARES.c.job_id).where(
        MODEL_SHARES.c.workspace == sight.workspace, MODEL_SHARES.c.channel_id.in_(sight.channels)
    )
    seen = or_(JOBS.c.channel_id.in_(sight.channels), JOBS.c.id.in_(shared))
    return and_(JOBS.c.workspace == sight.workspace, _SUCCEEDED, seen)


def _has_content(sha256: str) -> ColumnElement[bool]:
    """That a job trains or validates on this content."""
    return or_(JOBS.c.dataset_sha256 == sha256, JOBS.c.validation["sha256"].as_string() == sha256)


async def _shares(connection: AsyncConnection, job_id: str) -> tuple[Share, ...]:
    c = MODEL_SHARES.c
    return tuple(await MODEL_SHARES.read(connection, c.job_id == job_id, order=[c.at]))
