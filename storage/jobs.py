"""Jobs as rows; knows no provider and no policy."""

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.access import Sight
from bot.domain.approvals.decisions import Basis, JobBasis, ModelBasis
from bot.domain.audit import POLICY
from bot.domain.budgets import month_of, taken
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.jobs.job import (
    FOLLOWED,
    LIVE,
    Approval,
    Hyperparameters,
    Job,
    JobState,
    LossChartFiles,
    ModelDeletion,
    Sending,
    Told,
    Training,
    ValidationDataset,
    Wish,
)
from bot.domain.models import NAME_TAKEN, Named, Share
from bot.domain.money import NO_MONEY, Money, total
from bot.domain.places import Place
from bot.domain.pricing import Estimate
from bot.domain.work_queue import Transition
from bot.errors import BadInput
from bot.ports import Clock, JobStore, Page
from storage.audit import insert_entries
from storage.budgets import funds_of, waiting
from storage.connections import Connections, unbroken
from storage.decisions import hold
from storage.rows import (
    SeenRows,
    Values,
    WorkedRows,
    dump_place,
    in_sight,
    insert_messages,
    insert_once,
    load_place,
    make_cards_due,
)
from storage.tables import DatasetRow, JobRow, ShareRow

_UNDER_WAY = JobRow.state.in_(sorted(state.value for state in FOLLOWED))
_LIVE = JobRow.state.in_(sorted(state.value for state in LIVE))
_SUCCEEDED = JobRow.state == JobState.SUCCEEDED.value
DAY = timedelta(hours=24)
_NEWEST = (JobRow.requested_at.desc(), JobRow.id)


def _unchecked(basis: JobBasis) -> None:
    """For a job that nobody has to be asked for."""


