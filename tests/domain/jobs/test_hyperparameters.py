"""What people type for a job's settings: which values the API takes, and what is said of others."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs import hyperparameters
from bot.errors import BadInput

Reader = Callable[[str], object]
NUMBERS: list[Reader] = [
    hyperparameters.epochs,
    hyperparameters.batch_size,
    hyperparameters.learning_rate_multiplier,
    hyperparameters.beta,
    hyperparameters.seed,
]


@pytest.mark.parametrize("reader", NUMBERS)
@pytest.mark.parametrize("text", ["", "auto", " AUTO "])
def test_nothing_and_auto_leave_it_to_the_server(reader: Reader, text: str) -> None:
    assert reader(text) is None


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (hyperparameters.epochs, " 1 ", 1),
        (hyperparameters.epochs, "50", 50),
        (hyperparameters.batch_size, "256", 256),
        (hyperparameters.learning_rate_multiplier, "1.5", 1.5),
        (hyperparameters.learning_rate_multiplier, "2", 2.0),
        (hyperparameters.learning_rate_multiplier, ".5", 0.5),
        (hyperparameters.learning_rate_multiplier, "1e-05", 1e-05),
        (hyperparameters.beta, "2", 2.0),
        (hyperparameters.beta, "0.1", 0.1),
        (hyperparameters.seed, "0", 0),
        (hyperparameters.seed, "2147483647", 2_147_483_647),
        (hyperparameters.suffix, " support-tone_2.1 ", "support-tone_2.1"),
        (hyperparameters.suffix, "", ""),
        (hyperparameters.suffix, "a" * 64, "a" * 64),
        (hyperparameters.project, " our curves ", "our curves"),
        (hyperparameters.project, "", ""),
    ],
)
def test_what_the_api_takes_is_read(reader: Reader, text: str, value: object) -> None:
    assert reader(text) == value


@pytest.mark.parametrize(
    ("reader", "text", "words"),
    [
        (hyperparameters.epochs, "0", "A whole number from 1 to 50, or auto."),
        (hyperparameters.epochs, "51", "A whole number from 1 to 50, or auto."),
        (hyperparameters.epochs, "2.5", "A whole number from 1 to 50, or auto."),
        (hyperparameters.batch_size, "257", "A whole number from 1 to 256, or auto."),
        (hyperparameters.learning_rate_multiplier, "0", "A number above 0"),
        (hyperparameters.learning_rate_multiplier, "nan", "A number above 0"),
        (hyperparameters.learning_rate_multiplier, "1,5", "A number above 0"),
        (hyperparameters.learning_rate_multiplier, ".", "A number above 0"),
        (hyperparameters.beta, "2.01", "up to 2"),
        (hyperparameters.seed, "-1", "A whole number from 0 to 2,147,483,647, or auto."),
        (hyperparameters.seed, "2147483648", "A whole number from 0 to 2,147,483,647, or auto."),
        (hyperparameters.suffix, "a" * 65, "At most 64 characters; this has 65."),
        (hyperparameters.suffix, "two words", "no spaces"),
        (hyperparameters.project, "a/b", "none of"),
        (hyperparameters.project, "a" * 129, "At most 128 characters"),
    ],
)
def test_what_the_api_does_not_take_is_told_with_what_it_does(reader: Reader, text: str, words: str) -> None:
    with pytest.raises(BadInput) as told:
        reader(text)
    assert words in str(told.value)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_told(text: str) -> None:
    """No other error comes of it, and no number outside the range."""
    for reader in NUMBERS:
        try:
            value = reader(text)
        except BadInput:
            continue
        assert value is None or (isinstance(value, int | float) and 0 <= value < float("inf"))
