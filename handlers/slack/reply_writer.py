"""One answer on its way into a thread: as many messages as it needs, and a file when it is very long.

A message either streams or can be edited: Slack takes pieces for the one and edits of the other, and refuses the rest.
The first message streams where Slack lets us. Whatever it refuses then, the stream is ended before the message is
edited; and a message that takes no more at all is left as it is, for the answer to go on in the next one.
What the model says is hostile text: it goes out through `escaping.markdown` only.
"""

import asyncio
import tempfile
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.chats import Turn
from bot.domain.places import Place
from bot.errors import SlackRefused, SlackUnavailable
from bot.ports import Uploads
from handlers import escaping
from handlers.slack.client import Sender, ask
from handlers.views import about
from handlers.views.blocks import Message, markdown, plain_sections
from handlers.views.pages import first_page, left_open

EVENT = "finetune_bot_answer"
STREAM_PAUSE = 0.4  # seconds between two pieces; chat.appendStream allows about 100 calls a minute
EDIT_PAUSE = 1.5  # seconds between two edits; chat.update allows about 50 a minute
STREAM_LIFE = 270.0  # seconds; Slack ends a stream about five minutes after its start
MESSAGES = 4  # of one answer; what is longer is read more easily in a file than in a thread
IN_FILE = "The answer goes on; all of it is in the file below."
OVER = "message_not_in_streaming_state"
_STREAMS = "streaming_state_conflict"
_GONE = "message_not_found"


@dataclass
class Begun:
    """A message that takes part of the answer.

    Until `streams_until` it streams; None: it can be edited. `shown` is what of the answer it surely shows, None when
    that is not known. `marked`: it carries the turn's id.
    """

    ts: str
    streams_until: float | None = None
    shown: str | None = None
    marked: bool = False


class _TakesNoMore(SlackRefused):
    """The message can neither be added to nor edited; the answer goes on in the next one."""


