"""Money is whole micro-dollars and reads the same wherever it is said."""

import pytest

from bot.domain.money import Money, about, cost, dollars, in_dollars, of_dollars, total


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (1, "under $0.01"),
        (9_999, "under $0.01"),
        (10_000, "$0.01"),
        (1_234_500_000, "$1,234.50"),
        (-3_000_000, "−$3.00"),
    ],
)
def test_amounts_read_as_dollars(amount: int, text: str) -> None:
    assert dollars(Money(amount)) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, "price unknown"),
        (0.0, "under $0.01"),
        (0.009, "under $0.01"),
        (0.01, "≈ $0.01"),
        (1234.5, "≈ $1,234.50"),
    ],
)
def test_an_estimate_says_that_it_is_one(usd: float | None, text: str) -> None:
    assert about(None if usd is None else of_dollars(usd)) == text


def test_a_thousand_small_prices_add_up_exactly() -> None:
    assert total([of_dollars(0.1)] * 1_000) == of_dollars(100)
    assert in_dollars(cost(458_301 * 3, 3.0)) == 4.124709
