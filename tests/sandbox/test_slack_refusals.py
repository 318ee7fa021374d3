"""The Web API refuses what Slack refuses, with Slack's words."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.http import APP_TOKEN
from tests.sandbox.slack_side import (
    JONAS,
    KENJI,
    MINA,
    RANDOM,
    SUPPORT,
    Hand,
    client,
    manifest,
    standing,
)


async def refusal(web: AsyncWebClient, method: str, **given: Any) -> Any:
    """What a call that must fail is answered with."""
    with pytest.raises(SlackApiError) as refused:
        await web.api_call(method, json=given)
    return refused.value.response


async def error(web: AsyncWebClient, method: str, **given: Any) -> str:
    return str((await refusal(web, method, **given))["error"])


async def test_tokens_are_checked_before_anything_else(hand: Hand, web: AsyncWebClient) -> None:
    assert await error(client(hand.sandbox, "xoxb-wrong"), "auth.test") == "invalid_auth"
    assert await error(client(hand.sandbox, APP_TOKEN), "auth.test") == "not_allowed_token_type"
    assert await error(web, "apps.connections.open") == "not_allowed_token_type"
    assert await error(web, "chat.shout") == "unknown_method"
    async with hand.session.post(f"{hand.sandbox.slack_api_url}auth.test") as response:
        assert await response.json() == {"ok": False, "error": "not_authed"}
    form = {"token": web.token, "foo": "bar"}
    async with hand.session.post(f"{hand.sandbox.slack_api_url}auth.test", data=form) as response:
        assert (await response.json())["ok"]


async def test_a_missing_scope_is_named_with_the_granted_ones() -> None:
    async with standing(manifest=manifest(without_scopes={"chat:write", "groups:history"})) as hand:
        web = client(hand.sandbox)
        answer = await refusal(web, "chat.postMessage", channel=SUPPORT, text="hi")
        assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
        assert "channels:history" in answer["provided"].split(",")
        made = await hand.do("channel", name="secret", is_private=True)
        await hand.do("invite", user="U0FINETUNE", channel=made["channel"]["id"])
        answer = await refusal(web, "conversations.history", channel=made["channel"]["id"])
        assert answer["needed"] == "groups:history"
        assert (await web.conversations_history(channel=SUPPORT))["ok"]


async def test_unknown_arguments_are_ignored_and_forms_carry_json(web: AsyncWebClient) -> None:
    posted = await web.api_call(
        "chat.postMessage",
        data={"channel": SUPPORT, "text": "a", "blocks": '[{"type": "divider"}]', "colour": "red"},
    )
    assert posted["message"]["blocks"][0]["type"] == "divider"


async def test_text_is_cut_when_posted(web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel=SUPPORT, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000


async def test_metadata_is_told_only_to_who_asks_for_it(web: AsyncWebClient) -> None:
    metadata = {"event_type": "job", "event_payload": {"id": 1}}
    await web.chat_postMessage(channel=SUPPORT, text="a", metadata=metadata)
    assert "metadata" not in (await web.conversations_history(channel=SUPPORT))["messages"][0]
    whole = (await web.conversations_history(channel=SUPPORT, include_all_metadata=True))["messages"][0]
    assert whole["metadata"] == metadata


async def test_an_app_deletes_only_its_own_messages(hand: Hand, web: AsyncWebClient) -> None:
    ts = (await hand.do("message", channel=SUPPORT, text="mine"))["ts"]
    assert await error(web, "chat.delete", channel=SUPPORT, ts=ts) == "cant_delete_message"


async def test_a_thread_counts_its_replies_and_pages_through_them(hand: Hand, web: AsyncWebClient) -> None:
    root = (await hand.do("message", channel=SUPPORT, text="root"))["ts"]
    sent = [
        (await web.chat_postMessage(channel=SUPPORT, thread_ts=root, text=str(i)))["ts"] for i in range(3)
    ]
    parent = (await web.conversations_history(channel=SUPPORT))["messages"][0]
    assert (parent["reply_count"], parent["latest_reply"]) == (3, sent[-1])
    first = await web.conversations_replies(channel=SUPPORT, ts=root, limit=3)
    assert [m["text"] for m in first["messages"]] == ["root", "0", "1"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await web.conversations_replies(channel=SUPPORT, ts=root, limit=3, cursor=cursor)
    assert ([m["text"] for m in rest["messages"]], rest["has_more"]) == (["2"], False)
    since = await web.conversations_replies(channel=SUPPORT, ts=root, oldest=sent[1])
    assert [m["text"] for m in since["messages"]] == ["2"]
    since = await web.conversations_replies(channel=SUPPORT, ts=root, oldest=sent[1], inclusive=True)
    assert [m["text"] for m in since["messages"]] == ["1", "2"]
    await web.chat_delete(channel=SUPPORT, ts=sent[0])
    parent = (await web.conversations_history(channel=SUPPORT))["messages"][0]
    assert parent["reply_count"] == 2


async def test_a_permalink_opens_the_page_at_its_message(hand: Hand, web: AsyncWebClient) -> None:
    root = (await hand.do("message", channel=SUPPORT, text="root"))["ts"]
    link = (await web.chat_getPermalink(channel=SUPPORT, message_ts=root))["permalink"]
    async with hand.session.get(link, allow_redirects=False) as response:
        assert response.headers["Location"] == f"/#/{SUPPORT}/thread/{root}"


async def test_people_and_channels_can_be_looked_up(web: AsyncWebClient) -> None:
    stranger = (await web.users_info(user=KENJI))["user"]
    team = (await web.auth_test())["team_id"]
    assert stranger["is_stranger"]
    assert stranger["team_id"] != team
    assert KENJI not in [u["id"] for u in (await web.users_list())["members"]]
    assert (await web.usergroups_users_list(usergroup="S0APPROVRS"))["users"] == [JONAS]
    listed = await web.conversations_list(limit=2)
    rest = await web.conversations_list(limit=2, cursor=listed["response_metadata"]["next_cursor"])
    assert {c["name"] for c in [*listed["channels"], *rest["channels"]]} == {
        "general",
        "ft-support",
        "random",
    }
    dm = (await web.conversations_open(users=MINA))["channel"]["id"]
    assert (await web.chat_postMessage(channel=MINA, text="hi"))["channel"] == dm
    assert MINA in (await web.conversations_members(channel=SUPPORT))["members"]
    await web.conversations_join(channel=RANDOM)
    assert (await web.chat_postMessage(channel=RANDOM, text="hi"))["ok"]


async def test_a_reaction_is_given_once(web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel=SUPPORT, text="a"))["ts"]
    await web.reactions_add(channel=SUPPORT, timestamp=ts, name="eyes")
    assert await error(web, "reactions.add", channel=SUPPORT, timestamp=ts, name="eyes") == "already_reacted"


async def test_an_upload_of_the_app_is_shared_a_little_after_slack_said_ok(
    hand: Hand, web: AsyncWebClient
) -> None:
    async with hand.live() as live:
        done = await web.files_upload_v2(
            channel=SUPPORT, filename="report.txt", content="all good", title="Report"
        )
        assert done["file"]["shares"] == {}
        message = (await live.next(type="message"))["message"]
        assert (message["files"][0]["title"], message["user"]) == ("Report", "U0FINETUNE")
    assert (await web.files_info(file=done["file"]["id"]))["file"]["shares"]["public"][SUPPORT]
    async with hand.session.get(f"{hand.sandbox.url}/control/files/{done['file']['id']}") as response:
        assert await response.text() == "all good"


async def test_too_many_calls_are_answered_429_until_the_clock_has_gone_on(
    hand: Hand, web: AsyncWebClient
) -> None:
    for _ in range(20):
        await web.users_list()
    answer = await refusal(web, "users.list")
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 3
    await hand.do("clock", advance=3)
    assert (await web.users_list())["ok"]
    await hand.do("delivery", rate_limits=False)
    for _ in range(21):
        await web.users_list()


async def test_a_channel_takes_a_short_burst_of_posts_and_then_one_a_second(web: AsyncWebClient) -> None:
    for i in range(5):
        await web.chat_postMessage(channel=SUPPORT, text=str(i))
    assert await error(web, "chat.postMessage", channel=SUPPORT, text="5") == "ratelimited"
    assert (await web.chat_postMessage(channel=MINA, text="elsewhere"))["ok"]


async def test_a_refused_call_is_in_the_log_with_the_reason_and_without_the_token(
    hand: Hand, web: AsyncWebClient
) -> None:
    await error(web, "chat.postMessage", channel=SUPPORT, blocks=[{"type": "marquee"}])
    call = (await hand.see("calls", name="chat.postMessage"))["calls"][-1]
    assert not call["ok"]
    assert "invalid_blocks [ERROR] unsupported type: marquee [json-pointer:/blocks/0/type]" in call["note"]
    assert str(web.token) not in str(call)


async def test_faults_do_to_a_call_what_was_asked_for(hand: Hand, web: AsyncWebClient) -> None:
    async def fault(kind: str, **more: Any) -> None:
        await hand.do("faults", side="slack", match="chat.postMessage", kind=kind, **more)

    post: Any = {"channel": SUPPORT, "text": "a"}
    await fault("429", retry_after=7)
    assert (await refusal(web, "chat.postMessage", **post)).headers["Retry-After"] == "7"
    await fault("500")
    assert (await refusal(web, "chat.postMessage", **post)).status_code == 500
    await fault("error", code="fatal_error")
    assert await error(web, "chat.postMessage", **post) == "fatal_error"
    assert await hand.messages() == []
    web.retry_handlers.clear()
    for kind, left in (("drop_before", 0), ("timeout_before", 0), ("drop_after", 1), ("timeout_after", 2)):
        await fault(kind, delay=0)
        with pytest.raises(aiohttp.ClientConnectionError):
            await web.chat_postMessage(**post)
        assert len(await hand.messages()) == left
    assert [f["hits"] for f in (await hand.see("faults"))["faults"]] == [1] * 7
