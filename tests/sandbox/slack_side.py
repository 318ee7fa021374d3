"""A small app of the tests' own, and a hand that uses the sandbox's control API; knows nothing of the project's app."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.slack.http import APP_TOKEN, BOT_TOKEN
from bot.sandbox.slack.signed_http import SIGNING_SECRET

MINA, JONAS, KENJI, PRIYA = "U0MINAPARK", "U0JONASWBR", "U0KENJIARA", "U0PRIYANAI"
SUPPORT, RANDOM = "C0FTSUPPRT", "C0RANDOM00"
PATIENCE = 60  # seconds; only a test that fails waits that long
SCOPES = [
    *("app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands"),
    *("files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write"),
    *("reactions:write", "users:read", "usergroups:read"),
]
EVENTS = [
    *("app_home_opened", "app_mention", "app_uninstalled", "tokens_revoked"),
    *("channel_archive", "channel_created", "channel_left", "channel_unarchive"),
    *("group_archive", "group_left", "group_unarchive"),
    *("file_deleted", "file_shared", "member_joined_channel", "member_left_channel"),
    *("message.channels", "message.groups", "message.im"),
]


def manifest(
    *, without_scopes: set[str] | None = None, without_events: set[str] | None = None
) -> dict[str, Any]:
    """A manifest with everything the sandbox knows, or with less."""
    return {
        "display_information": {"name": "Test app"},
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "bot_user": {"display_name": "Test app"},
            "shortcuts": [
                {"type": "global", "name": "Begin", "callback_id": "begin", "description": "…"},
                {"type": "message", "name": "Take this", "callback_id": "take_this", "description": "…"},
            ],
            "slash_commands": [
                {"command": "/do", "description": "…", "usage_hint": "…", "should_escape": True},
                {"command": "/plain", "description": "…", "usage_hint": "…"},
            ],
        },
        "oauth_config": {"scopes": {"bot": [s for s in SCOPES if s not in (without_scopes or set())]}},
        "settings": {
            "event_subscriptions": {"bot_events": [e for e in EVENTS if e not in (without_events or set())]},
            "interactivity": {"is_enabled": True},
            "socket_mode_enabled": True,
        },
    }


class Live:
    """What a page open as one person hears."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self, **wanted: Any) -> dict[str, Any]:
        """The next thing with these values; what else is heard before it is passed over."""
        while True:
            heard: dict[str, Any] = await self._socket.receive_json()
            if all(heard.get(k) == v for k, v in wanted.items()):
                return heard

    async def call(self, name: str, **wanted: Any) -> dict[str, Any]:
        """The next logged call of this name."""
        while True:
            call: dict[str, Any] = (await self.next(type="call"))["call"]
            if call["name"] == name and all(call.get(k) == v for k, v in wanted.items()):
                return call


class Hand:
    """Does by the control API what people do on the page."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session

    async def do(self, what: str, user: str = MINA, /, *, status: int = 200, **given: Any) -> dict[str, Any]:
        """POST one act."""
        body = {"as": user, **given}
        async with self.session.post(f"{self.sandbox.url}/control/{what}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == status, answer
            return answer

    async def see(self, what: str, user: str = MINA, /, *, status: int = 200, **query: Any) -> dict[str, Any]:
        """GET one thing."""
        params = {"as": user, **query}
        async with self.session.get(f"{self.sandbox.url}/control/{what}", params=params) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == status, answer
            return answer

    async def messages(self, user: str = MINA, channel: str = SUPPORT, **query: Any) -> list[dict[str, Any]]:
        """What a person sees in a channel or thread."""
        found: list[dict[str, Any]] = (await self.see("messages", user, channel=channel, **query))["messages"]
        return found

    async def upload(self, name: str, content: bytes, user: str = MINA, **fields: str) -> dict[str, Any]:
        """Upload a file, into #ft-support unless `channel` says otherwise."""
        form = aiohttp.FormData({"channel": SUPPORT, **fields, "as": user})
        form.add_field("file", content, filename=name)
        async with self.session.post(f"{self.sandbox.url}/control/upload", data=form) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer

    @asynccontextmanager
    async def live(self, user: str = MINA) -> AsyncIterator[Live]:
        """Watch as this person."""
        async with self.session.ws_connect(f"{self.sandbox.url}/control/live?as={user}") as socket:
            yield Live(socket)


@asynccontextmanager
async def standing(**options: Any) -> AsyncIterator[Hand]:
    """A running sandbox and a hand in it."""
    options.setdefault("manifest", manifest())
    sandbox = Sandbox(**options)
    await sandbox.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Hand(sandbox, session)
    finally:
        await sandbox.close()


def client(sandbox: Sandbox, token: str = BOT_TOKEN) -> AsyncWebClient:
    """The real SDK, pointed at the sandbox."""
    return AsyncWebClient(token=token, base_url=sandbox.slack_api_url)


class App:
    """A real Bolt app; what its listeners put into `heard` the test awaits."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.bolt = AsyncApp(client=client(sandbox), signing_secret=SIGNING_SECRET)
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    async def hears(self) -> Any:
        """The next thing a listener heard."""
        return await asyncio.wait_for(self.heard.get(), PATIENCE)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["App"]:
        """The app with one Socket Mode connection."""
        handler = AsyncSocketModeHandler(self.bolt, APP_TOKEN, web_client=client(self.sandbox, APP_TOKEN))
        greeted = asyncio.Event()

        async def hello(_: aiohttp.WSMessage) -> None:
            greeted.set()

        handler.client.on_message_listeners.append(hello)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await asyncio.wait_for(greeted.wait(), PATIENCE)
        try:
            yield self
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


def button(action_id: str, value: str = "v", **more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": action_id}
    return {"type": "button", "action_id": action_id, "value": value, "text": text, **more}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def text_input(block_id: str = "name", **element: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": block_id},
        "element": {"type": "plain_text_input", "action_id": "typed", **element},
    }


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Form"},
        "submit": {"type": "plain_text", "text": "Send"},
        "callback_id": "form",
        "blocks": list(blocks),
        **more,
    }
