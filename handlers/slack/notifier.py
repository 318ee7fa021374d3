"""Makes our messages exist in Slack (ports.Notifier): posted, edited, found again after a crash."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.outbox import OutboxMessage
from bot.domain.places import Place
from bot.errors import SlackRefused
from bot.ports import Clock, Logger, Posted, Subject
from handlers.slack.client import Sender, ask
from handlers.slack.history import messages_since
from handlers.views.outbox import render

EVENT = "finetune_bot_post"


class SlackNotifier:
    """Posts through a client that does not retry by itself: a retried one could stand there twice."""

    def __init__(self, client: AsyncWebClient, *, clock: Clock, log: Logger) -> None:
        self._client = client
        self._sender = Sender(client, log)
        self._clock = clock

    async def thread_exists(self, thread: Place) -> bool:
        """Whether the message that opens this thread is still there; what we may not read counts as there."""
        try:
            await ask(
                self._client.conversations_replies(
                    channel=thread.channel_id, ts=thread.thread_ts or "", limit=1
                )
            )
        except SlackRefused as refused:
            return refused.code != "thread_not_found"
        return True

    async def link(self, channel_id: str, ts: str) -> str:
        """The address of a message."""
        found = await ask(self._client.chat_getPermalink(channel=channel_id, message_ts=ts))
        return str(found["permalink"])

    async def post(self, message: OutboxMessage, subject: Subject) -> Posted:
        """Post it, marked with its id."""
        return await self._sender.place(
            message.place.channel_id,
            render(message, subject, self._clock.now()),
            thread_ts=message.place.thread_ts,
            metadata={"event_type": EVENT, "event_payload": {"post_id": message.id}},
        )

    async def update(self, message: OutboxMessage, subject: Subject) -> None:
        """Edit the posted message so that it shows the subject as it is now."""
        shown = render(message, subject, self._clock.now())
        await self._sender.update(message.place.channel_id, message.ts or "", shown)

    async def find(self, message: OutboxMessage) -> Posted | None:
        """The message that carries this id, looked for since it was begun."""
        if message.begun_at is None:
            return None
        async for found in messages_since(self._client, message.place, message.begun_at):
            if _message_id(found) == message.id:
                root = found.get("thread_ts")
                return Posted(str(found["ts"]), None if root == found["ts"] else root)
        return None


def _message_id(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT:
        return None
    return str((metadata.get("event_payload") or {}).get("post_id"))
