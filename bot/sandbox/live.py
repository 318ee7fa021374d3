"""Tells every open page what changes, over its WebSocket, to each person only what that person may see."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack.watch import Watcher

if TYPE_CHECKING:
    from bot.sandbox.slack.team import Team
    from bot.sandbox.slack.views import Views

Outbox = asyncio.Queue[dict[str, Any]]


class Live(Watcher):
    """The pages that watch, each with the person it is open as."""

    def __init__(self) -> None:
        self._open: dict[web.WebSocketResponse, tuple[str, Outbox]] = {}
        self.team: Team | None = None
        self.show: Views | None = None

    def message(self, channel: str, message: dict[str, Any], only_for: str | None) -> None:
        """Tell members and lookers-on; an ephemeral message only its person."""
        told = {"type": "message", "channel": channel, "message": message}
        self._tell(told, lambda user: only_for in (None, user) and self._reads(user, channel))

    def message_deleted(self, channel: str, ts: str) -> None:
        """Tell whoever reads the channel."""
        told = {"type": "message_deleted", "channel": channel, "ts": ts}
        self._tell(told, lambda user: self._reads(user, channel))

    def views(self, user: str) -> None:
        """Tell the person whose views they are."""
        if self.show:
            told = {"type": "views", "modals": self.show.stack(user), "home": self.show.home(user)}
            self._tell(told, lambda one: one == user)

    def world(self) -> None:
        """Tell everybody to look again."""
        self._tell({"type": "world"}, lambda _: True)

    def notice(self, user: str, text: str, place: dict[str, str], level: str = "warning") -> None:
        """Tell one person what Slack tells them."""
        told = {"type": "notice", **place, "text": text, "level": level}
        self._tell(told, lambda one: one == user)

    def status(self, channel: str, thread_ts: str, status: str) -> None:
        """Tell whoever reads the channel what the app is doing in a thread."""
        told = {"type": "status", "channel": channel, "thread_ts": thread_ts, "status": status}
        self._tell(told, lambda user: self._reads(user, channel))

    def call(self, call: dict[str, Any]) -> None:
        """Tell every inspector."""
        self._tell({"type": "call", "call": call}, lambda _: True)

    async def serve(self, request: web.Request, user: str) -> web.WebSocketResponse:
        """Serve one page until it goes."""
        socket = web.WebSocketResponse(heartbeat=30, timeout=1)
        await socket.prepare(request)
        outbox: Outbox = asyncio.Queue()
        self._open[socket] = (user, outbox)
        sending = asyncio.get_running_loop().create_task(self._send(socket, outbox))
        try:
            async for _ in socket:
                pass  # a page only listens
        finally:
            del self._open[socket]
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Send every page home."""
        for socket in list(self._open):
            await socket.close()

    async def _send(self, socket: web.WebSocketResponse, outbox: Outbox) -> None:
        while True:
            await socket.send_json(await outbox.get())

    def _reads(self, user: str, channel: str) -> bool:
        return self.team is not None and self.team.may_read(user, self.team.channels[channel])

    def _tell(self, told: dict[str, Any], whom: Callable[[str], bool]) -> None:
        for user, outbox in self._open.values():
            if whom(user):
                outbox.put_nowait(told)
