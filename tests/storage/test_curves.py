"""Loss curves are kept beside their jobs, and replaced whole."""

from bot.domain.training import Checkpoint, Curve, Point
from storage.database import Database

CURVE = Curve((Point(1, 2.0), Point(2, None, 1.5)), (Checkpoint(2, "ft:m", 0.5),))


async def test_a_curve_comes_back_as_it_was_last_saved(database: Database, replica: Database) -> None:
    assert await database.curves.get("j1") == Curve()
    await database.curves.save("j1", Curve((Point(1, 2.0),)))
    await replica.curves.save("j1", CURVE)
    assert await database.curves.get("j1") == CURVE
    assert await database.curves.get("j2") == Curve()
