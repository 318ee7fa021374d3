"""What the start form offers and what it hands back; plain values between the Slack edge and the job service."""

from dataclasses import dataclass

from bot.domain.catalog import ModelInfo
from bot.domain.dataset.lifecycle import Dataset
from bot.domain.pricing import Estimate


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be trained on the chosen dataset, with what that would cost."""

    model: ModelInfo
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen now: the channel's ready datasets, newest first, and models for the chosen one.

    `dataset` is None when the channel has no ready dataset; `models` is empty when nothing can be trained on
    it, and `closed` then says why in a sentence.
    """

    datasets: tuple[Dataset, ...]
    dataset: Dataset | None
    models: tuple[ModelChoice, ...]
    closed: str = ""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What the form holds, as typed: `epochs` is "auto", empty or a number in text."""

    dataset_id: str
    model: str
    suffix: str
    epochs: str
    request_key: str
