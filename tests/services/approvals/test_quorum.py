"""Rules that want more approvals than people may give are refused, and a request that has become so says it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import catalog
from bot.domain.policies import Member, Policy, Source
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotFound, SlackUnavailable, StaleState
from bot.services.approvals.decisions import DecisionService
from bot.services.policies import WantedRules
from handlers.views.approvals import requests
from storage.database import Database
from tests.handlers import samples
from tests.handlers.fakes import Log
from tests.handlers.samples import CHANNEL
from tests.services.rules import Groups, rules
from tests.storage.conftest import SetClock
from tests.viewers import looking

ADMIN = Member("U8", "Ada", is_admin=True)
JONAS = Member("U2", "Jonas")
PAIR = Policy(approver_groups=frozenset({"S2"}), approvals=2)


class Team(Groups):
    """U9 is a guest, U6 has left, and nobody knows U404; `down`: Slack tells of no group."""

    down = False

    def __init__(self) -> None:
        super().__init__(S0=set(), S1={"U2", "U6", "U9", "U404"}, S2={"U2", "U3"})

    async def member(self, user_id: str, *, anew: bool = False) -> Member:
        if user_id == "U404":
            raise NotFound("Slack knows nobody of this id.")
        made = Member(user_id, user_id, is_guest=user_id == "U9", is_gone=user_id == "U6")
        return replace(made, is_admin=user_id == ADMIN.user_id)

    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        if self.down:
            raise SlackUnavailable("Slack does not answer at the moment.")
        return await super().group(group_id, anew=anew)


def wanted(approvals: int = 1, people: str = "", group: str = "", **other: Any) -> WantedRules:
    return WantedRules(
        approvals=str(approvals),
        hours="72",
        approvers=frozenset(people.split()),
        approver_groups=frozenset(group.split()),
        **other,
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (wanted(2, group="S1"), "2 approvals are needed, but only 1 person may approve: name more people or"),
        (
            wanted(2, people="U2"),
            "2 approvals are needed, but only 1 person may approve: name more people or",
        ),
        (wanted(2, people="U2", group="S1"), "only 1 person may approve"),
        (wanted(3, group="S2"), "3 approvals are needed, but only 2 people may approve"),
        (wanted(1, group="S0"), "1 approval is needed, but nobody may approve: name more people."),
        (
            wanted(2, group="S2", requesters=frozenset({"U2"})),
            "only 1 person may approve a request, for nobody",
        ),
        (wanted(2, group="S2", requester_groups=frozenset({"S2"})), "only 1 person may approve a request"),
    ],
)
async def test_rules_that_nobody_can_fulfil_are_refused_at_the_number_of_approvals(
    database: Database, clock: SetClock, rule: WantedRules, told: str
) -> None:
    service = rules(database, clock, people=Team())
    with pytest.raises(BadInput) as refused:
        await service.change(looking(ADMIN), CHANNEL.channel_id, rule)
    assert told in str(refused.value)
    assert refused.value.field == "approvals"
    assert (await service.rules(CHANNEL)).source is Source.SETTINGS


@pytest.mark.parametrize(
    "rule",
    [
        wanted(5),
        wanted(2, group="S2"),
        wanted(2, people="U3", group="S1"),
        wanted(2, group="S2", requesters=frozenset({"U2", "U7"})),
        wanted(2, group="S2", requesters=frozenset({"U2"}), self_approval=True),
        wanted(1, group="S2", requester_groups=frozenset({"S2"})),
    ],
)
async def test_rules_that_some_request_can_fulfil_are_taken(
    database: Database, clock: SetClock, rule: WantedRules
) -> None:
    service = rules(database, clock, people=Team())
    assert (await service.change(looking(ADMIN), CHANNEL.channel_id, rule)).source is Source.CHANNEL


async def test_a_request_whose_approvers_became_too_few_says_so_on_its_card_and_to_who_presses_again(
    database: Database, clock: SetClock
) -> None:
    team = Team()
    service = rules(database, clock, PAIR, team)
    choices: Any = NoPrice()
    decisions = DecisionService(database, service, choices, clock, Log(), lambda: None)
    job = await database.jobs.add(Transition(samples.job()))
    assert "needed, but" not in str(requests.card(await decisions.shown(job)))

    team.known["S2"] = frozenset({"U2"})
    await decisions.approve(looking(JONAS), job.id)
    card = str(requests.card(await decisions.shown(job)))
    assert "2 approvals are needed, but only 1 person may approve. `/finetune policy` changes that." in card
    with pytest.raises(StaleState, match="2 approvals are needed, but only 1 person may approve"):
        await decisions.approve(looking(JONAS), job.id)

    team.known["S2"] = frozenset({"U1", "U2"})  # U1 asked for it
    assert "only 1 person may approve" in str(requests.card(await decisions.shown(job)))
    team.known["S2"] = frozenset({"U2", "U6"})
    assert "only 1 person may approve" in str(requests.card(await decisions.shown(job)))
    team.down = True
    assert "needed, but" not in str(requests.card(await decisions.shown(job)))


class NoPrice:
    """The price of nothing can be told."""

    catalog = catalog.load()

    async def price(self, job: object) -> None:
        return None
