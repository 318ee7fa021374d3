"""What an approver has to know of a request besides what is asked for: made of rows as they are now. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.catalog import ModelInfo
from bot.domain.datasets.fingerprints import shared
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.report import Report
from bot.domain.jobs.job import Job, JobState
from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class Overlap:
    """So many of the validation prompts that could be compared are in the training data too."""

    found: int
    compared: int
    sampled: bool = False

    @property
    def sentence(self) -> str:
        """As the form and the cards warn of it."""
        prompts = f"validation prompt{'' if self.compared == 1 else 's'}"
        sampled = " in a sample" if self.sampled else ""
        return (
            f"{self.found:,} of {self.compared:,} {prompts}{sampled} {'is' if self.found == 1 else 'are'} also in the "
            "training data: what was learned by heart looks like skill there."
        )


@dataclass(frozen=True, slots=True)
class Change:
    """How a dataset differs from the version `before` it: examples of both, and prompts that only the new one has."""

    version: int
    before: int
    examples: int
    examples_before: int
    new_prompts: int
    compared: int


@dataclass(frozen=True, slots=True)
class LastTraining:
    """The newest job that trained on any version of the dataset; `version` is None when that is gone."""

    title: str
    version: int | None
    at: datetime | None
    cost: Money | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The provider's last answer to a new job was that it takes none; `advice` is our sentence on it."""

    advice: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Briefing:
    """`cut` counts the tokens that the model does not take, of examples beyond `cut_limit`."""

    change: Change | None = None
    last: LastTraining | None = None
    overlap: Overlap | None = None
    cut: int = 0
    cut_limit: int = 0
    trainable_until: date | None = None
    serves_until: date | None = None
    refusal: Refusal | None = None


NOTHING_KNOWN = Briefing()


def briefing(
    training: Dataset | None,
    validation: Dataset | None,
    before: Dataset | None,
    *,
    last: LastTraining | None,
    info: ModelInfo | None,
    answered: Job | None,
) -> Briefing:
    """All of it; each part is None where there is none.

    `before` is the version before the training dataset, `answered` the newest job that the provider took or refused.
    """
    report = training.report if training else None
    return Briefing(
        change=change(training, before),
        last=last,
        overlap=overlap(training, validation),
        cut=cut(report, info) if report and info else 0,
        cut_limit=info.max_example_tokens if info else 0,
        trainable_until=info.trainable_until if info else None,
        serves_until=info.serves_until if info else None,
        refusal=refusal(answered),
    )


def overlap(training: Dataset | None, validation: Dataset | None) -> Overlap | None:
    """What both datasets ask, as their reports tell; None when that is nothing."""
    if training is None or training.report is None or validation is None or validation.report is None:
        return None
    found, compared = shared(training.report.prints, validation.report.prints)
    return Overlap(found, compared, compared < validation.report.valid) if found else None


def change(training: Dataset | None, before: Dataset | None) -> Change | None:
    """What is new in a dataset; None where there is no earlier version to hold it against."""
    if training is None or training.report is None or before is None or before.report is None:
        return None
    known, compared = shared(before.report.prints, training.report.prints)
    return Change(
        training.version,
        before.version,
        training.report.valid,
        before.report.valid,
        compared - known,
        compared,
    )


def cut(report: Report, info: ModelInfo) -> int:
    """Tokens of the dataset that the model does not take."""
    return max(0, report.tokens.total - report.billable_tokens(info.max_example_tokens))


def refusal(answered: Job | None) -> Refusal | None:
    """That the provider refused the last job since it takes no new ones."""
    if answered is None or answered.state is not JobState.CLOSED:
        return None
    return Refusal(answered.advice, answered.ended_at.date() if answered.ended_at else None)
