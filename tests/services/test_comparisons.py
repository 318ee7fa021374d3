"""Which two models stand side by side: a tuned one or a checkpoint, beside its base or whatever else is named."""

from typing import Any

import pytest

from bot.domain import catalog
from bot.domain.chats import Conversation
from bot.domain.jobs.job import Job, JobState
from bot.domain.jobs.training import Checkpoint, Curve
from bot.domain.policies import Member
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotFound
from bot.services.comparisons import ComparisonService
from bot.services.datasets.contents import Fetching
from bot.services.models.resolver import ModelResolver
from storage.database import Database
from tests.handlers.fakes import Log
from tests.services.rules import rules
from tests.storage import samples
from tests.storage.conftest import SetClock
from tests.viewers import absent, looking

MINA = Member("U1", "Mina")
BASE = "gpt-4o-mini-2024-07-18"
TUNED = "ft:gpt-4o-mini-2024-07-18:acme:tone:x1"
KEPT = f"{TUNED}:ckpt-step-20"


class Desk:
    """The service over a database with one tuned model, *tone*, and its checkpoint at step 20."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database = database
        known = catalog.load()
        self.service = ComparisonService(
            storage=database,
            provider="openai",
            catalog=known,
            resolver=ModelResolver(database, known, clock, absent(Fetching)),
            policies=rules(database, clock),
            clock=clock,
            log=Log(),
            wake=lambda: None,
        )

    async def tunes(self, row_id: str = "j1", **fields: Any) -> Job:
        """The model and what is kept of its training."""
        made: dict[str, Any] = {"model": BASE, "suffix": "tone", "fine_tuned_model": TUNED, **fields}
        job = await self.database.jobs.add(Transition(samples.job(row_id, state=JobState.SUCCEEDED, **made)))
        kept = (Checkpoint(20, KEPT), Checkpoint(40, TUNED))
        await self.database.curves.save(job.id, Curve((), kept))
        return job

    async def opens(self, model: str, other: str = "") -> Conversation:
        return await self.service.open(looking(MINA), model, other, f"{model} {other}")


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(database, clock)


@pytest.mark.parametrize("called", ["tone@20", "TONE@20", KEPT])
async def test_a_checkpoint_stands_beside_the_base_it_was_trained_from(desk: Desk, called: str) -> None:
    await desk.tunes()
    pair = await desk.opens(called)
    assert (pair.model, pair.title) == (KEPT, "tone@20")
    assert (pair.other_model, pair.other_title) == (BASE, "gpt-4o-mini")


async def test_a_checkpoint_of_what_went_on_from_a_tuned_model_stands_beside_that_one(desk: Desk) -> None:
    before = "ft:gpt-4o-mini-2024-07-18:acme:first:x0"
    await desk.tunes("first", fine_tuned_model=before, suffix="first")
    await desk.tunes(model=before, went_on_from="first")
    pair = await desk.opens("tone@20")
    assert (pair.other_model, pair.other_title) == (before, "first")


async def test_a_checkpoint_stands_beside_its_own_model(desk: Desk) -> None:
    await desk.tunes()
    pair = await desk.opens("tone", "tone@20")
    assert (pair.model, pair.other_model) == (TUNED, KEPT)


async def test_nothing_stands_beside_itself(desk: Desk) -> None:
    """The checkpoint after the last step is the model."""
    await desk.tunes()
    for model, other in (("tone@20", KEPT), ("tone", "tone@40")):
        with pytest.raises(BadInput, match="beside itself tells nothing"):
            await desk.opens(model, other)


async def test_a_step_without_a_checkpoint_is_told_with_those_there_are(desk: Desk) -> None:
    await desk.tunes()
    with pytest.raises(NotFound, match=r"no checkpoint at step 30. It has some at 20, 40"):
        await desk.opens("tone@30")
