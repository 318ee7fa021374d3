"""What a training job would cost, and the assumption behind each number; holds no prices itself."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from bot.domain.catalog import METHOD_OF, Catalog, Format, Method, ModelInfo
from bot.domain.money import Money, about, cost, in_dollars, of_dollars
from bot.errors import BadInput

MAX_EPOCHS = 50
"""The API takes n_epochs from 1 to 50."""


class Counted(Protocol):
    """What a price rests on: a dataset's report, of which `valid` and `images` count examples."""

    @property
    def format(self) -> Format | None:
        """None for a file that is no dataset."""
        ...

    @property
    def valid(self) -> int: ...  # noqa: D102  see above

    @property
    def images(self) -> int: ...  # noqa: D102  see above

    def billable_tokens(self, limit: int) -> int:
        """Tokens when each example counts with at most so many."""
        ...


@dataclass(frozen=True, slots=True)
class Estimate:
    """The price of one training job before it runs.

    `billed_tokens` is tokens x epochs. Dollars are floats, not Decimals: an estimate is no ledger
    entry, and a float is what JSON, the database and the provider's own figures carry. `usd` and
    `price_per_million_usd` are None when the model's training is not priced by tokens.
    """

    model: str
    method: Method
    epochs: int
    epochs_source: Literal["default", "given"]
    billed_tokens: int
    usd: float | None
    price_per_million_usd: float | None
    price_as_of: date | None
    trainable_until: date | None

    @property
    def price(self) -> Money | None:
        """The same as money, exact to a micro-dollar; None when it is unknown."""
        return None if self.usd is None else of_dollars(self.usd)

    @property
    def sentence(self) -> str:
        """Price and what it rests on: "≈ $4.12: 458,301 tokens × 3 epochs × $3.00 per million, …"."""
        tokens = self.billed_tokens // self.epochs
        work = f"{tokens:,} tokens × {self.epochs} epoch{'' if self.epochs == 1 else 's'}"
        if self.usd is None or self.price_per_million_usd is None:
            return f"Price unknown: {work}; this model's training is not priced by tokens"
        read = f", prices of {self.price_as_of.isoformat()}" if self.price_as_of else ""
        return f"{about(self.price)}: {work} × ${self.price_per_million_usd:,.2f} per million{read}"


def default_epochs(examples: int) -> int:
    """The epochs a server chooses when none are given: the rule of OpenAI's data preparation notebook.

    Three, but more (up to 25) for few examples so that about 100 are seen, and fewer above 25,000 seen.
    """
    epochs = 3
    if examples == 0:
        return epochs
    if examples * epochs < 100:
        return min(25, 100 // examples)
    if examples * epochs > 25_000:
        return max(1, 25_000 // examples)
    return epochs


def estimate(report: Counted, model: ModelInfo, epochs: int | None, today: date) -> Estimate:
    """What training `model` on this dataset would cost; `epochs` None takes the default rule.

    Raises:
        BadInput: the epochs are outside 1..50, or the model cannot be trained (on this format, or today).
    """
    if epochs is not None and not 1 <= epochs <= MAX_EPOCHS:
        raise BadInput(f"Epochs go from 1 to {MAX_EPOCHS}.", "epochs")
    if report.format is None:
        raise BadInput("This file is not a dataset, so there is nothing to train on.")
    method = METHOD_OF[report.format]
    if method not in model.methods:
        raise BadInput(f"{model.name} does not train on {report.format} data. Pick another model.", "model")
    if report.images and not model.vision:
        raise BadInput(
            f"{model.name} does not train on images. Pick a model that does, or leave them out.", "model"
        )
    if not model.trains(today):
        raise BadInput(
            f"{model.name} takes no training jobs since {model.trainable_until}. Pick another model.",
            "model",
        )
    used = epochs or default_epochs(report.valid)
    billed = report.billable_tokens(model.max_example_tokens) * used
    return Estimate(
        model=model.id,
        method=method,
        epochs=used,
        epochs_source="default" if epochs is None else "given",
        billed_tokens=billed,
        usd=None if model.train_usd is None else in_dollars(cost(billed, model.train_usd)),
        price_per_million_usd=model.train_usd,
        price_as_of=model.as_of,
        trainable_until=model.trainable_until,
    )


def estimates(
    report: Counted, catalog: Catalog, today: date, epochs: int | None = None
) -> tuple[Estimate, ...]:
    """One estimate for each model that could be trained on this dataset today, in the catalog's order."""
    if report.format is None:
        return ()
    models = catalog.trainable(today, report.format, images=report.images > 0)
    return tuple(estimate(report, model, epochs, today) for model in models)
