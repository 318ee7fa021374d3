"""The control API: what a person may do and see by it, and how it refuses."""

from typing import Any

import pytest
from aiohttp import FormData

from bot.sandbox.server import Sandbox
from tests.sandbox.slack_side import (
    JONAS,
    KENJI,
    MINA,
    PRIYA,
    RANDOM,
    SUPPORT,
    App,
    Hand,
    client,
    manifest,
    section,
)


async def test_the_world_says_who_is_there_and_that_it_is_simulated(hand: Hand) -> None:
    world = await hand.see("world")
    assert world["simulated"]
    assert world["team"]["name"] == "Lumen Labs"
    people = {u["id"]: u for u in world["users"]}
    assert people[KENJI]["is_stranger"]
    assert people[PRIYA]["is_restricted"]
    assert {c["name"] for c in world["channels"] if not c["is_im"]} == {"general", "ft-support", "random"}
    assert MINA in [c["im_user"] for c in world["channels"]]
    assert [c["command"] for c in world["commands"]] == ["/do", "/plain"]
    assert world["app"] == {
        "name": "Test app",
        "bot_user_id": "U0FINETUNE",
        "app_id": "A0FINETUNE",
        "connected": False,
        "home": True,
        "installed": True,
    }


async def test_a_sample_file_is_uploaded_by_its_name(hand: Hand) -> None:
    sample = (await hand.see("world"))["samples"][0]
    form = {"as": MINA, "channel": SUPPORT, "sample": sample["name"]}
    async with hand.session.post(f"{hand.sandbox.url}/control/upload", data=_multipart(form)) as response:
        file_id = (await response.json())["file_id"]
    async with hand.session.get(f"{hand.sandbox.url}/control/files/{file_id}") as response:
        assert len(await response.read()) == sample["size"]


def _multipart(fields: dict[str, str]) -> Any:
    form = FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    return form


@pytest.mark.parametrize(
    ("what", "given", "error"),
    [
        ("message", {"as": "U0NOBODY00", "channel": SUPPORT, "text": "a"}, "no_such_user"),
        ("message", {"as": "U0FINETUNE", "channel": SUPPORT, "text": "a"}, "no_such_user"),
        ("message", {"channel": "C0NOWHERE0", "text": "a"}, "no_such_channel"),
        ("message", {"as": KENJI, "channel": RANDOM, "text": "a"}, "no_such_channel"),
        ("message", {"channel": SUPPORT, "text": " "}, "no_text"),
        ("message", {"channel": SUPPORT, "text": "a", "thread_ts": "1.1"}, "no_such_message"),
        ("message", {"text": "a"}, "missing"),
        ("delete_file", {"file_id": "F0"}, "no_such_file"),
        ("click", {"channel": SUPPORT, "ts": "1.1", "action": {}}, "no_such_message"),
        ("submit", {"view_id": "V0"}, "no_such_view"),
        ("shortcut", {"callback_id": "nothing"}, "no_such_shortcut"),
        ("shortcut", {"callback_id": "take_this"}, "wrong_shortcut_type"),
        ("home", {"tab": "about"}, "no_such_tab"),
        ("invite", {"user": JONAS, "channel": SUPPORT}, "already_in_channel"),
        ("invite", {"as": PRIYA, "user": MINA, "channel": SUPPORT}, "cant_invite"),
        ("channel", {"name": "Not Good"}, "invalid_name"),
        ("channel", {"name": "general"}, "name_taken"),
        ("channel", {"as": KENJI, "name": "mine"}, "cant_create_channel"),
        ("channel", {"name": "mine", "members": JONAS}, "invalid_request"),
        ("join", {"channel": SUPPORT}, "already_in_channel"),
        ("join", {"as": PRIYA, "channel": SUPPORT}, "cant_join"),
        ("leave", {"channel": "C0GENERAL0"}, "cant_leave"),
        ("remove", {"as": PRIYA, "user": MINA, "channel": SUPPORT}, "cant_kick"),
        ("remove", {"user": PRIYA, "channel": RANDOM}, "not_in_channel"),
        ("archive", {"channel": "C0GENERAL0"}, "cant_archive"),
        ("unarchive", {"channel": RANDOM}, "not_archived"),
        ("person", {"name": "mina"}, "name_taken"),
        ("person", {"name": "lee", "kind": "robot"}, "no_such_kind"),
        ("person", {"name": "lee", "kind": "single_channel_guest"}, "one_channel"),
        ("person", {"name": "lee", "team_id": "T0OTHER000"}, "wrong_team"),
        ("install", {}, "already_installed"),
        ("clock", {"advance": -1}, "invalid_request"),
        ("clock", {"speed": "fast"}, "invalid_request"),
        ("faults", {"side": "slack", "match": "*", "kind": "explode"}, "invalid_request"),
        ("delivery", {"mode": "pigeon"}, "no_such_mode"),
    ],
)
async def test_an_act_that_cannot_be_done_is_refused_with_a_reason(
    hand: Hand, what: str, given: dict[str, Any], error: str
) -> None:
    answer = await hand.do(what, status=400, **given)
    assert answer["error"] == error
    assert answer["detail"]


