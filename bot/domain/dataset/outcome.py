"""Turns the counts of a whole file into its report: what concerns the file as a whole, and advice."""

from dataclasses import dataclass, replace
from datetime import date

from bot.domain.catalog import Catalog, Format
from bot.domain.dataset.recognition import Recognised
from bot.domain.dataset.report import KEPT_PROBLEMS, Advice, Billable, Problem, Report, TokenStats
from bot.domain.dataset.tally import Limits, Mark, Sum
from bot.domain.pricing import estimates

MIN_EXAMPLES = 10
"""The server fails a job whose training file has fewer (invalid_n_examples)."""

GOOD_EXAMPLES = 50
"""OpenAI's guide: improvements show from 50 to 100 examples on."""

MAX_IMAGE_EXAMPLES = 50_000
"""Examples with images in one file, by OpenAI's guide to vision fine-tuning."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the file itself."""

    name: str
    bytes: int
    sha256: str


def limits_for(catalog: Catalog, dataset_format: Format | None, today: date) -> Limits:
    """What to count by for a file of this format: the models that train on it today decide.

    The smallest limit of theirs counts; billed tokens are kept for every limit in the catalog.
    """
    models = (catalog.trainable(today, dataset_format) if dataset_format else ()) or catalog.models
    return Limits(
        encoding=models[0].encoding,
        example=min(model.max_example_tokens for model in models),
        billable=tuple(sorted({model.max_example_tokens for model in catalog.models})),
    )


def conclude(facts: Facts, found: Recognised, whole: Sum, catalog: Catalog, today: date) -> Report:
    """The report on a file whose ranges have all been added up in `whole`."""
    tally = whole.tally
    problems = _file_problems(found, whole)
    codes = dict(tally.problem_codes)
    for problem in problems:
        codes[problem.code] = codes.get(problem.code, 0) + 1
    report = Report(
        file=facts.name,
        bytes=facts.bytes,
        sha256=facts.sha256,
        format=found.format,
        examples=tally.examples,
        valid=tally.valid,
        ok=not codes and found.format is not None,
        problem_count=sum(codes.values()),
        problem_codes=codes,
        problems=(*problems, *tally.problems[: KEPT_PROBLEMS - len(problems)]),
        advice=(),
        tokens=TokenStats(
            total=tally.total,
            trained=tally.trained,
            max=tally.max,
            over_limit=_mark(whole, "over_limit").count,
            lost=tally.lost,
            encoding=whole.limits.encoding,
            exact=tally.exact and found.format is not None,
        ),
        billable=tuple(map(Billable, whole.limits.billable, tally.billable)),
        images=tally.images,
    )
    report = replace(report, estimates=estimates(report, catalog, today))
    return replace(report, advice=_advice(report, whole))


def _file_problems(found: Recognised, whole: Sum) -> list[Problem]:
    if found.fault is not None:
        return [found.fault]
    tally = whole.tally
    problems = []
    if tally.examples < MIN_EXAMPLES:
        problems.append(
            Problem(
                0,
                "",
                "too_few_examples",
                f"The file has {_examples(tally.examples)}, but the server takes no fewer than {MIN_EXAMPLES}.",
                f"Add at least {_examples(MIN_EXAMPLES - tally.examples)}; {GOOD_EXAMPLES} or more train well.",
            )
        )
    if tally.images > MAX_IMAGE_EXAMPLES:
        problems.append(
            Problem(
                0,
                "",
                "too_many_image_examples",
                f"{_examples(tally.images)} hold images; the server takes {MAX_IMAGE_EXAMPLES:,} in one file.",
                "Leave some out, or train in two steps with two files.",
            )
        )
    return problems


def _advice(report: Report, whole: Sum) -> tuple[Advice, ...]:
    return tuple(advice for advice in _all_advice(report, whole) if advice.count)


def _all_advice(report: Report, whole: Sum) -> list[Advice]:
    over, equal, twice = _mark(whole, "over_limit"), _mark(whole, "equal_outputs"), whole.duplicates
    bare = _mark(whole, "no_system") if _mark(whole, "system").count else Mark()
    return [
        _said(
            "over_limit",
            f"Longer than {whole.limits.example:,} tokens: {_examples(over.count)}. The server cuts off the end, "
            f"{report.tokens.lost:,} tokens in all, usually the answer itself. Shorten or split them.",
            over,
        ),
        _said(
            "duplicates",
            f"Word for word the same as an earlier one: {_examples(twice.count)}. "
            "Each repetition costs again and weighs double. Keep one.",
            twice,
        ),
        _said(
            "equal_outputs",
            f"Both outputs say the same: {_examples(equal.count)}. Preferring an answer over itself teaches "
            "nothing. Leave them out, or write the worse answer.",
            equal,
        ),
        _said(
            "missing_system",
            f"Without a system prompt, though others have one: {_examples(bare.count)}. Train every example "
            "with the prompt you will use later.",
            bare,
        ),
        Advice(
            "few_examples",
            f"{_examples(report.examples)} can train, but a change usually shows from {GOOD_EXAMPLES} to 100 on. "
            "Add more if the first result disappoints.",
            report.examples if MIN_EXAMPLES <= report.examples < GOOD_EXAMPLES else 0,
        ),
        Advice(
            "no_model",
            "The file is fine, but no model of this provider trains on it any more"
            + (" (images)." if report.images else f" ({report.format} training)."),
            int(report.ok and not report.estimates),
        ),
    ]


def _said(code: str, message: str, mark: Mark) -> Advice:
    return Advice(code, message, mark.count, tuple(mark.lines))


def _mark(whole: Sum, code: str) -> Mark:
    return whole.tally.marks.get(code, Mark())


def _examples(count: int) -> str:
    return f"{count:,} example{'' if count == 1 else 's'}"
