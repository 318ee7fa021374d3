"""Ballots as rows: what people think of pairs of answers; knows no model and no thread in Slack."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, FromClause, exists, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import comparisons
from bot.domain.chats import Turn
from bot.domain.comparisons import Ballot, Tally
from bot.ports import BallotStore
from storage.chats import OPEN
from storage.connections import unbroken
from storage.rows import SeenRows, WorkedRows
from storage.tables import BALLOTS, CONVERSATIONS, TURNS


class Ballots(SeenRows[Ballot], WorkedRows[Ballot], BallotStore):
    """bot.ports.BallotStore."""

    table = BALLOTS
    noun = "vote"
    has_cards = True

    @unbroken
    async def ask(self, ballot: Ballot, turns: Collection[Turn]) -> bool:
        """Save a message's turns and their ballot together; False when the message is known already."""
        async with self._connections.writing() as connection:
            if not await BALLOTS.insert(connection, ballot):
                return False
            for turn in turns:
                await TURNS.insert(connection, turn)
            return True

    async def tally(self, conversation_id: str) -> Tally:
        """The votes of a conversation so far."""
        return comparisons.tally(await self._read(BALLOTS.c.conversation_id == conversation_id))

    def _claimable(self, row: FromClause) -> ColumnElement[bool]:
        """A ballot waits until both answers to its message have ended, well or not."""
        return ~exists().where(
            TURNS.c.conversation_id == row.c.conversation_id,
            TURNS.c.message_ts == row.c.message_ts,
            TURNS.c.state.in_(OPEN),
        )

    async def _also(self, connection: AsyncConnection, before: Ballot, after: Ballot) -> None:
        """The comparison's card counts votes: it is behind as soon as one changed."""
        if before.votes == after.votes:
            return
        c = CONVERSATIONS.c
        counted = update(CONVERSATIONS.table).values(revision=c.revision + 1)
        await connection.execute(counted.where(c.id == after.conversation_id))
        await self._make_cards_due(connection, after.conversation_id)
