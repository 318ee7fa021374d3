"""How well the examples agree and vary: contradictions, repetitions, one-sidedness; looks at no text itself."""

from collections import Counter

from bot.domain.datasets import similarity
from bot.domain.datasets.advice.words import (
    compared,
    counted,
    has_answers,
    in_order,
    listed,
    mark_at,
    mark_of,
    percent,
    said,
    scanned,
)
from bot.domain.datasets.report import Advice, Report
from bot.domain.datasets.statistics import Sum

MANY_REFUSALS = 0.2
MANY_ALIKE = 0.6
MANY_ALIKE_LONG = 0.15
MAIN_LANGUAGE = 0.8
RARE_LANGUAGE = 0.1
"""Shares of the answers from which on something is said, or up to which."""

_LONG = 60
_LEAST_ANSWERS = 10
_LEAST_REPEATED = 5
_LEAST_RARE = 3


def conflicts(whole: Sum) -> Advice:
    """The same prompt answered in different ways."""
    answers: dict[int, set[int]] = {}
    asked = whole.counts.observed.asked
    for each in asked:
        answers.setdefault(each.prompt, set()).add(each.answer)
    sample = f" (in a sample of {len(asked):,})" if whole.limits.share > 1 else ""
    mark = mark_at(each.line for each in asked if len(answers[each.prompt]) > 1)
    return said(
        "conflicting_answers",
        f"The same prompt, but different answers: {counted(mark.count)}{sample}. The model cannot agree more "
        "than its examples do. Keep the best answer, unless variety is what you want.",
        mark,
    )


def duplicates(whole: Sum) -> Advice:
    """Examples that repeat an earlier one word for word."""
    twice = whole.duplicates
    return said(
        "duplicates",
        f"Word for word the same as an earlier one: {counted(twice.count)}. "
        "Each repetition costs again and weighs double. Keep one.",
        twice,
    )


def near_duplicates(report: Report, whole: Sum) -> Advice:
    """Examples that say nearly what an earlier one says."""
    observed = whole.counts.observed
    # An example that stands there word for word is told as a duplicate.
    looks = sorted(
        {look.key: look for look in reversed(in_order(observed))}.values(), key=lambda look: look.line
    )
    mark = mark_at(looks[place].line for place in similarity.near_duplicates([look.sketch for look in looks]))
    what = "question and answer" if has_answers(report) else "prompt"
    return said(
        "near_duplicates",
        f"Nearly the same {what} as an earlier one: {counted(mark.count)}{compared(whole)}. "
        "They cost again and teach little. Keep one of each, or make them differ.",
        mark,
    )


def equal_outputs(whole: Sum) -> Advice:
    """Pairs whose preferred output is the other one too."""
    equal = mark_of(whole, "equal_outputs")
    return said(
        "equal_outputs",
        f"Both outputs say the same: {counted(equal.count)}. Preferring an answer over itself teaches "
        "nothing. Leave them out, or write the worse answer.",
        equal,
    )


def refusals(whole: Sum) -> Advice | None:
    """Refusals, where they are a good share of the answers."""
    found, answers = mark_of(whole, "refusal"), whole.counts.observed.answers
    if found.count < max(_LEAST_REPEATED, MANY_REFUSALS * answers):
        return None
    return said(
        "many_refusals",
        f"{counted(found.count)} refuse to answer, {percent(found.count, answers)} of the answers{scanned(whole)}. "
        "The model will refuse about as often. Keep as many as you want later, not more.",
        found,
    )


def same_answer(whole: Sum) -> Advice | None:
    """One answer that is given too often; a long one is too often sooner."""
    observed = whole.counts.observed
    given = [look for look in observed.looks if look.answer]
    if len(given) < _LEAST_ANSWERS:
        return None
    ((answer, count),) = Counter(look.answer for look in given).most_common(1)
    same = [look for look in in_order(observed) if look.answer == answer]
    much = MANY_ALIKE_LONG if same[0].answer_size >= _LONG else MANY_ALIKE
    if count < max(_LEAST_REPEATED, much * len(given)):
        return None
    return said(
        "one_answer",
        f"{percent(count, len(given))} of the answers are one and the same{compared(whole)}. The model will give "
        "it too often. Balance the answers as you want them later.",
        mark_at(look.line for look in same),
    )


def language(whole: Sum) -> Advice | None:
    """Answers in a language that is rare beside the main one."""
    observed = whole.counts.observed
    told = [look for look in in_order(observed) if look.language]
    shares = Counter(look.language for look in told)
    if len(told) < similarity.LEAST_TO_JUDGE:
        return None
    main, count = shares.most_common(1)[0]
    if count < MAIN_LANGUAGE * len(told):
        return None
    rare = {language for language, few in shares.items() if few <= RARE_LANGUAGE * len(told)}
    mark = mark_at(look.line for look in told if look.language in rare)
    if mark.count < _LEAST_RARE:  # one or two are quotations or translations
        return None
    return said(
        "rare_language",
        f"{percent(count, len(told))} of the answers are in {main}, only {counted(mark.count)} in "
        f"{listed(sorted(rare))}{compared(whole)}. The model will be weaker there, or mix them up. "
        "Add more if it is to speak them.",
        mark,
    )


def unlike_rest(report: Report, whole: Sum) -> Advice:
    """Examples whose length is far from that of all others."""
    observed = whole.counts.observed
    looks = in_order(observed)
    answers = [look for look in looks if look.answer]
    lines = {looks[place].line for place in similarity.outliers([look.size for look in looks])}
    lines |= {answers[place].line for place in similarity.outliers([look.answer_size for look in answers])}
    mark = mark_at(lines)
    answers_too = ", or their answers" if has_answers(report) else ""
    return said(
        "unlike_rest",
        f"Far longer or shorter than the rest{answers_too}: {counted(mark.count)}{compared(whole)}. Look whether "
        "they belong here: something may have been pasted together, cut off or left empty.",
        mark,
    )