async def test_a_body_that_is_no_object_is_refused(hand: Hand) -> None:
    for body in ("[]", "{"):
        async with hand.session.post(f"{hand.sandbox.url}/control/message", data=body) as response:
            assert (response.status, (await response.json())["error"]) == (400, "invalid_request")


async def test_what_a_person_types_becomes_slacks_markup(hand: Hand) -> None:
    await hand.do(
        "message",
        channel=SUPPORT,
        text="@jonas see #general & https://a.example/?b=1&c=2 <@U0MINAPARK> <b> a@b @x",
    )
    message = (await hand.messages())[-1]
    assert message["text"] == (
        f"<@{JONAS}> see <#C0GENERAL0|general> &amp; <https://a.example/?b=1&amp;c=2> <@{MINA}> &lt;b&gt; a@b @x"
    )
    kinds = [e["type"] for e in message["blocks"][0]["elements"][0]["elements"]]
    assert kinds == ["user", "text", "channel", "text", "link", "text", "user", "text"]


async def test_a_private_channel_is_for_its_members(hand: Hand) -> None:
    made = (await hand.do("channel", name="secret", is_private=True))["channel"]
    await hand.do("message", channel=made["id"], text="psst")
    assert (await hand.see("messages", JONAS, status=400, channel=made["id"]))["error"] == "no_such_channel"
    await hand.do("invite", user=JONAS, channel=made["id"])
    assert "psst" in [m["text"] for m in await hand.messages(JONAS, made["id"])]


async def test_somebody_who_left_is_in_no_channel_and_does_nothing_more(hand: Hand) -> None:
    await hand.do("message", JONAS, channel=SUPPORT, text="Good luck!")
    await hand.do("deactivate", user=JONAS)
    assert (await hand.do("message", JONAS, status=400, channel=SUPPORT, text="?"))[
        "error"
    ] == "account_inactive"
    world = await hand.see("world")
    assert not any(JONAS in place["members"] for place in (*world["channels"], *world["usergroups"]))
    assert (await hand.messages())[-1]["user"] == JONAS
    refused = await hand.do("invite", status=400, user=JONAS, channel="C0GENERAL0")
    assert refused["error"] == "no_such_user"


async def test_naming_an_app_that_is_not_there_is_told_to_the_person(hand: Hand) -> None:
    async with hand.live() as live:
        await hand.do("message", channel=RANDOM, text="<@U0FINETUNE> help")
        notice = await live.next(type="notice")
        assert (notice["channel"], notice["level"]) == (RANDOM, "info")


