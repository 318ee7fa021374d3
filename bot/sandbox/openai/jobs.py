"""A fine-tuning job as a function of training time: its phases, steps and what it shows; knows no sockets, no store.

A job lives on its own axis of *work seconds*, which starts at creation and stands still while the job is paused:
validating, queued, running (training, then the checks of the new model), ended.
"""

import math
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.openai.catalog import Base
from bot.sandbox.openai.curves import Curve
from bot.sandbox.openai.job_request import JobRequest
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.timeline import Timeline
from bot.sandbox.openai.training_data import Failure, TrainingData

ORGANISATION = "sandbox-org"
VALIDATING_SECONDS = 20.0
QUEUED_SECONDS = 15.0
STARTING_SECONDS = 30.0  # from "running" to the first step
TOKENS_PER_SECOND = 1500.0
CLOSING_SECONDS = 15.0  # evaluations between the last step and the end
ENDED = frozenset({"succeeded", "failed", "cancelled"})
_NOT_FAILED: Json = {"code": "", "message": "", "param": None}
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def fresh(length: int) -> str:
    """Random letters and digits, as in OpenAI's ids."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Plan:
    """What reading the files settled: the numbers behind "auto", the length of the run, the curve it draws."""

    n_epochs: int
    batch_size: int
    learning_rate: float
    steps_per_epoch: int
    tokens: int
    curve: Curve

    @property
    def total_steps(self) -> int:
        """Steps over all epochs."""
        return self.steps_per_epoch * self.n_epochs

    @property
    def training_seconds(self) -> float:
        """Work seconds from the first step to the last."""
        return 15.0 + self.tokens / TOKENS_PER_SECOND


@dataclass(slots=True)
class Job:
    """One job; `born` and every other moment is training time unless it says work seconds."""

    request: JobRequest
    base: Base
    created_at: int
    born: float
    seed: int
    doom: Failure | None = None  # strikes in the middle of training
    id: str = field(default_factory=lambda: f"ftjob-{fresh(24)}")
    tag: str = field(default_factory=lambda: fresh(8))
    data: TrainingData | None = None
    validation: TrainingData | None = None
    read_at: float | None = None
    stop_reading: threading.Event = field(default_factory=threading.Event)
    cancelled_at: float | None = None
    pauses: list[list[float]] = field(default_factory=list)  # [from, to]; to is infinite while paused
    result_file: str | None = None
    settled: bool = False
    _plan: Plan | None = None

    # ---- the axis of work

    def work(self, moment: float) -> float:
        """Work seconds done by a moment."""
        return (
            moment - self.born - sum(min(end, moment) - start for start, end in self.pauses if start < moment)
        )

    def moment(self, work: float) -> float:
        """The moment at which that many work seconds were done."""
        moment = self.born + work
        for start, end in self.pauses:
            if start < moment:
                moment += end - start
        return moment

    # ---- phases, in work seconds

    @property
    def failure(self) -> Failure | None:
        """What the files are rejected for, once they are read."""
        found = [part.failure for part in (self.data, self.validation) if part and part.failure]
        return found[0] if found else None

    @property
    def validated(self) -> float:
        """When validating ends."""
        if self.read_at is None:
            return math.inf
        return max(VALIDATING_SECONDS, self.read_at - self.born)

    @property
    def running_from(self) -> float:
        """When the job leaves the queue."""
        return self.validated + QUEUED_SECONDS

    @property
    def ends(self) -> float:
        """When the job ends by itself."""
        if self.failure:
            return self.validated
        if self.read_at is None:
            return math.inf
        if self.doom and not self.doom.categories:  # those strike when the model is there and is checked
            return self.step_done(max(1, self.plan.total_steps * 3 // 5))
        return self.running_from + STARTING_SECONDS + self.plan.training_seconds + CLOSING_SECONDS

    def step_done(self, step: int) -> float:
        """When a step is done."""
        share = step / self.plan.total_steps
        return self.running_from + STARTING_SECONDS + self.plan.training_seconds * share

    def status(self, moment: float) -> str:
        """The status at a moment, in OpenAI's words."""
        work = self.work(moment)
        if self.cancelled_at is not None and self.cancelled_at <= moment:
            return "cancelled"
        if work >= self.ends:
            return "failed" if self.failure or self.doom else "succeeded"
        if self.pauses and self.pauses[-1][0] <= moment < self.pauses[-1][1]:
            return "paused"
        if work < self.validated:
            return "validating_files"
        return "queued" if work < self.running_from else "running"

    def ended_at(self, moment: float) -> float | None:
        """When the job ended, if it has by then."""
        if self.cancelled_at is not None:
            return self.cancelled_at
        return self.moment(self.ends) if self.status(moment) in ENDED else None

    # ---- what reading settled

    @property
    def plan(self) -> Plan:
        """The numbers behind "auto"; only for a job whose files were read and accepted."""
        if self._plan is None:
            self._plan = self._make_plan()
        return self._plan

    def _make_plan(self) -> Plan:
        data = self.data
        if data is None or data.failure:
            raise LookupError(f"{self.id} has no plan: its files are not read or not good")
        given = self.request.hyperparameters
        epochs = given.get("n_epochs") or default_epochs(data.examples)
        batch = min(given.get("batch_size") or max(1, min(256, round(data.examples * 0.002))), data.examples)
        rate = given.get("learning_rate_multiplier") or self.base.learning_rate
        per_epoch = math.ceil(data.examples / batch)
        curve = Curve(
            method=self.request.method,
            seed=self.seed ^ data.fingerprint,
            variety=data.variety,
            examples=data.examples,
            steps_per_epoch=per_epoch,
            batch=batch,
            learning_rate=rate,
        )
        return Plan(epochs, batch, rate, per_epoch, data.tokens * epochs, curve)

    @property
    def model_name(self) -> str:
        """The name the tuned model gets."""
        return f"ft:{self.base.id}:{ORGANISATION}:{self.request.name_suffix}:{self.tag}"

    def checkpoints(self) -> list[tuple[int, str]]:
        """(step, model name) at the end of the last three epochs, newest first; the newest is the model itself."""
        plan = self.plan
        steps = [
            plan.steps_per_epoch * epoch for epoch in range(plan.n_epochs, max(0, plan.n_epochs - 3), -1)
        ]
        return [
            (s, self.model_name if s == plan.total_steps else f"{self.model_name}:ckpt-step-{s}")
            for s in steps
        ]

    # ---- what it shows

    def view(self, moment: float, timeline: Timeline, speed: float) -> Json:
        """The `fine_tuning.job` object."""
        status = self.status(moment)
        succeeded = status == "succeeded"
        ended = self.ended_at(moment)
        failure = (self.failure or self.doom) if status == "failed" else None
        hyperparameters = self._hyperparameters(resolved=self.work(moment) >= self.validated)
        common = {k: hyperparameters[k] for k in ("n_epochs", "batch_size", "learning_rate_multiplier")}
        method: dict[str, Any] = {"hyperparameters": hyperparameters}
        if self.request.grader:
            method["grader"] = self.request.grader
        finish = None
        if status == "running":
            finish = int(timeline.now + (self.ends - self.work(moment)) / speed)
        return {
            "object": "fine_tuning.job",
            "id": self.id,
            "model": self.request.model if self.request.model.startswith("ft:") else self.base.id,
            "created_at": self.created_at,
            "finished_at": None if ended is None else timeline.stamp(ended),
            "fine_tuned_model": self.model_name if succeeded else None,
            "organization_id": f"org-{ORGANISATION}",
            "result_files": [self.result_file] if self.result_file else [],
            "status": status,
            "validation_file": self.request.validation_file,
            "training_file": self.request.training_file,
            "hyperparameters": common,
            "trained_tokens": self.plan.tokens if succeeded else None,
            # OpenAI sends {} where nothing failed, against its own schema; this is as truthy and as empty.
            "error": {"code": failure.code, "message": failure.message, "param": failure.param}
            if failure
            else dict(_NOT_FAILED),
            "user_provided_suffix": self.request.suffix,
            "seed": self.seed,
            "estimated_finish": finish,
            "integrations": self.request.integrations,
            "metadata": self.request.metadata,
            "usage_metrics": None,
            "shared_with_openai": False,
            "method": {"type": self.request.method, self.request.method: method},
        }

    def _hyperparameters(self, *, resolved: bool) -> Json:
        auto: Json = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
        if self.request.method == "dpo":
            auto["beta"] = "auto"
        shown = auto | self.request.hyperparameters
        if resolved and self.read_at is not None and not self.failure:
            plan = self.plan
            shown |= {
                "n_epochs": plan.n_epochs,
                "batch_size": plan.batch_size,
                "learning_rate_multiplier": plan.learning_rate,
            }
            if shown.get("beta") == "auto":
                shown["beta"] = 0.1
        return shown


def default_epochs(examples: int) -> int:
    """Epochs when none are asked for: three, more for small files and fewer for big ones (OpenAI's cookbook)."""
    if examples * 3 < 100:
        return min(25, 100 // examples)
    if examples * 3 > 25_000:
        return max(1, 25_000 // examples)
    return 3
