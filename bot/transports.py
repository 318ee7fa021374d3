"""How the application is reached: by Slack over Socket Mode or signed HTTP, and by the provider's knocks.

Over HTTP anybody may knock: who sent a request is settled here, before anything else has seen it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.errors import BotError, Cure, SettingsError
from bot.ports import Logger, TokenCheck
from bot.providers.webhooks import NotSigned, Webhooks
from bot.services.jobs.service import JobService
from handlers.slack.refusals import CURES
from storage.database import Database

Answer = TypeVar("Answer")
SLACK_TIMEOUT = 10  # seconds for one Web API call
EVENTS_PATH = "/slack/events"  # HTTP mode: where the manifest's request URLs point
WEBHOOKS_PATH = "/openai/webhooks"  # HTTP mode: where the provider tells of jobs that ended
MOST_BYTES = (
    1024 * 1024
)  # of a request's body; Slack's and the provider's are a few hundred kilobytes at most
_HOLDS = {"event_callback": "event", "view_submission": "view", "view_closed": "view"}


async def listen(  # noqa: PLR0917  what the two ways need
    stack: AsyncExitStack,
    app: AsyncApp,
    settings: Settings,
    database: Database,
    token: TokenCheck,
    jobs: JobService,
    log: Logger,
) -> None:
    """Take what Slack sends: over Socket Mode, or over signed HTTP at EVENTS_PATH with GET /healthz beside it.

    Over HTTP the provider may tell of ended jobs too, if there is a secret to know it by.
    """
    if settings.slack_app_token is not None:
        app_token = settings.slack_app_token.get_secret_value()
        socket = AsyncSocketModeHandler(
            app,
            app_token,
            web_client=AsyncWebClient(
                token=app_token, base_url=settings.slack_api_url, timeout=SLACK_TIMEOUT
            ),
        )
        stack.push_async_callback(socket.close_async)

        async def address() -> None:  # asked for here, since the SDK would ask on for ever with a wrong token
            socket.client.wss_uri = await socket.client.issue_new_wss_url()

        await patiently(address, "SLACK_APP_TOKEN", log)
        await socket.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        return

    async def health(_: web.Request) -> web.Response:
        try:
            await database.ping()
            await token.check()
        except BotError as unwell:
            return web.json_response({"ok": False, "why": str(unwell)}, status=503)
        return web.json_response({"ok": True})

    site = web.Application(client_max_size=MOST_BYTES)
    site.add_routes([web.get("/healthz", health)])
    if settings.slack_signing_secret is not None:
        verifier = SignatureVerifier(settings.slack_signing_secret.get_secret_value())
        site.add_routes([web.post(EVENTS_PATH, _heard(verifier, app, log), expect_handler=_go_on)])
    if settings.openai_webhook_secret is not None:
        knocks = Webhooks(settings.openai_webhook_secret.get_secret_value())
        told = _told_of_jobs(knocks, jobs, log)
        site.add_routes([web.post(WEBHOOKS_PATH, told, expect_handler=_go_on)])
    runner = web.AppRunner(site, access_log=None, logger=_server_log())
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as fault:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError((f"HOST and PORT: {where} cannot be listened on ({fault.strerror}).",)) from fault
    log.info("listening", port=settings.port)


def _heard(
    verifier: SignatureVerifier, app: AsyncApp, log: Logger
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Only what Slack signed gets as far as Bolt, whose error handler answers where the request says."""

    async def heard(request: web.Request) -> web.Response:
        body = await _body(request)
        if not _is_signed(verifier, body, request.headers):
            log.warning("request refused")
            return _not_signed()
        try:
            asked = AsyncBoltRequest(
                body=body.decode(),
                query=request.query_string,
                headers=request.headers,  # type: ignore[arg-type]  # Bolt's own adapter gives them like this
            )
            understood = _is_whole(asked.body)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):  # no JSON, no object …
            understood = False
        if not understood:
            log.warning("request not understood")
            return web.json_response({"error": "This is not what Slack sends."}, status=400)
        try:
            return await to_aiohttp_response(await app.async_dispatch(asked))
        except (
            TypeError,
            AttributeError,
            LookupError,
        ):  # Bolt's own reading: what listeners raise, our handler takes
            log.warning("request not understood")
            return web.json_response({"error": "This is not what Slack sends."}, status=400)

    return heard


def _is_whole(body: Mapping[str, Any]) -> bool:
    """Whether it holds what its type says: Bolt and our error handler take that for granted."""
    kind = body.get("type")
    held = _HOLDS.get(kind) if isinstance(kind, str) else None
    return (kind is None or isinstance(kind, str)) and (held is None or isinstance(body.get(held), dict))


def _is_signed(verifier: SignatureVerifier, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether Slack sent this, and just now; whatever cannot even be compared was not sent by Slack."""
    try:
        return verifier.is_valid_request(body, headers)
    except (
        ValueError,
        TypeError,
        ArithmeticError,
    ):  # a time that is no number, a body or signature that is no text
        return False


def _told_of_jobs(
    webhooks: Webhooks, jobs: JobService, log: Logger
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Whatever the provider says of a job only hastens our own look at it."""

    async def told(request: web.Request) -> web.Response:
        try:
            job_id = webhooks.job_of(await _body(request), request.headers)
        except NotSigned:
            log.warning("webhook refused")
            return _not_signed()
        if job_id is not None:
            await jobs.hasten(job_id)
        return web.json_response({"ok": True})

    return told


async def _body(request: web.Request) -> bytes:
    """All of it. Raises HTTPRequestEntityTooLarge and HTTPBadRequest."""
    try:
        return await request.read()
    except web.RequestPayloadError as broken:  # no gzip though it says so, or no more of it comes
        raise web.HTTPBadRequest(text="The body cannot be read.") from broken


async def _go_on(request: web.Request) -> None:
    """What `Expect` asks for; aiohttp's own fails over an expectation that is no text."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="Nothing but 100-continue can be expected.")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer itself has not begun


def _not_signed() -> web.Response:
    return web.json_response({"error": "The signature does not fit."}, status=401)


def _server_log() -> logging.Logger:
    """The server's log, in which whoever does not speak HTTP is worth no traceback: anybody may write there."""

    def is_ours(record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        return not isinstance(fault, HttpProcessingError | web.RequestPayloadError)

    server = logging.getLogger("aiohttp.server")
    server.filters[:] = [is_ours]
    return server


async def patiently(call: Callable[[], Awaitable[Answer]], variable: str, log: Logger) -> Answer:
    """Make Slack's first call with a token: wait for a Slack that is away, and tell of a token that it refuses."""
    pause = 1.0
    while True:
        try:
            return await call()
        except SlackApiError as refused:
            error = str(refused.response.get("error", ""))
            if refused.response.status_code < 429 and CURES.get(error) is not Cure.TIME:
                raise SettingsError(
                    (f"{variable}: Slack refuses it ({error}). Copy it anew from your Slack app's settings.",)
                ) from refused
        except (aiohttp.ClientError, TimeoutError):
            pass
        log.warning("Slack does not answer; trying again", seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 60.0)
