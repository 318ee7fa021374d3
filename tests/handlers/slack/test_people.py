"""User groups as Slack tells of them: asked for once in a while, and never taken for more than was told."""

from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.places import Place
from bot.errors import SlackRefused, SlackUnavailable
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.team import BOT_USER_ID, TEAM_ID
from handlers.slack.people import REMEMBERED, SlackPeople
from handlers.slack.uploads import SlackUploads
from tests.handlers import samples
from tests.handlers.conftest import Desk
from tests.handlers.fakes import Log
from tests.handlers.replies import begun, stream_of

LEADS = "S0MLLEADS0"


async def calls(desk: Desk) -> int:
    return len((await desk.get("calls", name="usergroups.users.list"))["calls"])


async def test_the_people_of_a_group_are_asked_for_once_in_a_while(desk: Desk) -> None:
    seconds = [0.0]
    people = SlackPeople(desk.client, TEAM_ID, now=lambda: seconds[0])
    for _ in range(3):
        assert await people.group(LEADS) == {desk.users["jonas"], desk.users["ines"]}
    assert await calls(desk) == 1
    seconds[0] = REMEMBERED
    await people.group(LEADS)
    assert await calls(desk) == 2


async def test_a_group_that_is_gone_holds_nobody(desk: Desk) -> None:
    assert await SlackPeople(desk.client, TEAM_ID).group("S0NONE0000") == frozenset()


@pytest.mark.parametrize(
    ("code", "tries", "error"), [("internal_error", 3, SlackUnavailable), ("missing_scope", 1, SlackRefused)]
)
async def test_what_slack_does_not_tell_is_an_error_and_is_asked_again(
    desk: Desk, code: str, tries: int, error: type[Exception]
) -> None:
    people = SlackPeople(desk.client, TEAM_ID)
    match = "usergroups.users.list"
    await desk.control("faults", side="slack", match=match, kind="error", code=code, times=tries)
    with pytest.raises(error):
        await people.group(LEADS)
    assert await people.group(LEADS) == {desk.users["jonas"], desk.users["ines"]}


@pytest.mark.parametrize("kind", ["429", "500", "drop_before"])
async def test_a_slack_that_is_busy_for_a_moment_is_asked_again(desk: Desk, kind: str) -> None:
    """Nobody has to press a button twice for it."""
    await desk.control("faults", side="slack", match="users.info", kind=kind)
    assert (await SlackPeople(desk.client, TEAM_ID).member(desk.users["jonas"])).is_admin


async def test_groups_are_listed_by_their_handles(desk: Desk) -> None:
    found = await SlackPeople(desk.client, TEAM_ID).groups()
    assert [group.handle for group in found] == ["approvers", "ml-leads", "support"]


async def test_admins_are_known(desk: Desk) -> None:
    people = SlackPeople(desk.client, TEAM_ID)
    assert (await people.member(desk.users["jonas"])).is_admin
    assert not (await people.member(desk.users["ines"])).is_admin


async def test_who_the_bot_is_was_asked_at_the_start_and_is_not_asked_again(
    client: AsyncWebClient, sandbox: Sandbox
) -> None:
    root = (await client.chat_postMessage(channel="C0FTSUPPRT", text="Chat"))["ts"]
    place = Place("-/T1", "C0FTSUPPRT", root)
    await SlackPeople(client, TEAM_ID).member(BOT_USER_ID)
    await stream_of(client, lambda: 0.0).find(begun(samples.turn(place, root)))
    uploads = SlackUploads(client, bot_user_id=BOT_USER_ID, hosts=["127.0.0.1"], log=Log())
    await uploads.find(place, "a.jsonl", datetime.now(UTC), ())
    assert "auth.test" not in {call["name"] for call in sandbox.calls.since()}
