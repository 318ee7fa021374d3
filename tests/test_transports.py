"""Anybody may knock at the two addresses of HTTP mode: who did not sign gets 401 and silence, and nothing is done."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import running
from bot.config import Settings
from bot.sandbox.slack.signed_http import SIGNING_SECRET
from bot.transports import EVENTS_PATH, MOST_BYTES, WEBHOOKS_PATH
from tests.stories.conftest import environment, free_port, workspace

KEY = b"a key of the provider"


@dataclass
class Door:
    """The real app in HTTP mode, who it called, what it logged with a traceback, and an address of a stranger."""

    port: int = 0
    sandbox_url: str = ""
    channel: str = ""
    called: list[str] = field(default_factory=list)  # at the stranger's address
    logged: list[str] = field(default_factory=list)

    @property
    def stranger(self) -> str:
        return f"http://localhost:{self._strangers_port}/answer"

    _strangers_port: int = 0

    def raw(self, path: str, headers: Mapping[str, str | bytes], body: bytes) -> int:
        """Send exactly this; gives the status of the answer."""
        lines = [f"POST {path} HTTP/1.1".encode(), b"Host: bot", b"Connection: close"]
        lines += [name.encode() + b": " + _bytes(value) for name, value in headers.items()]
        lines.append(b"Content-Length: %d" % len(body))
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as wire:
            with suppress(BrokenPipeError, ConnectionResetError):  # it had heard enough
                wire.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            with wire.makefile("rb") as answer:
                status = int(answer.readline().split()[1])
                while status == 100:  # go on: the answer itself comes later
                    answer.readline()
                    status = int(answer.readline().split()[1])
        return status

    def outgoing(self) -> list[str]:
        """Every call that the app has made to Slack or the provider."""
        return asyncio.run(self._outgoing())

    async def _outgoing(self) -> list[str]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self.sandbox_url}/control/calls", params={"direction": "app_to_slack"}) as answer,
        ):
            return [call["name"] for call in (await answer.json())["calls"]]


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """It stands open in a thread of its own, so that plain tests can knock as often as they like."""
    made, opened, done = Door(), threading.Event(), threading.Event()
    heard = _Tracebacks(made.logged)
    logging.getLogger().addHandler(heard)
    thread = threading.Thread(
        target=lambda: asyncio.run(_open(made, tmp_path_factory.mktemp("door"), opened, done))
    )
    thread.start()
    assert opened.wait(60)
    yield made
    done.set()
    thread.join()
    logging.getLogger().removeHandler(heard)


class _Tracebacks(logging.Handler):
    """Keeps what is logged with a traceback or as an error."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__()
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR:
            self._kept.append(f"{record.name}: {record.getMessage()} {record.exc_info}")


async def _open(door: Door, folder: Path, opened: threading.Event, done: threading.Event) -> None:
    door.port = free_port()
    async with workspace() as (sandbox, people), _stranger(door):
        more = {
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "OPENAI_WEBHOOK_SECRET": "whsec_" + base64.b64encode(KEY).decode(),
            "PORT": str(door.port),
            "TICK_SECONDS": "60",
        }
        given = Settings.from_env(environment(sandbox, folder, f"sqlite:///{folder}/bot.db", **more))
        door.sandbox_url = sandbox.url
        world = await people.get("world")
        door.channel = next(each["id"] for each in world["channels"] if each["name"] == "ft-support")
        async with running(given):
            opened.set()
            await asyncio.to_thread(done.wait)


@asynccontextmanager
async def _stranger(door: Door) -> AsyncIterator[None]:
    async def called(request: web.Request) -> web.Response:
        door.called.append(request.path)
        return web.Response()

    site = web.Application()
    site.router.add_post("/{path:.*}", called)
    runner = web.AppRunner(site)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", door._strangers_port or 0)
    await listening.start()
    door._strangers_port = runner.addresses[0][1]
    yield
    await runner.cleanup()


def signed(body: bytes, stamp: str | None = None) -> dict[str, str]:
    """As Slack signs."""
    at = str(int(time.time())) if stamp is None else stamp
    mac = hmac.new(SIGNING_SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={mac}"}


def knock(body: bytes) -> dict[str, str]:
    """As the provider signs."""
    at = str(int(time.time()))
    mac = hmac.new(KEY, b"evt_1." + at.encode() + b"." + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": signature}


def mention(door: Door, **more: Any) -> bytes:
    """What somebody says who would like the bot to speak."""
    event = {"type": "app_mention", "channel": door.channel, "user": "U1", "ts": "1.2", "text": "<@U0> help"}
    return json.dumps(
        {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": "E1",
            "event": event,
            "response_url": door.stranger,
            **more,
        }
    ).encode()


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "x"},
        {"X-Slack-Request-Timestamp": "x", "X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "9" * 400, "X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "nan", "X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "²", "X-Slack-Signature": "ü"},
        {"X-Slack-Request-Timestamp": "NOW", "X-Slack-Signature": "ü"},
        {"X-Slack-Request-Timestamp": "NOW", "X-Slack-Signature": "v0=0"},
        {"Expect": "100-continue"},
        {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "listener"},
    ],
)
def test_a_request_that_is_not_signed_is_refused_and_nothing_is_said_or_called(
    door: Door, headers: dict[str, str]
) -> None:
    now = {name: str(int(time.time())) if value == "NOW" else value for name, value in headers.items()}
    before = door.outgoing()
    assert door.raw(EVENTS_PATH, JSON | now, mention(door)) == 401
    assert door.raw(WEBHOOKS_PATH, JSON | now, mention(door)) == 401
    assert (door.outgoing(), door.called, door.logged) == (before, [], [])


