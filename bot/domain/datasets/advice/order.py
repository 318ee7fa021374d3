"""All advice on a file in the order in which it is told, first how the file as a whole suits the models."""

from collections.abc import Iterator

from bot.domain.datasets.advice import balance, content
from bot.domain.datasets.advice.words import counted, has_answers, mark_of, said
from bot.domain.datasets.report import Advice, Report
from bot.domain.datasets.statistics import Sum

GOOD_EXAMPLES = 50
"""OpenAI's guide: improvements show from 50 to 100 examples on."""


def no_model(report: Report) -> Advice:
    """A good file that no model of the catalog trains on today."""
    return Advice(
        "no_model",
        "The file is fine, but no model of this provider trains on it any more"
        + (" (images)." if report.images else f" ({report.format} training)."),
        int(report.ok and not report.estimates),
    )


def over_limit(report: Report, whole: Sum) -> Advice:
    """Examples that the server cuts."""
    over = mark_of(whole, "over_limit")
    end = "answer" if has_answers(report) else "question"
    return said(
        "over_limit",
        f"Longer than {whole.limits.example:,} tokens: {counted(over.count)}. The server cuts off the end, "
        f"{report.tokens.lost:,} tokens in all, usually the {end} itself. Shorten or split them.",
        over,
    )


def few_examples(report: Report) -> Advice:
    """So few examples that one may see no change; fewer than can train is a problem instead."""
    return Advice(
        "few_examples",
        f"{counted(report.examples)} can train, but a change usually shows from {GOOD_EXAMPLES} to 100 on. "
        "Add more if the first result disappoints.",
        report.examples
        if report.examples < GOOD_EXAMPLES and "too_few_examples" not in report.problem_codes
        else 0,
    )


def images(report: Report) -> Advice:
    """How images are counted, and which the server leaves out."""
    return Advice(
        "images",
        f"Examples with images: {report.images:,}. Their tokens are estimated by GPT-4o's formula; an image at an "
        "address, which is not fetched, as 1,024 × 1,024 pixels (765 tokens). The server leaves out, without a "
        "word, images it cannot load and those with people, faces or CAPTCHAs.",
        report.images,
    )


def advice_on(report: Report, whole: Sum) -> Iterator[Advice]:
    """All advice on a file, what costs most or harms most first; `report` has everything but the advice."""
    for advice in (
        no_model(report),
        over_limit(report, whole),
        *content.doubts(whole),
        content.secrets(whole),
        content.payment(whole),
        balance.conflicts(whole),
        balance.duplicates(whole),
        balance.near_duplicates(report, whole),
        balance.equal_outputs(whole),
        content.empty_answers(whole),
        content.cut_answers(whole),
        content.placeholders(whole),
        balance.refusals(whole),
        balance.same_answer(whole),
        balance.language(whole),
        content.mixed_tools(whole),
        content.missing_system(whole),
        content.other_system(whole),
        content.contacts(whole),
        content.sensitive(whole),
        balance.unlike_rest(report, whole),
        images(report),
        few_examples(report),
    ):
        if advice is not None and advice.count:
            yield advice
