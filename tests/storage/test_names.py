"""Models are found by their names, however old; who waits for a place is told when one is free. On both databases."""

from datetime import timedelta

from bot.domain.jobs import JobState
from bot.domain.training import Checkpoint, Curve
from bot.domain.work import Moved, Place
from storage.database import Database
from tests.storage import samples
from tests.storage.samples import NOW


async def test_a_model_is_found_by_each_of_its_names_in_whatever_case(database: Database) -> None:
    named = {
        "suffix": "Tone",
        "alias": "friendly",
        "fine_tuned_model": "ft:A:b",
        "dataset_name": "Help_1.jsonl",
    }
    made = {"state": JobState.SUCCEEDED, **named}
    await database.jobs.add(Moved(samples.job("j1", **made)))
    elsewhere = samples.job("j2", **(made | {"alias": None, "place": Place("-/T2", "C1")}))
    await database.jobs.add(Moved(elsewhere))
    await database.jobs.add(Moved(samples.job("j3", suffix="Tone")))  # has left no model
    for name in ("j1", "tone", "friendly", "ft:a:b", "help_1", "help_1.jsonl"):
        assert [job.id for job in await database.jobs.called("-/T1", name)] == ["j1"], name
    for name in ("", "help", "help%", "helpx1", "ft:a"):
        assert await database.jobs.called("-/T1", name) == [], name


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
    await database.jobs.add(Moved(samples.job("held", state=JobState.CREATING, due_at=NOW)))
    for hour, row_id in enumerate(("second", "first")):
        asked = NOW - timedelta(hours=hour)
        await database.jobs.add(Moved(samples.job(row_id, requested_at=asked, **creating)))
    await database.jobs.add(Moved(samples.job("other", **(creating | {"model": "gpt-4o"}))))
    assert await database.jobs.claim(NOW, 60) is not None
    job = samples.job("held")
    await database.jobs.next_in_queue(job.provider, job.model, soon)
    due = {each.id: each.due_at for each in await database.jobs.listed()}
    assert due == {"held": soon, "first": soon, "second": later, "other": later}
