"""A private channel's model: where everybody may use it and nowhere else; shared by an act, and taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import catalog
from bot.domain.access import Sight, Viewer
from bot.domain.audit import Did
from bot.domain.jobs.job import ENDED, Job, JobState
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.policies import Member, Policy
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, NotFound, SlackUnavailable
from bot.services.models.resolver import ModelResolver
from bot.services.models.service import ModelService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW
from tests.viewers import Open, access_to

WORKSPACE = "-/T1"
MINA, JONAS, INES = "U1", "U2", "U3"
PRIVATE, OTHER, PUBLIC, CONNECTED = "GPRIVATE", "GOTHER", "CPUBLIC", "CCONNECT"


class Desk:
    """A private channel of Mina's and Jonas's with a model, another of Mina's and Ines's, and public ones."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.slack = Open(**{PRIVATE: {MINA, JONAS}, OTHER: {MINA, INES}, "D1": {MINA, "UBOT"}})
        self.slack.people_by_id["UBOT"] = Member("UBOT", "bot", is_bot=True)
        self.slack.connected.add(CONNECTED)
        self.access = access_to(database, self.slack)
        nothing: Any = None
        self.resolver = ModelResolver(database, catalog.load(), clock, nothing)
        self.models = ModelService(
            storage=database,
            provider=nothing,
            resolver=self.resolver,
            policies=rules(database, clock, Policy(approvers=frozenset({JONAS, INES}))),
            access=self.access,
            clock=clock,
            log=Log(),
            wake=lambda: None,
        )

    async def trained(self, row_id: str = "j1", channel: str = PRIVATE, **changes: Any) -> Job:
        job = samples.job(
            row_id,
            place=Place(WORKSPACE, channel),
            state=JobState.SUCCEEDED,
            fine_tuned_model=f"ft:{row_id}",
            suffix=f"tone-{row_id}",
            ended_at=NOW,
        )
        return await self.database.jobs.add(Transition(replace(job, **{"requested_by": MINA, **changes})))

    async def looks(self, user_id: str, channel: str) -> Viewer:
        return await self.access.viewer(user_id, Place(WORKSPACE, channel))

    async def uses(self, user_id: str, channel: str, name: str = "tone-j1") -> str:
        """The name at the provider of the model that somebody may use in this channel."""
        return (await self.resolver.here(await self.looks(user_id, channel), name)).model


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(database, clock)


async def test_a_private_channels_model_is_used_there_and_in_direct_messages_of_its_people(
    desk: Desk,
) -> None:
    await desk.trained()
    assert await desk.uses(JONAS, PRIVATE) == "ft:j1"
    assert await desk.uses(MINA, "D1") == "ft:j1"


@pytest.mark.parametrize("channel", [PUBLIC, OTHER, CONNECTED])
async def test_it_is_not_used_where_others_would_see_what_it_says(desk: Desk, channel: str) -> None:
    """Mina may use it; not everybody in that channel may."""
    await desk.trained()
    with pytest.raises(NotAllowed, match=f"only for people in <#{PRIVATE}>"):
        await desk.uses(MINA, channel)


async def test_a_public_channels_model_is_used_everywhere_but_beside_another_organisation(desk: Desk) -> None:
    await desk.trained(channel=PUBLIC)
    assert await desk.uses(INES, OTHER) == "ft:j1"
    with pytest.raises(NotAllowed):
        await desk.uses(INES, CONNECTED)


async def test_who_is_not_in_the_channel_reads_what_is_read_of_no_model(desk: Desk) -> None:
    await desk.trained()
    await desk.trained("j2", PUBLIC)
    told = []
    for name in ("tone-j1", "j1", "ft:j1", "never-was"):
        with pytest.raises(NotFound) as unknown:
            await desk.models.find(await desk.looks(INES, PUBLIC), name)
        told.append(str(unknown.value).replace("Did you mean `tone-j2`? ", ""))
    assert len(set(told)) == 1
    assert "tone-j1" not in told[0]


async def test_a_shared_model_is_used_there_and_is_shown_without_its_job(desk: Desk) -> None:
    job = await desk.trained()
    await desk.models.share(await desk.looks(MINA, PRIVATE), "tone-j1", OTHER, on=True)
    assert await desk.uses(INES, OTHER) == "ft:j1"
    found = await desk.models.find(await desk.looks(INES, OTHER), "tone-j1")
    assert found.borrowed
    assert not (await desk.models.find(await desk.looks(JONAS, PRIVATE), "tone-j1")).borrowed
    viewer = await desk.looks(INES, OTHER)
    assert await desk.database.jobs.seen(viewer.sight, job.id) is None
    with pytest.raises(NotFound):
        await desk.models.check_change(viewer, job.id)
    with pytest.raises(NotAllowed):
        await desk.uses(MINA, PUBLIC)


