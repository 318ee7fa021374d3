"""What tests of answers in threads share: a clock they move, a question, and a reply stream whose messages are kept."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.chats import Turn, messages_of
from bot.domain.places import Place
from bot.ports import Answer
from bot.sandbox.slack.team import BOT_USER_ID
from handlers.slack.reply_stream import SlackReplyStream
from handlers.slack.uploads import SlackUploads
from tests.handlers import samples
from tests.handlers.conftest import Desk
from tests.handlers.fakes import Log


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class KeptAnswer:
    """An answer, and which messages were told to hold it."""

    answer: Answer
    kept: list[str]

    @property
    def ts(self) -> str:
        return self.kept[0]

    async def append(self, text: str) -> None:
        await self.answer.append(text)

    async def wait(self, sentence: str) -> None:
        await self.answer.wait(sentence)

    async def finish(self, note: str = "") -> None:
        await self.answer.finish(note)


@dataclass
class Stream:
    """A reply stream whose new messages are kept."""

    reply_stream: SlackReplyStream

    async def begin(self, turn: Turn, heading: str = "") -> KeptAnswer:
        kept = list(messages_of(turn))

        async def keep(ts: str) -> None:
            kept.append(ts)

        return KeptAnswer(await self.reply_stream.begin(turn, heading, keep), kept)

    async def find(self, turn: Turn, except_ts: Collection[str] = ()) -> list[str]:
        return await self.reply_stream.find(turn, except_ts)

    async def say(self, turn: Turn, sentence: str, heading: str = "") -> None:
        await self.reply_stream.say(turn, sentence, heading)


def stream_of(client: AsyncWebClient, now: Callable[[], float]) -> Stream:
    """The real one, by a clock of the test's."""
    uploads = SlackUploads(client, bot_user_id=BOT_USER_ID, hosts=["127.0.0.1"], log=Log())
    return Stream(SlackReplyStream(client, bot_user_id=BOT_USER_ID, uploads=uploads, log=Log(), now=now))


async def asked(desk: Desk) -> Turn:
    """A question in a thread that the bot has opened."""
    channel = desk.channels["ft-support"]
    root = await desk.client.chat_postMessage(channel=channel, text="Chat")
    question = await desk.act("message", channel=channel, text="Hello?", thread_ts=root["ts"])
    place = Place("-/T1", channel, root["ts"])
    team = (await desk.get("world"))["team"]["id"]
    return samples.turn(place, question["ts"], user_id=desk.users["mina"], team_id=team)


async def answers(desk: Desk, turn: Turn) -> list[dict[str, Any]]:
    thread = await desk.messages(thread_ts=turn.place.thread_ts)
    return [m for m in thread[1:] if m["user"] == desk.bot_user]


def visible(message: dict[str, Any]) -> str:
    """What people see of a message."""
    blocks = message.get("blocks") or []
    return "".join(b["text"] if isinstance(b["text"], str) else b["text"]["text"] for b in blocks)


def begun(turn: Turn) -> Turn:
    return replace(turn, begun_at=datetime.fromtimestamp(float(turn.message_ts), UTC) + timedelta(seconds=1))
