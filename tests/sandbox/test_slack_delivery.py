"""Payloads reach the app as Slack brings them: one connection each, acknowledged in time, retried, signed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.slack.http import APP_TOKEN
from tests.sandbox.slack_side import (
    JONAS,
    MINA,
    SUPPORT,
    App,
    Hand,
    client,
    manifest,
    modal,
    standing,
    text_input,
)


@asynccontextmanager
async def connection(hand: Hand) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A bare Socket Mode connection that acknowledges nothing by itself."""
    url = (await client(hand.sandbox, APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
    async with hand.session.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        yield socket


async def ack(socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any], **more: Any) -> None:
    await socket.send_json({"envelope_id": envelope["envelope_id"], **more})


async def test_each_envelope_goes_to_one_of_the_open_connections(hand: Hand) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connection(hand)) for _ in range(3)]
        got: list[list[str]] = [[] for _ in sockets]
        everything = asyncio.Event()

        async def read(i: int) -> None:
            async for message in sockets[i]:
                envelope = message.json()
                got[i].append(envelope["payload"]["event"]["text"])
                await ack(sockets[i], envelope)
                if sum(map(len, got)) == 30:
                    everything.set()

        readers = [asyncio.ensure_future(read(i)) for i in range(3)]
        for i in range(30):
            await hand.do("message", channel=SUPPORT, text=str(i))
        await asyncio.wait_for(everything.wait(), 60)
        assert sorted((t for texts in got for t in texts), key=int) == [str(i) for i in range(30)]
        assert sum(1 for texts in got if texts) > 1
        for reader in readers:
            reader.cancel()


async def test_an_event_nobody_acknowledges_is_sent_again_at_once_then_after_one_and_five_minutes() -> None:
    async with standing(ack_seconds=0.05) as hand, connection(hand) as socket, hand.live() as live:
        await hand.do("message", channel=SUPPORT, text="hello")
        first, second = await socket.receive_json(), await socket.receive_json()
        await live.call("message", note="attempt 2, timeout")
        await hand.do("clock", advance=61)
        third = await socket.receive_json()
        await live.call("message", note="attempt 3, timeout")
        await hand.do("clock", advance=301)
        fourth = await socket.receive_json()
        tries = [first, second, third, fourth]
        assert [e["retry_attempt"] for e in tries] == [0, 1, 2, 3]
        assert [e["retry_reason"] for e in tries] == ["", "timeout", "timeout", "timeout"]
        assert len({e["payload"]["event_id"] for e in tries}) == 1
        assert len({e["envelope_id"] for e in tries}) == 4


async def test_an_event_waits_for_an_app_that_is_away(hand: Hand) -> None:
    async with hand.live() as live:
        await hand.do("message", channel=SUPPORT, text="anybody?")
        await live.call("message", note="attempt 2, connection_failed")
        async with connection(hand) as socket:
            await hand.do("clock", advance=61)
            envelope = await socket.receive_json()
            assert envelope["payload"]["event"]["text"] == "anybody?"
            await ack(socket, envelope)
            assert (await live.call("message"))["ok"]


async def test_commands_and_clicks_are_not_repeated(hand: Hand) -> None:
    command: Any = {"channel": SUPPORT, "command": "/do", "text": ""}
    async with hand.live() as live:
        assert (await hand.do("command", **command))["error"] == "dispatch_failed"
        assert "dispatch_failed" in (await live.next(type="notice"))["text"]
    async with standing(ack_seconds=0.05) as slow, connection(slow) as socket:
        assert (await slow.do("command", **command))["error"] == "operation_timeout"
        assert (await socket.receive_json())["type"] == "slash_commands"
        await slow.do("clock", advance=400)
        answering = asyncio.ensure_future(slow.do("command", **command))
        envelope = await socket.receive_json()
        assert envelope["accepts_response_payload"]
        await ack(socket, envelope, payload={"text": "here"})
        assert await answering == {"ok": True}
        assert (await slow.messages())[-1]["text"] == "here"
        calls = (await slow.see("calls", direction="slack_to_app"))["calls"]
        assert [c["ok"] for c in calls] == [False, True]


async def test_the_eleventh_connection_is_sent_away(hand: Hand) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(connection(hand))
        url = (await client(hand.sandbox, APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
        async with hand.session.ws_connect(url) as socket:
            assert await socket.receive_json() == {"type": "disconnect", "reason": "too_many_websockets"}
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await hand.session.ws_connect(url)  # a ticket lets one connection in


async def test_an_app_that_is_asked_to_reconnect_does_and_goes_on_hearing(hand: Hand, app: App) -> None:
    @app.bolt.event("message")
    async def message(event: Any) -> None:
        await app.heard.put(event["text"])

    async with app.connected(), hand.live() as live:
        await hand.do("disconnect")
        while not (await hand.see("world"))["app"]["connected"]:
            await live.next(type="world")
        await hand.do("message", channel=SUPPORT, text="still there?")
        assert await app.hears() == "still there?"


async def test_a_lost_acknowledgement_brings_the_same_event_twice(hand: Hand, app: App) -> None:
    @app.bolt.event("message")
    async def message(body: Any, request: Any) -> None:
        await app.heard.put((body["event_id"], request.headers["x-slack-retry-num"]))

    async with app.connected():
        await hand.do("faults", side="events", match="message", kind="timeout_after")
        await hand.do("message", channel=SUPPORT, text="hello")
        (first, no_retry), (second, retry) = await app.hears(), await app.hears()
        assert first == second
        assert (no_retry, retry) == (["0"], ["1"])


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "timeout_before"])
async def test_an_event_survives_a_socket_that_breaks(kind: str) -> None:
    async with standing(ack_seconds=0.2) as hand:
        app = App(hand.sandbox)

        @app.bolt.event("message")
        async def message(event: Any) -> None:
            await app.heard.put(event["text"])

        async with app.connected(), hand.live() as live:
            await hand.do("faults", side="socket", match="events_api", kind=kind)
            await hand.do("message", channel=SUPPORT, text="hello")
            await live.call("message", ok=False)
            while not (await hand.see("world"))["app"]["connected"]:
                await live.next(type="world")
            await hand.do("clock", advance=61)
            assert await app.hears() == "hello"


