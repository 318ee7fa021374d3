"""What can be asked for and what is asked: plain values between the Slack edge and the service that takes requests."""

from dataclasses import dataclass, replace

from bot.domain.catalog import Method, ModelInfo
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.suggestions import Suggestions
from bot.domain.jobs.job import Job
from bot.domain.jobs.training import Curve
from bot.domain.pricing import Estimate


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants trained, as typed: numbers are text, empty or "auto" where the server shall choose.

    `model` is a ModelChoice's key, or any name of a model. `suffix` and `wandb` empty: none.
    """

    dataset_id: str = ""
    model: str = ""
    suffix: str = ""
    epochs: str = ""
    validation_id: str = ""
    batch: str = ""
    lr: str = ""
    beta: str = ""
    seed: str = ""
    wandb: str = ""


def again(job: Job) -> Wanted:
    """What was wanted for this job, to begin another one with."""
    given = job.hyperparameters
    return Wanted(
        dataset_id=job.dataset_id,
        model=job.model,
        suffix=job.suffix,
        epochs=_text(given.n_epochs),
        validation_id=job.validation.dataset_id if job.validation else "",
        batch=_text(given.batch_size),
        lr=_text(given.learning_rate_multiplier),
        beta=_text(given.beta),
        seed=_text(job.seed),
        wandb=job.wandb_project,
    )


def _text(value: float | None) -> str:
    return "" if value is None else f"{value}"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be trained on the chosen dataset, with what that would cost.

    `key` stands for it in forms, `name` is what people call it. `trained` is the name the provider knows: of a base
    model, or of a tuned one that is trained further; `info` is about the base model either way.
    """

    key: str
    name: str
    trained: str
    info: ModelInfo
    estimate: Estimate

    @property
    def tuned(self) -> bool:
        """Whether it is a tuned model that goes on."""
        return self.trained != self.info.id

    @property
    def checkpoint(self) -> bool:
        """Whether it is a model from the middle of a training."""
        return "@" in self.key

    @property
    def names(self) -> frozenset[str]:
        """Everything it may be called, in lower case."""
        called = {self.key, self.name, self.trained} | (set() if self.tuned else set(self.info.aliases))
        return frozenset(each.lower() for each in called)


def going_on(job: Job, base: ModelChoice, curve: Curve) -> list[ModelChoice]:
    """The tuned model of a job and the checkpoints before it, latest first, each trained further as its `base` is."""
    kept = [
        replace(
            base, key=checkpoint.name_in(job.id), name=checkpoint.name_in(job.title), trained=checkpoint.model
        )
        for checkpoint in reversed(curve.named)
        if checkpoint.model != job.fine_tuned_model
    ]
    return [replace(base, key=job.id, name=job.title, trained=job.fine_tuned_model or ""), *kept]


NOTHING_WANTED = Wanted()
NOTHING_SUGGESTED = Suggestions((), ())


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen now, for what is wanted so far.

    `datasets` are the channel's ready ones, newest first; `dataset` is the chosen one, None when there is none.
    `models` are those that train on it, `chosen` is one of them; when there is none, `closed` says why.
    `wanted` is what was wanted as far as it still fits, and `notes` say what did not. `validations` may go with
    the dataset. `becomes` is the name the model will get, with a made-up end. `cut` counts the tokens of the
    dataset that the chosen model does not take. `wandb`: the provider reports there. `problems` say what stands
    in the way of asking for this, each with one of Wanted's names without `_id`, or "" for the whole.
    `more_models`: so many tuned models can be named that are not among them.
    """

    datasets: tuple[Dataset, ...]
    dataset: Dataset | None
    models: tuple[ModelChoice, ...]
    chosen: ModelChoice | None = None
    closed: str = ""
    wanted: Wanted = NOTHING_WANTED
    notes: tuple[str, ...] = ()
    method: Method = "supervised"
    validations: tuple[Dataset, ...] = ()
    suggestions: Suggestions = NOTHING_SUGGESTED
    becomes: str = ""
    cut: int = 0
    wandb: bool = False
    problems: tuple[tuple[str, str], ...] = ()
    more_models: int = 0
