"""Forgets people's words: what chats hold of a deleted dataset, what is old, what a workspace left behind."""

from datetime import datetime

from sqlalchemy import ColumnElement, Update, delete, exists, or_, select, update

from bot.domain.chats import TurnState
from bot.ports import WordStore
from storage.chats import OPEN
from storage.connections import Connections, unbroken
from storage.tables import BallotRow, ConversationRow, EarlyRow, JobRow, OutboxRow, TurnRow


class Words(WordStore):
    """bot.ports.WordStore. An emptied turn counts as failed, so that no prompt holds it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @unbroken
    async def of_dataset(self, dataset_id: str) -> bool:
        """Empty the conversations with models trained on it; whether an answer is still to be written there."""
        trains = or_(
            JobRow.dataset_id == dataset_id, JobRow.validation["dataset_id"].as_string() == dataset_id
        )
        tuned = select(JobRow.fine_tuned_model).where(trains, JobRow.fine_tuned_model.is_not(None))
        talks = select(ConversationRow.id).where(
            or_(
                ConversationRow.job_id.in_(select(JobRow.id).where(trains)),
                ConversationRow.model.in_(tuned),
                ConversationRow.other_model.in_(tuned),
            )
        )
        async with self._connections.writing() as connection:
            ours = (await connection.execute(talks)).scalars().all()
            await connection.execute(
                update(ConversationRow).where(ConversationRow.id.in_(ours)).values(system="")
            )
            await connection.execute(_emptied(TurnRow.conversation_id.in_(ours)))
            await connection.execute(
                update(BallotRow).where(BallotRow.conversation_id.in_(ours)).values(question="")
            )
            answering = exists().where(TurnRow.conversation_id.in_(ours), TurnRow.state.in_(OPEN))
            return await connection.scalar(select(answering)) is True

    @unbroken
    async def of_chats_before(self, when: datetime) -> int:
        """Empty questions and answers from before then; gives how many turns."""
        old = TurnRow.asked_at < when
        asked_then = exists().where(
            TurnRow.conversation_id == BallotRow.conversation_id,
            TurnRow.message_ts == BallotRow.message_ts,
            old,
        )
        async with self._connections.writing() as connection:
            await connection.execute(
                update(BallotRow).where(asked_then, BallotRow.question != "").values(question="")
            )
            return (await connection.execute(_emptied(old))).rowcount

    @unbroken
    async def of_workspace(self, workspace: str) -> None:
        """Remove its conversations, and have nothing more said there."""
        talks = select(ConversationRow.id).where(ConversationRow.workspace == workspace)
        async with self._connections.writing() as connection:
            await connection.execute(delete(TurnRow).where(TurnRow.conversation_id.in_(talks)))
            await connection.execute(delete(BallotRow).where(BallotRow.conversation_id.in_(talks)))
            await connection.execute(delete(ConversationRow).where(ConversationRow.workspace == workspace))
            await connection.execute(delete(EarlyRow).where(EarlyRow.workspace == workspace))
            await connection.execute(
                update(OutboxRow)
                .where(OutboxRow.workspace == workspace, OutboxRow.due_at.is_not(None))
                .values(due_at=None)
            )

    async def wipe(self) -> None:
        """Leave nothing of what was overwritten in SQLite's log either; what somebody reads now, the next time."""
        await self._connections.checkpoint()


def _emptied(which: ColumnElement[bool]) -> Update:
    """Turns that have ended, without their words."""
    return (
        update(TurnRow)
        .where(which, TurnRow.state.not_in(OPEN), or_(TurnRow.text != "", TurnRow.answer != ""))
        .values(text="", answer="", fault="", state=TurnState.FAILED.value)
    )