@dataclass
class Written:
    """An answer under way (ports.Answer).

    `later` are messages of an earlier try, which take what comes after `message`. `_raw` is what the model said,
    `_shown` the harmless text of it so far; from `_begin` on it belongs to the message that is written now, which
    begins with `_carried`. `_doubt` ends all showing until the next try: a message may have come to be unknown to us.
    `_open` are streams that Slack did not let us end when we wanted, `_strays` messages that show nothing of it.
    """

    client: AsyncWebClient
    sender: Sender
    uploads: Uploads
    now: Callable[[], float]
    turn: Turn
    heading: str
    keep: Callable[[str], Awaitable[None]]
    message: Begun | None
    later: deque[str]
    _raw: str = ""
    _shown: str = ""
    _note: str = ""
    _begin: int = 0
    _carried: str = ""
    _full: int = 0
    _most: float = MESSAGES
    _not_before: float = 0.0
    _doubt: SlackUnavailable | None = None
    _open: list[str] = field(default_factory=list)
    _strays: list[str] = field(default_factory=list)

    async def append(self, text: str) -> None:
        """More of the answer; it is shown with what comes within the next moments."""
        self._raw += text
        if self._doubt or self.now() < self._not_before:
            return
        self._shown = escaping.markdown(self._raw[: escaping.settled(self._raw)])
        try:
            await self._bring(ends=False)
            streams = self.message is not None and self.message.streams_until is not None
            self._not_before = self.now() + (STREAM_PAUSE if streams else EDIT_PAUSE)
        except SlackUnavailable as away:  # the next piece, or the end, brings it
            self._not_before = self.now() + (away.retry_after or EDIT_PAUSE)
        except SlackRefused:  # what the model goes on to say is kept all the same; the end tries once more
            self._not_before = inf

    async def wait(self, sentence: str) -> None:
        """Our own sentence until the answer begins, which takes its place: no stream can take words back."""
        if (message := self.message) is None:
            return
        if message.streams_until is not None:
            await self._end_stream(message)
        await self.sender.update(self._channel, message.ts, said(sentence, self.heading))
        message.shown, message.marked = "", False

    async def finish(self, note: str = "") -> None:
        """Show all of it, then the note.

        Raises:
            SlackUnavailable: the whole could not be shown now.
            SlackRefused: nor ever.
        """
        if self._doubt:
            raise self._doubt
        self._note = f"\n\n_{escaping.markdown(note)}_" if note else ""
        self._shown = escaping.markdown(self._raw) or "…"
        if self._note:
            _, closes = left_open(self._shown)
            self._shown += f"{closes}{self._note}"
        try:
            await self._bring(ends=True)
        except SlackRefused as refused:
            if not await self._in_file(f"Slack refuses the message ({escaping.code(refused.code)})."):
                raise
        for ts in self._open:
            await quietly(ask(self.client.chat_stopStream(channel=self._channel, ts=ts)))
        for ts in (*self._strays, *self.later):
            await quietly(ask(self.client.chat_delete(channel=self._channel, ts=ts)))

    async def _bring(self, *, ends: bool) -> None:
        """Make the thread show what there is of the answer; `ends`: there is no more of it."""
        while True:
            left = self._shown[self._begin :]
            if self._begin and not left.strip():
                return
            page = first_page(left, self._carried)
            goes_on = page.length < len(left)
            text = page.text
            if goes_on and self._full + 1 >= self._most:
                if ends and not await self._in_file(IN_FILE):
                    self._most = inf
                    continue
                goes_on, text = False, text + f"\n\n_{IN_FILE}_{self._note}" * ends
            try:
                await self._put(text, whole=goes_on or ends)
            except _TakesNoMore:
                continue
            if not goes_on:
                return
            self._begin += page.length
            self._carried, self.message = page.carries, None
            self._full += 1

    async def _put(self, text: str, *, whole: bool) -> None:
        """Make the message that is written now show this; `whole`: nothing will come after it."""
        if self.message is None and self.later:
            self.message = Begun(self.later.popleft())
        message = self.message
        if message is None:
            await self._post(text)
            return
        if message.streams_until is not None:
            if await self._streamed(message, text, whole=whole):
                return
            await self._end_stream(message)
        if message.shown != text or not message.marked:
            await self._edit(message, text)

    async def _streamed(self, message: Begun, text: str, *, whole: bool) -> bool:
        """Whether the stream took the rest of this text, and its end if that is all."""
        shown = message.shown
        if shown is None or not text.startswith(shown) or self.now() >= (message.streams_until or 0.0):
            return False
        channel, ts, rest = self._channel, message.ts, text[len(shown) :] or None
        try:
            if whole:
                metadata = mark(self.turn)
                await ask(
                    self.client.chat_stopStream(channel=channel, ts=ts, markdown_text=rest, metadata=metadata)
                )
                message.streams_until, message.marked = None, True
            elif rest:
                await ask(self.client.chat_appendStream(channel=channel, ts=ts, markdown_text=rest))
        except SlackRefused:
            return False
        except SlackUnavailable as away:
            if away.retry_after is None:  # it may stand there already: only writing it all anew is right
                message.shown = None
            raise
        message.shown = text
        return True

    async def _end_stream(self, message: Begun) -> None:
        """From the stream to edits of the same message; an empty stream cannot be ended."""
        filler = "…" if message.shown == "" and not self.heading else None
        try:
            await ask(self.client.chat_stopStream(channel=self._channel, ts=message.ts, markdown_text=filler))
        except SlackRefused as refused:
            if refused.code != OVER:
                self._leave(message, refused)
        message.streams_until, message.marked = None, False

    async def _edit(self, message: Begun, text: str) -> None:
        drawn = _drawn(text, self.heading)
        try:
            await self.sender.update(self._channel, message.ts, drawn, metadata=mark(self.turn))
        except SlackRefused as refused:
            self._leave(message, refused)
        message.shown, message.marked = text, True

    async def _post(self, text: str) -> None:
        try:
            ts = await self.sender.post(
                self._channel,
                _drawn(text, self.heading),
                thread_ts=thread_of(self.turn),
                metadata=mark(self.turn),
            )
        except SlackUnavailable as away:
            if away.retry_after is None:  # it may stand there: the next try looks for it
                self._doubt = away
            raise
        self.message = Begun(ts, shown=text, marked=True)
        await self.keep(ts)

    def _leave(self, message: Begun, refused: SlackRefused) -> None:
        """Go on in another message, after what this one shows; one that shows nothing for sure is a stray."""
        self.message = None
        if message.streams_until is not None or refused.code == _STREAMS:
            self._open.append(message.ts)
        if message.shown and refused.code != _GONE:
            self._begin += max(0, len(message.shown) - len(self._carried))
            self._carried, _ = left_open(message.shown)
        else:
            self._strays.append(message.ts)
        raise _TakesNoMore(str(refused), refused.code) from refused

    async def _in_file(self, sentence: str) -> bool:
        """Whether all of the answer stands in a file below; one that an earlier try sent is not sent again."""
        place = replace(self.turn.place, thread_ts=thread_of(self.turn))
        name = f"answer-{self.turn.id}.txt"
        try:
            if await self.uploads.find(place, name, self.turn.asked_at, ()) is None:
                await self._send(place, name, sentence)
        except SlackRefused:
            return False
        return True

    async def _send(self, place: Place, name: str, sentence: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            await asyncio.to_thread(path.write_text, self._raw, "utf-8", "replace")
            title = f"Answer {self.heading}".strip()
            await self.uploads.send(place, path, name=name, title=title, comment=sentence)

    @property
    def _channel(self) -> str:
        return self.turn.place.channel_id


async def quietly(call: Awaitable[dict[str, Any]]) -> None:
    """For what may fail without harm."""
    try:
        await call
    except (SlackRefused, SlackUnavailable):
        await asyncio.sleep(0)


def thread_of(turn: Turn) -> str:
    """The root of the thread in which a turn is answered."""
    return turn.place.thread_ts or turn.message_ts


def mark(turn: Turn) -> dict[str, Any]:
    """What a message with a part of an answer carries, to be known again."""
    return {"event_type": EVENT, "event_payload": {"turn_id": turn.id}}


def headed(heading: str) -> str:
    """A heading as Markdown above what follows; empty for none."""
    return f"**{escaping.markdown(' '.join(heading.split()).replace('*', '∗'))}**\n\n" if heading else ""


def said(sentence: str, heading: str) -> Message:
    """A sentence of our own where an answer will stand, or would have stood."""
    text = escaping.sentence(sentence)
    return about.said(f"*{escaping.name(heading)}*\n{text}" if heading else text)


def _drawn(text: str, heading: str) -> Message:
    whole = headed(heading) + text
    return Message(escaping.escape(escaping.shorten(text, 500)), [markdown(whole)], plain_sections(whole))
