"""Says a model's answers in threads (ports.Voice): streamed where Slack lets us, else by editing one message.

What the model says is hostile text: it goes out through `escape.markdown` only. Knows no models and no prompts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.conversations import Turn
from bot.errors import CurableRefusal, SlackRefused, SlackUnavailable
from bot.ports import Answer, Reporter
from handlers.notify import EVENT as POST_EVENT
from handlers.sending import Sender, ask
from handlers.views import escape
from handlers.views.blocks import Message, markdown, section

EVENT = "finetune_bot_answer"
STREAM_PAUSE = 0.4  # seconds between two pieces; chat.appendStream allows about 100 calls a minute
EDIT_PAUSE = 1.5  # seconds between two edits; chat.update allows about 50 a minute
STREAM_LIFE = 270.0  # seconds; Slack ends a stream about five minutes after its start
LONGEST = 11_000  # characters of one answer; a markdown block takes 12,000, a message hardly more
CUT = "The answer is longer than a message in Slack can be; the rest is missing here."
_NO_STREAMS = frozenset(
    {"unknown_method", "method_deprecated", "not_allowed", "not_allowed_token_type", "missing_scope"}
    | {"feature_not_enabled", "team_not_eligible", "paid_teams_only", "access_denied"}
)
_SKEW = 5.0  # seconds by which our clock and Slack's may differ


class SlackVoice:
    """Writes answers through a client that does not retry by itself; `now` counts seconds."""

    def __init__(
        self, client: AsyncWebClient, *, log: Reporter, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._sender = Sender(client, log)
        self._log = log
        self._now = now
        self._bot_user = ""
        self._streams = True

    async def begin(self, turn: Turn, heading: str = "") -> Answer:
        """The message that takes the answer: the earlier one, else a new stream, else a new message to edit."""
        if turn.answer_ts:
            await self._end_stream(turn.place.channel_id, turn.answer_ts)
            return self._answer(turn, turn.answer_ts, heading, streaming=False)
        if self._streams:
            try:
                started = await ask(
                    self._client.chat_startStream(
                        channel=turn.place.channel_id,
                        thread_ts=turn.place.thread_ts or turn.message_ts,
                        recipient_team_id=turn.team_id,
                        recipient_user_id=turn.user_id,
                        markdown_text=_headed(heading) or None,
                    )
                )
                return self._answer(turn, str(started["ts"]), heading, streaming=True)
            except SlackRefused as refused:  # a message may still be possible, or says itself why not
                self._streams = refused.code not in _NO_STREAMS
                self._log.warning("no stream", code=refused.code)
        posted = await self._post(turn, _ours("…", heading))
        return self._answer(turn, posted, heading, streaming=False)

    async def find(self, turn: Turn, except_ts: Collection[str] = ()) -> str | None:
        """The answer that was begun before a crash.

        A stream carries our mark only after its end. Before that it is known by its place: the first unmarked
        message of ours after the question and after `begun_at`, for turns of a thread are answered one by one.
        """
        if turn.begun_at is None:
            return None
        since = max(float(turn.message_ts), turn.begun_at.timestamp() - _SKEW)
        own = await self._own_user_id()
        cursor = ""
        while True:
            page = await ask(
                self._client.conversations_replies(
                    channel=turn.place.channel_id,
                    ts=turn.place.thread_ts or turn.message_ts,
                    oldest=turn.message_ts,
                    cursor=cursor or None,
                    limit=200,
                    include_all_metadata=True,
                )
            )
            for message in page.get("messages", ()):
                if message["ts"] not in except_ts and _is_answer(message, turn, own, since):
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None

    async def say(self, turn: Turn, sentence: str, heading: str = "") -> None:
        """A sentence of ours in place of the answer."""
        message = _ours(sentence, heading)
        if turn.answer_ts:
            await self._end_stream(turn.place.channel_id, turn.answer_ts)
            await self._sender.update(turn.place.channel_id, turn.answer_ts, message)
        else:
            await self._post(turn, message)

    async def _post(self, turn: Turn, message: Message) -> str:
        return await self._sender.post(
            turn.place.channel_id,
            message,
            thread_ts=turn.place.thread_ts or turn.message_ts,
            metadata=_mark(turn),
        )

    async def _end_stream(self, channel: str, ts: str) -> None:
        """A message cannot be edited while it streams; one that does not stream is left as it is.

        Raises CurableRefusal where nothing can be said at all: then no model is asked.
        """
        try:
            await ask(self._client.chat_stopStream(channel=channel, ts=ts))
        except CurableRefusal:
            raise
        except SlackRefused as refused:
            self._log.info("no stream to end", code=refused.code)

    async def _own_user_id(self) -> str:
        if not self._bot_user:
            self._bot_user = str((await ask(self._client.auth_test()))["user_id"])
        return self._bot_user

    def _answer(self, turn: Turn, ts: str, heading: str, *, streaming: bool) -> "_Written":
        return _Written(
            self._client, self._sender, self._now, turn, ts, heading, streaming=streaming, began=self._now()
        )


@dataclass
class _Written:
    """An answer under way. `_shown` is the harmless text so far, `_sent` how much of it the stream has.

    The heading is in neither: a stream begins with it, and an edit writes it anew.
    """

    client: AsyncWebClient
    sender: Sender
    now: Callable[[], float]
    turn: Turn
    _ts: str
    heading: str
    streaming: bool
    began: float
    _raw: str = ""
    _shown: str = ""
    _sent: int = 0
    _not_before: float = 0.0
    _cut: bool = field(default=False)

    @property
    def ts(self) -> str:
        """The message that takes the answer."""
        return self._ts

    async def append(self, text: str) -> None:
        """More of the answer; it is shown with what comes within the next moments."""
        if self._cut:
            return
        self._raw += text
        if self.now() < self._not_before:
            return
        self._show(escape.settled(self._raw))
        try:
            await self._flush()
            self._not_before = self.now() + (STREAM_PAUSE if self.streaming else EDIT_PAUSE)
        except SlackUnavailable as away:  # the next piece, or the end, brings it
            self._not_before = self.now() + (away.retry_after or EDIT_PAUSE)

    async def wait(self, sentence: str) -> None:
        """Our own sentence until the answer begins, which takes its place: no stream can take words back."""
        await self._roll_over()
        await self.sender.update(self.turn.place.channel_id, self._ts, _ours(sentence, self.heading))

    async def finish(self, note: str = "") -> None:
        """Show all of it, then the note. Raises SlackUnavailable when the whole could not be shown."""
        self._show(len(self._raw))
        notes = [each for each in (CUT if self._cut else "", note) if each]
        if not self._shown:
            self._shown = "…"
        self._shown += "".join(f"\n\n_{escape.markdown(each)}_" for each in notes)
        if self.streaming and self.now() - self.began < STREAM_LIFE:
            try:
                await ask(
                    self.client.chat_stopStream(
                        channel=self.turn.place.channel_id,
                        ts=self._ts,
                        markdown_text=self._shown[self._sent :] or None,
                        metadata=_mark(self.turn),
                    )
                )
            except SlackRefused:
                self.streaming = False
            else:
                return
        await self._roll_over()
        await self._edit()

    def _show(self, upto: int) -> None:
        self._shown = escape.markdown(self._raw[:upto])
        if len(self._shown) > LONGEST:
            self._shown = self._shown[:LONGEST]
            self._cut = True

    async def _flush(self) -> None:
        if self.streaming and self.now() - self.began >= STREAM_LIFE:
            await self._roll_over()
        if not self.streaming:
            await self._edit()
            return
        if self._sent == len(self._shown):
            return
        try:
            await ask(
                self.client.chat_appendStream(
                    channel=self.turn.place.channel_id,
                    ts=self._ts,
                    markdown_text=self._shown[self._sent :],
                )
            )
        except SlackRefused:
            self.streaming = False
            await self._edit()
        except SlackUnavailable as away:
            if away.retry_after is None:  # it may stand there already: only writing it all anew is right
                await self._roll_over()
            raise
        else:
            self._sent = len(self._shown)

    async def _roll_over(self) -> None:
        """From the stream to edits of the same message."""
        if self.streaming:
            self.streaming = False
            await _quietly(ask(self.client.chat_stopStream(channel=self.turn.place.channel_id, ts=self._ts)))

    async def _edit(self) -> None:
        if self._shown:
            await self.sender.update(
                self.turn.place.channel_id,
                self._ts,
                Message(
                    escape.escape(escape.shorten(self._shown, 500)),
                    [markdown(_headed(self.heading) + self._shown)],
                ),
            )


async def _quietly(call: Awaitable[dict[str, Any]]) -> None:
    """A stream that is over cannot be ended; that is as good."""
    try:
        await call
    except (SlackRefused, SlackUnavailable):
        await asyncio.sleep(0)


def _headed(heading: str) -> str:
    """A heading as Markdown above what follows; empty for none."""
    return f"**{escape.markdown(' '.join(heading.split()).replace('*', '∗'))}**\n\n" if heading else ""


def _ours(sentence: str, heading: str) -> Message:
    """A sentence of our own where an answer will stand, or would have stood."""
    text = escape.sentence(sentence)
    if heading:
        text = f"*{escape.name(heading)}*\n{text}"
    return Message(text, [section(text)])


def _mark(turn: Turn) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"turn_id": turn.id}}


def _is_answer(message: dict[str, Any], turn: Turn, own: str, since: float) -> bool:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT:
        return bool((metadata.get("event_payload") or {}).get("turn_id") == turn.id)
    if metadata.get("event_type") == POST_EVENT or message.get("user") != own:
        return False
    return float(message["ts"]) > since