async def test_a_delivery_can_be_sent_again_by_its_number(hand: Hand, app: App) -> None:
    @app.bolt.command("/do")
    async def do(ack: Any, body: Any) -> None:
        await ack()
        await app.heard.put(body["trigger_id"])

    async with app.connected():
        await hand.do("command", channel=SUPPORT, command="/do", text="")
        call = (await hand.see("calls", name="/do"))["calls"][0]
        assert await hand.do("redeliver", n=call["n"]) == {"ok": True}
        assert await app.hears() == await app.hears()
        assert (await hand.do("redeliver", status=400, n=10_000))["error"] == "no_such_delivery"


@pytest.mark.parametrize(
    "less", [{"without_scopes": {"channels:history"}}, {"without_events": {"message.channels"}}]
)
async def test_an_event_needs_its_subscription_and_its_scope(less: dict[str, set[str]]) -> None:
    async with standing(manifest=manifest(**less)) as hand, connection(hand) as socket:
        await hand.do("message", channel=SUPPORT, text="<@U0FINETUNE> hello")
        envelope = await socket.receive_json()
        assert envelope["payload"]["event"]["type"] == "app_mention"
        await ack(socket, envelope)


async def test_the_apps_own_messages_come_back_as_events_with_its_bot_id(hand: Hand) -> None:
    async with connection(hand) as socket:
        posted = await client(hand.sandbox).chat_postMessage(channel=SUPPORT, text="me")
        envelope = await socket.receive_json()
        await ack(socket, envelope)
        assert envelope["payload"]["event"]["bot_id"] == "B0FINETUNE"
        await client(hand.sandbox).chat_update(channel=SUPPORT, ts=posted["ts"], text="me again")
        envelope = await socket.receive_json()
        await ack(socket, envelope)
        event = envelope["payload"]["event"]
        assert event["subtype"] == "message_changed"
        assert (event["previous_message"]["text"], event["message"]["text"]) == ("me", "me again")


@asynccontextmanager
async def listening(app: App) -> AsyncIterator[str]:
    """The Bolt app behind an HTTP address of its own."""
    server = TestServer(app.bolt.web_app("/slack/events"))
    await server.start_server()
    try:
        yield str(server.make_url("/slack/events"))
    finally:
        await server.close()


async def test_over_http_the_same_app_is_challenged_signed_for_and_answered(hand: Hand, app: App) -> None:
    @app.bolt.event("message")
    async def message(event: Any) -> None:
        await app.heard.put(event["text"])

    @app.bolt.command("/do")
    async def do(ack: Any, body: Any, client: Any) -> None:
        await ack("on it")
        await client.views_open(trigger_id=body["trigger_id"], view=modal(text_input()))
        await app.heard.put(body["text"])

    @app.bolt.view("form")
    async def form(ack: Any) -> None:
        await ack(response_action="errors", errors={"name": "no"})

    async with listening(app) as url:
        await hand.do("delivery", mode="http", url=url)
        await hand.do("message", channel=SUPPORT, text="hello & bye")
        assert await app.hears() == "hello &amp; bye"
        assert await hand.do("command", channel=SUPPORT, command="/do", text="a=1&b @jonas") == {"ok": True}
        assert await app.hears() == f"a=1&amp;b <@{JONAS}|jonas>"
        assert (await hand.messages())[-1]["text"] == "on it"
        view = (await hand.see("views"))["modals"][0]
        values = {"name": {"typed": {"value": "x"}}}
        assert await hand.do("submit", view_id=view["id"], values=values) == {
            "ok": False,
            "errors": {"name": "no"},
        }


async def test_over_http_an_event_is_retried_with_slacks_headers_until_the_app_says_no(hand: Hand) -> None:
    seen: asyncio.Queue[web.Request] = asyncio.Queue()
    refuse = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"]})
        await seen.put(request)
        headers = {"X-Slack-No-Retry": "1"} if refuse.is_set() else {}
        return web.Response(status=503, headers=headers)

    application = web.Application()
    application.router.add_post("/", answer)
    async with TestServer(application) as server, hand.live() as live:
        await hand.do("delivery", mode="http", url=str(server.make_url("/")))
        await hand.do("message", channel=SUPPORT, text="one")
        await seen.get()
        retried = await seen.get()
        assert retried.headers["X-Slack-Retry-Num"] == "1"
        assert retried.headers["X-Slack-Retry-Reason"] == "http_error"
        refuse.set()
        await hand.do("clock", advance=61)
        await seen.get()
        await live.call("message", note="attempt 3, http_error")
        await hand.do("clock", advance=400)
        await hand.do("message", channel=SUPPORT, text="two")
        assert (await (await seen.get()).json())["event"]["text"] == "two"
        assert (await hand.do("command", channel=SUPPORT, command="/do", text=""))[
            "error"
        ] == "dispatch_failed"


async def test_an_address_that_fails_the_challenge_is_not_used(hand: Hand) -> None:
    refused = await hand.do("delivery", status=400, mode="http", url=f"{hand.sandbox.url}/nowhere")
    assert refused["error"] == "url_verification_failed"
    async with connection(hand) as socket:
        await hand.do("message", channel=SUPPORT, text="by socket")
        envelope = await socket.receive_json()
        assert envelope["payload"]["event"]["user"] == MINA
        await ack(socket, envelope)
