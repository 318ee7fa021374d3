"""Which of what people write is a turn of a chat, which is a word for the bot, and where each is answered."""

from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltContext

from bot.domain.policies import Policy
from handlers.commands import Commands
from handlers.messages import Messages
from handlers.slack.interactions import Event, Words
from tests.handlers.conftest import Desk
from tests.handlers.fakes import FakeTurns, Log, absent_services

PERSON, ROBOT = {"user": "U1"}, {"user": "U0ROBOT", "bot_id": "B1"}


async def nothing(words: Words) -> None:
    """What the word does is not told here."""


class Listens:
    """The listeners on messages, called as Slack's events come in; the bot is U0BOT, `help` is a word of it."""

    def __init__(self) -> None:
        self.turns = FakeTurns()
        services = replace(absent_services(), turns=self.turns)
        commands = Commands(Policy(), {"help": nothing, "status": nothing, "jobs": nothing})
        self.messages = Messages(services, commands, Log())
        self.access = services.access

    def event(self, **payload: Any) -> Event:
        context = AsyncBoltContext(team_id="T1", bot_user_id="U0BOT")
        return Event(self.access, context, {"channel": "C1", "ts": "2.0", "text": "<@U0BOT> hi", **payload})

    async def answers_mention(self, **payload: Any) -> bool:
        return await self.messages.mention(self.event(**payload)) is not None

    async def answers_message(self, **payload: Any) -> bool:
        return await self.messages.message(self.event(**payload)) is not None


@pytest.fixture
def listens() -> Listens:
    return Listens()


@pytest.mark.parametrize(("who", "answered"), [(PERSON, True), (ROBOT, False)])
async def test_another_bot_that_mentions_ours_is_not_answered(
    listens: Listens, who: dict[str, str], answered: bool
) -> None:
    """Each would answer the other for ever."""
    assert await listens.answers_mention(**who) is answered


async def test_a_mention_in_a_chat_is_a_turn_and_gets_no_answer_besides(listens: Listens) -> None:
    listens.turns.threads.add("1.0")
    assert not await listens.answers_mention(**PERSON, thread_ts="1.0")
    assert listens.turns.heard == {"2.0": "hi"}


async def test_a_word_for_the_bot_that_is_mentioned_in_a_chat_is_answered_and_no_turn(
    listens: Listens,
) -> None:
    listens.turns.threads.add("1.0")
    assert await listens.answers_mention(**PERSON, thread_ts="1.0", text="<@U0BOT> help")
    assert listens.turns.said == {}


async def test_the_first_message_of_a_thread_is_no_turn_of_it(listens: Listens) -> None:
    listens.turns.threads.add("2.0")
    assert await listens.answers_mention(**PERSON, thread_ts="2.0")
    assert listens.turns.said == {}


@pytest.mark.parametrize(
    "text",
    [
        "<@U0BOT> HELP",
        "<@U0BOT|finetune>  status tone",
        "<@U0BOT> help!",
        "help <@U0BOT>",
        "<@U0BOT>\njobs",
        "<@U0BOT> statsu",
    ],
)
async def test_a_word_or_nearly_one_with_a_mention_never_reaches_the_model(
    listens: Listens, text: str
) -> None:
    listens.turns.threads.add("1.0")
    assert await listens.answers_mention(**PERSON, thread_ts="1.0", text=text)
    assert listens.turns.said == {}


async def test_the_bots_name_typed_letter_by_letter_is_a_mention_too(listens: Listens) -> None:
    """Slack makes none of it, so it comes as a mere message."""
    listens.turns.threads.add("1.0")
    assert await listens.answers_message(**PERSON, thread_ts="1.0", text="@finetune bot help")
    assert listens.turns.said == {}
    assert not await listens.answers_message(**PERSON, thread_ts="1.0", text="@Finetune bot how are lamps?")
    assert listens.turns.heard == {"2.0": "how are lamps?"}


@pytest.mark.parametrize("text", ["help me write a letter", "lamps", "what now"])
async def test_other_words_with_a_mention_are_for_the_model(listens: Listens, text: str) -> None:
    listens.turns.threads.add("1.0")
    assert not await listens.answers_mention(**PERSON, thread_ts="1.0", text=f"<@U0BOT> {text}")
    assert listens.turns.heard == {"2.0": text}


@pytest.mark.parametrize(
    ("payload", "answered"),
    [
        ({"channel": "D1"}, True),
        ({"channel": "D1", "text": "  "}, False),
        ({"channel": "D1", "subtype": "message_changed"}, False),
        ({"channel": "D1", "bot_id": "B1"}, False),
        ({"channel": "C1"}, False),
    ],
)
async def test_what_a_person_writes_to_the_bot_alone_is_answered_without_a_mention(
    listens: Listens, payload: dict[str, str], answered: bool
) -> None:
    assert await listens.answers_message(**(PERSON | payload)) is answered


async def test_an_answer_stands_where_it_was_asked_for(desk: Desk) -> None:
    """In a channel in a thread, so that it is in nobody's way; in a direct message below, or in its thread."""
    channel, direct = desk.channels["ft-support"], desk.channels["dm"]
    asked = await desk.act("message", channel=channel, text=f"<@{desk.bot_user}> help")
    assert (await desk.sees("I fine-tune models", thread_ts=asked["ts"]))["thread_ts"] == asked["ts"]
    below = await desk.act("message", channel=direct, text="help")
    assert "thread_ts" not in await desk.sees("I fine-tune models", channel="dm")
    await desk.act("message", channel=direct, text="help", thread_ts=below["ts"])
    assert (await desk.sees("I fine-tune models", channel="dm", thread_ts=below["ts"]))["thread_ts"]
