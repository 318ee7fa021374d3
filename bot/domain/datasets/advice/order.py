"""All advice on a file in the order in which it is told; knows no sentence of it."""

from collections.abc import Iterator

from bot.domain.datasets.advice import balance, content, doubts, fitness, gaps
from bot.domain.datasets.report import Advice, Report
from bot.domain.datasets.statistics import Sum


def advice_on(report: Report, whole: Sum) -> Iterator[Advice]:
    """All advice on a file, what costs most or harms most first; `report` has everything but the advice."""
    for advice in (
        fitness.no_model(report),
        fitness.over_limit(report, whole),
        *doubts.doubts(whole),
        content.secrets(whole),
        content.payment(whole),
        balance.conflicts(whole),
        balance.duplicates(whole),
        balance.near_duplicates(report, whole),
        balance.equal_outputs(whole),
        gaps.empty_answers(whole),
        gaps.cut_answers(whole),
        gaps.placeholders(whole),
        balance.refusals(whole),
        balance.same_answer(whole),
        balance.language(whole),
        gaps.mixed_tools(whole),
        gaps.missing_system(whole),
        gaps.other_system(whole),
        content.contacts(whole),
        content.sensitive(whole),
        balance.unlike_rest(report, whole),
        fitness.images(report),
        fitness.few_examples(report),
    ):
        if advice is not None and advice.count:
            yield advice
