"""Says a model's answers in threads (ports.ReplyStream): streamed where Slack lets us, else by editing one message.

Begins answers, finds those that a crash left, and says our own sentences in their place; how one is written stands in
`handlers.slack.reply_writer`. Knows no models and no prompts.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.chats import Turn
from bot.errors import CurableRefusal, SlackRefused
from bot.ports import Answer, Logger, Uploads
from handlers.slack.client import Sender, ask
from handlers.slack.history import messages_since
from handlers.slack.reply_writer import (
    EVENT,
    OVER,
    STREAM_LIFE,
    Begun,
    Written,
    headed,
    mark,
    quietly,
    said,
    thread_of,
)
from handlers.views.blocks import Message
from handlers.views.spelling import spelled, where

_NO_STREAMS = frozenset(
    {"unknown_method", "method_deprecated", "not_allowed", "not_allowed_token_type", "missing_scope"}
    | {"feature_not_enabled", "team_not_eligible", "paid_teams_only", "access_denied"}
)
_SKEW = 5.0  # seconds by which our clock and Slack's may differ


class SlackReplyStream:
    """Writes answers through a client that does not retry by itself; `now` counts seconds."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        bot_user_id: str,
        uploads: Uploads,
        log: Logger,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._sender = Sender(client, log)
        self._bot_user_id = bot_user_id
        self._uploads = uploads
        self._log = log
        self._now = now
        self._streams = True

    async def begin(self, turn: Turn, heading: str, keep: Callable[[str], Awaitable[None]]) -> Answer:
        """The message that takes the answer: the earlier one, else a new stream, else a new message to edit."""
        if turn.answer_ts:
            streams = await self._end_stream(turn.place.channel_id, turn.answer_ts)
            return self._written(turn, heading, keep, Begun(turn.answer_ts, -inf if streams else None))
        begun = await self._stream(turn, heading)
        if begun is None:
            begun = Begun(await self._post(turn, said("…", heading)), shown="")
        await keep(begun.ts)
        return self._written(turn, heading, keep, begun)

    async def find(self, turn: Turn, except_ts: Collection[str] = ()) -> list[str]:
        """The messages of the answer that was begun before a crash, in order.

        A stream carries our mark only after its end. Before that it is known by its place: the first unmarked
        message of ours after the question and after `begun_at`, for turns of a thread are answered one by one.
        """
        if turn.begun_at is None:
            return []
        since = max(float(turn.message_ts), turn.begun_at.timestamp() - _SKEW)
        asked_at = datetime.fromtimestamp(float(turn.message_ts), UTC)
        found: list[str] = []
        has_first = turn.answer_ts is not None
        async for message in messages_since(
            self._client, replace(turn.place, thread_ts=thread_of(turn)), asked_at
        ):
            is_stream = not has_first and self._may_be_stream(message, since)
            if message["ts"] not in except_ts and (_is_marked(message, turn) or is_stream):
                has_first = True
                found.append(str(message["ts"]))
        return found

    async def say(self, turn: Turn, sentence: str, heading: str = "") -> None:
        """A sentence of ours in place of the answer, and of all that was shown of it."""
        message = spelled(said(sentence, heading), where(turn.place.channel_id, thread_of(turn)))
        if turn.answer_ts is None:
            await self._post(turn, message)
            return
        await self._end_stream(turn.place.channel_id, turn.answer_ts)
        await self._sender.update(turn.place.channel_id, turn.answer_ts, message, metadata=mark(turn))
        for ts in turn.more_ts:
            await quietly(ask(self._client.chat_delete(channel=turn.place.channel_id, ts=ts)))

    async def add(self, turn: Turn, sentence: str) -> None:
        """A sentence of ours below what was shown of the answer."""
        await self._sender.post(turn.place.channel_id, said(sentence, ""), thread_ts=thread_of(turn))

    async def _stream(self, turn: Turn, heading: str) -> Begun | None:
        """A new stream; None where Slack has none for us: a message may still be possible, or says itself why not."""
        if not self._streams:
            return None
        began = self._now()
        try:
            started = await ask(
                self._client.chat_startStream(
                    channel=turn.place.channel_id,
                    thread_ts=thread_of(turn),
                    recipient_team_id=turn.team_id,
                    recipient_user_id=turn.user_id,
                    markdown_text=headed(heading) or None,
                )
            )
        except SlackRefused as refused:
            self._streams = refused.code not in _NO_STREAMS
            self._log.warning("no stream", code=refused.code)
            return None
        return Begun(str(started["ts"]), began + STREAM_LIFE, shown="")

    async def _post(self, turn: Turn, message: Message) -> str:
        return await self._sender.post(
            turn.place.channel_id, message, thread_ts=thread_of(turn), metadata=mark(turn)
        )

    async def _end_stream(self, channel: str, ts: str) -> bool:
        """A message cannot be edited while it streams; gives whether this one may do so still.

        Raises CurableRefusal where nothing can be said at all: then no model is asked.
        """
        try:
            await ask(self._client.chat_stopStream(channel=channel, ts=ts))
        except CurableRefusal:
            raise
        except SlackRefused as refused:
            self._log.info("no stream to end", code=refused.code)
            return refused.code != OVER
        return False

    def _written(
        self, turn: Turn, heading: str, keep: Callable[[str], Awaitable[None]], message: Begun
    ) -> Written:
        return Written(
            self._client,
            self._sender,
            self._uploads,
            self._now,
            turn,
            heading,
            keep,
            message,
            deque(turn.more_ts),
        )

    def _may_be_stream(self, message: dict[str, Any], since: float) -> bool:
        """Whether it is a message of ours without any mark: all of ours carry one but streams that have not ended."""
        unmarked = not message.get("metadata") and not message.get("files")
        return unmarked and message.get("user") == self._bot_user_id and float(message["ts"]) > since


def _is_marked(message: dict[str, Any], turn: Turn) -> bool:
    """Whether the message says itself that it belongs to this turn's answer."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return metadata.get("event_type") == EVENT and payload.get("turn_id") == turn.id
