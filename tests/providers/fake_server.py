"""A tiny OpenAI-like server on loopback: answers what the test laid out, and keeps what it was asked."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.test_utils import TestServer

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """One request: `form` holds multipart fields, a file as (filename, content type, bytes)."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    form: dict[str, Any] = field(default_factory=dict)


class FakeServer:
    """Replies are laid out per "METHOD /path"; the last one laid out is given again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.hang_up = asyncio.Event()
        self.base_url = ""
        self._replies: defaultdict[str, deque[Reply]] = defaultdict(deque)

    def replies(
        self, call: str, body: Any = None, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Lay out a JSON answer, or one of text when `body` is text."""

        async def reply(_request: web.Request) -> web.StreamResponse:
            if isinstance(body, str):
                return web.Response(text=body, status=status, headers=headers, content_type="text/html")
            return web.json_response(body, status=status, headers=headers)

        self._replies[call].append(reply)

    def refuses(
        self,
        call: str,
        status: int,
        message: str,
        code: str | None = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Lay out a refusal as OpenAI words it."""
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        self.replies(call, {"error": error}, status=status, headers=headers)

    def does(self, call: str, reply: Reply) -> None:
        """Lay out an answer that the test writes itself."""
        self._replies[call].append(reply)

    def never_answers(self, call: str) -> None:
        """Take the request and say nothing until the test is over."""

        async def reply(_request: web.Request) -> web.StreamResponse:
            await self.hang_up.wait()
            return web.Response(status=500)

        self._replies[call].append(reply)

    def drops(self, call: str) -> None:
        """Take the request and close the connection without an answer."""

        async def reply(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        self._replies[call].append(reply)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1")
        asked = Asked(request.method, path, dict(request.query), dict(request.headers))
        if request.content_type == "multipart/form-data":
            async for part in await request.multipart():
                assert isinstance(part, BodyPartReader)
                data = bytes(await part.read())
                name = part.name or ""
                asked.form[name] = (
                    (part.filename, part.headers.get("Content-Type"), data) if part.filename else data
                )
        elif text := await request.text():
            asked.body = json.loads(text)
        self.asked.append(asked)
        laid_out = self._replies[f"{request.method} {path}"]
        if not laid_out:
            error = {
                "message": f"Not laid out: {request.method} {path}",
                "type": "x",
                "param": None,
                "code": None,
            }
            return web.json_response({"error": error}, status=404)
        reply = laid_out[0] if len(laid_out) == 1 else laid_out.popleft()
        return await reply(request)


@asynccontextmanager
async def running() -> AsyncIterator[FakeServer]:
    """A server for one test."""
    fake = FakeServer()
    app = web.Application(client_max_size=1024**3)
    app.router.add_route("*", "/{tail:.*}", fake.answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.1)
    fake.base_url = f"{server.make_url('/v1')}"
    try:
        yield fake
    finally:
        fake.hang_up.set()
        await server.close()


def job(**changes: Any) -> dict[str, Any]:
    """A job as the server shows it."""
    return {
        "id": "ftjob-1",
        "object": "fine_tuning.job",
        "created_at": 1795000000,
        "finished_at": None,
        "model": "gpt-4o-mini-2024-07-18",
        "fine_tuned_model": None,
        "organization_id": "org-1",
        "status": "validating_files",
        "hyperparameters": {"n_epochs": "auto"},
        "training_file": "file-1",
        "validation_file": None,
        "result_files": [],
        "trained_tokens": None,
        "error": {},
        "seed": 1,
        "metadata": None,
    } | changes


def file(**changes: Any) -> dict[str, Any]:
    """A file as the server shows it."""
    return {
        "id": "file-1",
        "object": "file",
        "bytes": 3,
        "created_at": 1795000000,
        "filename": "a.jsonl",
        "purpose": "fine-tune",
        "status": "processed",
        "status_details": None,
    } | changes


def page(*data: dict[str, Any], has_more: bool = False) -> dict[str, Any]:
    """A page of a list."""
    return {"object": "list", "data": list(data), "has_more": has_more}


def metrics(**data: Any) -> dict[str, Any]:
    """An event that carries figures."""
    return {
        "id": f"ftevent-{data.get('step')}",
        "object": "fine_tuning.job.event",
        "created_at": 1795000000,
        "level": "info",
        "message": f"Step {data.get('step')}",
        "data": data,
        "type": "metrics",
    }
