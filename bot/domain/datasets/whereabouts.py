"""Where the content of a dataset is besides here, made of the jobs that sent it; pure, asks nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.jobs.job import Job


@dataclass(frozen=True, slots=True)
class Sent:
    """That a provider was given the content: first `at`, for these `jobs`, by their titles in that order.

    `gone_at` is when it was deleted there again; None while it is there.
    """

    provider: str
    at: datetime
    jobs: tuple[str, ...]
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`provider` is the one that jobs are sent to now; it keeps a content so many `days` after its last job, 0: always.

    `sent` tells of jobs of the dataset's own channel only: what others did with the same content is theirs.
    """

    provider: str = ""
    days: int = 0
    sent: tuple[Sent, ...] = ()


def file_of(job: Job, sha256: str) -> str | None:
    """What the provider calls the file with this content that it was given for this job; None before that."""
    if job.dataset_sha256 == sha256:
        return job.training_file_id
    return job.validation.file_id if job.validation is not None and job.validation.sha256 == sha256 else None


def sent(jobs: Iterable[Job], sha256: str, deleted: Mapping[str, datetime]) -> tuple[Sent, ...]:
    """What these jobs tell of a content; `deleted` are the provider's files that were removed there, and when."""
    given: dict[str, list[tuple[datetime, str, str]]] = {}
    for job in jobs:
        if (file_id := file_of(job, sha256)) is not None:
            at = job.sent_at or job.decided_at or job.requested_at
            given.setdefault(job.provider, []).append((at, job.title, file_id))
    return tuple(_sent(provider, sorted(of_it), deleted) for provider, of_it in sorted(given.items()))


def _sent(provider: str, given: list[tuple[datetime, str, str]], deleted: Mapping[str, datetime]) -> Sent:
    gone = [deleted.get(file_id) for _, _, file_id in given]
    known = [each for each in gone if each is not None]
    titles = tuple(dict.fromkeys(title for _, title, _ in given))
    return Sent(provider, given[0][0], titles, max(known) if len(known) == len(gone) else None)
