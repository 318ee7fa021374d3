"""People, channels and the app itself come and go, and the app hears of it as from Slack."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

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
    standing,
)

BOT = "U0FINETUNE"
GENERAL = "C0GENERAL0"


def listening(app: App, *kinds: str) -> None:
    """Let the app put these events into `heard`, whole."""

    async def heard(event: Any) -> None:
        await app.heard.put(event)

    for kind in kinds:
        app.bolt.event(kind)(heard)


async def told(app: App) -> dict[str, Any]:
    event: dict[str, Any] = await app.hears()
    return {k: v for k, v in event.items() if k != "event_ts"}


async def code(web: AsyncWebClient, method: str, **given: Any) -> str:
    try:
        await web.api_call(method, json=given)
    except SlackApiError as refused:
        return str(refused.response["error"])
    return "ok"


async def test_the_app_hears_who_joins_and_who_leaves_where_it_is_and_nowhere_else(
    hand: Hand, app: App
) -> None:
    listening(app, "member_joined_channel", "member_left_channel")
    async with app.connected():
        await hand.do("leave", JONAS, channel=RANDOM)
        await hand.do("leave", JONAS, channel=SUPPORT)
        assert await told(app) == {
            "type": "member_left_channel",
            "user": JONAS,
            "channel": SUPPORT,
            "channel_type": "C",
            "team": "T0LUMENLAB",
        }
        await hand.do("join", JONAS, channel=SUPPORT)
        assert await told(app) == {
            "type": "member_joined_channel",
            "user": JONAS,
            "channel": SUPPORT,
            "channel_type": "C",
            "team": "T0LUMENLAB",
        }
        await hand.do("remove", user=KENJI, channel=SUPPORT)
        assert (await told(app))["team"] == "T0NORTHWND"
        await hand.do("invite", user=KENJI, channel=SUPPORT)
        joined = await told(app)
        assert (joined["team"], joined["inviter"]) == ("T0NORTHWND", MINA)


async def test_the_removed_bot_hears_that_it_left_and_nothing_more_from_there(hand: Hand, app: App) -> None:
    listening(app, "member_left_channel", "channel_left", "group_left")
    web = client(hand.sandbox)
    made = (await hand.do("channel", name="secret", is_private=True, members=[BOT, JONAS]))["channel"]["id"]
    async with app.connected():
        await hand.do("remove", user=BOT, channel=SUPPORT)
        assert await told(app) == {"type": "channel_left", "channel": SUPPORT, "actor_id": MINA}
        await hand.do("leave", JONAS, channel=SUPPORT)
        await hand.do("remove", user=BOT, channel=made)
        assert await told(app) == {"type": "group_left", "channel": made, "actor_id": MINA}
    assert await code(web, "chat.postMessage", channel=SUPPORT, text="a") == "not_in_channel"
    assert await code(web, "conversations.members", channel=SUPPORT) == "ok"
    assert await code(web, "conversations.members", channel=made) == "channel_not_found"
    assert await code(web, "chat.postMessage", channel=made, text="a") == "channel_not_found"


async def test_events_of_members_want_the_scope_of_the_channels_kind() -> None:
    async with standing(manifest=manifest(without_scopes={"groups:read"})) as hand:
        app = App(hand.sandbox)
        listening(app, "member_left_channel")
        made = (await hand.do("channel", name="secret", is_private=True, members=[BOT, JONAS]))["channel"]
        async with app.connected():
            await hand.do("remove", user=JONAS, channel=made["id"])
            await hand.do("remove", user=JONAS, channel=SUPPORT)
            assert (await told(app))["channel"] == SUPPORT


async def test_members_come_in_pages_and_only_of_channels_the_bot_may_see(
    hand: Hand, web: AsyncWebClient
) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = await web.conversations_members(channel=SUPPORT, limit=2, cursor=cursor)
        seen += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert {MINA, JONAS, PRIYA, KENJI, BOT} < set(seen)
    assert len(seen) == 6
    secret = (await hand.do("channel", name="secret", is_private=True, members=[JONAS]))["channel"]["id"]
    assert await code(web, "conversations.members", channel=secret) == "channel_not_found"
    await hand.do("invite", user=BOT, channel=secret)
    assert (await web.conversations_members(channel=secret))["members"] == [MINA, JONAS, BOT]
    await hand.do(
        "faults", side="slack", match="conversations.members", kind="error", code="fetch_members_failed"
    )
    assert await code(web, "conversations.members", channel=secret) == "fetch_members_failed"


async def test_new_people_are_what_they_are_said_to_be(hand: Hand, web: AsyncWebClient, app: App) -> None:
    async def made(name: str, **about: Any) -> dict[str, Any]:
        user: dict[str, Any] = (await hand.do("person", name=name, **about))["user"]
        return user

    lee = await made("lee", channels=[GENERAL])
    guest = await made("guest", kind="guest", channels=[SUPPORT])
    single = await made("single", kind="single_channel_guest", channels=[SUPPORT])
    away = await made("away", kind="stranger", channels=[SUPPORT], team_id="T0SOUTHWND")

    async def flags(user: dict[str, Any]) -> tuple[Any, ...]:
        found = (await web.users_info(user=user["id"]))["user"]
        return tuple(found[k] for k in ("is_restricted", "is_ultra_restricted", "is_stranger", "team_id"))

    assert await flags(lee) == (False, False, False, "T0LUMENLAB")
    assert await flags(guest) == (True, False, False, "T0LUMENLAB")
    assert await flags(single) == (True, True, False, "T0LUMENLAB")
    assert await flags(away) == (False, False, True, "T0SOUTHWND")
    assert (await hand.do("invite", status=400, user=single["id"], channel=RANDOM))["error"] == "cant_invite"
    assert (await web.chat_postMessage(channel=lee["id"], text="Welcome!"))["ok"]
    listening(app, "message")
    async with app.connected():
        await hand.do("message", away["id"], channel=SUPPORT, text="hello")
        event = await app.hears()
        assert (event["team"], event["user_team"], event["source_team"]) == ("T0SOUTHWND",) * 3


@pytest.mark.parametrize(("private", "side"), [(False, "channel"), (True, "group")])
async def test_nobody_writes_in_an_archived_channel_until_it_is_back(
    hand: Hand, web: AsyncWebClient, app: App, private: bool, side: str
) -> None:
    listening(app, f"{side}_archive", f"{side}_unarchive")
    place = (await hand.do("channel", name="old", is_private=private, members=[BOT]))["channel"]["id"]
    ts = (await web.chat_postMessage(channel=place, text="a"))["ts"]
    async with app.connected():
        await hand.do("archive", channel=place)
        event = await told(app)
        assert event == {"type": f"{side}_archive", "channel": place, "user": MINA, "is_moved": 0}
        assert (await web.conversations_info(channel=place))["channel"]["is_archived"]
        assert await code(web, "chat.postMessage", channel=place, text="b") == "is_archived"
        assert await code(web, "chat.postEphemeral", channel=place, user=MINA, text="b") == "is_archived"
        assert await code(web, "chat.update", channel=place, ts=ts, text="b") == "is_inactive"
        assert await code(web, "chat.startStream", channel=place, thread_ts=ts) == "is_archived"
        assert await code(web, "reactions.add", channel=place, timestamp=ts, name="eyes") == "is_archived"
        assert await code(web, "conversations.history", channel=place) == "ok"
        refused = await hand.do("message", status=400, channel=place, text="?")
        assert refused["error"] == "is_archived"
        kinds = "public_channel,private_channel"
        listed = (await web.conversations_list(types=kinds, exclude_archived=True))["channels"]
        assert place not in [c["id"] for c in listed]
        await hand.do("unarchive", channel=place)
        assert await told(app) == {"type": f"{side}_unarchive", "channel": place, "user": MINA}
        assert await code(web, "chat.postMessage", channel=place, text="b") == "ok"


async def test_an_uninstalled_app_hears_so_and_its_token_opens_nothing(
    hand: Hand, web: AsyncWebClient, app: App
) -> None:
    listening(app, "tokens_revoked", "app_uninstalled", "member_left_channel")
    async with app.connected():
        await hand.do("uninstall")
        heard = [await told(app), await told(app)]
        assert {"type": "app_uninstalled"} in heard
        assert {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT]}} in heard
        assert await code(web, "auth.test") == "account_inactive"
        await hand.do("leave", JONAS, channel=SUPPORT)
        await hand.do("install")
        assert await code(web, "auth.test") == "ok"
        await hand.do("remove", user=KENJI, channel=SUPPORT)
        assert (await told(app))["user"] == KENJI


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "invalid_auth", "token_expired"])
async def test_slack_can_be_made_to_refuse_the_token_for_a_while(
    hand: Hand, web: AsyncWebClient, error: str
) -> None:
    await hand.do("faults", side="slack", match="*", kind="error", code=error, times=2)
    assert await code(web, "auth.test") == error
    assert await code(web, "chat.postMessage", channel=SUPPORT, text="a") == error
    assert await code(web, "auth.test") == "ok"
