"""The SDK's answers as our values; knows what a server may leave out, makes no calls."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from openai.types import FileObject
from openai.types.fine_tuning import FineTuningJob

from bot.domain.chats import Usage
from bot.domain.jobs.job import ProviderJob, Training
from bot.domain.jobs.training import Checkpoint, Event, Point
from bot.ports import ProviderFile
from bot.providers.advice import advise

_NOT_READY = frozenset({"uploaded", "pending", "running", "processing"})
_NEVER_READY = frozenset({"error", "failed", "deleted", "expired", "cancelled"})
_CHECKPOINT = re.compile(r"checkpoint created at step (\d{1,9})\b", re.IGNORECASE)
Metrics = Sequence[dict[str, Any]]


def file_of(file: FileObject) -> ProviderFile:
    """A file, whatever of its state the server tells."""
    status = str(given(file, "status") or "processed")  # without states there is nothing to wait for
    error = str(given(file, "status_details") or f"The file is {status}.") if status in _NEVER_READY else ""
    ready = not error and status not in _NOT_READY
    return ProviderFile(file.id, file.filename, file.bytes, ready, error)


def newest_first(metrics: Metrics) -> Metrics:
    """By the step that they tell of; servers send them in either order."""
    return sorted(metrics, key=lambda data: _whole(data.get("step")) or 0, reverse=True)


def job_of(job: FineTuningJob) -> ProviderJob:
    """A job, without what its events measured."""
    error = given(job, "error")  # `{}` on a good job becomes an object of Nones
    code, said = given(error, "code") or "", given(error, "message") or ""
    return ProviderJob(
        id=job.id,
        status=job.status,
        model=given(job, "model") or "",
        fine_tuned_model=given(job, "fine_tuned_model") or None,
        trained_tokens=given(job, "trained_tokens"),
        error_code=code,
        error_message=said,
        error_param=given(error, "param") or "",
        advice=advise(code, said) if code or said else "",
        training=Training(estimated_finish=time_of(job.estimated_finish)),
        result_files=tuple(given(job, "result_files") or ()),
        finished_at=time_of(given(job, "finished_at")),
    )


def measured(job: ProviderJob, metrics: Metrics) -> ProviderJob:
    """The job with what its events measured; `metrics` are newest first."""
    newest = {
        name: next((value for data in metrics if (value := data.get(name)) is not None), None)
        for name in ("step", "total_steps", "train_loss", "valid_loss", "full_valid_loss")
    }
    training = Training(
        step=_whole(newest["step"]),
        total_steps=_whole(newest["total_steps"]),
        train_loss=_real(newest["train_loss"]),
        valid_loss=_real(newest["full_valid_loss"]) or _real(newest["valid_loss"]),
        estimated_finish=job.training.estimated_finish,
    )
    points = tuple(_point(data) for data in metrics if _whole(data.get("step")) is not None)
    return replace(job, training=training, points=points)


def _point(data: dict[str, Any]) -> Point:
    valid = _real(data.get("full_valid_loss"))
    return Point(
        step=_whole(data.get("step")) or 0,
        train=_real(data.get("train_loss")),
        valid=_real(data.get("valid_loss")) if valid is None else valid,
    )


def event_of(event: object) -> Event:
    """One thing that the server told."""
    message = given(event, "message") or ""
    kept = _CHECKPOINT.match(message)
    return Event(
        time_of(given(event, "created_at")),
        given(event, "level") or "",
        message,
        measures=given(event, "type") == "metrics",
        judges=given(event, "type") == "moderation_checks" or "moderation" in message.lower(),
        checkpoint=int(kept[1]) if kept else None,
        id=given(event, "id") or "",
    )


def checkpoint_of(checkpoint: object) -> Checkpoint:
    """A model kept from the middle of a training."""
    metrics = given(checkpoint, "metrics")
    valid = _real(given(metrics, "full_valid_loss"))
    return Checkpoint(
        step=_whole(given(checkpoint, "step_number")) or 0,
        model=given(checkpoint, "fine_tuned_model_checkpoint") or "",
        train_loss=_real(given(metrics, "train_loss")),
        valid_loss=_real(given(metrics, "valid_loss")) if valid is None else valid,
    )


def given(answer: object, name: str) -> Any:
    """A field that a server may leave out: the SDK then leaves out the attribute too."""
    return getattr(answer, name, None)


def usage_of(told: object) -> Usage | None:
    """What an answer took; None when the server does not say, or says only half of it."""
    asked, answered = _whole(given(told, "prompt_tokens")), _whole(given(told, "completion_tokens"))
    return None if asked is None or answered is None else Usage(asked, answered)


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def time_of(seconds: int | None) -> datetime | None:
    """The server's seconds since the epoch; None for none."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