def test_a_signature_of_another_body_or_an_hour_ago_is_refused(door: Door) -> None:
    body, old = mention(door), str(int(time.time()) - 3600)
    assert door.raw(EVENTS_PATH, JSON | signed(b"{}"), body) == 401
    assert door.raw(EVENTS_PATH, JSON | signed(body, old), body) == 401
    assert door.raw(EVENTS_PATH, {"Content-Type": "text/plain"}, b"ssl_check=1&token=x") == 401


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"7",
        b'{"team": [1], "event": 7, "authorizations": {"0": 1}}',
        b"[" * 100_000,
        b"\xff",
        b"payload=no",
        b"payload=[]",
    ],
)
def test_junk_is_refused_without_a_traceback_though_it_is_signed(door: Door, body: bytes) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        if kind == "application/json" or body.startswith(b"payload"):
            assert 400 <= door.raw(EVENTS_PATH, {"Content-Type": kind, **signed(body)}, body) < 500
    assert door.raw(WEBHOOKS_PATH, JSON | knock(body), body) in (200, 401)
    assert (door.called, door.logged) == ([], [])


@pytest.mark.parametrize("path", [EVENTS_PATH, WEBHOOKS_PATH])
def test_a_body_over_a_megabyte_is_refused_before_it_was_read_whole(door: Door, path: str) -> None:
    body = b"x" * (MOST_BYTES + 1)
    assert door.raw(path, JSON | signed(body) | knock(body), body) == 413
    assert door.raw(path, JSON | {"Content-Encoding": "gzip"}, b"no gzip") == 400
    assert door.logged == []


NAMES = st.sampled_from(
    [
        "X-Slack-Request-Timestamp",
        "X-Slack-Signature",
        "X-Slack-Retry-Num",
        "X-Slack-Bolt-Lazy-Only",
        "Content-Type",
        "Content-Encoding",
        "Transfer-Encoding",
        "Expect",
        "Cookie",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "x", "0", "-1", "1e9", "nan", "v0=", "v1,", "application/json", "text/plain; charset=no"]
    ),
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30),
    st.integers().map(str),
    st.binary(max_size=20).map(lambda value: value.translate(None, b"\r\n")),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.just("STRANGER")
    | st.just("CHANNEL"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
# fmt: off
FIELDS = st.sampled_from(
    [
        "actions", "authorizations", "callback_id", "challenge", "channel", "command", "container", "data",
        "enterprise", "event", "event_id", "function_data", "is_ext_shared_channel", "message", "payload",
        "response_url", "response_urls", "ssl_check", "team", "team_id", "text", "trigger_id", "type",
        "user", "view",
    ]
)
KINDS = st.sampled_from(
    [
        "event_callback", "block_actions", "view_submission", "view_closed", "shortcut", "message_action",
        "block_suggestion", "url_verification", "app_rate_limited", "fine_tuning.job.succeeded",
    ]
)
# fmt: on
OBJECTS = st.builds(
    lambda values, kind: {**values, "type": kind}, st.dictionaries(FIELDS, VALUES, max_size=8), KINDS | VALUES
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    OBJECTS.map(lambda value: json.dumps(value).encode()),
    OBJECTS.map(lambda value: b"payload=" + json.dumps(value).encode()),
)


@given(
    path=st.sampled_from([EVENTS_PATH, WEBHOOKS_PATH]),
    headers=st.dictionaries(NAMES, TEXTS, max_size=5),
    body=BODIES,
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_unsigned_is_refused_and_nothing_is_posted_or_called(
    door: Door, path: str, headers: dict[str, str | bytes], body: bytes
) -> None:
    body = body.replace(b"STRANGER", door.stranger.encode()).replace(b"CHANNEL", door.channel.encode())
    before = door.outgoing()
    assert 400 <= door.raw(path, headers, body) < 500
    assert (door.outgoing(), door.called, door.logged) == (before, [], [])


@given(body=BODIES, form=st.booleans())
@settings(max_examples=200, deadline=None)
def test_whatever_is_signed_is_answered_and_no_stranger_is_called(
    door: Door, body: bytes, form: bool
) -> None:
    body = body.replace(b"STRANGER", door.stranger.encode())
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    for path, sign in ((EVENTS_PATH, signed), (WEBHOOKS_PATH, knock)):
        status = door.raw(path, {"Content-Type": kind, **sign(body)}, body)
        assert (
            200 <= status < 500 or status == 503
        )  # 503: an event that is still being written down, once more
    assert door.called == []


def test_a_signed_command_whose_answer_should_go_to_a_stranger_is_not_answered_there(door: Door) -> None:
    asked = {
        "command": "/finetune",
        "text": "help",
        "user_id": "U1",
        "channel_id": door.channel,
        "team_id": "T1",
    }
    body = urlencode({**asked, "trigger_id": "1.1", "response_url": door.stranger}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert door.raw(EVENTS_PATH, kind | signed(body), body) == 200
    door.outgoing()
    assert door.called == []
