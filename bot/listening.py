"""How the application is reached: by Slack over Socket Mode or signed HTTP, and by the provider's knocks."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.errors import SettingsError
from bot.ports import Reporter
from bot.providers.webhooks import NotSigned, Webhooks
from bot.services.jobs import JobService
from storage.database import Database

SLACK_TIMEOUT = 10  # seconds for one Web API call
EVENTS_PATH = "/slack/events"  # HTTP mode: where the manifest's request URLs point
WEBHOOKS_PATH = "/openai/webhooks"  # HTTP mode: where the provider tells of jobs that ended
_PASSING = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


async def listen(  # noqa: PLR0917  what the two ways need
    stack: AsyncExitStack,
    app: AsyncApp,
    settings: Settings,
    database: Database,
    jobs: JobService,
    log: Reporter,
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

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    async def health(_: web.Request) -> web.Response:
        await database.ping()
        return web.json_response({"ok": True})

    site = web.Application()
    site.add_routes([web.post(EVENTS_PATH, events), web.get("/healthz", health)])
    if settings.openai_webhook_secret is not None:
        knocks = Webhooks(settings.openai_webhook_secret.get_secret_value())
        site.add_routes([web.post(WEBHOOKS_PATH, _told_of_jobs(knocks, jobs, log))])
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as fault:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError((f"HOST and PORT: {where} cannot be listened on ({fault.strerror}).",)) from fault
    log.info("listening", port=settings.port)


def _told_of_jobs(
    webhooks: Webhooks, jobs: JobService, log: Reporter
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Whatever the provider says of a job only hastens our own look at it."""

    async def told(request: web.Request) -> web.Response:
        try:
            job_id = webhooks.job_of(await request.read(), request.headers)
        except NotSigned:
            log.warning("webhook refused")
            return web.json_response({"error": "The signature does not fit."}, status=401)
        if job_id is not None:
            await jobs.hasten(job_id)
        return web.json_response({"ok": True})

    return told


async def patiently(call: Callable[[], Awaitable[object]], variable: str, log: Reporter) -> None:
    """Make Slack's first call with a token: wait for a Slack that is away, and tell of a token that it refuses."""
    pause = 1.0
    while True:
        try:
            await call()
        except SlackApiError as refused:
            error = str(refused.response.get("error", ""))
            if refused.response.status_code < 429 and error not in _PASSING:
                raise SettingsError(
                    (f"{variable}: Slack refuses it ({error}). Copy it anew from your Slack app's settings.",)
                ) from refused
        except (aiohttp.ClientError, TimeoutError):
            pass
        else:
            return
        log.warning("Slack does not answer; trying again", seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 60.0)
