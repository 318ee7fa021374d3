"""The composition root: settings in, a running application out, and its closing in reverse order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot import tokenizer
from bot.clock import SystemClock
from bot.config import Settings
from bot.domain import catalog
from bot.domain.catalog import Catalog
from bot.domain.policy import Policy
from bot.errors import BadInput, SettingsError
from bot.logs import get as get_log
from bot.ports import Clock, Reporter
from bot.providers.openai_api import OpenAIProvider
from bot.providers.profiles import load as load_profiles
from bot.providers.webhooks import NotSigned, Webhooks
from bot.scheduler import Scheduler
from bot.services import Services
from bot.services.asking import AskingService
from bot.services.audit import AuditService
from bot.services.budgets import BudgetService
from bot.services.chat import ChatService
from bot.services.chores import ChoreService
from bot.services.comparing import ComparingService
from bot.services.contents import Contents
from bot.services.datasets import DatasetService
from bot.services.deciding import DecidingService
from bot.services.digests import DigestService
from bot.services.errands import ErrandService
from bot.services.following import Following
from bot.services.jobs import JobService
from bot.services.library import LibraryService
from bot.services.models import ModelService
from bot.services.old_files import OldFiles
from bot.services.pictures import PictureService
from bot.services.policies import PolicyService
from bot.services.posts import PostService
from bot.services.speakers import Speakers
from bot.services.work import Line, Worker
from bot.validation.validator import Validator
from bot.workshop import Workshop
from handlers.files import SlackFiles
from handlers.notify import SlackNotifier
from handlers.people import SlackPeople
from handlers.uploads import SlackUploads
from handlers.voice import SlackVoice
from storage.database import Database

DRAIN_SECONDS = 20.0  # how long steps under way may take after SIGTERM
SLACK_TIMEOUT = 10  # seconds for one Web API call
_PASSING = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
EVENTS_PATH = "/slack/events"  # HTTP mode: where the manifest's request URLs point
WEBHOOKS_PATH = "/openai/webhooks"  # HTTP mode: where the provider tells of jobs that ended


@dataclass
class _Wake:
    """Given to services before the worker exists; wakes it once it does."""

    worker: Worker | None = None

    def __call__(self) -> None:
        if self.worker is not None:
            self.worker.wake()


@asynccontextmanager
async def running(  # noqa: PLR0915  every part of the application, once
    settings: Settings,
) -> AsyncIterator[None]:
    """The whole application, connected and at work inside the context, drained and closed after it.

    Raises:
        SettingsError: Slack refuses a token, or the database cannot be used.
    """
    log = get_log("bot.app")
    clock, wake = SystemClock(), _Wake()
    async with AsyncExitStack() as stack:
        folder = settings.data_dir / "datasets"
        await asyncio.to_thread(_make_private, folder)
        database = database_of(settings, clock)
        stack.push_async_callback(database.close)
        await database.upgrade()

        client = AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            timeout=SLACK_TIMEOUT,
            retry_handlers=[],  # a retried post could stand there twice: the rows retry
        )
        await _patiently(client.auth_test, "SLACK_BOT_TOKEN", log)

        models = await asyncio.to_thread(_models, settings.models_file)
        provider = OpenAIProvider(
            load_profiles()["openai"],
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
        )
        stack.push_async_callback(provider.close)
        validator = Validator(models, resumes=True)
        stack.push_async_callback(validator.close)
        warming = asyncio.ensure_future(
            validator.warm()
        )  # so that the first file does not wait for a process
        stack.callback(warming.cancel)

        policy = Policy(
            approvers=settings.finetune_approvers,
            self_approval=settings.finetune_self_approval,
            channels=settings.finetune_channels,
        )
        people = SlackPeople(client)
        policies = PolicyService(
            storage=database,
            people=people,
            settings=policy,
            clock=clock,
            log=get_log("bot.policies"),
            wake=wake,
        )
        contents = Contents(folder)
        uploads = SlackUploads(client, hosts=sorted(settings.file_hosts), log=get_log("handlers.uploads"))
        library = LibraryService(
            storage=database,
            provider=provider,
            uploads=uploads,
            contents=contents,
            policies=policies,
            clock=clock,
            log=get_log("bot.library"),
            wake=wake,
        )
        datasets = DatasetService(
            storage=database,
            files=SlackFiles(client, hosts=sorted(settings.file_hosts)),
            validation=validator,
            policy=policy,
            clock=clock,
            log=get_log("bot.datasets"),
            wake=wake,
            contents=contents,
            library=library,
            cap=settings.max_upload_bytes,
        )
        errands = ErrandService(
            storage=database,
            datasets=datasets,
            uploads=uploads,
            workshop=Workshop(),
            contents=contents,
            clock=clock,
            log=get_log("bot.errands"),
            wake=wake,
            folder=folder / "made",
        )
        await errands.begin()
        following = Following(
            storage=database,
            provider=provider,
            clock=clock,
            log=get_log("bot.following"),
            poll_seconds=settings.poll_seconds,
        )
        await following.begin()
        asking = AskingService(
            storage=database,
            provider=provider.name,
            methods=provider.profile.methods,
            wandb=provider.profile.has_wandb,
            catalog=models,
            policies=policies,
            clock=clock,
            log=get_log("bot.asking"),
            wake=wake,
        )
        deciding = DecidingService(
            storage=database,
            policies=policies,
            asking=asking,
            clock=clock,
            log=get_log("bot.deciding"),
            wake=wake,
        )
        speakers = Speakers(database, models, clock, folder)
        tuned = ModelService(
            storage=database,
            provider=provider,
            speakers=speakers,
            policies=policies,
            clock=clock,
            log=get_log("bot.models"),
            wake=wake,
        )
        jobs = JobService(
            storage=database,
            provider=provider,
            following=following,
            policies=policies,
            deciding=deciding,
            models=tuned,
            clock=clock,
            log=get_log("bot.jobs"),
            wake=wake,
            folder=folder,
        )
        digests = DigestService(
            storage=database,
            speakers=speakers,
            policies=policies,
            clock=clock,
            log=get_log("bot.digests"),
            wake=wake,
        )
        old_files = OldFiles(database, provider, clock, get_log("bot.old_files"), settings.provider_file_days)
        await old_files.begin()
        chores = ChoreService(database, digests, old_files, clock, get_log("bot.chores"))
        chat = ChatService(
            storage=database,
            provider=provider,
            voice=SlackVoice(client, log=get_log("handlers.voice")),
            catalog=models,
            counter=await asyncio.to_thread(tokenizer.counter, "o200k_base"),
            policy=policy,
            people=people,
            clock=clock,
            log=get_log("bot.chat"),
            wake=wake,
            speakers=speakers,
        )
        comparing = ComparingService(
            storage=database,
            provider=provider.name,
            catalog=models,
            speakers=speakers,
            policy=policy,
            clock=clock,
            log=get_log("bot.comparing"),
            wake=wake,
        )
        posts = PostService(
            storage=database,
            notifier=SlackNotifier(client, clock=clock, log=get_log("handlers.notify")),
            deciding=deciding,
            clock=clock,
            log=get_log("bot.posts"),
            wake=wake,
            card_seconds=settings.card_seconds,
        )
        pictures = PictureService(
            storage=database,
            workshop=Workshop(),
            pins=uploads,
            clock=clock,
            log=get_log("bot.pictures"),
            wake=wake,
            folder=settings.data_dir / "pictures",
        )
        worker = Worker(
            (
                Line("posts", database.posts, lambda p: p.id, posts.step, posts.trouble, at_once=4),
                Line(
                    "datasets", database.datasets, lambda d: d.id, datasets.step, datasets.trouble, at_once=2
                ),
                Line(
                    "polls", database.polls, lambda p: p.id, following.poll, following.poll_trouble, at_once=1
                ),
                Line("chores", database.chores, lambda c: c.id, chores.step, chores.trouble, at_once=1),
                Line(
                    "pictures",
                    database.pictures,
                    lambda p: p.id,
                    pictures.step,
                    pictures.trouble,
                    at_once=1,
                ),
                Line("errands", database.errands, lambda e: e.id, errands.step, errands.trouble, at_once=2),
                Line("jobs", database.jobs, lambda j: j.id, jobs.step, jobs.trouble, at_once=8),
                Line("turns", database.turns, lambda t: t.id, chat.step, chat.trouble, at_once=50),
                Line(
                    "ballots",
                    database.ballots,
                    lambda b: b.id,
                    comparing.step,
                    comparing.trouble,
                    at_once=4,
                ),
            ),
            clock=clock,
            lease=settings.lease_seconds,
            log=get_log("bot.worker"),
        )
        wake.worker = worker
        stack.push_async_callback(worker.drain, DRAIN_SECONDS)

        scheduler = Scheduler()
        scheduler.every(settings.tick_seconds, "look at the rows", worker.tick)
        stack.callback(scheduler.close)
        scheduler.start()

        app = AsyncApp(
            client=client,
            signing_secret=(
                settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
            ),
        )
        budgets = BudgetService(
            storage=database, policies=policies, clock=clock, log=get_log("bot.budgets"), wake=wake
        )
        audit = AuditService(
            storage=database, letters=uploads, policies=policies, clock=clock, log=get_log("bot.audit")
        )
        services = Services(
            datasets,
            asking,
            jobs,
            chat,
            posts,
            policy,
            people,
            library,
            errands,
            comparing,
            budgets,
            policies,
            deciding,
            audit,
            tuned,
            digests,
        )
        handlers.register(app, services, get_log("handlers"), provider=provider.profile.title, now=clock.now)
        await _listen(stack, app, settings, database, jobs, log)
        log.info("running", mode="socket" if settings.socket_mode else "http")
        yield
        log.info("closing")


def database_of(settings: Settings, clock: Clock) -> Database:
    """The database of the settings; nothing is opened before its first use."""
    return Database(settings.database_url.get_secret_value(), clock)


async def _listen(  # noqa: PLR0917  what the two ways need
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

        await _patiently(address, "SLACK_APP_TOKEN", log)
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


async def _patiently(call: Callable[[], Awaitable[object]], variable: str, log: Reporter) -> None:
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


def _models(file: Path | None) -> Catalog:
    """The catalog of MODELS_FILE, or our own. Raises SettingsError."""
    if file is None:
        return catalog.load()
    try:
        return catalog.parse(file.read_text("utf-8"))
    except OSError as fault:
        raise SettingsError((f"MODELS_FILE: {file} cannot be read ({fault.strerror}).",)) from fault
    except (BadInput, UnicodeDecodeError) as fault:
        raise SettingsError((f"MODELS_FILE: {file} cannot be used: {fault}.",)) from fault


def _make_private(folder: Path) -> None:
    """Datasets are people's words: nobody else on this machine reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
