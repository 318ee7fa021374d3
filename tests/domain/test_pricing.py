"""What training would cost: the default epochs, the formula and the sentence that says the assumption."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.catalog import ModelInfo, load
from bot.domain.datasets.report import Billable, Report, TokenStats
from bot.domain.pricing import Estimate, default_epochs, estimate, estimates
from bot.errors import BadInput

NOW = date(2026, 11, 22)
MODELS = load()
REPORT = Report(
    file="data.jsonl",
    bytes=1,
    sha256="0" * 64,
    format="chat",
    examples=449,
    valid=449,
    ok=True,
    problem_count=0,
    problem_codes={},
    problems=(),
    advice=(),
    tokens=TokenStats(460_000, 200_000, 70_000, 1, 1_699, "o200k_base", exact=True),
    billable=(Billable(16_385, 400_000), Billable(65_536, 458_301)),
)


def model(name: str) -> ModelInfo:
    found = MODELS.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(0, 3), (1, 25), (4, 25), (5, 20), (10, 10), (33, 3), (34, 3), (50, 3), (449, 3), (8_333, 3), (8_334, 2),
     (12_501, 1), (25_001, 1), (1_000_000, 1)],
)  # fmt: skip
def test_the_default_epochs_follow_the_number_of_examples(examples: int, epochs: int) -> None:
    assert default_epochs(examples) == epochs


def test_an_estimate_says_what_it_rests_on() -> None:
    found = estimate(REPORT, model("gpt-4o-mini"), None, NOW)
    assert found == Estimate(
        model="gpt-4o-mini-2024-07-18",
        method="supervised",
        epochs=3,
        epochs_source="default",
        billed_tokens=458_301 * 3,
        usd=4.124709,
        price_per_million_usd=3.0,
        price_as_of=NOW,
        trainable_until=date(2027, 1, 6),
    )
    assert found.sentence == "≈ $4.12: 458,301 tokens × 3 epochs × $3.00 per million, prices of 2026-11-22"


def test_given_epochs_count_instead_of_the_default() -> None:
    found = estimate(REPORT, model("gpt-4.1"), 1, NOW)
    assert (found.epochs, found.epochs_source, found.usd) == (1, "given", 11.457525)
    assert "458,301 tokens × 1 epoch ×" in found.sentence


@pytest.mark.parametrize("epochs", [0, -1, 51])
def test_epochs_outside_what_the_server_takes_are_refused(epochs: int) -> None:
    with pytest.raises(BadInput) as caught:
        estimate(REPORT, model("gpt-4.1"), epochs, NOW)
    assert caught.value.field == "epochs"


@pytest.mark.parametrize(
    ("report", "name", "today"),
    [
        (REPORT, "gpt-4.1-nano", NOW),
        (REPORT, "gpt-4.1", date(2027, 1, 6)),
        (REPORT, "o4-mini", date(2026, 10, 1)),
        (replace(REPORT, format="preference"), "gpt-4o-mini", NOW),
        (replace(REPORT, images=3), "gpt-4.1", NOW),
    ],
)
def test_a_model_that_cannot_train_on_it_is_refused(report: Report, name: str, today: date) -> None:
    with pytest.raises(BadInput) as caught:
        estimate(report, model(name), None, today)
    assert caught.value.field == "model"


def test_a_file_that_is_no_dataset_has_no_price() -> None:
    nothing = replace(REPORT, format=None)
    assert estimates(nothing, MODELS, NOW) == ()
    with pytest.raises(BadInput):
        estimate(nothing, model("gpt-4.1"), None, NOW)


def test_training_that_is_not_priced_by_tokens_says_so() -> None:
    report = replace(REPORT, format="reinforcement")
    found = estimate(report, model("o4-mini"), 2, date(2026, 10, 1))
    assert found.usd is None
    assert found.sentence.startswith("Price unknown: 458,301 tokens × 2 epochs")
