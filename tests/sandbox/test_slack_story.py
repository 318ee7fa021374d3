"""The whole of an app's life on the sandbox's Slack, with the real Bolt and the real SDK."""

from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack.http import BOT_TOKEN
from tests.sandbox.slack_side import (
    JONAS,
    KENJI,
    MINA,
    RANDOM,
    SUPPORT,
    App,
    Hand,
    button,
    manifest,
    modal,
    section,
    standing,
    text_input,
)


async def test_a_command_opens_a_form_whose_mistake_is_told_and_whose_answer_reaches_the_channel(
    hand: Hand, app: App
) -> None:
    @app.bolt.command("/do")
    async def do(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(text_input()))
        await app.heard.put(body)

    @app.bolt.view("form")
    async def form(ack: Any, view: Any, body: Any, client: Any) -> None:
        typed = view["state"]["values"]["name"]["typed"]["value"]
        if typed == "bad":
            await ack(response_action="errors", errors={"name": "not this one"})
            return
        await ack()
        await client.chat_postMessage(channel=SUPPORT, text=f"{typed} by <@{body['user']['id']}>")
        await app.heard.put(body)

    async with app.connected(), hand.live() as live:
        assert await hand.do("command", channel=SUPPORT, command="/do", text="ask @jonas <b>") == {"ok": True}
        body = await app.hears()
        assert body["text"] == f"ask <@{JONAS}|jonas> &lt;b&gt;"
        assert body["channel_name"] == "ft-support"
        view = (await live.next(type="views"))["modals"][-1]

        async def submit(typed: str) -> dict[str, Any]:
            values = {"name": {"typed": {"value": typed}}}
            return await hand.do("submit", view_id=view["id"], values=values)

        assert await submit("") == {"ok": False, "errors": {"name": "Please complete this required field."}}
        assert await submit("bad") == {"ok": False, "errors": {"name": "not this one"}}
        assert (await hand.see("views"))["modals"]
        assert await submit("good") == {"ok": True}
        await app.hears()
        assert (await hand.see("views"))["modals"] == []
        assert (await hand.messages(JONAS))[-1]["text"] == f"good by <@{MINA}>"


async def test_a_button_changes_its_message_and_each_click_carries_who_where_and_what(
    hand: Hand, app: App
) -> None:
    @app.bolt.action("approve")
    async def approve(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="done", blocks=[]
        )
        await app.heard.put(body)

    async with app.connected():
        blocks = [
            section("Job 1"),
            {"type": "actions", "block_id": "acts", "elements": [button("approve", "job-1")]},
        ]
        posted = await app.bolt.client.chat_postMessage(channel=SUPPORT, text="Job 1", blocks=blocks)
        clicked = await hand.do(
            "click", KENJI, channel=SUPPORT, ts=posted["ts"], action={"action_id": "approve"}
        )
        assert clicked == {"ok": True}
        body = await app.hears()
        assert body["user"]["team_id"] != body["team"]["id"]  # Kenji is of another organisation
        assert body["actions"][0]["value"] == "job-1"
        assert body["container"]["message_ts"] == body["message"]["ts"] == posted["ts"]
        shown = (await hand.messages())[-1]
        assert shown["text"] == "done"
        assert "blocks" not in shown
        absent = await hand.do(
            "click", status=400, channel=SUPPORT, ts=posted["ts"], action={"action_id": "approve"}
        )
        assert absent["error"] == "no_such_action"


async def test_a_press_on_what_was_shown_before_an_edit_counts_only_where_its_block_kept_its_id(
    hand: Hand, app: App
) -> None:
    """Slack draws a new id for a block without one at each edit, and what is gone cannot be pressed."""

    @app.bolt.action("cancel")
    async def cancel(ack: Any, body: Any) -> None:
        await ack()
        await app.heard.put(body)

    def card(share: int, **row: str) -> list[dict[str, Any]]:
        return [
            section(f"{share} %"),
            {"type": "actions", "elements": [button("cancel", f"job-1:{share}")], **row},
        ]

    async with app.connected():
        client = app.bolt.client
        for row, answer in (({}, 400), ({"block_id": "job-1"}, 200)):
            posted = await client.chat_postMessage(channel=SUPPORT, text="1 %", blocks=card(1, **row))
            seen = (await hand.messages())[-1]["blocks"][1]
            await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="2 %", blocks=card(2, **row))
            press = {"action_id": "cancel", "block_id": seen["block_id"], "value": "job-1:1"}
            said = await hand.do("click", status=answer, channel=SUPPORT, ts=posted["ts"], action=press)
            assert said.get("error") == (None if row else "no_such_action")
        assert (await app.hears())["actions"][0]["value"] == "job-1:1"  # what the person saw


