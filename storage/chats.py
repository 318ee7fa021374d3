"""Conversations and their turns as rows; knows no model and no thread in Slack."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, FromClause, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import comparisons
from bot.domain.budgets import month_of
from bot.domain.chats import Conversation, Early, Turn, TurnState
from bot.domain.decision_basis import Basis, ChatBasis
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.ports import ConversationStore, EarlyStore, TurnStore
from storage.budgets import funds_of_turn
from storage.connections import unbroken
from storage.rows import AddedRows, SeenRows, in_channel
from storage.tables import BALLOTS, CONVERSATIONS, EARLY, OUTBOX, TURNS

HOUR = timedelta(hours=1)
OPEN = (TurnState.PENDING, TurnState.ANSWERING)
"""The states of a turn that has not ended."""


_ON_ITS_WAY = (
    OUTBOX.c.kind == MessageKind.CHAT_CARD,
    OUTBOX.c.ts.is_(None),
    OUTBOX.c.begun_at.is_not(None),
    OUTBOX.c.due_at.is_not(None),
)
"""What a card fulfils that may stand in Slack already without our knowing where."""


class Conversations(SeenRows[Conversation], ConversationStore):
    """bot.ports.ConversationStore."""

    table = CONVERSATIONS
    noun = "conversation"
    has_cards = True

    async def _also(self, connection: AsyncConnection, before: Conversation, after: Conversation) -> None:
        """The end of a comparison is the end of its votes, and what was hidden is told: all at once."""
        if before.ended_by or not after.ended_by or not after.compares:
            return
        b = BALLOTS.c
        locked = select(BALLOTS.table).where(b.conversation_id == after.id).order_by(b.id).with_for_update()
        for read in (await connection.execute(locked)).all():
            ballot = BALLOTS.load(read)
            told = comparisons.closed(ballot)
            if told != ballot:
                values = BALLOTS.dump(told) | {"revision": ballot.revision + 1}
                await connection.execute(update(BALLOTS.table).where(b.id == ballot.id).values(values))
                await self._make_cards_due(connection, ballot.id)

    @unbroken
    async def add(self, transition: Transition[Conversation]) -> Conversation:
        """Save a new conversation; the one saved earlier when its request_key is known already."""
        async with self._connections.writing() as connection:
            return (await self._insert_request(connection, transition))[0]

    async def in_thread(self, place: Place) -> Conversation | None:
        """The conversation whose card is the root of this thread, or None."""
        is_root = and_(OUTBOX.c.ts == place.thread_ts, OUTBOX.c.kind == MessageKind.CHAT_CARD)
        card = select(OUTBOX.c.subject_id).where(in_channel(OUTBOX, place), is_root)
        return await self._first(CONVERSATIONS.c.id.in_(card))

    async def bound_to(self, model: str) -> list[Conversation]:
        """The conversations and comparisons with this model, those that have ended too."""
        c = CONVERSATIONS.c
        return await self._read(or_(c.model == model, c.other_model == model))

    @unbroken
    async def opening(self, place: Place) -> bool:
        """Whether a conversation's card is on its way into this channel, its ts not yet known."""
        card = select(OUTBOX.c.id).where(in_channel(OUTBOX, place), *_ON_ITS_WAY)
        async with self._connections.reading() as connection:
            return (await connection.execute(card.limit(1))).one_or_none() is not None


class Turns(AddedRows[Turn], TurnStore):
    """bot.ports.TurnStore."""

    table = TURNS
    noun = "message"

    async def of(self, conversation_id: str) -> list[Turn]:
        """The conversation so far, oldest first."""
        c = TURNS.c
        return await self._read(c.conversation_id == conversation_id, order=[c.message_ts, c.letter, c.id])

    async def spend(
        self, turn_id: str, step: Callable[[Turn, ChatBasis], Transition[Turn]], *, token: str | None = None
    ) -> Turn:
        """As `change`, with a step that also sees the money; until it is saved, nobody else takes any."""

        async def with_basis(connection: AsyncConnection, turn: Turn, basis: Basis) -> Transition[Turn]:
            now = self._clock.now()
            month = month_of(turn.charged_at or now)
            funds = await funds_of_turn(connection, turn, month)
            c = TURNS.c
            whose = and_(c.workspace == turn.place.workspace, c.user_id == turn.user_id, c.id != turn.id)
            asked = select(func.count()).where(whose, c.charged_at > now - HOUR)
            lately = await connection.scalar(asked) or 0
            return step(turn, ChatBasis(basis.channel, basis.workspace, basis.paused, funds, lately))

        return await self._decide(turn_id, with_basis, token)

    def _claimable(self, row: FromClause) -> ColumnElement[bool]:
        """Questions of one conversation are answered in the order they were asked, each after the other.

        So are A and B of a pair; but B does not wait for an A that was put off and has its message already, from
        which on neither answer can be taken for the other.
        """
        turn, earlier = row.c, TURNS.table.alias().c
        still_first = or_(earlier.attempts == 0, earlier.answer_ts.is_(None))
        unplaced = exists().where(
            EARLY.c.workspace == turn.workspace,
            EARLY.c.channel_id == turn.channel_id,
            EARLY.c.thread_ts == turn.thread_ts,
            EARLY.c.message_ts < turn.message_ts,
        )
        of_this_pair = and_(earlier.message_ts == turn.message_ts, earlier.letter < turn.letter, still_first)
        return ~unplaced & ~exists().where(
            earlier.conversation_id == turn.conversation_id,
            or_(earlier.message_ts < turn.message_ts, of_this_pair),
            earlier.state.in_(OPEN),
        )


class EarlyMessages(AddedRows[Early], EarlyStore):
    """bot.ports.EarlyStore."""

    table = EARLY
    noun = "message"

    @unbroken
    async def drop(self, row_id: str) -> None:
        """Forget it."""
        async with self._connections.writing() as connection:
            await connection.execute(delete(EARLY.table).where(EARLY.c.id == row_id))

    def _claimable(self, row: FromClause) -> ColumnElement[bool]:
        """Once the card of its thread is known, or no card is on its way into the channel."""
        early, c = row.c, OUTBOX.c
        here = (c.workspace == early.workspace, c.channel_id == early.channel_id)
        known = exists().where(*here, c.kind == MessageKind.CHAT_CARD, c.ts == early.thread_ts)
        return or_(known, ~exists().where(*here, *_ON_ITS_WAY))
