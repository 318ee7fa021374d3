"""Turns the counts of a whole file into its report: what concerns the file as a whole, and the advice."""

from dataclasses import dataclass, replace
from datetime import date

from bot.domain.catalog import Catalog, Format
from bot.domain.datasets.advice.order import GOOD_EXAMPLES, advice_on
from bot.domain.datasets.advice.words import counted, mark_of
from bot.domain.datasets.histogram import bars, percentile
from bot.domain.datasets.report import KEPT_PROBLEMS, Billable, Problem, Recognised, Report, TokenStats
from bot.domain.datasets.sampling import fingerprints_of, share_of
from bot.domain.datasets.statistics import Limits, Sum
from bot.domain.pricing import estimates

MIN_EXAMPLES = 10
"""The server fails a job whose training file has fewer (invalid_n_examples)."""

MAX_IMAGE_EXAMPLES = 50_000
"""Examples with images in one file, by OpenAI's guide to vision fine-tuning."""


NEARLY_ALL = 0.9
"""Share of the examples with one and the same problem from which on it is about the file's format."""

_MISTAKEN = {
    "no_assistant_message": (
        (
            "There are questions, but no message is the assistant's: this looks like data for reinforcement training, "
            "where a grader judges what the model answers."
        ),
        (
            "If it is, finetune-bot check --format reinforcement takes it so, and so does Slack when each line holds "
            "something for the grader, such as a reference. For chat training add the answers, role assistant."
        ),
    ),
    "last_not_user": (
        "The examples end with an answer: this looks like data for chat training, not for reinforcement.",
        (
            "If it is, leave --format out. For reinforcement end with the user's message, and keep the answer in a "
            "key of its own."
        ),
    ),
    "other_format": (
        "The examples are of another format than the one they are checked for.",
        "Leave --format out: which it is, is seen from the file.",
    ),
}
"""Problem -> what it says, and what to do, when nearly every example has it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the file itself."""

    name: str
    bytes: int
    sha256: str


def limits_for(catalog: Catalog, dataset_format: Format | None, today: date, *, size: int = 0) -> Limits:
    """What to count by for a file of this format and size in bytes: the models that train on it today decide.

    The smallest limit of theirs counts. Where none trains on it, those that train on anything are what is left, and
    their largest: nobody is warned of what a model that is gone would have cut. Billed tokens are kept for every limit
    in the catalog.
    """
    fitting = catalog.trainable(today, dataset_format) if dataset_format else ()
    models = fitting or [model for model in catalog.models if model.trains(today)] or catalog.models
    each = [model.max_example_tokens for model in models]
    return Limits(
        encoding=models[0].encoding,
        example=min(each) if fitting else max(each),
        billable=tuple(sorted({model.max_example_tokens for model in catalog.models})),
        share=share_of(size),
    )


def conclude(facts: Facts, found: Recognised, whole: Sum, catalog: Catalog, today: date) -> Report:
    """The report on a file whose ranges have all been added up in `whole`."""
    counts = whole.counts
    problems = _file_problems(found, whole)
    faults = _by_importance(whole)
    codes = dict(counts.problem_codes)
    for problem in problems:
        codes[problem.code] = codes.get(problem.code, 0) + 1
    report = Report(
        file=facts.name,
        bytes=facts.bytes,
        sha256=facts.sha256,
        format=found.format,
        examples=counts.examples,
        valid=counts.valid,
        ok=not codes and found.format is not None,
        problem_count=sum(codes.values()),
        problem_codes=codes,
        problems=(*problems, *faults)[:KEPT_PROBLEMS],
        advice=(),
        tokens=TokenStats(
            total=counts.total,
            trained=counts.trained,
            max=counts.max,
            over_limit=mark_of(whole, "over_limit").count,
            lost=counts.lost,
            encoding=whole.limits.encoding,
            exact=counts.exact and found.format is not None,
            p50=percentile(counts.spread, 50),
            p90=percentile(counts.spread, 90),
            p99=percentile(counts.spread, 99),
            histogram=bars(counts.spread),
        ),
        billable=tuple(map(Billable, whole.limits.billable, counts.billable)),
        images=counts.images,
        prints=fingerprints_of(counts.observed, whole.limits.share),
    )
    report = replace(report, estimates=estimates(report, catalog, today))
    return replace(report, advice=tuple(advice_on(report, whole)))


def _by_importance(whole: Sum) -> list[Problem]:
    """What is wrong with the lines; first, in its own words, what a mistaken format makes of nearly all."""
    faults = whole.faults.entries()
    mistaken = [each for each in faults if _is_of_format(each, whole)]
    return [*map(_as_format, mistaken), *(each for each in faults if each not in mistaken)]


def _is_of_format(fault: Problem, whole: Sum) -> bool:
    return fault.code in _MISTAKEN and fault.count >= NEARLY_ALL * whole.counts.examples


def _as_format(fault: Problem) -> Problem:
    message, fix = _MISTAKEN[fault.code]
    return replace(fault, message=message, fix=fix)


def _file_problems(found: Recognised, whole: Sum) -> list[Problem]:
    if found.fault is not None:
        return [found.fault]
    counts = whole.counts
    problems = []
    if counts.examples < MIN_EXAMPLES:
        problems.append(
            Problem(
                0,
                "",
                "too_few_examples",
                f"The file has {counted(counts.examples)}, but the server takes no fewer than {MIN_EXAMPLES}.",
                f"Add at least {counted(MIN_EXAMPLES - counts.examples)}; {GOOD_EXAMPLES} or more train well.",
            )
        )
    if counts.images > MAX_IMAGE_EXAMPLES:
        problems.append(
            Problem(
                0,
                "",
                "too_many_image_examples",
                f"{counted(counts.images)} hold images; the server takes {MAX_IMAGE_EXAMPLES:,} in one file.",
                "Leave some out, or train in two steps with two files.",
            )
        )
    return problems
