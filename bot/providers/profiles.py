"""What differs between servers that speak the OpenAI API, read from profiles.toml; opens no connection."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import msgspec

from bot.domain.catalog import Method


@dataclass(frozen=True, slots=True)
class Profile:
    """One server.

    `name` is what our rows carry, `title` what people read. `hyperparameters` says where the create call takes
    them: inside `method`, or at the `top` level. `max_upload_bytes` 0 means that there is no Uploads API.
    `methods` are those that this adapter can ask for there; `has_wandb`: it reports curves to Weights & Biases.
    `min_examples` is the fewest examples a training file may hold. `has_usage`: a stream tells its tokens if asked.
    """

    name: str
    title: str
    base_url: str
    base_url_variable: str
    key_variable: str
    hyperparameters: Literal["method", "top"]
    min_examples: int
    max_file_bytes: int
    max_upload_bytes: int
    part_bytes: int
    has_events: bool
    has_checkpoints: bool
    has_pause: bool
    has_wandb: bool
    has_usage: bool
    methods: tuple[Method, ...]

    @property
    def largest_file(self) -> int:
        """The largest training file it takes by any way, in bytes."""
        return max(self.max_file_bytes, self.max_upload_bytes)


def load() -> Mapping[str, Profile]:
    """Every profile that ships with the application, by name."""
    data = tomllib.loads(resources.files(__package__).joinpath("profiles.toml").read_text("utf-8"))
    return {name: msgspec.convert({"name": name, **fields}, Profile) for name, fields in data.items()}
