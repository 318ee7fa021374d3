"""The simulated models say what the real ones say while those are trained, and that they are simulated in any case."""

from datetime import date

from bot.domain import catalog
from bot.sandbox.openai.catalog import AS_OF, TRAINING_ENDS, calendar, models_file

REAL = catalog.load()


def test_while_openai_trains_the_demo_has_its_prices_dates_and_day() -> None:
    day = date(2026, 11, 29)
    models = catalog.parse(models_file(day)).models
    assert [model.id for model in models] == [model.id for model in REAL.models if model.trains(day)]
    for simulated in models:
        real = REAL.find(simulated.id)
        assert real is not None
        assert simulated.as_of == real.as_of == AS_OF
        assert (simulated.train_usd, simulated.input_usd, simulated.output_usd) == (
            real.train_usd,
            real.input_usd,
            real.output_usd,
        )
        assert (simulated.trainable_until, simulated.serves_until) == (
            real.trainable_until,
            real.serves_until,
        )
        assert simulated.name == real.name
        assert "Simulated: nothing is trained" in simulated.notes
    assert calendar(day) == day


def test_after_its_end_the_demo_still_trains_and_tells_the_real_date_beside_its_own() -> None:
    day = date(2027, 6, 1)
    models = catalog.parse(models_file(day)).models
    assert all(model.trains(day) and model.serves(day) for model in models)
    assert all("OpenAI itself takes no new jobs since 6 Jan 2027" in model.notes for model in models)
    assert calendar(day) == AS_OF < TRAINING_ENDS
