"""Conversations and their turns as rows; knows no model and no thread in Slack."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import cast

from sqlalchemy import ColumnElement, RowMapping, and_, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.domain.approvals.decisions import Basis, ChatBasis
from bot.domain.budgets import month_of
from bot.domain.chats import Conversation, Early, ModelGone, Turn, TurnState, Usage
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import Clock, ConversationStore, EarlyStore, TurnStore
from storage.budgets import funds_of_turn
from storage.connections import Connections, unbroken
from storage.rows import (
    SeenRows,
    Values,
    WorkedRows,
    dump_place,
    insert_messages,
    insert_once,
    load_place,
)
from storage.tables import ConversationRow, EarlyRow, OutboxRow, TurnRow, Worked

HOUR = timedelta(hours=1)
OPEN = (TurnState.PENDING.value, TurnState.ANSWERING.value)
"""The states of a turn that has not ended."""


_ON_ITS_WAY = (
    OutboxRow.kind == MessageKind.CHAT_CARD.value,
    OutboxRow.ts.is_(None),
    OutboxRow.begun_at.is_not(None),
    OutboxRow.due_at.is_not(None),
)
"""What a card fulfils that may stand in Slack already without our knowing where."""


class Conversations(SeenRows[Conversation], ConversationStore):
    """bot.ports.ConversationStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections,
            clock,
            ConversationRow,
            noun="conversation",
            load=load_conversation,
            dump=dump_conversation,
            has_cards=True,
        )

    @unbroken
    async def add(self, moved: Transition[Conversation]) -> Conversation:
        """Save a new conversation; the one saved earlier when its request_key is known already."""
        async with self._connections.writing() as connection:
            if await insert_once(connection, ConversationRow, dump_conversation(moved.row)):
                await insert_messages(connection, moved.messages)
                return moved.row
            known = select(ConversationRow).where(ConversationRow.request_key == moved.row.request_key)
            return load_conversation((await connection.execute(known)).mappings().one())

    async def in_thread(self, place: Place) -> Conversation | None:
        """The conversation whose card is the root of this thread, or None."""
        card = select(OutboxRow.subject_id).where(
            OutboxRow.workspace == place.workspace,
            OutboxRow.channel_id == place.channel_id,
            OutboxRow.ts == place.thread_ts,
            OutboxRow.kind == MessageKind.CHAT_CARD.value,
        )
        found = await self._read(ConversationRow.id.in_(card))
        return found[0] if found else None

    async def bound_to(self, model: str) -> list[Conversation]:
        """The conversations and comparisons with this model, those that have ended too."""
        return await self._read(or_(ConversationRow.model == model, ConversationRow.other_model == model))

    @unbroken
    async def opening(self, place: Place) -> bool:
        """Whether a conversation's card is on its way into this channel, its ts not yet known."""
        card = select(OutboxRow.id).where(
            OutboxRow.workspace == place.workspace, OutboxRow.channel_id == place.channel_id, *_ON_ITS_WAY
        )
        async with self._connections.reading() as connection:
            return (await connection.execute(card.limit(1))).one_or_none() is not None


class Turns(WorkedRows[Turn], TurnStore):
    """bot.ports.TurnStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections, clock, TurnRow, noun="message", load=load_turn, dump=dump_turn, has_cards=False
        )

    @unbroken
    async def add(self, turn: Turn) -> Turn | None:
        """Save a new turn; None when this message is known already."""
        async with self._connections.writing() as connection:
            return turn if await insert_once(connection, TurnRow, dump_turn(turn)) else None

    async def of(self, conversation_id: str) -> list[Turn]:
        """The conversation so far, oldest first."""
        return await self._read(
            TurnRow.conversation_id == conversation_id,
            order=[TurnRow.message_ts, TurnRow.letter, TurnRow.id],
        )

    async def spend(
        self, turn_id: str, step: Callable[[Turn, ChatBasis], Transition[Turn]], *, token: str | None = None
    ) -> Turn:
        """As `change`, with a step that also sees the money; until it is saved, nobody else takes any."""

        async def with_basis(connection: AsyncConnection, turn: Turn, basis: Basis) -> Transition[Turn]:
            now = self._clock.now()
            month = month_of(turn.charged_at or now)
            funds = await funds_of_turn(connection, turn, month)
            asked = select(func.count()).where(
                TurnRow.workspace == turn.place.workspace,
                TurnRow.user_id == turn.user_id,
                TurnRow.charged_at > now - HOUR,
                TurnRow.id != turn.id,
            )
            lately = await connection.scalar(asked) or 0
            return step(turn, ChatBasis(basis.channel, basis.workspace, basis.paused, funds, lately))

        return await self._decide(turn_id, with_basis, token)

    def _claimable(self, row: type[Worked]) -> ColumnElement[bool]:
        """Questions of one conversation are answered in the order they were asked, each after the other.

        So are A and B of a pair; but B does not wait for an A that was put off and has its message already, from
        which on neither answer can be taken for the other.
        """
        turn, earlier = cast("type[TurnRow]", row), aliased(TurnRow)
        still_first = or_(earlier.attempts == 0, earlier.answer_ts.is_(None))
        unplaced = exists().where(
            EarlyRow.workspace == turn.workspace,
            EarlyRow.channel_id == turn.channel_id,
            EarlyRow.thread_ts == turn.thread_ts,
            EarlyRow.message_ts < turn.message_ts,
        )
        of_this_pair = and_(earlier.message_ts == turn.message_ts, earlier.letter < turn.letter, still_first)
        return ~unplaced & ~exists().where(
            earlier.conversation_id == turn.conversation_id,
            or_(earlier.message_ts < turn.message_ts, of_this_pair),
            earlier.state.in_(OPEN),
        )


class EarlyMessages(WorkedRows[Early], EarlyStore):
    """bot.ports.EarlyStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections, clock, EarlyRow, noun="message", load=load_early, dump=dump_early, has_cards=False
        )

    @unbroken
    async def add(self, early: Early) -> None:
        """Keep it, unless this message is kept already."""
        async with self._connections.writing() as connection:
            await insert_once(connection, EarlyRow, dump_early(early))

    @unbroken
    async def drop(self, row_id: str) -> None:
        """Forget it."""
        async with self._connections.writing() as connection:
            await connection.execute(delete(EarlyRow).where(EarlyRow.id == row_id))

    def _claimable(self, row: type[Worked]) -> ColumnElement[bool]:
        """Once the card of its thread is known, or no card is on its way into the channel."""
        early = cast("type[EarlyRow]", row)
        here = (OutboxRow.workspace == early.workspace, OutboxRow.channel_id == early.channel_id)
        known = exists().where(
            *here, OutboxRow.kind == MessageKind.CHAT_CARD.value, OutboxRow.ts == early.thread_ts
        )
        return or_(known, ~exists().where(*here, *_ON_ITS_WAY))


