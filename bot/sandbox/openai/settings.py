"""What somebody may turn on the OpenAI side of the sandbox, while it runs; plain data."""

from dataclasses import dataclass, field
from datetime import date

from bot.sandbox.openai.catalog import AS_OF
from bot.sandbox.openai.training_data import Failure

INTERNAL_ERROR = Failure("server_error", "The job failed due to an internal error.")
BLOCKED = Failure(
    "invalid_training_file",
    "The job failed due to an unsafe training file. This training file was blocked by our moderation system "
    "because it contains too many examples that violate OpenAI's usage policies, or because it attempts to "
    "create model outputs that violate OpenAI's usage policies.",
    "training_file",
)

UNSAFE_MODEL = Failure(
    "",
    "The job failed because the fine-tuned model did not pass our safety evaluations.",
    categories=("hate/threatening", "illicit"),
)


@dataclass(slots=True)
class Settings:
    """Limits and paces; seconds of training are the clock's training seconds."""

    calendar: date = AS_OF  # the day it was in the sandbox when it was mounted; retirement dates hang on it
    processing_seconds: float = 2.0  # training seconds until an uploaded file is "processed"
    training_closed: bool = False  # the organisation may no longer train
    daily_jobs: int | None = None  # jobs per model and day
    active_jobs: int | None = None  # jobs per model under way at once
    dooms: list[Failure] = field(default_factory=list)  # each strikes the next job created, in mid-training
    pace: float = 40.0  # words per second of a streamed answer
    first_call_seconds: float = 1.0  # what the first call to a tuned model takes longer, in wall time
    webhook_url: str = ""  # where ended jobs are told of, on loopback; empty: nowhere
    webhook_secret: str = "whsec_c2FuZGJveA=="  # noqa: S105 -- of a simulated world; "whsec_" and base64
    max_file_bytes: int = 512 * 2**20
    max_part_bytes: int = 64 * 2**20
    max_upload_bytes: int = 8 * 2**30
