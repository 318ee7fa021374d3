"""Loss curves are kept beside their jobs, and replaced whole."""

from datetime import timedelta

from bot.domain.jobs import loss_chart
from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.training import Checkpoint, Curve, Point
from bot.domain.work_queue import Transition
from storage.database import Database
from tests.storage.conftest import SetClock
from tests.storage.samples import NOW

CURVE = Curve((Point(1, 2.0), Point(2, None, 1.5)), (Checkpoint(2, "ft:m", 0.5),))


async def test_a_curve_comes_back_as_it_was_last_saved(database: Database, replica: Database) -> None:
    assert await database.curves.get("j1") == Curve()
    await database.curves.save("j1", Curve((Point(1, 2.0),)))
    await replica.curves.save("j1", CURVE)
    assert await database.curves.get("j1") == CURVE
    assert await database.curves.get("j2") == Curve()


async def test_curves_of_several_jobs_are_read_at_once(database: Database) -> None:
    await database.curves.save("j1", CURVE)
    await database.curves.save("j3", Curve())
    assert await database.curves.of(["j1", "j2"]) == {"j1": CURVE}
    assert await database.curves.of([]) == {}


async def test_a_saved_curve_has_its_picture_looked_at(database: Database, clock: SetClock) -> None:
    await database.curves.save("j1", CURVE)
    claim = await database.loss_charts.claim(NOW, 5)
    assert claim is not None
    assert claim.row == LossChart("j1", due_at=NOW)

    later = clock.pass_seconds(1)
    await database.curves.save("j1", CURVE)  # while it is looked at
    kept = await database.loss_charts.change(
        "j1", lambda picture: loss_chart.rests(picture, claim.row, None), token=claim.token
    )
    assert kept.due_at == later

    await database.loss_charts.change("j1", lambda p: loss_chart.delayed(p, timedelta(minutes=5), later))
    await database.loss_charts.release("j1", claim.token)
    clock.pass_seconds(1)
    await database.curves.save("j1", CURVE)  # Slack asked to wait
    assert await database.loss_charts.claim(clock.now(), 5) is None
    await database.curves.save("j1", CURVE, ends=True)  # the last one is not put off
    last = await database.loss_charts.claim(clock.now(), 5)
    assert last is not None
    assert last.row.ends


async def test_a_picture_comes_back_as_it_was_saved(database: Database) -> None:
    full = LossChart("j1", "F2", 40, 3, NOW, ("F1", "F0"), 12, ends=True, last=True, due_at=NOW, attempts=2)
    await database.curves.save("j1", CURVE)
    saved = await database.loss_charts.change("j1", lambda _: Transition(full))
    assert await database.loss_charts.get("j1") == saved
    assert saved.old == full.old
    assert (saved.begun, saved.step, saved.made, saved.made_at) == ("F2", 40, 3, NOW)
    assert (saved.since, saved.ends, saved.last, saved.attempts) == (12, True, True, 2)
