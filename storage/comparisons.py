"""Ballots as rows: what people think of pairs of answers; knows no model and no thread in Slack."""

from collections.abc import Collection
from typing import cast

from sqlalchemy import ColumnElement, RowMapping, exists, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import comparisons
from bot.domain.chats import Turn
from bot.domain.comparisons import Ballot, BallotState, Choice, Tally
from bot.ports import BallotStore, Clock
from storage.chats import OPEN, dump_turn
from storage.connections import Connections, unbroken
from storage.rows import SeenRows, Values, WorkedRows, dump_place, insert_once, load_place
from storage.tables import BallotRow, ConversationRow, TurnRow, Worked


class Ballots(SeenRows[Ballot], WorkedRows[Ballot], BallotStore):
    """bot.ports.BallotStore."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(
            connections, clock, BallotRow, noun="vote", load=load_ballot, dump=dump_ballot, has_cards=True
        )

    @unbroken
    async def ask(self, ballot: Ballot, turns: Collection[Turn]) -> bool:
        """Save a message's turns and their ballot together; False when the message is known already."""
        async with self._connections.writing() as connection:
            if not await insert_once(connection, BallotRow, dump_ballot(ballot)):
                return False
            for turn in turns:
                await insert_once(connection, TurnRow, dump_turn(turn))
            return True

    async def tally(self, conversation_id: str) -> Tally:
        """The votes of a conversation so far."""
        return comparisons.tally(await self._read(BallotRow.conversation_id == conversation_id))

    def _claimable(self, row: type[Worked]) -> ColumnElement[bool]:
        """A ballot waits until both answers to its message have ended, well or not."""
        ballot = cast("type[BallotRow]", row)
        return ~exists().where(
            TurnRow.conversation_id == ballot.conversation_id,
            TurnRow.message_ts == ballot.message_ts,
            TurnRow.state.in_(OPEN),
        )

    async def _also(self, connection: AsyncConnection, before: Ballot, after: Ballot) -> None:
        """The comparison's card counts votes: it is behind as soon as one changed."""
        if before.votes == after.votes:
            return
        await connection.execute(
            update(ConversationRow)
            .where(ConversationRow.id == after.conversation_id)
            .values(revision=ConversationRow.revision + 1)
        )
        await self._make_cards_due(connection, after.conversation_id)


def load_ballot(row: RowMapping) -> Ballot:
    """The ballot in a row of `ballots`."""
    return Ballot(
        id=row["id"],
        conversation_id=row["conversation_id"],
        place=load_place(row),
        message_ts=row["message_ts"],
        question=row["question"],
        title=row["title"],
        other_title=row["other_title"],
        swapped=row["swapped"],
        blind=row["blind"],
        state=BallotState(row["state"]),
        votes={user_id: Choice(choice) for user_id, choice in row["votes"].items()},
        due_at=row["due_at"],
        attempts=row["attempts"],
        revision=row["revision"],
    )


def dump_ballot(ballot: Ballot) -> Values:
    """The columns of a ballot."""
    return dump_place(ballot.place) | {
        "id": ballot.id,
        "conversation_id": ballot.conversation_id,
        "message_ts": ballot.message_ts,
        "question": ballot.question,
        "title": ballot.title,
        "other_title": ballot.other_title,
        "swapped": ballot.swapped,
        "blind": ballot.blind,
        "state": ballot.state.value,
        "votes": {user_id: choice.value for user_id, choice in ballot.votes.items()},
        "due_at": ballot.due_at,
        "attempts": ballot.attempts,
        "revision": ballot.revision,
    }
