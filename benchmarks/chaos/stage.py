"""A workspace with the app as processes of its own, a job's whole way through it, and the judge of how it ended."""

import asyncio
import secrets
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.domain.audit import Did
from bot.sandbox.server import Sandbox
from storage.database import Database
from tests.conftest import PostgresServer
from tests.stories.conftest import environment, workspace
from tests.stories.driver import Message, People, dataset, shown
from tests.stories.process import AppProcess
from tests.viewers import LUMEN

SPEED = 40.0  # times life: a small job trains for some seconds, in which there is time to strike
APPROVERS = "U0JONASWBR,U0INESDRTE"
WHOLE = (Did.REQUESTED, Did.APPROVED, Did.CREATED, Did.ENDED)
"""What the audit holds of a job that went all its way."""


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Stage:
    """Where a trial plays: `apps` are the running processes, all on one database."""

    people: People
    sandbox: Sandbox
    settings: dict[str, str]
    folder: Path
    apps: list[AppProcess] = field(default_factory=list)

    @property
    def channel(self) -> str:
        """The channel in which everything happens."""
        return self.people.channels["ft-support"]

    async def start(self, *program: str) -> AppProcess:
        """One more app; `program` is what Python runs instead of the bot itself."""
        log = self.folder / f"app-{len(self.apps)}.log"
        app = AppProcess(self.people, self.settings, log, program or ("-m", "bot"))
        self.apps.append(app)
        await app.start()
        return app

    async def asks(self, suffix: str = "tone") -> Message:
        """Mina shares a dataset of her own for this job and asks for it; gives the card."""
        mina = self.people.mina
        shared = await mina.uploads(self.channel, f"{suffix}.jsonl", dataset(note=suffix))
        report = await mina.sees(self.channel, "Start fine-tuning", thread_ts=shared)
        await mina.clicks(report, "start_open")
        form = await mina.form("start_form")
        await mina.submits(form, mina.filled(form, suffix=suffix, epochs="2"))
        return await mina.sees(self.channel, f"{suffix}* waits for approval")

    async def approves(self, request: Message) -> None:
        """Jonas presses the button."""
        await self.people.jonas.clicks(request, "job_approve")

    async def trains(self, suffix: str = "tone") -> None:
        """Wait until the card shows that it trains."""
        await self.people.mina.sees(self.channel, f"{suffix}*: training")

    async def ends(self, suffix: str = "tone", seconds: float = 90.0) -> None:
        """Wait until the channel is told that it is ready."""
        await self.people.mina.sees(self.channel, f"{suffix}* is ready", seconds=seconds)

    async def has_ended(self) -> None:
        """Wait until every job has succeeded at the provider, whether or not the channel can be told."""

        async def look() -> bool | None:
            jobs = (await self.provider("GET", "fine_tuning/jobs"))["data"]
            return True if jobs and all(job["status"] == "succeeded" for job in jobs) else None

        await self.people.until(look, "the jobs' end at the provider")

    async def provider(self, method: str, path: str) -> Any:
        """Ask the simulated provider, as somebody with the key would."""
        headers = {"Authorization": f"Bearer {self.settings['OPENAI_API_KEY']}"}
        url = f"{self.sandbox.openai_base_url}/{path}"
        async with aiohttp.ClientSession(headers=headers) as http, http.request(method, url) as answer:
            return await answer.json()

    async def calls(self) -> list[tuple[str, str]]:
        """Side and name of every call of the app so far, in their order."""
        sides = {"app_to_slack": "slack", "app_to_openai": "openai"}
        known = (await self.people.get("calls"))["calls"]
        return [(sides[call["direction"]], call["name"]) for call in known if call["direction"] in sides]

    async def judge(self, *requests: Message) -> None:
        """Exactly one job for each request, every announcement once, each card true, the audit complete.

        Raises:
            AssertionError: it is not so; says what.
        """
        for request in requests:
            await self._card_is_true(request)
        created = (await self.provider("GET", "fine_tuning/jobs"))["data"]
        _same("jobs at the provider", len(created), len(requests))
        files = (await self.provider("GET", "files"))["data"]
        _same("training files", len([f for f in files if f["purpose"] == "fine-tune"]), len(requests))
        told = [m for m in await self.people.mina.reads(self.channel) if m.get("bot_id")]
        _same("messages in the channel", len(told), 2 * len(requests))  # a card and an announcement each
        for request in requests:
            thread = await self.people.mina.reads(self.channel, request["ts"])
            said = Counter(shown(m) for m in thread if m.get("bot_id"))
            if double := [text for text, times in said.items() if times > 1]:
                raise AssertionError(f"said twice in the card's thread: {double[0][:60]}")
        _same("entries in the audit", await self.audited(*WHOLE), [1] * (len(WHOLE) * len(requests)))

    async def _card_is_true(self, request: Message) -> None:
        async def look() -> bool | None:
            card = await self.people.mina.finds(self.channel, request["ts"])
            return "trained" in shown(card) or None

        await self.people.until(look, "a card that shows the end")

    async def audited(self, *whats: Did) -> list[int]:
        """How often the audit tells each of these things of each subject; nothing of what it does not tell."""
        database = Database(self.settings["DATABASE_URL"], _Now())
        try:
            entries = await database.audit.listed(LUMEN)
        finally:
            await database.close()
        return sorted(
            Counter((entry.subject, entry.what) for entry in entries if entry.what in whats).values()
        )


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {found} instead of {wanted}")


@asynccontextmanager
async def stage(postgres: PostgresServer | None = None, **more: str) -> AsyncIterator[Stage]:
    """A stage without an app yet: on SQLite, or on a new database of this PostgreSQL."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        sandbox, people = await stack.enter_async_context(workspace(speed=SPEED))
        url = f"sqlite:///{folder}/bot.db"
        if postgres is not None:
            name = f"chaos_{secrets.token_hex(6)}"
            await asyncio.to_thread(
                postgres.run, "createdb", "-h", str(postgres.folder), "-U", "postgres", name
            )
            url = postgres.url(name)
        more = {"LEASE_SECONDS": "2", "FINETUNE_APPROVERS": APPROVERS, **more}
        ready = Stage(people, sandbox, environment(sandbox, folder, url, **more), folder)
        try:
            yield ready
        finally:
            for app in ready.apps:
                await app.kill()