class Jobs(SeenRows[Job], WorkedRows[Job], JobStore):
    """bot.ports.JobStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(connections, clock, JobRow, noun="job", load=load_job, dump=dump_job, has_cards=True)

    @unbroken
    async def add(self, moved: Transition[Job], check: Callable[[JobBasis], None] = _unchecked) -> Job:
        """Save a new request; the job saved earlier when its request_key is known already."""
        async with self._connections.writing() as connection:
            basis = await hold(connection, moved.row.place)
            check(await self._basis(connection, moved.row, basis))
            if await insert_once(connection, JobRow, dump_job(moved.row)):
                await insert_entries(connection, moved.entries)
                await insert_messages(connection, moved.messages)
                return moved.row
            known = select(JobRow).where(JobRow.request_key == moved.row.request_key)
            return load_job((await connection.execute(known)).mappings().one())

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
        lately = select(JobRow).where(
            JobRow.workspace == job.place.workspace,
            JobRow.requested_by == job.requested_by,
            JobRow.decided_by == POLICY,
            JobRow.decided_at > self._clock.now() - DAY,
            JobRow.id != job.id,
        )
        found = [load_job(row) for row in (await connection.execute(lately)).mappings()]
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
        takes = and_(JobRow.month == month, JobRow.reserved + JobRow.spent > 0)
        return await self._page(in_sight(JobRow, sight), takes, order=_NEWEST, limit=limit)

    async def listed(self, sight: Sight, limit: int, asked_by: str = "") -> Page[Job]:
        """The jobs in sight, newest first; those that one person asked for, if named."""
        whose = [JobRow.requested_by == asked_by] if asked_by else []
        return await self._page(in_sight(JobRow, sight), *whose, order=_NEWEST, limit=limit)

    async def names(self, sight: Sight) -> list[Named]:
        """What the jobs in sight are called, newest first."""
        return await self._named(in_sight(JobRow, sight))

    async def model(self, sight: Sight, job_id: str) -> Job | None:
        """The succeeded job whose model is in sight."""
        found = await self._read(JobRow.id == job_id, _model_in_sight(sight))
        return found[0] if found else None

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
        where = [_model_in_sight(sight)]
        if there:
            where.append(and_(JobRow.model_deletion.is_(None), JobRow.fine_tuned_model.is_not(None)))
        if provider:
            where.append(JobRow.provider == provider)
        if bases is not None:
            where.append(JobRow.estimate["model"].as_string().in_(bases))
        if without:
            where.append(JobRow.estimate["model"].as_string().not_in(without))
        order = (JobRow.model_deletion.is_not(None), *_NEWEST)
        return await self._page(*where, order=order, limit=limit, begin=begin)

    async def model_names(self, sight: Sight) -> list[Named]:
        """What the models in sight are called, newest first."""
        return await self._named(_model_in_sight(sight))

    @unbroken
    async def _named(self, where: ColumnElement[bool]) -> list[Named]:
        columns = (
            JobRow.id,
            JobRow.channel_id,
            JobRow.alias,
            JobRow.suffix,
            JobRow.dataset_name,
            func.coalesce(JobRow.fine_tuned_model, ""),
            JobRow.model_deletion.is_not(None),
        )
        async with self._connections.reading() as connection:
            rows = await connection.execute(select(*columns).where(where).order_by(*_NEWEST))
            return [Named(*row[:-1], gone=bool(row[-1])) for row in rows]

    async def share(
        self,
        job_id: str,
        step: Callable[[Job, tuple[Share, ...], Basis], tuple[Transition[Job], tuple[Share, ...]]],
    ) -> Job:
        """As `decide`, with a step that says with which channels the model of a job is shared."""

        async def shared(connection: AsyncConnection, job: Job, basis: Basis) -> Transition[Job]:
            before = await _shares(connection, job_id)
            moved, after = step(job, before, basis)
            gone = [each.channel_id for each in before if each not in after]
            if gone:
                here = and_(ShareRow.job_id == job_id, ShareRow.channel_id.in_(gone))
                await connection.execute(delete(ShareRow).where(here))
            added = [
                {"job_id": job_id, "workspace": job.place.workspace, **asdict(each)}
                for each in after
                if each not in before
            ]
            if added:
                await connection.execute(insert(ShareRow), added)
            return moved

        return await self._decide(job_id, shared)

    @unbroken
    async def shares(self, job_id: str) -> tuple[Share, ...]:
        """With which channels the model of this job is shared, by whom."""
        async with self._connections.reading() as connection:
            return await _shares(connection, job_id)

    async def waiting(self, place: Place) -> list[Job]:
        """The channel's requests on which nobody has decided, newest first."""
        return await self._read(_here(place), JobRow.state == JobState.REQUESTED.value, order=_NEWEST)

    async def left_models(self, place: Place) -> list[Job]:
        """The channel's succeeded jobs whose models nobody had deleted, newest first."""
        return await self._read(_here(place), _SUCCEEDED, JobRow.model_deletion.is_(None), order=_NEWEST)

    async def using(self, dataset_id: str) -> Job | None:
        """A job that has not ended and trains or validates on this dataset."""
        validates = JobRow.validation["dataset_id"].as_string() == dataset_id
        return await self._first(_LIVE, or_(JobRow.dataset_id == dataset_id, validates))

    async def needing(self, sha256: str) -> Job | None:
        """A job that has not ended and trains or validates on this content, in whatever workspace."""
        return await self._first(_LIVE, _has_content(sha256))

    async def uploading(self, sha256: str) -> list[Job]:
        """The jobs that are uploading and have this content among what they need."""
        return await self._read(JobRow.state == JobState.UPLOADING.value, _has_content(sha256))

    async def last_answered(self, provider: str) -> Job | None:
        """The newest job that this provider created, or refused since it takes no more."""
        answered = or_(JobRow.provider_job_id.is_not(None), JobRow.state == JobState.CLOSED.value)
        return await self._first(JobRow.provider == provider, answered)

    @unbroken
    async def trained_since(self, model: str, since: datetime) -> bool:
        """Whether the model that the provider calls so was trained since then."""
        trained = and_(JobRow.fine_tuned_model == model, JobRow.ended_at > since)
        async with self._connections.reading() as connection:
            return await connection.scalar(select(JobRow.id).where(trained).limit(1)) is not None

    async def _first(self, *where: ColumnElement[bool]) -> Job | None:
        found = await self._read(*where, order=_NEWEST, limit=1)
        return found[0] if found else None

    async def rename(self, job_id: str, step: Callable[[Job, ModelBasis], Transition[Job]]) -> Job:
        """As `decide`, with a step that sees the other models of the workspace, to give one of them an alias."""

        async def with_basis(connection: AsyncConnection, job: Job, basis: Basis) -> Transition[Job]:
            others = select(JobRow).where(
                JobRow.workspace == job.place.workspace,
                JobRow.state == JobState.SUCCEEDED.value,
                JobRow.id != job.id,
            )
            found = [load_job(row) for row in (await connection.execute(others)).mappings()]
            return step(job, ModelBasis(basis.channel, basis.workspace, basis.paused, tuple(found)))

        try:
            return await self._decide(job_id, with_basis)
        except IntegrityError as taken:
            raise BadInput(NAME_TAKEN, "alias") from taken

    async def of_provider(self, provider_job_id: str) -> Job | None:
        """The job that the provider knows by this id."""
        found = await self._read(JobRow.provider_job_id == provider_job_id, limit=1)
        return found[0] if found else None

    async def ended_since(self, place: Place, begin: datetime, end: datetime) -> list[Job]:
        """The channel's jobs that ended from `begin` until before `end`, oldest first."""
        here = and_(JobRow.workspace == place.workspace, JobRow.channel_id == place.channel_id)
        order = (JobRow.ended_at, JobRow.id)
        return await self._read(here, JobRow.ended_at >= begin, JobRow.ended_at < end, order=order)

    async def of_content(self, sha256_begin: str) -> list[Job]:
        """The jobs of all workspaces that train on a content whose hash begins so, or validate on it."""
        validates = JobRow.validation["sha256"].as_string()
        begins = [
            column.startswith(sha256_begin, autoescape=True) for column in (JobRow.dataset_sha256, validates)
        ]
        return await self._read(or_(*begins), order=_NEWEST)

    async def live_in(self, workspace: str) -> list[Job]:
        """Every job of a workspace that has not ended."""
        live = JobRow.state.in_(sorted(state.value for state in LIVE))
        return await self._read(JobRow.workspace == workspace, live)

    async def followed(self, provider: str) -> list[Job]:
        """Every job that is under way at this provider."""
        return await self._read(JobRow.provider == provider, _UNDER_WAY)

    @unbroken
    async def running(self, provider: str) -> int:
        """How many jobs train at this provider now."""
        trains = and_(JobRow.provider == provider, JobRow.state == JobState.RUNNING.value)
        async with self._connections.reading() as connection:
            return await connection.scalar(select(func.count()).where(trains)) or 0

    @unbroken
    async def next_in_queue(self, provider: str, model: str, now: datetime) -> None:
        """Make the job due that waits longest for a free place to train this model.

        Those that a worker tries to create right now get a new due time too, from which the worker sees that a
        place became free after it had asked.
        """
        same = and_(JobRow.provider == provider, JobRow.model == model)
        held = and_(JobRow.state == JobState.CREATING.value, JobRow.lease_token.is_not(None))
        waits = and_(same, JobRow.waits_until > now, JobRow.lease_token.is_(None))
        longest = select(JobRow.id).where(waits).order_by(JobRow.requested_at, JobRow.id).limit(1)
        told = or_(and_(JobRow.id.in_(longest.scalar_subquery()), waits), and_(same, held))
        async with self._connections.writing() as connection:
            await connection.execute(update(JobRow).where(told).values(due_at=now))

    @unbroken
    async def hasten(self, job_ids: Collection[str], now: datetime, *, again: bool = False) -> None:
        """Make these jobs due, if they are still under way, would be so later, and no fault puts them off.

        With `again`, one that a worker looks at right now gets a new due time too, from which the worker sees that
        it has to look once more.
        """
        told = and_(JobRow.due_at > now, JobRow.attempts == 0)
        if again:
            told = or_(told, JobRow.lease_token.is_not(None))
        async with self._connections.writing() as connection:
            await connection.execute(
                update(JobRow).where(JobRow.id.in_(job_ids), _UNDER_WAY, told).values(due_at=now)
            )