async def test_one_upload_is_told_twice_and_its_bytes_can_be_fetched_with_the_token(
    hand: Hand, app: App
) -> None:
    content = b'{"messages": []}\n' * 5000

    @app.bolt.event({"type": "message", "subtype": "file_share"})
    async def shared(event: Any) -> None:
        await app.heard.put(event)

    @app.bolt.event("file_shared")
    async def file_shared(event: Any) -> None:
        await app.heard.put(event)

    async with app.connected():
        uploaded = await hand.upload("train.jsonl", content, text="for @jonas")
        events = {e["type"]: e for e in [await app.hears(), await app.hears()]}
        file = events["message"]["files"][0]
        assert file["id"] == events["file_shared"]["file_id"] == uploaded["file_id"]
        assert (file["name"], file["size"], file["mode"]) == ("train.jsonl", len(content), "hosted")
        info = (await app.bolt.client.files_info(file=file["id"]))["file"]
        assert info["shares"]["public"][SUPPORT][0]["ts"] == uploaded["ts"]

        async def fetch(token: str) -> tuple[str, bytes]:
            headers = {"Authorization": f"Bearer {token}"}
            async with hand.session.get(file["url_private_download"], headers=headers) as response:
                assert response.status == 200
                return response.content_type, await response.read()

        assert (await fetch(BOT_TOKEN))[1] == content
        kind, page = await fetch("xoxb-wrong")
        assert kind == "text/html"
        assert page.startswith(b"<!DOCTYPE html>")


async def test_without_files_read_a_download_is_the_login_page() -> None:
    async with standing(manifest=manifest(without_scopes={"files:read"})) as poor:
        await poor.upload("a.jsonl", b"{}")
        message = (await poor.messages())[-1]
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with poor.session.get(message["files"][0]["url_private"], headers=headers) as response:
            assert (response.status, response.content_type) == (200, "text/html")


async def test_a_deleted_file_leaves_a_tombstone_and_cannot_be_looked_up(hand: Hand, app: App) -> None:
    @app.bolt.event("file_deleted")
    async def deleted(event: Any) -> None:
        await app.heard.put(event)

    async with app.connected():
        uploaded = await hand.upload("a.jsonl", b"{}")
        await hand.do("delete_file", file_id=uploaded["file_id"])
        assert (await app.hears())["file_id"] == uploaded["file_id"]
        assert (await hand.messages())[-1]["files"] == [{"id": uploaded["file_id"], "mode": "tombstone"}]
        with pytest.raises(Exception, match="file_deleted"):
            await app.bolt.client.files_info(file=uploaded["file_id"])


async def test_a_snippet_shows_only_a_piece_of_itself_and_an_external_file_has_no_bytes(hand: Hand) -> None:
    await hand.upload("pasted.txt", b"x" * 5000, mode="snippet")
    await hand.upload("doc", b"", mode="external")
    snippet, external = [m["files"][0] for m in (await hand.messages())[-2:]]
    assert len(snippet["preview"]) < snippet["size"]
    assert snippet["preview_is_truncated"]
    assert external["is_external"]
    assert "url_private_download" not in external


async def test_a_file_from_another_organisation_comes_as_a_stub_to_look_up(hand: Hand, app: App) -> None:
    @app.bolt.event({"type": "message", "subtype": "file_share"})
    async def shared(event: Any, body: Any) -> None:
        await app.heard.put((event, body))

    async with app.connected():
        uploaded = await hand.upload("theirs.jsonl", b"{}\n", KENJI)
        event, body = await app.hears()
        assert body["is_ext_shared_channel"]
        assert event["files"] == [
            {"id": uploaded["file_id"], "mode": "file_access", "file_access": "check_file_info"}
        ]
        info = await app.bolt.client.files_info(file=uploaded["file_id"])
        assert info["file"]["name"] == "theirs.jsonl"
    assert (await hand.messages())[-1]["files"][0]["name"] == "theirs.jsonl"


async def test_an_ephemeral_message_is_seen_by_one_person_and_by_no_history(hand: Hand, app: App) -> None:
    @app.bolt.action("more")
    async def more(ack: Any, body: Any, respond: Any) -> None:
        await ack()
        await respond(text="replaced", replace_original=True)
        await app.heard.put(body)

    async with app.connected():
        blocks = [{"type": "actions", "elements": [button("more")]}]
        sent = await app.bolt.client.chat_postEphemeral(
            channel=SUPPORT, user=MINA, text="psst", blocks=blocks
        )
        ts = sent["message_ts"]
        assert [m["is_ephemeral"] for m in await hand.messages()] == [True]
        assert await hand.messages(JONAS) == []
        assert (await app.bolt.client.conversations_history(channel=SUPPORT))["messages"] == []
        refused = await hand.do(
            "click", JONAS, status=400, channel=SUPPORT, ts=ts, action={"action_id": "more"}
        )
        assert refused["error"] == "no_such_message"
        await hand.do("click", channel=SUPPORT, ts=ts, action={"action_id": "more"})
        body = await app.hears()
        assert body["container"]["is_ephemeral"]
        assert "message" not in body
        assert [m["text"] for m in await hand.messages()] == ["replaced"]


