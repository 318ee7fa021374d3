"""What holds for a whole workspace, and which channels have anything of ours; decides nothing."""

from collections.abc import Callable

from sqlalchemy import not_, or_, select, union, update

from bot.domain.decision_basis import Basis, Pause
from bot.domain.jobs.job import JobState
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import Clock, PlaceStore, WorkspaceStore
from storage.audit import insert_entries
from storage.connections import Connections, unbroken
from storage.decision_basis import hold, load_pause
from storage.tables import CONVERSATIONS, DATASETS, JOBS, MODEL_SHARES, WORKSPACES

_TO_CREATE = (JobState.APPROVED, JobState.UPLOADING, JobState.CREATING)


class Workspaces(WorkspaceStore):
    """bot.ports.WorkspaceStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    @unbroken
    async def paused(self, workspace: str) -> Pause | None:
        """That all spending rests, if it does."""
        where = select(WORKSPACES).where(WORKSPACES.c.workspace == workspace)
        async with self._connections.reading() as connection:
            row = (await connection.execute(where)).mappings().one_or_none()
        return load_pause(row) if row is not None else None

    @unbroken
    async def pause(self, workspace: str, step: Callable[[Basis], Transition[Pause | None]]) -> Pause | None:
        """Apply the pure step to what holds now; what waits to be created is due at once when it may go on."""
        async with self._connections.writing() as connection:
            basis = await hold(connection, Place(workspace, ""))
            transition = step(basis)
            by, since = (transition.row.by, transition.row.since) if transition.row else (None, None)
            await connection.execute(
                update(WORKSPACES)
                .where(WORKSPACES.c.workspace == workspace)
                .values(paused_by=by, paused_at=since)
            )
            await insert_entries(connection, transition.entries)
            waits = [JOBS.c.workspace == workspace, JOBS.c.state.in_(_TO_CREATE), JOBS.c.due_at.is_not(None)]
            await connection.execute(update(JOBS.table).where(*waits).values(due_at=self._clock.now()))
            return transition.row


class Places(PlaceStore):
    """bot.ports.PlaceStore."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        """The ids of all channels to which something belongs; of direct messages only this person's."""
        owned = (
            (JOBS.c, JOBS.c.requested_by),
            (DATASETS.c, DATASETS.c.uploaded_by),
            (CONVERSATIONS.c, CONVERSATIONS.c.started_by),
            (MODEL_SHARES.c, MODEL_SHARES.c.by),
        )
        each = [
            select(c.channel_id)
            .where(c.workspace == workspace)
            .where(or_(not_(c.channel_id.startswith("D")), by == user_id))
            for c, by in owned
        ]
        async with self._connections.reading() as connection:
            return frozenset(await connection.scalars(union(*each)))
