"""What a job tells: events, checkpoints and the result file; knows a job's numbers, nothing of HTTP."""

import hashlib
import math
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.openai.jobs import STARTING_SECONDS, Job
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.timeline import Timeline

_MAX_METRICS = 300  # events with metrics per job; longer runs tell every n-th step
_MAX_ROWS = 20_000  # rows of the result file


@dataclass(frozen=True, slots=True)
class _Event:
    at: float  # training time
    message: str
    level: Literal["info", "warn", "error"] = "info"
    data: Json | None = None
    kind: str = ""


def events(job: Job, moment: float, timeline: Timeline) -> list[Json]:
    """The `fine_tuning.job.event` objects told by a moment, newest first."""
    told = [event for event in _all(job, moment) if event.at <= moment]
    told.sort(key=lambda event: event.at)
    seen: dict[str, int] = {}
    shown = []
    for event in told:
        seen[event.message] = nth = seen.get(event.message, 0) + 1
        key = hashlib.sha256(f"{job.id}:{event.message}:{nth}".encode()).hexdigest()[:24]
        shown.append(
            {
                "object": "fine_tuning.job.event",
                "id": f"ftevent-{key}",
                "created_at": timeline.stamp(event.at),
                "level": event.level,
                "message": event.message,
                "type": event.kind or ("message" if event.data is None else "metrics"),
                "data": event.data or {},
            }
        )
    return shown[::-1]


def _all(job: Job, moment: float) -> list[_Event]:
    files = job.request.training_file
    if job.request.validation_file:
        files += f" and validation file: {job.request.validation_file}"
    told = [
        _Event(job.born, f"Created fine-tuning job: {job.id}"),
        _Event(job.born, f"Validating training file: {files}"),
    ]
    last = moment if job.cancelled_at is None else job.cancelled_at
    for start, end in job.pauses:
        told += [_Event(start, "Fine-tuning job paused")]
        told += [_Event(end, "Fine-tuning job resumed")] if end < last else []
    if job.read_at is not None:
        planned = _rejected(job) if job.failure else _run(job)
        told += [event for event in planned if event.at <= last]
    if job.cancelled_at is not None:
        told.append(_Event(job.cancelled_at, "Fine-tuning job cancelled"))
    return told


def _rejected(job: Job) -> list[_Event]:
    failure = job.failure
    return [_Event(job.moment(job.validated), failure.message, "error")] if failure else []


def _run(job: Job) -> list[_Event]:
    """Everything from the queue to the end, as if nobody cancelled it."""
    told = [
        _Event(job.moment(job.validated), "Files validated, moving job to queued state"),
        _Event(job.moment(job.running_from), "Fine-tuning job started"),
    ]
    ends = job.moment(job.ends)
    for step in _told_steps(job):
        at = job.moment(job.step_done(step))
        if at <= ends:
            data = metrics(job, step) | {"total_steps": job.plan.total_steps}
            told.append(_Event(at, _sentence(job, step, data), data=data))
    if job.doom:
        return [*told, *_unsafe(job, ends), _Event(ends, job.doom.message, "error")]
    done = job.moment(job.running_from + STARTING_SECONDS + job.plan.training_seconds)
    for nth, (step, name) in enumerate(reversed(job.checkpoints())):
        if step == job.plan.total_steps:
            told.append(_Event(done + 2 + nth / 10, f"New fine-tuned model created: {name}"))
        else:
            told.append(
                _Event(done + 1 + nth / 10, f"Checkpoint created at step {step} with Snapshot ID: {name}")
            )
    told += [
        _Event(done + 3, "Evaluating model against our usage policies"),
        _Event(ends - 0.2, f"Moderation checks for snapshot {job.model_name} passed."),
        _Event(ends - 0.1, "Usage policy evaluations completed, model is now enabled for sampling"),
        _Event(ends, "The job has successfully completed"),
    ]
    return told


