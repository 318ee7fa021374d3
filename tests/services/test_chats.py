"""A thread's messages and the moment in which its card becomes known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.chats import Conversation, Turn, ended, started
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.services.turns import TurnService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

LEASE = 60.0


class Desk:
    """The service over a database in which one conversation's card is on its way into the channel."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        nothing: Any = None
        self.database = database
        self.clock = clock
        self.turn_service = TurnService(
            storage=database,
            provider=nothing,
            reply_stream=nothing,
            catalog=nothing,
            counter=nothing,
            policy=nothing,
            people=nothing,
            access=nothing,
            clock=clock,
            log=Log(),
            wake=lambda: None,
            resolver=nothing,
        )

    async def posts_a_card(self) -> Conversation:
        opened = await self.database.conversations.add(started(samples.conversation(), NOW))
        await self._card(opened, begun_at=NOW)
        return opened

    async def knows_the_card(self, opened: Conversation, place: Place = samples.THREAD) -> None:
        await self._card(opened, ts=place.thread_ts)

    async def _card(self, opened: Conversation, **known: Any) -> None:
        card = f"conversation:{opened.id}:card"
        await self.database.outbox.change(card, lambda post: Transition(replace(post, **known)))

    async def hears(self, text: str, number: int = 1, **how: bool) -> bool:
        return await self.turn_service.hear(
            samples.THREAD, f"1700000000.{number:06}", "U1", "T1", text, **how
        )

    async def settles(self) -> int:
        """What can be settled now is; gives how many messages that were."""
        count = 0
        while early := await self.database.early.claim(NOW + timedelta(seconds=count), LEASE):
            await self.turn_service.settle(early)
            count += 1
        return count

    async def turns(self, opened: Conversation) -> list[Turn]:
        return await self.database.turns.of(opened.id)

    async def said(self, kind: MessageKind) -> list[OutboxMessage]:
        now = self.clock.now()
        found: list[OutboxMessage] = []
        while claim := await self.database.outbox.claim(now, LEASE):
            found += [claim.row] if claim.row.kind is kind else []
        return found


@pytest.fixture
def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(database, clock)


async def test_a_message_under_a_card_that_is_just_being_posted_is_taken_at_once_and_becomes_a_turn(
    desk: Desk,
) -> None:
    """The listener waits for nothing; the message waits as a row until the card is known."""
    opened = await desk.posts_a_card()
    assert await desk.hears("Hello?")
    assert await desk.hears("Hello?")
    assert await desk.settles() == 0
    assert await desk.turns(opened) == []
    await desk.knows_the_card(opened)
    assert await desk.settles() == 1
    assert [turn.text for turn in await desk.turns(opened)] == ["Hello?"]


async def test_what_is_written_when_the_card_is_known_does_not_overtake_what_waited(desk: Desk) -> None:
    opened = await desk.posts_a_card()
    await desk.hears("First", 1)
    await desk.knows_the_card(opened)
    await desk.hears("Second", 2)
    assert await desk.database.turns.claim(NOW, LEASE) is None
    assert await desk.settles() == 1
    claim = await desk.database.turns.claim(NOW, LEASE)
    assert claim is not None
    assert claim.row.text == "First"


async def test_a_message_in_a_thread_that_turns_out_to_be_no_conversation_is_forgotten(desk: Desk) -> None:
    opened = await desk.posts_a_card()
    await desk.hears("Lunch?", 1)
    await desk.hears("hello", 2, to_bot=True)
    await desk.knows_the_card(opened, replace(samples.THREAD, thread_ts="1700000099.000100"))
    assert await desk.settles() == 2
    assert await desk.turns(opened) == []
    assert len(await desk.said(MessageKind.HINT)) == 1


async def test_where_no_card_is_on_its_way_a_thread_is_left_alone(desk: Desk) -> None:
    assert not await desk.hears("Lunch?")
    assert await desk.settles() == 0


async def test_after_its_end_a_conversation_says_once_how_to_go_on_and_leaves_words_to_the_bot(
    desk: Desk,
) -> None:
    opened = await desk.posts_a_card()
    await desk.knows_the_card(opened)
    await desk.database.conversations.change(opened.id, lambda c: ended(c, "U1", samples.THREAD, NOW))
    assert await desk.hears("Stop.")
    assert await desk.hears("Hello?", 2)
    assert await desk.hears("Hello?", 3)
    assert not await desk.hears("hello", 4, to_bot=True)
    assert len(await desk.said(MessageKind.CHAT_OVER)) == 1
