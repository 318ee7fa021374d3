"""The composition root: settings in, a running application out, and its closing in reverse order."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot import data_dir, tokenizer
from bot.clock import SystemClock
from bot.config import Settings
from bot.domain import catalog
from bot.domain.catalog import Catalog
from bot.domain.datasets.report_builder import limits_for
from bot.errors import BadInput, SettingsError
from bot.logs import get as get_log
from bot.ports import Clock
from bot.providers.openai_api import OpenAIProvider
from bot.providers.profiles import load as load_profiles
from bot.scheduler import Scheduler
from bot.services.work_queue import Worker
from bot.transports import SLACK_TIMEOUT, listen, patiently
from bot.wiring import Outside, build
from bot.workers.forkserver import Forkserver
from bot.workers.pool import Pool
from bot.workers.validator import Validator
from handlers.slack.client import Identity, SlackTokenCheck
from handlers.slack.listeners import UnderWay
from storage.database import Database

LISTENERS_SECONDS = 5.0  # how long listeners under way may take after SIGTERM
DRAIN_SECONDS = 20.0  # how long steps under way may take after SIGTERM


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[None]:
    """The whole application, connected and at work inside the context, drained and closed after it.

    `clock` is the machine's, unless a simulated world has a time of its own.

    Raises:
        SettingsError: Slack refuses a token, or the database cannot be used.
    """
    log = get_log("bot.app")
    clock, scheduler = clock or SystemClock(), Scheduler()
    async with AsyncExitStack() as stack:
        stack.callback(os.umask, os.umask(0o077))  # whatever is written from here on, SQLite's files among it
        await asyncio.to_thread(_make_private, settings.data_dir)
        database = database_of(settings, clock)
        stack.push_async_callback(database.close)
        await database.upgrade()
        await _recognise(settings.data_dir / "datasets", database)

        client = AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            timeout=SLACK_TIMEOUT,
            retry_handlers=[],  # a retried post could stand there twice: the rows retry
        )
        known = await patiently(client.auth_test, "SLACK_BOT_TOKEN", log)
        identity = Identity(user_id=str(known["user_id"]), team_id=str(known["team_id"]))

        models = await asyncio.to_thread(_models, settings.models_file)
        provider = OpenAIProvider(
            load_profiles()["openai"],
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
        )
        stack.push_async_callback(provider.close)
        usual = limits_for(models, "chat", clock.now().date()).encoding
        workers = Pool(Forkserver(encoding=usual))
        stack.push_async_callback(workers.close)
        validator = Validator(workers, models, today=lambda: clock.now().date(), resumes=True)
        warming = asyncio.ensure_future(
            validator.warm()
        )  # so that the first file does not wait for a process
        stack.callback(warming.cancel)

        counter = await asyncio.to_thread(tokenizer.counter, "o200k_base")
        outside = Outside(settings, database, client, identity, provider, validator, workers, models, counter)
        worker = Worker(
            clock=clock,
            lease=settings.lease_seconds,
            log=get_log("bot.services.work_queue"),
            next_due=database.next_due,
            alarm=partial(scheduler.once, "look at the next row"),
        )
        built = build(outside, clock, worker.wake)
        for begin in built.begin:
            await begin()
        worker.serve(built.queues)
        stack.push_async_callback(worker.drain, DRAIN_SECONDS)

        scheduler.every(settings.tick_seconds, "look at the rows", worker.tick)
        stack.callback(scheduler.close)
        scheduler.start()

        app = AsyncApp(
            client=client,
            signing_secret=(
                settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
            ),
        )
        title = provider.profile.title
        under_way = UnderWay()
        handlers.register(
            app, built.services, get_log("handlers"), provider=title, now=clock.now, under_way=under_way
        )
        stack.push_async_callback(under_way.drain, LISTENERS_SECONDS)
        await listen(stack, app, settings, database, SlackTokenCheck(client), built.services.jobs, log)
        log.info("running", mode="socket" if settings.socket_mode else "http")
        yield
        log.info("closing")


def database_of(settings: Settings, clock: Clock) -> Database:
    """The database of the settings; nothing is opened before its first use."""
    return Database(settings.database_url.get_secret_value(), clock)


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


async def _recognise(folder: Path, database: Database) -> None:
    """Raise SettingsError where this database works with another folder than this one."""
    known = await database.mark() or await database.knows(await asyncio.to_thread(data_dir.marked, folder))
    await asyncio.to_thread(data_dir.check, folder, known)


def _make_private(folder: Path) -> None:
    """Datasets and the database are people's words: nobody else on this machine reads them, old files neither."""
    (folder / "datasets").mkdir(parents=True, exist_ok=True)
    for at, _, files in os.walk(
        folder
    ):  # another process may be at work there: what just went is passed over
        for path in (Path(at), *(Path(at, name) for name in files)):
            with suppress(PermissionError, FileNotFoundError):  # the first: a mount of somebody else's
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode & 0o700)