async def test_each_page_hears_only_what_its_person_may_see(hand: Hand) -> None:
    web = client(hand.sandbox)
    async with hand.live(MINA) as mina, hand.live(JONAS) as jonas, hand.live(KENJI) as kenji:
        await web.chat_postEphemeral(channel=SUPPORT, user=MINA, text="for Mina")
        await hand.do("message", channel=RANDOM, text="not for strangers")
        await hand.do("message", channel=SUPPORT, text="for all")
        assert (await mina.next(type="message"))["message"]["text"] == "for Mina"
        assert (await jonas.next(type="message"))["message"]["text"] == "not for strangers"
        assert (await kenji.next(type="message"))["message"]["text"] == "for all"


async def test_a_page_hears_of_edits_replies_and_deletions(hand: Hand) -> None:
    web = client(hand.sandbox)
    async with hand.live(JONAS) as live:
        posted = await web.chat_postMessage(channel=SUPPORT, text="a", blocks=[section("a")])
        await web.chat_update(channel=SUPPORT, ts=posted["ts"], text="b")
        while "edited" not in (message := (await live.next(type="message"))["message"]):
            pass
        assert message["text"] == "b"
        await hand.do("message", channel=SUPPORT, text="reply", thread_ts=posted["ts"])
        while (message := (await live.next(type="message"))["message"])["ts"] != posted["ts"]:
            pass
        assert message["reply_count"] == 1
        await web.chat_delete(channel=SUPPORT, ts=posted["ts"])
        while not (message := (await live.next(type="message"))["message"])["deleted"]:
            pass
        assert (message["ts"], message["subtype"]) == (posted["ts"], "tombstone")
        alone = await web.chat_postMessage(channel=SUPPORT, text="c")
        await web.chat_delete(channel=SUPPORT, ts=alone["ts"])
        assert (await live.next(type="message_deleted"))["ts"] == alone["ts"]


async def test_the_connection_of_the_app_is_shown(hand: Hand, app: App) -> None:
    async with hand.live() as live:
        async with app.connected():
            await live.next(type="world")
            assert (await hand.see("world"))["app"]["connected"]
        await live.next(type="world")
        assert not (await hand.see("world"))["app"]["connected"]


async def test_the_clock_and_its_speed_are_set_and_read(hand: Hand) -> None:
    before = await hand.see("clock")
    after = await hand.do("clock", advance=3600, speed=60)
    assert after["now"] - before["now"] >= 3600
    assert after["speed"] == (await hand.see("clock"))["speed"] == 60


async def test_faults_are_listed_with_their_hits_and_cleared(hand: Hand) -> None:
    await hand.do("faults", side="slack", match="auth.*", kind="error", code="fatal_error")
    with pytest.raises(Exception, match="fatal_error"):
        await client(hand.sandbox).auth_test()
    assert (await hand.see("faults"))["faults"][0]["hits"] == 1
    async with hand.session.delete(f"{hand.sandbox.url}/control/faults") as response:
        assert await response.json() == {}
    assert (await hand.see("faults"))["faults"] == []


async def test_the_page_and_its_parts_are_served(hand: Hand) -> None:
    async with hand.session.get(hand.sandbox.url) as response:
        assert (response.status, response.content_type) == (200, "text/html")
    async with hand.session.get(f"{hand.sandbox.url}/static/main.js") as response:
        assert response.content_type.endswith("/javascript")


async def test_openai_answers_on_the_same_address(hand: Hand) -> None:
    headers = {"Authorization": "Bearer sk-sandbox-0001"}
    async with hand.session.get(f"{hand.sandbox.openai_base_url}/models", headers=headers) as response:
        assert response.status == 200


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(hand: Hand) -> None:
    second = Sandbox(manifest())
    with pytest.raises(OSError, match="in use"):
        await second.start(port=int(hand.sandbox.url.rpartition(":")[2]))
    await second.close()
    assert (await hand.see("world"))["simulated"]


async def test_a_sandbox_that_was_never_started_closes(recwarn: pytest.WarningsRecorder) -> None:
    sandbox = Sandbox(manifest())
    await sandbox.close()
    assert not recwarn.list


def test_what_is_no_manifest_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Slack app manifest"):
        Sandbox({"name": "x"})
