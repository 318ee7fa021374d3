"""How the control API speaks HTTP: JSON in, JSON out, and a refusal as the contract has it; knows no act."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.slack.errors import ActRefused, SlackError

Given = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refusable(handler: Handler) -> Handler:
    """Answer refusals as the contract says."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ActRefused as refused:
            body = {"error": refused.error, "detail": refused.detail}
        except SlackError as refused:
            body = {"error": refused.code, "detail": " ".join(refused.messages)}
        except (ValueError, TypeError, KeyError, AttributeError) as wrong:
            body = {
                "error": "invalid_request",
                "detail": f"{type(wrong).__name__}: {wrong}; see docs/sandbox.md",
            }
        return web.json_response(body, status=400)

    return answer


def reading(read: Callable[[Given], Given]) -> Handler:
    """Serve a question whose arguments stand in the query."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response(read(dict(request.query)))

    return refusable(handler)


def acting(act: Callable[[Given], Awaitable[Given]]) -> Handler:
    """Serve an act whose arguments stand in the body."""

    async def handler(request: web.Request) -> web.StreamResponse:
        given = await request.json() if request.can_read_body else {}
        if not isinstance(given, dict):
            raise ActRefused("invalid_request", "the body must be a JSON object")
        return web.json_response(await act(given))

    return refusable(handler)


def need(given: Given, name: str) -> str:
    """A text that must be given."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise ActRefused("missing", f"{name} must be given")
    return value
