"""Checks the body of POST /fine_tuning/jobs: types, ranges, and what goes with what; knows no files and no limits."""

import re
from dataclasses import dataclass
from typing import Any, cast

from bot.sandbox.openai import shapes
from bot.sandbox.openai.errors import bad_request
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.training_data import Method

_FIELDS = frozenset(
    {
        "model",
        "training_file",
        "hyperparameters",
        "suffix",
        "validation_file",
        "integrations",
        "seed",
        "method",
        "metadata",
    }
)
_COMMON = frozenset({"n_epochs", "batch_size", "learning_rate_multiplier"})
_HYPERPARAMETERS = {
    "supervised": _COMMON,
    "dpo": _COMMON | {"beta"},
    "reinforcement": _COMMON | {"reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"},
}
_NUMBERS: dict[str, tuple[float, float | None]] = {  # above this, up to that
    "learning_rate_multiplier": (0, None),
    "beta": (0, 2),
    "compute_multiplier": (0.00001, 10),
}
_MOST = {"n_epochs": 50, "batch_size": 256}
_GRADERS = frozenset({"string_check", "text_similarity", "python", "score_model", "multi"})
_MAX_SEED = 2_147_483_647


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A well-formed request; `hyperparameters` holds what was given, "auto" left out."""

    model: str
    training_file: str
    validation_file: str | None
    method: Method
    hyperparameters: Json
    grader: Json | None
    suffix: str | None
    seed: int | None
    metadata: dict[str, str] | None
    integrations: list[Json]

    @property
    def name_suffix(self) -> str:
        """The suffix as it appears in the model's name."""
        return re.sub(r"[^a-z0-9]+", "-", (self.suffix or "").lower()).strip("-")


def parse(body: Json) -> JobRequest:
    """The request in a JSON body; raises `ApiError` 400 at the first thing that is wrong."""
    shapes.only_keys(body, _FIELDS)
    for key in ("model", "training_file"):
        shapes.a_string(shapes.required(body, key), key, least=1)
    validation = body.get("validation_file")
    suffix = body.get("suffix")
    seed = body.get("seed")
    metadata = body.get("metadata")
    method, hyperparameters, grader = _method(body)
    if method == "reinforcement" and validation is None:
        raise bad_request("A validation file is required for reinforcement fine-tuning.", "validation_file")
    return JobRequest(
        model=body["model"],
        training_file=body["training_file"],
        validation_file=None
        if validation is None
        else shapes.a_string(validation, "validation_file", least=1),
        method=method,
        hyperparameters=hyperparameters,
        grader=grader,
        suffix=None if suffix is None else shapes.a_string(suffix, "suffix", least=1, most=64),
        seed=None if seed is None else shapes.an_integer(seed, "seed", 0, _MAX_SEED),
        metadata=None if metadata is None else shapes.a_metadata(metadata),
        integrations=_integrations(body.get("integrations")),
    )


def _method(body: Json) -> tuple[Method, Json, Json | None]:
    top = body.get("hyperparameters")
    if top is not None:
        top = shapes.an_object(top, "hyperparameters")
    given = body.get("method")
    if given is None:
        return "supervised", _hyperparameters(top or {}, "supervised", "hyperparameters"), None
    given = shapes.an_object(given, "method")
    kind = cast(
        "Method", shapes.one_of(shapes.required(given, "type", "method"), _HYPERPARAMETERS, "method.type")
    )
    shapes.only_keys(given, {"type", *_HYPERPARAMETERS}, "method")
    for other in _HYPERPARAMETERS:
        if other != kind and given.get(other) is not None:
            raise bad_request(f"Method type '{kind}' cannot be given with '{other}'.", f"method.{other}")
    settings = shapes.an_object(given.get(kind) or {}, f"method.{kind}")
    shapes.only_keys(
        settings,
        {"hyperparameters", "grader"} if kind == "reinforcement" else {"hyperparameters"},
        f"method.{kind}",
    )
    own = settings.get("hyperparameters")
    if own is not None and top is not None:
        raise bad_request(
            "Cannot specify both 'hyperparameters' and 'method.*.hyperparameters'.", "hyperparameters"
        )
    where = f"method.{kind}.hyperparameters" if own is not None else "hyperparameters"
    chosen = shapes.an_object(own if own is not None else top or {}, where)
    grader = None
    if kind == "reinforcement":
        grader = shapes.an_object(shapes.required(settings, "grader", "method.reinforcement"), "grader")
        shapes.one_of(grader.get("type"), _GRADERS, "method.reinforcement.grader.type")
    return kind, _hyperparameters(chosen, kind, where), grader


def _hyperparameters(given: Json, kind: str, where: str) -> Json:
    shapes.only_keys(given, _HYPERPARAMETERS[kind], where)
    return {
        key: _hyperparameter(key, value, f"{where}.{key}")
        for key, value in given.items()
        if value not in ("auto", None)
    }


def _hyperparameter(key: str, value: Any, where: str) -> Any:
    if key == "reasoning_effort":
        return shapes.one_of(value, {"default", "low", "medium", "high"}, where)
    if key in _NUMBERS:
        above, most = _NUMBERS[key]
        return shapes.a_number(value, where, above=above, most=most)
    return shapes.an_integer(value, where, 1, _MOST.get(key, _MAX_SEED))


def _integrations(value: Any) -> list[Json]:
    if value is None:
        return []
    for at, item in enumerate(shapes.an_array(value, "integrations", most=5)):
        entry = shapes.an_object(item, f"integrations.{at}")
        shapes.one_of(
            shapes.required(entry, "type", f"integrations.{at}"), {"wandb"}, f"integrations.{at}.type"
        )
        wandb = shapes.an_object(
            shapes.required(entry, "wandb", f"integrations.{at}"), f"integrations.{at}.wandb"
        )
        shapes.a_string(
            shapes.required(wandb, "project", f"integrations.{at}.wandb"), f"integrations.{at}.wandb.project"
        )
    return cast("list[Json]", value)
