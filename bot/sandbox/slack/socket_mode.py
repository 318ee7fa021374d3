"""Socket Mode, Slack's end: connections, envelopes to exactly one of them, acknowledgements; knows no payload."""

import asyncio
import random
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.slack.team import APP_ID
from bot.sandbox.slack.watch import Watcher

MOST_CONNECTIONS = 10
TICKET_LIFETIME = 30.0  # seconds
Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one delivery went: `reason` is Slack's retry reason when nobody took it; `final` forbids a retry."""

    ok: bool
    payload: Any = None
    reason: str = ""
    status: int = 200
    final: bool = False


@dataclass(eq=False, slots=True)
class _Connection:
    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    retired: bool = False  # asked to come back anew: gets nothing more, but its acknowledgements still count


class SocketMode:
    """The app's open connections."""

    def __init__(self, clock: Clock, faults: Faults, watch: Watcher) -> None:
        self._clock = clock
        self._faults = faults
        self._watch = watch
        self._tickets: dict[str, float] = {}
        self._open: list[_Connection] = []
        self.base_url = ""

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._ready())

    def new_address(self) -> str:
        """A WebSocket address for one connection, as `apps.connections.open` gives it."""
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = self._clock.now() + TICKET_LIFETIME
        return f"{self.base_url.replace('http', 'ws', 1)}/slack/socket?ticket={ticket}&app_id={APP_ID}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if until < self._clock.now() or self._faults.take("socket", "connect"):
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        if self.connected >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        connection = _Connection(socket)
        self._open.append(connection)
        try:
            await socket.send_json(self._hello())
            self._watch.world()
            await self._listen(connection)
        finally:
            self._drop(connection)
        return socket

    async def send(self, kind: Kind, payload: Any, *, attempt: int, reason: str, seconds: float) -> Answer:
        """Hand one envelope to one connection and wait for its acknowledgement."""
        if not self.connected:
            return Answer(ok=False, reason="connection_failed", status=0)
        connection = random.choice(self._ready())
        fault = self._faults.take("socket", kind)
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.delay)
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = answer
        envelope = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        try:
            async with asyncio.timeout(seconds):
                await self._hand_over(connection, envelope, fault)
                return await answer
        except (TimeoutError, ConnectionError):
            return Answer(ok=False, reason="timeout", status=0)
        finally:
            connection.waiting.pop(envelope_id, None)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come back anew, as Slack does about once an hour."""
        for connection in self._ready():
            connection.retired = True
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
            )
        self._watch.world()

    async def close(self) -> None:
        """End all connections."""
        for connection in list(self._open):
            await connection.socket.close()

    def _ready(self) -> list[_Connection]:
        return [c for c in self._open if not c.retired]

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": self.connected,
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": 18_060,
            },
            "connection_info": {"app_id": APP_ID},
        }

    async def _hand_over(
        self, connection: _Connection, envelope: dict[str, Any], fault: Fault | None
    ) -> None:
        broken = fault.kind if fault else ""
        if broken in ("drop_before", "error", "500"):
            await connection.socket.close()
        elif broken not in ("timeout_before", "429"):
            if broken == "timeout_after":  # its acknowledgement will find nobody waiting
                connection.waiting.pop(envelope["envelope_id"])
            await connection.socket.send_json(envelope)
            if broken == "drop_after":
                await connection.socket.close()

    async def _listen(self, connection: _Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                ack = message.json()
            except ValueError:
                continue
            waiting = connection.waiting.get(ack.get("envelope_id", "")) if isinstance(ack, dict) else None
            if waiting is not None and not waiting.done():
                waiting.set_result(Answer(ok=True, payload=ack.get("payload")))

    def _drop(self, connection: _Connection) -> None:
        self._open.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_result(Answer(ok=False, reason="connection_failed", status=0))
        self._watch.world()
