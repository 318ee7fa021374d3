"""Binds our listeners to Bolt: reads what came, acknowledges it in their place, once, and drops what came before.

Knows no features. A click and a command are acknowledged at once, a form with the answer to it, an event when it is
written down.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.domain.access import NOWHERE
from bot.domain.places import Place
from bot.services.access import AccessService
from handlers.ids import Action, Form, Shortcut
from handlers.slack.interactions import Click, Event, Submission, Words, respond, workspace_of
from handlers.views.blocks import View

REMEMBERED = 600.0  # seconds; Slack's last retry of an event comes after about six minutes
_MOST = 20_000

OnClick: TypeAlias = Callable[[Click], Awaitable[None]]
OnWords: TypeAlias = Callable[[Words], Awaitable[None]]
OnForm: TypeAlias = Callable[[Submission], Awaitable[View | None]]
"""Gives the view that takes the place of the form; without one the form closes."""
Later: TypeAlias = Callable[[], Awaitable[None]]
OnEvent: TypeAlias = Callable[[Event], Awaitable[Later | None]]
"""Writes down what it is told; gives what remains to be done, if anything, once Slack knows that it is written down."""


class UnderWay:
    """The listeners at work: what was acknowledged is done before the application ends, for Slack tells it once."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """The task that calls this, Bolt's own for one listener, is under way until it ends."""
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self, seconds: float) -> None:
        """Wait until all have ended, so many seconds at most; nothing new may come by then."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)


class Listeners:
    """Where features bind what they listen to; `words` is what answers each word that people say to the bot."""

    def __init__(self, app: AsyncApp, access: AccessService, under_way: UnderWay) -> None:
        self._app = app
        self._access = access
        self._under_way = under_way
        self.words: dict[str, OnWords] = {}

    def word(self, word: str, listener: OnWords) -> None:
        """A word of the command, of mentions and direct messages."""
        self.words[word] = listener

    def click(self, action_id: Action, listener: OnClick, *, entry: str | None = None) -> None:
        """A button, a menu or an input; with `entry` only that entry of a menu."""

        async def clicked(context: AsyncBoltContext, body: dict[str, Any], action: dict[str, Any]) -> None:
            self._under_way.begin()
            await context.ack()
            await listener(self._click(context, body, action))

        async def is_entry(action: dict[str, Any]) -> bool:
            return str(action["selected_option"]["value"]).startswith(f"{entry}:")

        self._app.action(action_id, matchers=None if entry is None else [is_entry])(clicked)

    def shortcut(self, callback_id: Shortcut, listener: OnClick) -> None:
        """A shortcut, global or on a message."""

        async def taken(context: AsyncBoltContext, body: dict[str, Any]) -> None:
            self._under_way.begin()
            await context.ack()
            await listener(self._click(context, body, {}))

        self._app.shortcut(callback_id)(taken)

    def form(self, callback_id: Form, listener: OnForm) -> None:
        """A form that is sent; a fault is told in it, by handlers.errors."""

        async def sent(context: AsyncBoltContext, view: dict[str, Any]) -> None:
            self._under_way.begin()
            form = Submission(
                access=self._access,
                context=context,
                user_id=context.user_id or "",
                place=Place(workspace_of(context), NOWHERE),
                view=view,
            )
            answer = await listener(form)
            if answer is None:
                await context.ack()
            else:
                await context.ack(response_action="update", view=answer)

        self._app.view(callback_id)(sent)

    def command(self, name: str, listener: OnWords) -> None:
        """A command, answered privately."""

        async def said(context: AsyncBoltContext, command: dict[str, Any]) -> None:
            self._under_way.begin()
            await context.ack()

            words = Words(
                access=self._access,
                context=context,
                user_id=command["user_id"],
                place=Place(workspace_of(context), command["channel_id"]),
                trigger_id=command["trigger_id"],
                key=f"command:{command['trigger_id']}",
                text=command.get("text") or "",
                reply=partial(respond, context, response_type="ephemeral"),
            )
            await listener(words)

        self._app.command(name)(said)

    def event(self, kind: str, listener: OnEvent) -> None:
        """An event that is written down before it is acknowledged: Slack tells it again until then."""

        async def told(context: AsyncBoltContext, event: dict[str, Any]) -> None:
            self._under_way.begin()
            later = await listener(Event(self._access, context, event))
            await context.ack()
            if later is not None:
                await later()

        self._app.event(kind)(told)

    def notice(self, kind: str, listener: Callable[[Event], Awaitable[None]]) -> None:
        """An event that is acknowledged at once, for it need not be told again."""

        async def told(context: AsyncBoltContext, event: dict[str, Any]) -> None:
            self._under_way.begin()
            await context.ack()
            await listener(Event(self._access, context, event))

        self._app.event(kind)(told)

    def _click(self, context: AsyncBoltContext, body: dict[str, Any], action: dict[str, Any]) -> Click:
        channel_id = str((body.get("channel") or {}).get("id") or NOWHERE)
        return Click(
            access=self._access,
            context=context,
            user_id=context.user_id or "",
            place=Place(workspace_of(context), channel_id),
            trigger_id=body["trigger_id"],
            body=body,
            action=action,
        )


class _KeptAck(AsyncAck):
    """An acknowledgement that is given once and cannot be taken back.

    Bolt polls for it every 10 ms, and takes it back when the listener fails in between: Slack would then show a
    timeout, or deliver the event again, on top of the fault that we tell the person.
    """

    _kept: BoltResponse | None = None

    @property
    def response(self) -> BoltResponse | None:
        return self._kept

    @response.setter
    def response(self, given: BoltResponse | None) -> None:
        self._kept = given or self._kept


class _EventAck(_KeptAck):
    """One of an event: the first call is Bolt's own, before any listener runs, and does not count.

    What is lost in a crash after an acknowledgement, Slack never tells again.
    """

    _called = False

    async def __call__(self, *given: Any, **more: Any) -> BoltResponse:
        if self._called:
            return await super().__call__(*given, **more)
        self._called = True
        return BoltResponse(status=200)


async def keep_acks(
    context: AsyncBoltContext, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]
) -> BoltResponse:
    """A Bolt middleware: gives every request an acknowledgement that is the listener's word."""
    kind = _EventAck if body.get("type") == "event_callback" else _KeptAck
    context["ack"] = kind()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    return await next_()


class Dedupe:
    """A Bolt middleware: drops what Slack delivers a second time, be it a click, a command, a form or an event.

    In memory, so it covers a redelivery to this process; what must never happen twice has a key in the database.
    `now` counts seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen: dict[str, tuple[float, AsyncAck]] = {}

    async def drop(
        self, body: dict[str, Any], ack: AsyncAck, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Acknowledge a delivery that was seen before; pass on any other.

        An event that is still being written down is put off: once acknowledged, Slack would never tell it again.
        """
        key = body.get("trigger_id") or body.get("event_id")
        if key is None or (first := self._first(str(key), ack)) is ack:
            return await next_()
        under_way = "event_id" in body and first.response is None
        return BoltResponse(status=503 if under_way else 200, body="")

    def _first(self, key: str, ack: AsyncAck) -> AsyncAck:
        """The acknowledgement of the first delivery with this key: this one, if it is the first."""
        now = self._now()
        while self._seen:  # oldest first
            oldest = next(iter(self._seen))
            if now - self._seen[oldest][0] < REMEMBERED and len(self._seen) < _MOST:
                break
            del self._seen[oldest]
        return self._seen.setdefault(key, (now, ack))[1]
