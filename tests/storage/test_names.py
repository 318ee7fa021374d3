"""Models are found by their names, however old; who waits for a place is told when one is free. On both databases."""

from datetime import timedelta
from typing import Any

from bot.domain.jobs.job import JobState, ModelDeletion
from bot.domain.jobs.training import Checkpoint, Curve
from bot.domain.models import Named
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from storage.database import Database
from tests.storage import samples
from tests.storage.samples import NOW
from tests.viewers import WHOLE, jobs_in


async def test_the_names_of_models_are_those_in_sight_and_tell_which_are_gone(database: Database) -> None:
    named = {
        "suffix": "Tone",
        "alias": "friendly",
        "fine_tuned_model": "ft:A:b",
        "dataset_name": "Help_1.jsonl",
    }
    made: dict[str, Any] = {"state": JobState.SUCCEEDED, **named}
    deletion = ModelDeletion("U1", NOW)
    for job in (
        samples.job("j1", **made),
        samples.job("j2", **(made | {"alias": None, "place": Place("-/T2", "C1")})),
        samples.job("j3", suffix="Tone"),  # has left no model
        samples.job("j4", **(made | {"alias": None, "model_deletion": deletion})),
    ):
        await database.jobs.add(Transition(job))
    found = {each.id: each for each in await database.jobs.model_names(WHOLE)}
    assert found.keys() == {"j1", "j4"}
    assert found["j1"] == Named("j1", "C1", "friendly", "Tone", "Help_1.jsonl", "ft:A:b")
    assert found["j1"].names == ("ft:a:b", "j1", "friendly", "tone")
    assert found["j4"].gone


async def test_a_curve_is_found_by_a_checkpoint_of_it(database: Database) -> None:
    for row_id, model in (("j1", "ft:A:ckpt_1"), ("j2", "ft:A:ckptx1")):
        await database.curves.save(row_id, Curve((), (Checkpoint(1, model),)))
    assert list(await database.curves.holding("ft:a:CKPT_1")) == ["j1"]
    assert await database.curves.holding("ft:a:ckpt_2") == {}


async def test_a_free_place_is_told_to_who_waits_longest_and_to_who_is_being_refused_right_now(
    database: Database,
) -> None:
    later, soon = NOW + timedelta(hours=1), NOW + timedelta(seconds=1)
    creating = {"state": JobState.CREATING, "due_at": later, "waits_until": later}
    await database.jobs.add(Transition(samples.job("held", state=JobState.CREATING, due_at=NOW)))
    for hour, row_id in enumerate(("second", "first")):
        asked = NOW - timedelta(hours=hour)
        await database.jobs.add(Transition(samples.job(row_id, requested_at=asked, **creating)))
    await database.jobs.add(Transition(samples.job("other", **(creating | {"model": "gpt-4o"}))))
    assert await database.jobs.claim(NOW, 60) is not None
    job = samples.job("held")
    await database.jobs.next_in_queue(job.provider, job.model, soon)
    due = {each.id: each.due_at for each in await jobs_in(database)}
    assert due == {"held": soon, "first": soon, "second": later, "other": later}