async def _ready(connection: AsyncConnection, place: Place) -> frozenset[str]:
    """The datasets of a channel that can be trained on."""
    ids = select(DatasetRow.id).where(
        DatasetRow.workspace == place.workspace,
        DatasetRow.channel_id == place.channel_id,
        DatasetRow.state == DatasetState.READY.value,
    )
    return frozenset((await connection.execute(ids)).scalars())


def _here(place: Place) -> ColumnElement[bool]:
    return and_(JobRow.workspace == place.workspace, JobRow.channel_id == place.channel_id)


def _model_in_sight(sight: Sight) -> ColumnElement[bool]:
    """That a job has left a model, and that its channel or one with which it is shared is in sight."""
    shared = select(ShareRow.job_id).where(
        ShareRow.workspace == sight.workspace, ShareRow.channel_id.in_(sight.channels)
    )
    seen = or_(JobRow.channel_id.in_(sight.channels), JobRow.id.in_(shared))
    return and_(JobRow.workspace == sight.workspace, _SUCCEEDED, seen)


def _has_content(sha256: str) -> ColumnElement[bool]:
    """That a job trains or validates on this content."""
    return or_(JobRow.dataset_sha256 == sha256, JobRow.validation["sha256"].as_string() == sha256)


async def _shares(connection: AsyncConnection, job_id: str) -> tuple[Share, ...]:
    columns = (ShareRow.channel_id, ShareRow.by, ShareRow.at)
    rows = await connection.execute(select(*columns).where(ShareRow.job_id == job_id).order_by(ShareRow.at))
    return tuple(Share(*row) for row in rows)


