"""What chats cost: within budgets, within what one person gets an hour, and not at all while spending is paused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain import catalog, chats
from bot.domain.audit import Did
from bot.domain.budgets import Budget, Standing
from bot.domain.chats import Conversation, Said, Turn, TurnState, Usage
from bot.domain.comparisons import BallotState
from bot.domain.decision_basis import Pause
from bot.domain.money import NO_MONEY, Money, cost, of_dollars, total
from bot.domain.places import Place
from bot.domain.policies import Member, Policy
from bot.domain.work_queue import Transition
from bot.errors import NotAllowed, ProviderRefused, StaleState
from bot.services.budgets import BudgetService
from bot.services.comparisons import ComparisonService
from bot.services.turns import ANSWER_TOKENS, TurnService
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import Groups, rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.storage.samples import CHANNEL, NOW, THREAD
from tests.viewers import WHOLE, access_to, looking

MINA, ADMIN = Member("U1", "Mina"), Member("U8", "Ada", is_admin=True)
OUTSIDERS = (
    Member("U5", "Gil", is_guest=True),
    Member("U6", "Olga", is_outsider=True),
    Member("U7", "Kim", is_gone=True),
)
TUNED = "ft:gpt-4o-mini-2024-07-18:acme:tone:x1"
MODEL = catalog.load().find(TUNED)
assert MODEL is not None
assert MODEL.input_usd is not None
assert MODEL.output_usd is not None
COST = total((cost(1_000, MODEL.input_usd), cost(100, MODEL.output_usd)))  # of what the model answers here


@dataclass
class Model:
    """Answers everybody, and counts how often it was asked; `fault` is raised instead."""

    name: str = "openai"
    asked: list[tuple[Said, ...]] = field(default_factory=list)
    fault: Exception | None = None

    @asynccontextmanager
    async def chat(
        self, name: str, prompt: tuple[Said, ...], *, max_tokens: int
    ) -> AsyncIterator[AsyncIterator[str | Usage]]:
        self.asked.append(prompt)
        if self.fault is not None:
            raise self.fault
        assert max_tokens == ANSWER_TOKENS

        async def stream() -> AsyncIterator[str | Usage]:
            yield "Gladly."
            yield Usage(1_000, 100)

        yield stream()


@dataclass
class Thread:
    """What stands in the thread: whole answers, and our own sentences."""

    ts: str = "1.2"
    told: list[str] = field(default_factory=list)

    async def begin(self, turn: Turn, heading: str = "", *_: Any) -> "Thread":
        return self

    async def append(self, text: str) -> None: ...

    async def wait(self, sentence: str) -> None: ...

    async def finish(self, note: str = "") -> None: ...

    async def find(self, turn: Turn, except_ts: Any = ()) -> list[str]:
        return []

    async def say(self, turn: Turn, sentence: str, heading: str = "") -> None:
        self.told.append(sentence)


class Everywhere:
    """Every model is for everybody here."""

    async def reach(self, *_: Any) -> bool:
        return True


class Talk:
    """The chat over a database with one conversation."""

    def __init__(self, database: Database, clock: SetClock, policy: Policy) -> None:
        self.database, self.clock, self.model, self.thread = database, clock, Model(), Thread()
        self.people = Groups()
        self.people.meet(MINA, ADMIN, *OUTSIDERS)
        self.policies = rules(database, clock, policy, self.people)
        anything: Any = None
        everywhere: Any = Everywhere()
        provider: Any = self.model
        reply_stream: Any = self.thread
        told = (clock, Log(), lambda: None)
        self.turns = TurnService(
            storage=database,
            provider=provider,
            reply_stream=reply_stream,
            catalog=catalog.load(),
            counter=SimpleNamespace(count=len),
            policy=policy,
            people=self.people,
            clock=clock,
            log=Log(),
            wake=lambda: None,
            resolver=everywhere,
            access=access_to(database),
        )
        self.comparing = ComparisonService(
            database, "openai", catalog.load(), anything, self.policies, clock, Log(), lambda: None
        )
        self.budgets = BudgetService(database, self.policies, *told)
        self.number = 0

    async def opens(self, **fields: Any) -> Conversation:
        made = samples.conversation(id="c1", model=TUNED, **fields)
        moved = chats.started(made, NOW)
        card = replace(moved.messages[0], ts=THREAD.thread_ts, due_at=None)
        return await self.database.conversations.add(Transition(made, (card,)))

    async def says(self, text: str = "Hello?", who: Member = MINA) -> Turn:
        """Somebody writes in the thread, and the loop does what is due; gives the last turn."""
        self.number += 1
        await self.turns.hear(THREAD, f"1700000000.{self.number:06}", who.user_id, "T1", text)
        turn = None
        while (claim := await self.database.turns.claim(self.clock.now(), 60.0)) is not None:
            await self.turns.step(claim)
            await self.database.turns.release(claim.row.id, claim.token)
            turn = await self.database.turns.get(claim.row.id)
        assert turn is not None
        return turn

    async def limits(self, limit: Money | None, channel_id: str = "C1") -> None:
        await self.database.budgets.change(
            Budget("-/T1", channel_id),
            lambda each, _: Transition(replace(each, limit=limit)),
        )

    async def stands(self) -> Standing:
        channel, _ = await self.database.budgets.standings(CHANNEL, "2026-11")
        return channel


@pytest.fixture
async def talk(database: Database, clock: SetClock) -> Talk:
    made = Talk(database, clock, Policy())
    await made.opens()
    return made


async def test_an_answer_counts_in_the_budgets_of_its_month(talk: Talk) -> None:
    turn = await talk.says()
    assert (turn.state, turn.spent, turn.reserved) == (TurnState.DONE, COST, 0)
    assert (await talk.stands()).chats == COST
    _, workspace = await talk.database.budgets.standings(CHANNEL, "2026-11")
    assert workspace.chats == COST
    assert workspace.reserved == workspace.spent == 0


@pytest.mark.parametrize("channel_id", ["C1", ""])
async def test_over_the_budget_there_is_a_sentence_and_no_call(talk: Talk, channel_id: str) -> None:
    await talk.limits(NO_MONEY, channel_id)
    for _ in range(3):
        turn = await talk.says()
        assert (turn.state, turn.spent, turn.reserved) == (TurnState.FAILED, 0, 0)
    assert talk.model.asked == []
    assert len(talk.thread.told) == 3
    assert "has $0.00 left" in talk.thread.told[0]


async def test_an_answer_is_asked_for_only_if_the_most_it_may_cost_is_there(talk: Talk) -> None:
    await talk.limits(COST)  # enough for what it will cost, not for what it may
    await talk.says()
    assert talk.model.asked == []
    await talk.limits(of_dollars(1))
    await talk.says()
    assert len(talk.model.asked) == 1


async def test_a_crash_leaves_the_estimate_standing_until_the_answer_is_known(talk: Talk) -> None:
    talk.model.fault = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        await talk.says()
    standing = await talk.stands()
    assert standing.chats > COST
    talk.model.fault = None
    talk.clock.pass_seconds(3600)
    await talk.says("And now?")
    assert (await talk.stands()).chats == 2 * COST


async def test_what_the_provider_refuses_costs_nothing(talk: Talk) -> None:
    talk.model.fault = ProviderRefused("The server refused this.")
    turn = await talk.says()
    assert (turn.state, turn.reserved, turn.spent) == (TurnState.FAILED, 0, 0)
    assert (await talk.stands()).chats == 0


async def test_one_person_gets_as_many_answers_an_hour_as_the_rules_say(talk: Talk) -> None:
    await talk.database.policies.change(Place("-/T1", ""), lambda _, __: Transition(Policy(chats_per_hour=2)))
    for _ in range(3):
        await talk.says()
    assert len(talk.model.asked) == 2
    assert "2 answers within an hour" in talk.thread.told[0]
    await talk.says(who=ADMIN)  # each their own
    assert len(talk.model.asked) == 3
    talk.clock.pass_seconds(3601)
    await talk.says()
    assert len(talk.model.asked) == 4


async def test_paused_spending_answers_nobody_until_it_goes_on(talk: Talk, clock: SetClock) -> None:
    assert await talk.budgets.pause(looking(ADMIN), on=True) == Pause("U8", clock.now())
    await talk.budgets.pause(looking(ADMIN), on=True)
    await talk.says()
    assert talk.model.asked == []
    assert "All spending is paused" in talk.thread.told[0]
    assert (await talk.budgets.sheet(looking(MINA))).paused is not None
    assert await talk.budgets.pause(looking(ADMIN), on=False) is None
    await talk.says()
    assert len(talk.model.asked) == 1
    kept = [entry.what for entry in await talk.database.audit.listed(WHOLE)]
    assert kept == [Did.SPENDING_PAUSED, Did.SPENDING_RESUMED]


async def test_whoever_has_no_right_to_pauses_nothing(talk: Talk) -> None:
    for who in (MINA, *OUTSIDERS, replace(ADMIN, user_id="U5")):
        with pytest.raises(NotAllowed, match="pause spending"):
            await talk.budgets.pause(looking(who), on=True)
    assert await talk.database.workspaces.paused("-/T1") is None


@pytest.mark.parametrize("who", OUTSIDERS, ids=["guest", "other organisation", "deactivated"])
async def test_who_may_not_ask_ends_no_thread_votes_on_nothing_and_reveals_nothing(
    talk: Talk, who: Member
) -> None:
    turn = await talk.says("Stop!", who)
    assert turn.state is TurnState.FAILED
    assert "only full members" in talk.thread.told[0]
    conversation = await talk.database.conversations.get("c1")
    assert conversation is not None
    assert conversation.ended_by is None
    assert talk.model.asked == []
    ballot = samples.ballot("b1", "1700000000.000100", state=BallotState.OPEN, place=THREAD)
    await talk.database.ballots.ask(ballot, ())
    full = replace(who, is_guest=False, is_outsider=False, is_gone=False)  # as they were remembered
    with pytest.raises(NotAllowed):
        await talk.comparing.vote(looking(full), "b1", "A")
    with pytest.raises(NotAllowed):
        await talk.comparing.make_blind(looking(full), "c1")
    with pytest.raises(NotAllowed):
        await talk.comparing.end(looking(full), "c1")


async def test_whoever_may_ask_ends_the_thread_and_what_was_written_after_is_not_asked(talk: Talk) -> None:
    await talk.turns.hear(THREAD, "1600000000.000001", "U8", "T1", "stop")
    await talk.says("And this?")
    conversation = await talk.database.conversations.get("c1")
    assert conversation is not None
    assert conversation.ended_by == "U8"
    assert talk.model.asked == []
    assert talk.thread.told == []


async def test_a_comparison_stays_blind_until_it_ends(talk: Talk) -> None:
    """Two people press *Make it a blind test*; nobody can make it tell names again but by ending it."""
    for _ in range(2):
        await talk.comparing.make_blind(looking(MINA), "c1")
    blind = await talk.database.conversations.get("c1")
    assert blind is not None
    assert blind.blind
    await talk.comparing.end(looking(MINA), "c1")
    with pytest.raises(StaleState, match="has ended"):
        await talk.comparing.make_blind(looking(MINA), "c1")
