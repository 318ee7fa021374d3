"""The real Bolt app over the sandbox's Slack, with fakes for what lies behind the listeners."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.policies import Policy
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.team import TEAM_ID
from bot.services.access import AccessService
from handlers import register
from handlers.slack.channels import SlackChannels
from handlers.slack.people import SlackPeople
from tests.handlers.fakes import (
    FakeAdministration,
    FakeChats,
    FakeComparisons,
    FakeDatasets,
    FakeDecisions,
    FakeHome,
    FakeJobs,
    FakeModels,
    FakeOutbox,
    FakePlaces,
    FakeRequests,
    FakeTransforms,
    FakeTurns,
    Log,
    absent_services,
)
from tests.handlers.samples import NOW

Seen = TypeVar("Seen")
TOKEN, APP_TOKEN = "xoxb-sandbox-0001", "xapp-sandbox-0001"


@dataclass
class Desk:
    """What a test works with: the fakes behind the app, and people in front of it."""

    url: str
    http: aiohttp.ClientSession
    client: AsyncWebClient
    datasets: FakeDatasets = field(default_factory=FakeDatasets)
    requests: FakeRequests = field(default_factory=FakeRequests)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    chats: FakeChats = field(default_factory=FakeChats)
    turns: FakeTurns = field(default_factory=FakeTurns)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    administration: FakeAdministration = field(default_factory=FakeAdministration)
    transforms: FakeTransforms = field(default_factory=FakeTransforms)
    comparisons: FakeComparisons = field(default_factory=FakeComparisons)
    models: FakeModels = field(default_factory=FakeModels)
    places: FakePlaces = field(default_factory=FakePlaces)
    log: Log = field(default_factory=Log)
    users: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    bot_user: str = ""

    async def meet(self) -> "Desk":
        world = await self.get("world")
        self.users = {user["real_name"].split()[0].lower(): user["id"] for user in world["users"]}
        self.channels = {channel["name"]: channel["id"] for channel in world["channels"]}
        self.channels["dm"] = next(c["id"] for c in world["channels"] if c["im_user"] == self.users["mina"])
        self.bot_user = world["app"]["bot_user_id"]
        return self

    async def get(self, what: str, **query: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/control/{what}", params=query) as answer:
            return dict(await answer.json())

    async def act(self, what: str, who: str = "mina", **body: Any) -> dict[str, Any]:
        """Do something as a person."""
        async with self.http.post(
            f"{self.url}/control/{what}", json={"as": self.users[who], **body}
        ) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return dict(said)

    async def control(self, what: str, **body: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/control/{what}", json=body) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return dict(said)

    async def upload(self, channel: str, name: str, content: bytes, **more: str) -> dict[str, Any]:
        form = aiohttp.FormData(default_to_multipart=True)
        for key, value in {"as": self.users["mina"], "channel": self.channels[channel], **more}.items():
            form.add_field(key, value)
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
        async with self.http.post(f"{self.url}/control/upload", data=form) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return dict(said)

    async def command(self, text: str, channel: str = "ft-support", who: str = "mina") -> dict[str, Any]:
        return await self.act("command", who, channel=self.channels[channel], command="/finetune", text=text)

    async def messages(
        self, channel: str = "ft-support", thread_ts: str | None = None, who: str = "mina"
    ) -> list[dict[str, Any]]:
        query = {"channel": self.channels[channel], "as": self.users[who]}
        return list(
            (await self.get("messages", **query, **({"thread_ts": thread_ts} if thread_ts else {})))[
                "messages"
            ]
        )

    async def sees(
        self, words: str, channel: str = "ft-support", thread_ts: str | None = None, who: str = "mina"
    ) -> dict[str, Any]:
        """The first message with these words, once it is there."""

        async def look() -> dict[str, Any] | None:
            for message in await self.messages(channel, thread_ts, who):
                if words in message["text"] or words in str(message.get("blocks")):
                    return message
            return None

        return await until(look)

    async def modal(self, words: str, who: str = "mina") -> dict[str, Any]:
        """The topmost modal, once it shows these words."""

        async def look() -> dict[str, Any] | None:
            modals = (await self.get("views", **{"as": self.users[who]}))["modals"]
            return modals[-1] if modals and words in str(modals[-1]) else None

        return await until(look)

    async def say(self, blocks: list[dict[str, Any]], channel: str = "ft-support") -> dict[str, str]:
        """Let the bot post blocks, as its worker would; gives what a click needs."""
        posted = await self.client.chat_postMessage(channel=self.channels[channel], text="x", blocks=blocks)
        return {"channel": self.channels[channel], "ts": posted["ts"]}


async def until(look: Callable[[], Awaitable[Seen | None]]) -> Seen:
    """What `look` finds, once it finds something; the test's own time limit ends the waiting."""
    while True:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(0.02)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A Slack of its own."""
    sandbox = Sandbox(rate_limits=False)
    await sandbox.start()
    yield sandbox
    await sandbox.close()


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """The bot's client, without retries of its own."""
    return AsyncWebClient(token=TOKEN, base_url=sandbox.slack_api_url, retry_handlers=[])


@pytest.fixture
def policy() -> Policy:
    """The settings; a test parametrizes `policy` to have others."""
    return Policy()


@pytest.fixture
def real() -> dict[str, Any]:
    """Services that are no fakes, by their names among the app's; a file of tests overrides `real` to have some."""
    return {}


@pytest.fixture
async def desk(
    sandbox: Sandbox, client: AsyncWebClient, policy: Policy, real: dict[str, Any]
) -> AsyncIterator[Desk]:
    """The app, connected by Socket Mode."""
    async with aiohttp.ClientSession() as http:
        desk = await Desk(sandbox.url, http, client).meet()
        desk.transforms.by_id = desk.datasets.by_id
        people = SlackPeople(client, TEAM_ID)
        services = replace(
            absent_services(),  # digests and leaving are told in tests/stories
            datasets=desk.datasets,
            requests=desk.requests,
            jobs=desk.jobs,
            chats=desk.chats,
            turns=desk.turns,
            outbox=desk.outbox,
            policy=policy,
            people=people,
            administration=desk.administration,
            transforms=desk.transforms,
            comparisons=desk.comparisons,
            decisions=FakeDecisions(desk.jobs),
            home=FakeHome(desk.jobs, desk.chats),
            models=desk.models,
            access=AccessService(desk.places, SlackChannels(client), people),
            **real,
        )
        app = AsyncApp(client=client)
        register(app, services, desk.log, provider="OpenAI (simulated)", now=lambda: NOW)
        web_client = AsyncWebClient(token=APP_TOKEN, base_url=sandbox.slack_api_url)
        socket = AsyncSocketModeHandler(app, APP_TOKEN, web_client=web_client)
        await socket.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        yield desk
        await socket.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