async def test_both_channels_are_told_and_it_is_in_the_audit_of_both(desk: Desk) -> None:
    job = await desk.trained()
    for on, did in ((True, Did.MODEL_SHARED), (False, Did.MODEL_UNSHARED)):
        desk.clock.pass_seconds(60)
        await desk.models.share(await desk.looks(MINA, PRIVATE), "tone-j1", OTHER, on=on)
        both = Sight(WORKSPACE, frozenset({PRIVATE, OTHER}))
        entries = await desk.database.audit.listed(both)
        assert [each.channel_id for each in entries if each.what is did] == [PRIVATE, OTHER]
    messages = [p for p in await desk.database.outbox.of(job.id) if p.kind is MessageKind.MODEL_SHARED]
    assert sorted(p.place.channel_id for p in messages) == sorted([PRIVATE, OTHER] * 2)


async def test_taken_back_it_is_used_there_no_more(desk: Desk) -> None:
    await desk.trained()
    for on in (True, False):
        await desk.models.share(await desk.looks(MINA, PRIVATE), "tone-j1", OTHER, on=on)
    with pytest.raises(NotFound):
        await desk.uses(INES, OTHER)
    assert not await desk.resolver.reach(await desk.access.at(Place(WORKSPACE, OTHER)), "ft:j1")


@pytest.mark.parametrize(
    ("who", "channel", "fault"),
    [
        (INES, OTHER, NotFound),  # an approver who is not in the model's channel
        (JONAS, OTHER, BadInput),  # one who is not in the channel it would be shared with
        (MINA, PRIVATE, BadInput),  # its own
        (MINA, "D1", BadInput),
        (MINA, "GNOWHERE", BadInput),
    ],
)
async def test_whoever_shares_has_to_see_both_channels(
    desk: Desk, who: str, channel: str, fault: type[Exception]
) -> None:
    job = await desk.trained()
    desk.slack.private["GNOWHERE"] = set()
    with pytest.raises(fault):
        await desk.models.share(await desk.looks(who, channel), job.id, channel, on=True)
    assert await desk.database.jobs.shares(job.id) == ()


async def test_neither_requester_nor_approver_shares_nothing(desk: Desk) -> None:
    await desk.trained(requested_by="U9")
    with pytest.raises(NotAllowed, match="can share it"):
        await desk.models.share(await desk.looks(MINA, PRIVATE), "tone-j1", OTHER, on=True)


async def test_of_two_with_one_alias_the_channels_own_is_meant_and_elsewhere_nobody_guesses(
    desk: Desk,
) -> None:
    await desk.trained("j1", PRIVATE, alias="prod")
    await desk.trained("j2", OTHER, alias="prod", requested_at=NOW + timedelta(hours=1))
    assert await desk.uses(MINA, PRIVATE, "prod") == "ft:j1"
    assert await desk.uses(MINA, OTHER, "prod") == "ft:j2"
    with pytest.raises(BadInput, match="Several models are called so"):
        await desk.uses(MINA, "D1", "prod")


async def test_while_slack_does_not_say_who_is_in_a_channel_nobody_sees_anything(desk: Desk) -> None:
    await desk.trained()
    desk.slack.fault = SlackUnavailable("Slack does not answer.")
    with pytest.raises(SlackUnavailable):
        await desk.looks(MINA, PRIVATE)


async def test_only_what_everybody_may_enter_is_not_private(desk: Desk) -> None:
    """A card says of a model whether only the people of its channel may use it."""
    places = [PRIVATE, "D1", PUBLIC, CONNECTED]
    private = [each for each in places if await desk.access.is_private(Place(WORKSPACE, each))]
    assert private == [PRIVATE, "D1"]


async def test_a_chat_in_a_direct_message_uses_what_its_person_sees_and_no_longer(desk: Desk) -> None:
    await desk.trained()
    direct, nobodys = Place(WORKSPACE, "D1"), Place(WORKSPACE, "D9")
    assert await desk.resolver.reach(await desk.access.at(direct), "ft:j1")
    assert not await desk.resolver.reach(await desk.access.at(nobodys), "ft:j1")
    desk.slack.private[PRIVATE] = {JONAS}
    assert not await desk.resolver.reach(await desk.access.at(direct), "ft:j1")


async def test_what_belongs_to_a_direct_message_is_its_persons_alone(desk: Desk) -> None:
    dataset = samples.dataset("d1", place=Place(WORKSPACE, "D1", "1.2"), uploaded_by=MINA)
    await desk.database.datasets.add(Transition(dataset))
    for who, sees in ((MINA, True), (JONAS, False)):
        for channel in ("D1", PUBLIC, ""):
            viewer = await desk.looks(who, channel)
            assert (await desk.database.datasets.seen(viewer.sight, "d1") is not None) is sees


async def test_ones_own_jobs_are_listed_however_many_newer_ones_others_have(desk: Desk) -> None:
    mine = await desk.trained("mine", PUBLIC)
    for number in range(30):
        later = NOW + timedelta(minutes=1 + number)
        await desk.trained(f"k{number}", PUBLIC, requested_by=INES, requested_at=later)
    viewer = await desk.looks(MINA, "")
    page = await desk.database.jobs.listed(viewer.sight, 10, ENDED, first=MINA)
    assert (page.rows[0].id, len(page.rows), page.total) == (mine.id, 10, 31)
    newest = await desk.database.jobs.models(viewer.sight, 10)
    assert (len(newest.rows), newest.beyond(10)) == (10, 21)
    assert (await desk.models.find(viewer, "tone-mine")).job.id == "mine"
