"""What holds for a whole workspace, and which channels have anything of ours; decides nothing."""

from collections.abc import Callable

from sqlalchemy import not_, or_, select, union, update

from bot.domain.approvals.decisions import Basis, Pause
from bot.domain.jobs.job import JobState
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import Clock, PlaceStore, WorkspaceStore
from storage.audit import insert_entries
from storage.connections import Connections, unbroken
from storage.decisions import hold, load_pause
from storage.tables import ConversationRow, DatasetRow, JobRow, ShareRow, WorkspaceRow

_TO_CREATE = (JobState.APPROVED.value, JobState.UPLOADING.value, JobState.CREATING.value)


class Workspaces(WorkspaceStore):
    """bot.ports.WorkspaceStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    @unbroken
    async def paused(self, workspace: str) -> Pause | None:
        """That all spending rests, if it does."""
        where = select(WorkspaceRow).where(WorkspaceRow.workspace == workspace)
        async with self._connections.reading() as connection:
            row = (await connection.execute(where)).mappings().one_or_none()
        return load_pause(row) if row is not None else None

    @unbroken
    async def pause(self, workspace: str, step: Callable[[Basis], Transition[Pause | None]]) -> Pause | None:
        """Apply the pure step to what holds now; what waits to be created is due at once when it may go on."""
        async with self._connections.writing() as connection:
            basis = await hold(connection, Place(workspace, ""))
            moved = step(basis)
            by, since = (moved.row.by, moved.row.since) if moved.row else (None, None)
            await connection.execute(
                update(WorkspaceRow)
                .where(WorkspaceRow.workspace == workspace)
                .values(paused_by=by, paused_at=since)
            )
            await insert_entries(connection, moved.entries)
            waits = [JobRow.workspace == workspace, JobRow.state.in_(_TO_CREATE), JobRow.due_at.is_not(None)]
            await connection.execute(update(JobRow).where(*waits).values(due_at=self._clock.now()))
            return moved.row


class Places(PlaceStore):
    """bot.ports.PlaceStore."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        """The ids of all channels to which something belongs; of direct messages only this person's."""
        owned = (
            (JobRow, JobRow.requested_by),
            (DatasetRow, DatasetRow.uploaded_by),
            (ConversationRow, ConversationRow.started_by),
            (ShareRow, ShareRow.by),
        )
        each = [
            select(row.channel_id)
            .where(row.workspace == workspace)
            .where(or_(not_(row.channel_id.startswith("D")), by == user_id))
            for row, by in owned
        ]
        async with self._connections.reading() as connection:
            return frozenset(await connection.scalars(union(*each)))
