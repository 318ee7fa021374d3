"""What people write: files, turns, mentions, direct messages; decides only which of these it is."""

import re
from dataclasses import dataclass
from functools import partial

from bot.ports import Logger
from bot.services import Services
from handlers import escaping
from handlers.commands import Commands
from handlers.ids import MENTION
from handlers.slack.client import Sender
from handlers.slack.files import told_of
from handlers.slack.interactions import Event, answer_root, is_direct, thread_root
from handlers.slack.listeners import Later, Listeners
from handlers.views.blocks import Message

_WRITTEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes that a person writes; edits, deletions and joins are others."""

_LONGEST = 40_000  # characters; Slack cuts messages there itself
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_SPELT_OUT = re.compile(rf"\s{{0,9}}{MENTION}\b", re.IGNORECASE)
"""The bot's name as somebody typed it letter by letter: Slack then makes no mention of it."""
_CONVERTED = frozenset({"channel_convert_to_private", "channel_convert_to_public"})


@dataclass(frozen=True)
class Messages:
    """Listeners on messages and mentions."""

    services: Services
    commands: Commands
    log: Logger

    def register(self, listen: Listeners) -> None:
        """Bind the events."""
        listen.event("message", self.message)
        listen.event("app_mention", self.mention)

    async def message(self, event: Event) -> Later | None:
        """Any message in a channel the bot is in, or to the bot itself."""
        if event.payload.get("subtype") in _CONVERTED:
            self.services.access.changed(event.channel_id)
        return partial(self._answer, event) if await self._take(event) else None

    async def mention(self, event: Event) -> Later | None:
        """`@bot …`: the words of the command where commands don't work; in a conversation other words are a turn."""
        if event.payload.get("bot_id") or await self._heard(event):
            return None
        return partial(self._answer, event)

    async def _take(self, event: Event) -> bool:
        """Write down what a message brings; whether it asks the bot itself for something besides."""
        message = event.payload
        if message.get("subtype") not in _WRITTEN or message.get("bot_id") or not message.get("user"):
            return False
        if not self.services.policy.works_in(event.channel_id):
            return False
        thread = event.place(thread_root(message))
        for file in message.get("files") or ():
            await self.services.datasets.receive(thread, told_of(file), message["user"])
        if not (message.get("text") or "").strip() or await self._heard(event):
            return False
        if message.get("files"):
            return False
        return is_direct(event.channel_id) or bool(_SPELT_OUT.match(str(message["text"])))

    async def _heard(self, event: Event) -> bool:
        """Whether the message belongs to a conversation; telling the service twice is once."""
        message = event.payload
        if not message.get("thread_ts") or message["thread_ts"] == message["ts"]:
            return False
        words = _without_mention(event)
        mentioned = words != str(message.get("text") or "")[:_LONGEST].strip()
        if mentioned and self.commands.knows(words):
            return False
        team_id = message.get("user_team") or message.get("team") or event.context.team_id or ""
        to_bot = mentioned or (is_direct(event.channel_id) and self.commands.knows(words))
        thread, text = event.place(message["thread_ts"]), escaping.unescape(words)
        return await self.services.turns.hear(
            thread, message["ts"], message["user"], team_id, text, to_bot=to_bot
        )

    async def _answer(self, event: Event) -> None:
        message, channel_id = event.payload, event.channel_id

        async def reply(answer: Message) -> None:
            root = answer_root(message, channel_id)
            await Sender(event.client, self.log).post(channel_id, answer, thread_ts=root)

        key = f"message:{channel_id}:{message['ts']}"
        await self.commands.answer(event.words(_without_mention(event), key, reply))


def _without_mention(event: Event) -> str:
    """The text without the mention of the bot itself."""
    text = _SPELT_OUT.sub("", str(event.payload.get("text") or "")[:_LONGEST])
    bot = event.context.bot_user_id
    return _MENTION.sub(lambda found: "" if found[1] == bot else found[0], text).strip()
