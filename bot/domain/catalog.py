"""The models a provider trains: limits, prices, retirement dates; knows no provider but by catalog.toml."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Literal

import msgspec

from bot.errors import BadInput

Format = Literal["chat", "preference", "reinforcement"]
Method = Literal["supervised", "preference", "reinforcement"]

METHOD_OF: dict[Format, Method] = {
    "chat": "supervised",
    "preference": "preference",
    "reinforcement": "reinforcement",
}
"""Which way of training a dataset of a format is for."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A base model.

    Prices are US dollars per million tokens; `train_usd` None means that training is not priced by tokens.
    An example longer than `max_example_tokens` is cut by the server. `trainable_until` and `serves_until`
    are the first day on which it no longer trains or answers; None means no such day is known. `as_of` is the
    day on which prices and dates were read from the provider.
    """

    id: str
    methods: tuple[Method, ...]
    encoding: str
    max_example_tokens: int
    context_window: int
    aliases: tuple[str, ...] = ()
    vision: bool = False
    train_usd: float | None = None
    input_usd: float | None = None
    output_usd: float | None = None
    trainable_until: date | None = None
    serves_until: date | None = None
    notes: str = ""
    as_of: date | None = None

    @property
    def name(self) -> str:
        """The short name people use: the first alias, or the id."""
        return self.aliases[0] if self.aliases else self.id

    def trains(self, on: date) -> bool:
        """Whether a training job may still be created on that day."""
        return self.trainable_until is None or on < self.trainable_until

    def serves(self, on: date) -> bool:
        """Whether the model, or a tuned one that came from it, still answers on that day."""
        return self.serves_until is None or on < self.serves_until


@dataclass(frozen=True, slots=True)
class Catalog:
    """One provider's models; `as_of` as in ModelInfo, which each model takes over unless it has its own.

    `tuned_names` are patterns of the names this provider gives to tuned models; their group `base` is the
    name of the base model. `tuned_example` is how such a name is made, with {base} and {suffix}; empty where
    that cannot be told before. They are data because every provider names differently.
    """

    provider: str
    as_of: date
    models: tuple[ModelInfo, ...]
    tuned_names: tuple[str, ...] = ()
    tuned_example: str = ""

    def trainable(self, on: date, dataset_format: Format, *, images: bool = False) -> tuple[ModelInfo, ...]:
        """The models that train on this format that day, in order; with images only those that see."""
        method = METHOD_OF[dataset_format]
        return tuple(
            model
            for model in self.models
            if method in model.methods and model.trains(on) and (model.vision or not images)
        )

    def find(self, name: str) -> ModelInfo | None:
        """The base model of this name: an id, an alias, or a tuned model's name; None if unknown.

        An undated name of a snapshot we know under another date is not guessed: it may differ in price.
        """
        base = self.base_of(name)
        return next((model for model in self.models if base == model.id or base in model.aliases), None)

    def becomes(self, model: ModelInfo, suffix: str) -> str:
        """What a tuned model that comes from this one will be called, but for what only the provider knows."""
        return self.tuned_example.replace("{base}", model.id).replace("{suffix}", suffix)

    def base_of(self, name: str) -> str:
        """The base model's name inside a tuned model's name; any other name unchanged."""
        for pattern in self.tuned_names:
            if found := re.match(pattern, name):
                return found["base"]
        return name


def load() -> Catalog:
    """The catalog that ships with the application."""
    return parse(resources.files(__package__).joinpath("catalog.toml").read_text("utf-8"))


def parse(text: str) -> Catalog:
    """A catalog from TOML of the same form as catalog.toml.

    Raises:
        BadInput: it is not TOML, or a field is missing or wrong; the sentence names it.
    """
    try:
        data = tomllib.loads(text)
        data["models"] = [{"as_of": data["as_of"], **model} for model in data["models"]]
        return msgspec.convert(data, Catalog)
    except KeyError as missing:
        raise BadInput(f"the key {missing} is missing") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, TypeError) as fault:
        raise BadInput(str(fault)) from None