def load_early(row: RowMapping) -> Early:
    """The message in a row of `early`."""
    return Early(
        id=row["id"],
        place=load_place(row),
        message_ts=row["message_ts"],
        user_id=row["user_id"],
        team_id=row["team_id"],
        text=row["text"],
        to_bot=row["to_bot"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def dump_early(early: Early) -> Values:
    """The columns of a message that waits for its thread."""
    return dump_place(early.place) | {
        "id": early.id,
        "message_ts": early.message_ts,
        "user_id": early.user_id,
        "team_id": early.team_id,
        "text": early.text,
        "to_bot": early.to_bot,
        "due_at": early.due_at,
        "attempts": early.attempts,
        "revision": early.revision,
    }


def load_conversation(row: RowMapping) -> Conversation:
    """The conversation in a row of `conversations`."""
    return Conversation(
        id=row["id"],
        request_key=row["request_key"],
        place=load_place(row),
        provider=row["provider"],
        model=row["model"],
        title=row["title"],
        base_model=row["base_model"],
        started_by=row["started_by"],
        started_at=row["started_at"],
        system=row["system"],
        job_id=row["job_id"],
        other_model=row["other_model"],
        other_title=row["other_title"],
        blind=row["blind"],
        ended_by=row["ended_by"],
        gone=ModelGone(**row["gone"]) if row["gone"] else None,
        revision=row["revision"],
    )


def dump_conversation(conversation: Conversation) -> Values:
    """The columns of a conversation."""
    return dump_place(conversation.place) | {
        "id": conversation.id,
        "request_key": conversation.request_key,
        "provider": conversation.provider,
        "model": conversation.model,
        "title": conversation.title,
        "base_model": conversation.base_model,
        "started_by": conversation.started_by,
        "started_at": conversation.started_at,
        "system": conversation.system,
        "job_id": conversation.job_id,
        "other_model": conversation.other_model,
        "other_title": conversation.other_title,
        "blind": conversation.blind,
        "ended_by": conversation.ended_by,
        "gone": asdict(conversation.gone) if conversation.gone else None,
        "revision": conversation.revision,
    }


def load_turn(row: RowMapping) -> Turn:
    """The turn in a row of `turns`."""
    return Turn(
        id=row["id"],
        conversation_id=row["conversation_id"],
        place=load_place(row),
        message_ts=row["message_ts"],
        user_id=row["user_id"],
        team_id=row["team_id"],
        text=row["text"],
        asked_at=row["asked_at"],
        letter=row["letter"],
        other=row["other"],
        state=TurnState(row["state"]),
        answer=row["answer"],
        usage=Usage(**row["usage"]) if row["usage"] else None,
        reserved=row["reserved"],
        spent=row["spent"],
        charged_at=row["charged_at"],
        answer_ts=row["answer_ts"],
        more_ts=tuple(row["more_ts"]),
        begun_at=row["begun_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        fault=row["fault"],
        revision=row["revision"],
    )


def dump_turn(turn: Turn) -> Values:
    """The columns of a turn."""
    return dump_place(turn.place) | {
        "id": turn.id,
        "conversation_id": turn.conversation_id,
        "message_ts": turn.message_ts,
        "user_id": turn.user_id,
        "team_id": turn.team_id,
        "text": turn.text,
        "asked_at": turn.asked_at,
        "letter": turn.letter,
        "other": turn.other,
        "state": turn.state.value,
        "answer": turn.answer,
        "usage": asdict(turn.usage) if turn.usage else None,
        "month": month_of(turn.charged_at) if turn.charged_at else "",
        "reserved": turn.reserved,
        "spent": turn.spent,
        "charged_at": turn.charged_at,
        "answer_ts": turn.answer_ts,
        "more_ts": list(turn.more_ts),
        "begun_at": turn.begun_at,
        "due_at": turn.due_at,
        "attempts": turn.attempts,
        "fault": turn.fault,
        "revision": turn.revision,
    }