async def test_an_answer_to_a_command_is_private_unless_it_says_otherwise(hand: Hand, app: App) -> None:
    @app.bolt.command("/plain")
    async def plain(ack: Any, body: Any) -> None:
        public = body["text"] == "loud @jonas"
        await ack(text="said", response_type="in_channel" if public else "ephemeral")

    async with app.connected():
        await hand.do("command", channel=SUPPORT, command="/plain", text="quiet")
        assert await hand.messages(JONAS) == []
        await hand.do("command", channel=SUPPORT, command="/plain", text="loud @jonas")
        assert [m["text"] for m in await hand.messages(JONAS)] == ["/plain loud @jonas", "said"]


async def test_commands_do_not_work_in_threads_nor_for_another_organisation(hand: Hand, app: App) -> None:
    async with app.connected():
        root = (await hand.do("message", channel=SUPPORT, text="hello"))["ts"]
        asked: Any = {"channel": SUPPORT, "command": "/do", "text": ""}
        assert (await hand.do("command", **asked, thread_ts=root))["error"] == "not_supported_in_threads"
        assert (await hand.do("command", KENJI, **asked))["error"] == "invalid_command"
        assert (await hand.see("calls", direction="slack_to_app", name="/do"))["calls"] == []


async def test_a_message_shortcut_carries_the_message_even_where_the_bot_is_not(hand: Hand, app: App) -> None:
    @app.bolt.shortcut("take_this")
    async def take(ack: Any, body: Any) -> None:
        await ack()
        await app.heard.put(body)

    async with app.connected():
        ts = (await hand.do("message", channel=RANDOM, text="look"))["ts"]
        assert await hand.do("shortcut", callback_id="take_this", channel=RANDOM, ts=ts) == {"ok": True}
        body = await app.hears()
        assert (body["message"]["text"], body["channel"]["name"]) == ("look", "random")
        async with hand.session.post(body["response_url"], json={"text": "taken"}) as response:
            assert response.status == 200
        assert (await hand.messages(channel=RANDOM))[-1]["text"] == "taken"


async def test_a_response_url_works_five_times_within_thirty_minutes(hand: Hand, app: App) -> None:
    @app.bolt.command("/do")
    async def do(ack: Any, body: Any) -> None:
        await ack()
        await app.heard.put(body["response_url"])

    async def answer(url: str) -> int:
        async with hand.session.post(url, json={"text": "more"}) as response:
            return response.status

    async with app.connected():
        await hand.do("command", channel=SUPPORT, command="/do", text="")
        url = await app.hears()
        assert [await answer(url) for _ in range(6)] == [200, 200, 200, 200, 200, 404]
        await hand.do("command", channel=SUPPORT, command="/do", text="")
        url = await app.hears()
        await hand.do("clock", advance=1801)
        assert await answer(url) == 404


async def test_home_is_published_per_person_and_opening_it_is_told(hand: Hand, app: App) -> None:
    @app.bolt.event("app_home_opened")
    async def opened(event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("Hi")]})
        await app.heard.put(event)

    async with app.connected():
        await hand.do("home", tab="home")
        assert (await app.hears())["tab"] == "home"
        home = (await hand.see("views"))["home"]
        assert home["blocks"][0]["text"]["text"] == "Hi"
        assert (await hand.see("views", JONAS))["home"] is None


async def test_inviting_the_bot_lets_it_hear_the_channel(hand: Hand, app: App) -> None:
    @app.bolt.event("member_joined_channel")
    async def joined(event: Any) -> None:
        await app.heard.put(("joined", event["channel"]))

    @app.bolt.event("message")
    async def heard(event: Any) -> None:
        if not event.get("subtype"):
            await app.heard.put(("message", event["text"]))

    async with app.connected():
        await hand.do("message", channel=RANDOM, text="not heard")
        await hand.do("invite", user="U0FINETUNE", channel=RANDOM)
        assert await app.hears() == ("joined", RANDOM)
        await hand.do("message", channel=RANDOM, text="heard")
        assert await app.hears() == ("message", "heard")


async def test_a_form_can_take_a_file_that_was_shared_nowhere(hand: Hand, app: App) -> None:
    @app.bolt.shortcut("begin")
    async def begin(ack: Any, body: Any, client: Any) -> None:
        await ack()
        file_input = text_input("file", type="file_input", filetypes=["jsonl"])
        await client.views_open(trigger_id=body["trigger_id"], view=modal(file_input))
        await app.heard.put("opened")

    @app.bolt.view("form")
    async def form(ack: Any, view: Any) -> None:
        await ack()
        await app.heard.put(view["state"]["values"]["file"]["typed"]["files"][0])

    async with app.connected():
        await hand.do("shortcut", callback_id="begin")
        await app.hears()
        view = (await hand.see("views"))["modals"][0]
        uploaded = await hand.upload("mine.jsonl", b"{}\n", channel="")
        values = {"file": {"typed": {"files": [{"id": uploaded["file_id"]}]}}}
        assert await hand.do("submit", view_id=view["id"], values=values) == {"ok": True}
        file = await app.hears()
        assert file["name"] == "mine.jsonl"
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(file["url_private"], headers=headers) as response,
        ):
            assert await response.read() == b"{}\n"
