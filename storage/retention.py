"""Forgets people's words: what chats hold of a deleted dataset, what is old, what a workspace left behind."""

from datetime import datetime

from sqlalchemy import ColumnElement, Update, delete, exists, or_, select, update

from bot.domain.chats import TurnState
from bot.ports import WordStore
from storage.chats import OPEN
from storage.connections import Connections, unbroken
from storage.tables import BALLOTS, CONVERSATIONS, EARLY, JOBS, OUTBOX, TURNS


class Words(WordStore):
    """bot.ports.WordStore. An emptied turn counts as failed, so that no prompt holds it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def of_dataset(self, dataset_id: str) -> bool:
        """Empty the conversations with models trained on it; whether an answer is still to be written there."""
        trains = or_(
            JOBS.c.dataset_id == dataset_id, JOBS.c.validation["dataset_id"].as_string() == dataset_id
        )
        tuned = select(JOBS.c.fine_tuned_model).where(trains, JOBS.c.fine_tuned_model.is_not(None))
        talks = select(CONVERSATIONS.c.id).where(
            or_(
                CONVERSATIONS.c.job_id.in_(select(JOBS.c.id).where(trains)),
                CONVERSATIONS.c.model.in_(tuned),
                CONVERSATIONS.c.other_model.in_(tuned),
            )
        )
        async with self._connections.writing() as connection:
            ours = (await connection.execute(talks)).scalars().all()
            talked = update(CONVERSATIONS.table).where(CONVERSATIONS.c.id.in_(ours))
            await connection.execute(talked.values(system=""))
            await connection.execute(_emptied(TURNS.c.conversation_id.in_(ours)))
            voted = update(BALLOTS.table).where(BALLOTS.c.conversation_id.in_(ours))
            await connection.execute(voted.values(question=""))
            answering = exists().where(TURNS.c.conversation_id.in_(ours), TURNS.c.state.in_(OPEN))
            return await connection.scalar(select(answering)) is True

    @unbroken
    async def of_chats_before(self, when: datetime) -> int:
        """Empty questions and answers from before then; gives how many turns."""
        old = TURNS.c.asked_at < when
        asked_then = exists().where(
            TURNS.c.conversation_id == BALLOTS.c.conversation_id,
            TURNS.c.message_ts == BALLOTS.c.message_ts,
            old,
        )
        async with self._connections.writing() as connection:
            await connection.execute(
                update(BALLOTS.table).where(asked_then, BALLOTS.c.question != "").values(question="")
            )
            return (await connection.execute(_emptied(old))).rowcount

    @unbroken
    async def of_workspace(self, workspace: str) -> None:
        """Remove its conversations, and have nothing more said there."""
        talks = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.workspace == workspace)
        async with self._connections.writing() as connection:
            for part in (TURNS, BALLOTS):
                await connection.execute(delete(part.table).where(part.c.conversation_id.in_(talks)))
            for table in (CONVERSATIONS, EARLY):
                await connection.execute(delete(table.table).where(table.c.workspace == workspace))
            unsaid = update(OUTBOX.table).where(OUTBOX.c.workspace == workspace, OUTBOX.c.due_at.is_not(None))
            await connection.execute(unsaid.values(due_at=None))

    async def wipe(self) -> None:
        """Leave nothing of what was overwritten in SQLite's log either; what somebody reads now, the next time."""
        await self._connections.checkpoint()


def _emptied(which: ColumnElement[bool]) -> Update:
    """Turns that have ended, without their words."""
    return (
        update(TURNS.table)
        .where(which, TURNS.c.state.not_in(OPEN), or_(TURNS.c.text != "", TURNS.c.answer != ""))
        .values(text="", answer="", fault="", state=TurnState.FAILED)
    )
