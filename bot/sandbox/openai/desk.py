"""Receives every call of the OpenAI API: key, faults, refusals, headers and the log; knows no single endpoint."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from bot.sandbox.calls import Calls
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.openai import errors
from bot.sandbox.openai.errors import ApiError, bad_request
from bot.sandbox.openai.jobs import ORGANISATION
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.world import OpenAIWorld

KEY = "sk-sandbox-0001"
_MAX_JSON_BYTES = 32 * 2**20
_SHOWN_TEXT = 2_000
_SHOWN_ITEMS = 20


@dataclass(slots=True)
class ApiCall:
    """One call under way; `note` is what the log shall say of its request."""

    request: web.Request
    fault: Fault | None
    request_id: str
    note: Any = None
    told: Any = None

    @property
    def query(self) -> Mapping[str, str]:
        """The query string."""
        return self.request.query

    def part(self, name: str) -> str:
        """A variable part of the path."""
        return self.request.match_info[name]

    async def json(self) -> Json:
        """The body as a JSON object."""
        raw = bytearray()
        async for block in self.request.content.iter_any():
            raw += block
            if len(raw) > _MAX_JSON_BYTES:
                raise ApiError(413, f"Maximum content size limit ({_MAX_JSON_BYTES}) exceeded")
        try:
            body = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise bad_request(
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
                "HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid "
                "JSON.)"
            )
        self.note = body
        return body

    def headers(self) -> dict[str, str]:
        """The headers every answer carries."""
        return {
            "x-request-id": self.request_id,
            "openai-organization": ORGANISATION,
            "openai-version": "2020-10-01",
        }

    def hang_up(self) -> None:
        """Close the connection without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


Handler = Callable[[ApiCall], Awaitable["Json | web.StreamResponse"]]


class Desk:
    """Wraps handlers so that they only do their work and give JSON, or stream by themselves."""

    def __init__(self, world: OpenAIWorld, faults: Faults, calls: Calls) -> None:
        self._world = world
        self._faults = faults
        self._calls = calls

    def serve(self, name: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The aiohttp handler of one endpoint; `name` is how faults and the log call it."""

        async def receive(request: web.Request) -> web.StreamResponse:
            started = time.perf_counter()
            call = ApiCall(request, None, f"req_{secrets.token_hex(16)}")
            answer = await self._answer(name, handler, call)
            ms = (time.perf_counter() - started) * 1000
            if isinstance(answer, web.Response) and not answer.prepared:
                answer.headers["openai-processing-ms"] = str(int(ms))
            hung_up = request.transport is None or request.transport.is_closing()
            shown = name if "*" not in name else f"{request.method} {request.path}"
            self._calls.add(
                "app_to_openai",
                name,
                at=self._world.clock.now(),
                ok=answer.status < 400 and not hung_up,
                status=0 if hung_up else answer.status,
                ms=round(ms, 1),
                request=_short({"path": shown, "query": dict(request.query), "body": call.note}),
                response=_short(call.told),
                note=f"fault: {call.fault.kind}" if call.fault else "",
            )
            return answer

        return receive

    async def _answer(self, name: str, handler: Handler, call: ApiCall) -> web.StreamResponse:
        try:
            self._check_key(call.request)
            call.fault = self._faults.take("openai", name)
            if call.fault and await self._goes_wrong_at_once(call, call.fault):
                return web.Response(status=499)
            self._world.settle()
            answer = await handler(call)
        except ApiError as refused:
            call.told = refused.body()
            return web.json_response(
                call.told, status=refused.status, headers=call.headers() | refused.headers
            )
        streamed = isinstance(answer, web.StreamResponse) and answer.prepared
        if call.fault and not streamed:
            await self._goes_wrong_after(call, call.fault)
        if isinstance(answer, web.StreamResponse):
            return answer
        call.told = answer
        return web.json_response(answer, headers=call.headers())

    @staticmethod
    def _check_key(request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        key = given.removeprefix("Bearer ").strip() if given.startswith("Bearer ") else ""
        if not key:
            raise errors.no_key()
        if key != KEY:
            raise errors.wrong_key(key)

    async def _goes_wrong_at_once(self, call: ApiCall, fault: Fault) -> bool:
        """Refuse, or hang up before the work is done (then True)."""
        match fault.kind:
            case "429":
                raise errors.rate_limited(fault.retry_after)
            case "500":
                raise errors.server_error()
            case "error":
                raise errors.asked_for(fault.code)
            case "timeout_before":
                await self._world.pause(fault.delay)
            case "drop_before":
                pass
            case _:
                return False
        call.hang_up()
        return True

    async def _goes_wrong_after(self, call: ApiCall, fault: Fault) -> None:
        """Answer late, or not at all though the work is done."""
        if fault.kind in ("slow", "timeout_after"):
            await self._world.pause(fault.delay)
        if fault.kind in ("timeout_after", "drop_after"):
            call.hang_up()

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """Refuse an address or method OpenAI does not have, and log it."""

        async def refuse(call: ApiCall) -> Json:
            raise ApiError(404, f"Invalid URL ({call.request.method} {call.request.path})")

        return await self.serve(f"{request.method} {request.path}", refuse)(request)


def name_of(method: str, path: str) -> str:
    """How faults and the log call an endpoint: "GET /fine_tuning/jobs/*"."""
    return f"{method} {re.sub(r'{[^{}]+}', '*', path)}"


def _short(value: Any) -> Any:
    """A copy fit for the log: long texts and lists cut."""
    if isinstance(value, str):
        return value if len(value) <= _SHOWN_TEXT else f"{value[:_SHOWN_TEXT]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list):
        rest = len(value) - _SHOWN_ITEMS
        return [_short(item) for item in value[:_SHOWN_ITEMS]] + ([f"… {rest} more"] if rest > 0 else [])
    return value