def load_job(row: RowMapping) -> Job:
    """The job in a row of `jobs`."""
    return Job(
        id=row["id"],
        request_key=row["request_key"],
        place=load_place(row),
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        dataset_id=row["dataset_id"],
        dataset_name=row["dataset_name"],
        dataset_sha256=row["dataset_sha256"],
        provider=row["provider"],
        model=row["model"],
        method=row["method"],
        suffix=row["suffix"],
        estimate=msgspec.convert(row["estimate"], Estimate),
        hyperparameters=msgspec.convert(row["hyperparameters"], Hyperparameters),
        seed=row["seed"],
        validation=msgspec.convert(row["validation"], ValidationDataset | None),
        wandb_project=row["wandb_project"],
        went_on_from=row["went_on_from"],
        state=JobState(row["state"]),
        state_since=row["state_since"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        approvals=msgspec.convert(row["approvals"], tuple[Approval, ...]),
        expires_at=row["expires_at"],
        edited_at=row["edited_at"],
        reminded_at=row["reminded_at"],
        reason=row["reason"],
        training_file_id=row["training_file_id"],
        sending=msgspec.convert(row["sending"], Sending | None),
        seen_by_provider=row["seen_by_provider"],
        provider_job_id=row["provider_job_id"],
        training=msgspec.convert(row["training"], Training),
        fine_tuned_model=row["fine_tuned_model"],
        alias=row["alias"],
        model_deletion=msgspec.convert(row["model_deletion"], ModelDeletion | None),
        trained_tokens=row["trained_tokens"],
        cost_usd=row["cost_usd"],
        error_code=row["error_code"],
        said=row["said"],
        advice=row["advice"],
        reading=row["reading"],
        picture=msgspec.convert(row["picture"], LossChartFiles | None),
        story=msgspec.convert(row["story"], Told),
        cancel_asked_by=row["cancel_asked_by"],
        wish=Wish(row["wish"]),
        ended_at=row["ended_at"],
        waits_until=row["waits_until"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        fault=row["fault"],
        revision=row["revision"],
    )


def dump_job(job: Job) -> Values:
    """The columns of a job."""
    return dump_place(job.place) | {
        "id": job.id,
        "request_key": job.request_key,
        "requested_by": job.requested_by,
        "requested_at": job.requested_at,
        "dataset_id": job.dataset_id,
        "dataset_name": job.dataset_name,
        "dataset_sha256": job.dataset_sha256,
        "provider": job.provider,
        "model": job.model,
        "method": job.method,
        "suffix": job.suffix,
        "estimate": msgspec.to_builtins(job.estimate),
        "hyperparameters": msgspec.to_builtins(job.hyperparameters),
        "seed": job.seed,
        "validation": msgspec.to_builtins(job.validation),
        "wandb_project": job.wandb_project,
        "went_on_from": job.went_on_from,
        "state": job.state.value,
        "state_since": job.state_since,
        "decided_by": job.decided_by,
        "decided_at": job.decided_at,
        "approvals": msgspec.to_builtins(job.approvals),
        "expires_at": job.expires_at,
        "edited_at": job.edited_at,
        "reminded_at": job.reminded_at,
        "reason": job.reason,
        "training_file_id": job.training_file_id,
        "sending": msgspec.to_builtins(job.sending),
        "seen_by_provider": job.seen_by_provider,
        "provider_job_id": job.provider_job_id,
        "training": msgspec.to_builtins(job.training),
        "fine_tuned_model": job.fine_tuned_model,
        "alias": job.alias,
        "model_deletion": msgspec.to_builtins(job.model_deletion),
        "trained_tokens": job.trained_tokens,
        "cost_usd": job.cost_usd,
        "error_code": job.error_code,
        "said": job.said,
        "advice": job.advice,
        "reading": job.reading,
        "picture": msgspec.to_builtins(job.picture),
        "story": msgspec.to_builtins(job.story),
        "cancel_asked_by": job.cancel_asked_by,
        "wish": job.wish.value,
        "ended_at": job.ended_at,
        "waits_until": job.waits_until,
        "due_at": job.due_at,
        "attempts": job.attempts,
        "fault": job.fault,
        "revision": job.revision,
        "month": month_of(job.requested_at),
        "reserved": (amount := taken(job)).reserved,
        "spent": amount.spent,
    }
