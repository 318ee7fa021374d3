"""Training goes on from a model of one's own under any of its names, however old, if it is still there."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.approvals.requests import Wanted
from bot.domain.jobs.job import Job, ModelDeletion
from bot.domain.jobs.training import Checkpoint, Curve
from bot.domain.places import Place
from bot.domain.policies import Member
from bot.domain.work_queue import Transition
from bot.errors import BadInput, ProviderUnavailable
from bot.providers.memory import InMemoryProvider
from bot.services.approvals.model_choice import MAX_TUNED
from storage.database import Database
from tests.handlers import samples
from tests.handlers.samples import NOW
from tests.services.rules import requests_of
from tests.storage.conftest import SetClock
from tests.viewers import jobs_in, looking

if TYPE_CHECKING:
    from bot.domain.catalog import Method

MINA = Member("U1", "Mina")
MODEL = "gpt-4o-mini-2024-07-18"
NAME, HALFWAY = f"ft:{MODEL}:acme:tone:abc", f"ft:{MODEL}:acme:tone:abc:ckpt-step-40"
METHODS: tuple["Method", ...] = ("supervised",)
CURVE = Curve((), (Checkpoint(40, HALFWAY), Checkpoint(80, NAME)))


class Desk:
    """The service over a channel with a dataset and the model "tone", which people call "friendly"."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.provider = database, InMemoryProvider(now=clock.now)
        self.provider.moves("ftjob-1", "succeeded", fine_tuned_model=NAME)
        self.provider.kept["ftjob-1"] = list(CURVE.checkpoints)
        self.requests = requests_of(database, clock, provider=self.provider)

    async def trained(self, row_id: str, age: int, **fields: Any) -> Job:
        """A model that was asked for so many days ago."""
        made: dict[str, Any] = {
            "id": row_id,
            "request_key": row_id,
            "requested_at": NOW - timedelta(days=age),
            "estimate": samples.estimate(model=MODEL),
            "fine_tuned_model": f"ft:{MODEL}:acme:{row_id}:abc",
            "suffix": row_id,
        }
        return await self.database.jobs.add(Transition(samples.succeeded(**(made | fields))))

    async def asks(self, model: str) -> Job:
        """A request to go on from this one."""
        wanted = Wanted(dataset_id="support", model=model)
        return await self.requests.request(looking(MINA), wanted, f"as {model}")


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    made = Desk(database, clock)
    dataset = samples.dataset(id="support", file_id="support", sha256="ab" * 32, report=samples.report())
    await database.datasets.add(Transition(dataset))
    await made.trained("tone", 90, alias="friendly", provider_job_id="ftjob-1")
    await database.curves.save("tone", CURVE)
    return made


NAMES = [
    ("friendly", NAME, "friendly"),
    ("Friendly", NAME, "friendly"),
    (NAME, NAME, "friendly"),
    ("tone", NAME, "friendly"),
    ("friendly@80", NAME, "friendly"),
    ("friendly@40", HALFWAY, "friendly@40"),
    (HALFWAY, HALFWAY, "friendly@40"),
]


@pytest.mark.parametrize(("called", "model", "from_there"), NAMES)
async def test_training_goes_on_from_a_model_by_each_of_its_names(
    desk: Desk, called: str, model: str, from_there: str
) -> None:
    job = await desk.asks(called)
    assert (job.model, job.went_on_from, job.estimate.model) == (model, from_there, MODEL)


async def test_one_that_no_list_of_the_newest_holds_is_found_and_priced_all_the_same(desk: Desk) -> None:
    for number in range(max(MAX_TUNED, 100) + 1):
        await desk.trained(f"n{number}", 1)
    for called, model, _ in NAMES:
        job = await desk.asks(called)
        assert job.model == model
        assert await desk.requests.choices.price(job) == job.estimate


async def test_an_alias_comes_before_a_newer_model_whose_suffix_is_the_same(desk: Desk) -> None:
    await desk.trained("other", 1, suffix="friendly")
    assert (await desk.asks("friendly")).model == NAME


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("friendly@41", "*friendly* has no checkpoint at step 41. It has some at 40, 80."),
        ("frendly", "I know no model of this name; the nearest is friendly."),
        ("gone", "*gone* no longer answers: it was deleted by <@U2>."),
        ("foreign", "foreign was trained at another, not at openai, and can only go on there."),
        ("old", "gpt-4.1-nano"),
        ("theirs", "I know no model of this name"),
        ("", "I know no model of this name"),
    ],
)
async def test_what_keeps_it_from_going_on_is_told_at_the_model(desk: Desk, called: str, told: str) -> None:
    await desk.trained("gone", 1, model_deletion=ModelDeletion("U2", NOW, NOW))
    await desk.trained("foreign", 1, provider="another")
    await desk.trained("old", 1, estimate=samples.estimate(model="gpt-4.1-nano-2025-04-14"))
    await desk.trained("nameless", 1, suffix="")
    await desk.trained("theirs", 1, place=Place("-/T2", "C1"))
    with pytest.raises(BadInput) as refused:
        await desk.asks(called)
    assert told in str(refused.value)
    assert refused.value.field == "model"


async def test_a_checkpoint_that_the_provider_let_go_of_is_refused_before_anything_is_asked(
    desk: Desk,
) -> None:
    desk.provider.kept["ftjob-1"] = [Checkpoint(80, NAME)]
    for called in ("friendly@40", HALFWAY):
        with pytest.raises(BadInput, match="no longer keeps") as refused:
            await desk.asks(called)
        assert refused.value.field == "model"
    assert [job.id for job in await jobs_in(desk.database)] == ["tone"]
    assert (await desk.asks("friendly")).model == NAME


async def test_a_request_changed_to_a_checkpoint_that_is_gone_stays_as_it_was(desk: Desk) -> None:
    job = await desk.asks(MODEL)
    desk.provider.kept["ftjob-1"] = []
    with pytest.raises(BadInput, match="no longer keeps"):
        await desk.requests.edit(looking(MINA), job.id, Wanted(dataset_id="support", model="friendly@40"))
    assert await desk.database.jobs.get(job.id) == job


async def test_a_provider_that_does_not_answer_keeps_nobody_from_asking(desk: Desk) -> None:
    desk.provider.fails("checkpoints", ProviderUnavailable("away"), times=10)
    assert (await desk.asks("friendly@40")).model == HALFWAY