def _unsafe(job: Job, ends: float) -> list[_Event]:
    """What is told of the checks that a new model failed; OpenAI documents the type of the event, not its data."""
    failed = job.doom.categories if job.doom else ()
    if not failed:
        return []
    results = {name: {"passed": False} for name in failed} | {"violence": {"passed": True}}
    return [
        _Event(ends - 3, "Evaluating model against our usage policies"),
        _Event(
            ends - 0.2,
            f"Moderation checks for snapshot {job.model_name} failed.",
            "error",
            results,
            "moderation_checks",
        ),
    ]


def _told_steps(job: Job) -> list[int]:
    plan = job.plan
    stride = math.ceil(plan.total_steps / _MAX_METRICS)
    ends_of_epochs = range(plan.steps_per_epoch, plan.total_steps + 1, plan.steps_per_epoch)
    return sorted({*range(1, plan.total_steps + 1, stride), *ends_of_epochs})


def _sentence(job: Job, step: int, data: Json) -> str:
    if "train_loss" not in data:
        return f"Step {step}/{job.plan.total_steps}: training reward={data['train_mean_reward']:.2f}"
    text = f"Step {step}/{job.plan.total_steps}: training loss={data['train_loss']:.2f}"
    if "valid_loss" in data:
        text += f", validation loss={data['valid_loss']:.2f}"
    if "full_valid_loss" in data:
        text += f", full validation loss={data['full_valid_loss']:.2f}"
    return text


def metrics(job: Job, step: int) -> Json:
    """The metrics of one step; full validation only at the end of an epoch, and nothing that was not measured."""
    curve = job.plan.curve
    if job.request.method == "reinforcement":
        return {
            "step": step,
            "train_mean_reward": curve.reward(step, "train"),
            "valid_mean_reward": curve.reward(step, "valid"),
        }
    loss = curve.train_loss(step)
    found: Json = {"step": step, "train_loss": loss, "train_mean_token_accuracy": curve.accuracy(loss)}
    if job.validation is not None:
        loss = curve.valid_loss(step)
        found |= {"valid_loss": loss, "valid_mean_token_accuracy": curve.accuracy(loss)}
        if step % job.plan.steps_per_epoch == 0:
            loss = curve.full_valid_loss(step)
            found |= {"full_valid_loss": loss, "full_valid_mean_token_accuracy": curve.accuracy(loss)}
    return found


def checkpoints(job: Job, timeline: Timeline) -> list[Json]:
    """The `fine_tuning.job.checkpoint` objects of a job that succeeded, newest first."""
    return [
        {
            "object": "fine_tuning.job.checkpoint",
            "id": f"ftckpt_{hashlib.sha256(name.encode()).hexdigest()[:24]}",
            "created_at": timeline.stamp(job.moment(job.step_done(step))),
            "fine_tuned_model_checkpoint": name,
            "fine_tuning_job_id": job.id,
            "metrics": metrics(job, step),
            "step_number": step,
        }
        for step, name in job.checkpoints()
    ]


def result_csv(job: Job) -> str:
    """The result file: one row per step, empty cells where nothing was measured."""
    reinforcement = job.request.method == "reinforcement"
    columns = {
        "step": "step",
        "train_loss": "train_loss",
        "train_accuracy": "train_mean_token_accuracy",
        "valid_loss": "valid_loss",
        "valid_mean_token_accuracy": "valid_mean_token_accuracy",
    }
    if reinforcement:
        columns = {"step": "step", "train_reward": "train_mean_reward", "valid_reward": "valid_mean_reward"}
    rows = [",".join(columns)]
    total = job.plan.total_steps
    for step in range(1, total + 1, math.ceil(total / _MAX_ROWS)):
        found: dict[str, Any] = metrics(job, step)
        rows.append(",".join(str(found.get(key, "")) for key in columns.values()))
    return "\n".join(rows) + "\n"
