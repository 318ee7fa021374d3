"""Channels as Slack tells of them: how open, and who is in them, for a minute or until somebody comes or goes."""

from dataclasses import replace

import pytest
from slack_bolt.async_app import AsyncBoltContext

from bot.domain.access import Channel
from bot.errors import SlackRefused, SlackUnavailable
from bot.services.access import AccessService
from handlers.commands import Commands
from handlers.messages import Messages
from handlers.slack.channels import REMEMBERED, SlackChannels
from handlers.slack.interactions import Event
from handlers.slack.people import SlackPeople
from tests.handlers.conftest import Desk
from tests.handlers.fakes import absent_services
from tests.viewers import absent


async def private(desk: Desk, *members: str, name: str = "layoffs") -> str:
    """A private channel of mina with the bot and these people in it."""
    people = [desk.bot_user, *(desk.users[each] for each in members)]
    made = await desk.act("channel", name=name, is_private=True, members=people)
    return str(made["channel"]["id"])


async def asked(desk: Desk) -> int:
    return len((await desk.get("calls", name="conversations.members"))["calls"])


async def test_who_is_in_a_channel_is_asked_once_a_minute(desk: Desk) -> None:
    seconds = [0.0]
    channel = await private(desk, "ines")
    channels = SlackChannels(desk.client, now=lambda: seconds[0])
    for _ in range(3):
        assert await channels.people(channel) == {desk.users["mina"], desk.users["ines"], desk.bot_user}
    assert await asked(desk) == 1
    seconds[0] = REMEMBERED
    await channels.people(channel)
    assert await asked(desk) == 2


async def test_who_leaves_is_out_at_once(desk: Desk) -> None:
    channel = await private(desk, "ines")
    channels = SlackChannels(desk.client)
    assert desk.users["ines"] in await channels.people(channel)
    await desk.act("leave", "ines", channel=channel)
    channels.forget(channel)
    assert desk.users["ines"] not in await channels.people(channel)


async def test_an_answer_from_before_somebody_left_is_not_remembered(desk: Desk) -> None:
    channel = await private(desk, "ines")

    class Slow(SlackChannels):
        async def _asked(self, channel_id: str) -> frozenset[str]:
            found = await super()._asked(channel_id)
            self.forget(channel_id)  # told while the answer was on its way
            return found

    channels = Slow(desk.client)
    await channels.people(channel)
    await channels.people(channel)
    assert await asked(desk) == 2


async def test_a_private_channel_is_not_public_and_one_with_another_organisation_is_connected(
    desk: Desk,
) -> None:
    channels = SlackChannels(desk.client)
    assert await channels.about(await private(desk)) == Channel()
    assert await channels.about(desk.channels["general"]) == Channel(is_public=True)
    assert await channels.about(desk.channels["ft-support"]) == Channel(is_public=True, is_connected=True)


@pytest.mark.parametrize("subtype", ["channel_convert_to_private", "channel_convert_to_public"])
async def test_a_channel_that_is_told_to_be_of_another_kind_is_asked_about_anew(
    desk: Desk, subtype: str
) -> None:
    """What was public a minute ago must not be shown to everybody."""
    channels, channel = SlackChannels(desk.client), desk.channels["general"]
    access = AccessService(desk.places, channels, absent(SlackPeople))
    messages = Messages(replace(absent_services(), access=access), absent(Commands), desk.log)
    for kind, times in (("channel_topic", 1), (subtype, 2)):
        await channels.about(channel)
        event = {"type": "message", "subtype": kind, "channel": channel, "ts": "1.0", "user": "U1"}
        await messages.message(Event(access, AsyncBoltContext(), event))
        await channels.about(channel)
        assert len((await desk.get("calls", name="conversations.info"))["calls"]) == times


async def test_a_direct_message_holds_its_person(desk: Desk) -> None:
    channels = SlackChannels(desk.client)
    assert await channels.about(desk.channels["dm"]) == Channel()
    assert await channels.people(desk.channels["dm"]) == {desk.users["mina"], desk.bot_user}


async def test_a_channel_that_slack_does_not_show_us_is_private_and_empty(desk: Desk) -> None:
    channels = SlackChannels(desk.client)
    assert await channels.about("C0NOWHERE0") == Channel()
    assert await channels.people("C0NOWHERE0") == frozenset()


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members"])
@pytest.mark.parametrize(
    ("code", "error"), [("internal_error", SlackUnavailable), ("missing_scope", SlackRefused)]
)
async def test_when_slack_does_not_answer_nobody_is_let_in_on_what_was_so_before(
    desk: Desk, method: str, code: str, error: type[Exception]
) -> None:
    seconds = [0.0]
    channel = await private(desk)
    channels = SlackChannels(desk.client, now=lambda: seconds[0])
    ask = channels.about if method == "conversations.info" else channels.people
    await ask(channel)
    seconds[0] = REMEMBERED
    await desk.control("faults", side="slack", match=method, kind="error", code=code, times=3)
    with pytest.raises(error):
        await ask(channel)
