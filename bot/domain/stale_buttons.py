"""What a person had read when they pressed: a fingerprint that the button carries, held against what stands in the row.

Whoever approves, cancels or deletes means what the card, the question or the form said. A button that carries nothing,
as those of older cards do, says nothing of what was read, and is refused like one that carries something else.
"""

from hashlib import blake2s

import msgspec

from bot.domain.budgets import Budget, Funds, overruns
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.jobs.job import Job, JobState
from bot.domain.policies import Policy
from bot.errors import StaleState

_CHANGED = "This changed since you read it, so nothing was done. Look at what it says now, then press again."


class Changed(StaleState):
    """It is no longer what the person read; the cards of `subject_id`, if any, have to be drawn anew."""

    def __init__(self, subject_id: str, sentence: str = _CHANGED) -> None:
        super().__init__(sentence)
        self.subject_id = subject_id


def request(job: Job, funds: Funds) -> str:
    """What an approval is given to: what is asked for, at which price, and by how much beyond which budget."""
    over = [(each.budget.channel_id, each.by) for each in overruns(job, funds)]
    return _fingerprint(
        job.edited_at,
        job.estimate.usd,
        job.estimate.epochs,
        job.dataset_sha256,
        job.validation and job.validation.sha256,
        job.model,
        job.method,
        job.hyperparameters,
        job.seed,
        job.suffix,
        job.wandb_project,
        over,
    )


def stage(job: Job) -> str:
    """What has been paid for when it is cancelled now: nothing while it is a request, or not at the provider yet."""
    if job.state is JobState.REQUESTED:
        return "request"
    return "training" if job.seen_by_provider else "approved"


def stopping(job: Job) -> str:
    """What a cancellation is about: how much of which price may be paid all the same."""
    return _fingerprint(stage(job), job.estimate.usd)


def model(job: Job) -> str:
    """Which model is deleted, by the name that people read."""
    return _fingerprint(job.title, job.fine_tuned_model, job.cost_usd)


def dataset(row: Dataset) -> str:
    """Which dataset is deleted, by the name that people read."""
    return _fingerprint(row.label, row.version, row.sha256)


def rules(policy: Policy) -> str:
    """Which rules somebody began to change."""
    return _fingerprint(msgspec.json.encode(policy, order="sorted"))


def budget(row: Budget) -> str:
    """Which budget somebody began to change."""
    return _fingerprint(row.limit, sorted(row.overriders))


def value(row_id: str, fingerprint: str) -> str:
    """What a button carries."""
    return f"{row_id}:{fingerprint}"


def read(pressed: str) -> tuple[str, str]:
    """The row's id and the fingerprint out of a button's value; an empty one from a button that carries none."""
    row_id, _, fingerprint = pressed.partition(":")
    return row_id, fingerprint


def check(row_id: str, fingerprint: str | None, now: str) -> None:
    """Raise Changed when what was read is not what is so now; None: nothing had to be read."""
    if fingerprint is not None and fingerprint != now:
        raise Changed(row_id)


def _fingerprint(*parts: object) -> str:
    return blake2s(repr(parts).encode(), digest_size=8).hexdigest()
