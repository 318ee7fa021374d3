"""What will train, but badly: says it in sentences with the lines, from what was counted; looks at no text itself.

Why it matters is from OpenAI's guides: balance and diversity, agreement between examples, the prompt of production,
enough examples, and the safety tests after training.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from bot.domain.dataset.likeness import LEAST_TO_JUDGE, near_duplicates, outliers
from bot.domain.dataset.observing import Look, Observed
from bot.domain.dataset.report import KEPT_LINES, Advice, Report
from bot.domain.dataset.tally import Mark, Sum

GOOD_EXAMPLES = 50
"""OpenAI's guide: improvements show from 50 to 100 examples on."""

MANY_REFUSALS = 0.2
MANY_ALIKE = 0.6
MANY_ALIKE_LONG = 0.15
_LONG = 60
MAIN_LANGUAGE = 0.8
RARE_LANGUAGE = 0.1
USUAL_SYSTEM = 0.5
MANY_SENSITIVE = 0.01
"""Shares of the answers, or of the examples, from which on something is said, or up to which."""

_LEAST_ANSWERS = 10
_LEAST_REPEATED = 5
_LEAST_SENSITIVE = 3
_LEAST_RARE = 3


def advice_on(report: Report, whole: Sum) -> Iterator[Advice]:
    """All advice on a file, what costs most or harms most first; `report` has everything but the advice."""
    for advice in (
        _no_model(report),
        _over_limit(report, whole),
        _secrets(whole),
        _payment(whole),
        _conflicts(whole),
        _duplicates(whole),
        _near_duplicates(whole),
        _equal_outputs(whole),
        _empty_answers(whole),
        _cut_answers(whole),
        _refusals(whole),
        _same_answer(whole),
        _language(whole),
        _missing_system(whole),
        _other_system(whole),
        _contacts(whole),
        _sensitive(whole),
        _unlike_rest(whole),
        _images(report),
        _few_examples(report),
    ):
        if advice is not None and advice.count:
            yield advice


def _over_limit(report: Report, whole: Sum) -> Advice:
    over = mark_of(whole, "over_limit")
    return _said(
        "over_limit",
        f"Longer than {whole.limits.example:,} tokens: {counted(over.count)}. The server cuts off the end, "
        f"{report.tokens.lost:,} tokens in all, usually the answer itself. Shorten or split them.",
        over,
    )


def _secrets(whole: Sum) -> Advice:
    found = mark_of(whole, "secret")
    return _said(
        "secrets",
        f"What looks like a key or password to a service stands in {counted(found.count)}{_scanned(whole)}. "
        "A tuned model can say it to anybody. Replace it by a made-up one, and have the real one changed.",
        found,
    )


def _payment(whole: Sum) -> Advice:
    found = mark_of(whole, "payment")
    return _said(
        "payment_numbers",
        f"What looks like a card or bank account number stands in {counted(found.count)}{_looked(whole)}. "
        "A tuned model can say it to anybody. Replace it by a made-up one.",
        found,
    )


def _contacts(whole: Sum) -> Advice:
    email, phone = mark_of(whole, "email"), mark_of(whole, "phone")
    lines = tuple(sorted({*email.lines, *phone.lines})[:KEPT_LINES])
    parts = [
        *([f"e-mail addresses in {counted(email.count)}{_scanned(whole)}"] if email.count else []),
        *([f"phone numbers in {counted(phone.count)}{_looked(whole)}"] if phone.count else []),
    ]
    text = " and ".join(parts)
    return Advice(
        "contact_data",
        f"{text[:1].upper()}{text[1:]}. The model can repeat them to anybody, and much personal data may fail the "
        "safety tests after training. Keep only what is meant to be said.",
        max(email.count, phone.count),
        lines,
    )


def _conflicts(whole: Sum) -> Advice:
    answers: dict[int, set[int]] = {}
    asked = whole.tally.observed.asked
    for each in asked:
        answers.setdefault(each.prompt, set()).add(each.answer)
    sample = f" (in a sample of {len(asked):,})" if whole.limits.share > 1 else ""
    mark = _mark_at(each.line for each in asked if len(answers[each.prompt]) > 1)
    return _said(
        "conflicting_answers",
        f"The same prompt, but different answers: {counted(mark.count)}{sample}. The model cannot agree more "
        "than its examples do. Keep the best answer, unless variety is what you want.",
        mark,
    )


def _duplicates(whole: Sum) -> Advice:
    twice = whole.duplicates
    return _said(
        "duplicates",
        f"Word for word the same as an earlier one: {counted(twice.count)}. "
        "Each repetition costs again and weighs double. Keep one.",
        twice,
    )


def _near_duplicates(whole: Sum) -> Advice:
    observed = whole.tally.observed
    # An example that stands there word for word is told as a duplicate.
    looks = sorted(
        {look.key: look for look in reversed(_in_order(observed))}.values(), key=lambda look: look.line
    )
    mark = _mark_at(looks[place].line for place in near_duplicates(look.sketch for look in looks))
    return _said(
        "near_duplicates",
        f"Nearly the same question and answer as an earlier one: {counted(mark.count)}{_compared(whole)}. "
        "They cost again and teach little. Keep one of each, or make them differ.",
        mark,
    )


def _equal_outputs(whole: Sum) -> Advice:
    equal = mark_of(whole, "equal_outputs")
    return _said(
        "equal_outputs",
        f"Both outputs say the same: {counted(equal.count)}. Preferring an answer over itself teaches "
        "nothing. Leave them out, or write the worse answer.",
        equal,
    )


def _empty_answers(whole: Sum) -> Advice:
    empty = mark_of(whole, "empty_answer")
    return _said(
        "empty_answers",
        f"An answer without a word in it: {counted(empty.count)}{_scanned(whole)}. The model learns to say nothing. "
        "Write the answer, leave the example out, or give that message weight 0.",
        empty,
    )


def _cut_answers(whole: Sum) -> Advice:
    cut = mark_of(whole, "cut_answer")
    return _said(
        "cut_answers",
        f"Answers that seem to break off (dots, a comma, half a sentence, an open block): {counted(cut.count)}"
        f"{_scanned(whole)}. The model learns to stop there too. Complete them.",
        cut,
    )


def _refusals(whole: Sum) -> Advice | None:
    found, answers = mark_of(whole, "refusal"), whole.tally.observed.answers
    if found.count < max(_LEAST_REPEATED, MANY_REFUSALS * answers):
        return None
    return _said(
        "many_refusals",
        f"{counted(found.count)} refuse to answer, {_percent(found.count, answers)} of the answers{_scanned(whole)}. "
        "The model will refuse about as often. Keep as many as you want later, not more.",
        found,
    )


def _same_answer(whole: Sum) -> Advice | None:
    observed = whole.tally.observed
    given = [look for look in observed.looks if look.answer]
    if len(given) < _LEAST_ANSWERS:
        return None
    ((answer, count),) = Counter(look.answer for look in given).most_common(1)
    same = [look for look in _in_order(observed) if look.answer == answer]
    much = MANY_ALIKE_LONG if same[0].answer_size >= _LONG else MANY_ALIKE
    if count < max(_LEAST_REPEATED, much * len(given)):
        return None
    return _said(
        "one_answer",
        f"{_percent(count, len(given))} of the answers are one and the same{_compared(whole)}. The model will give "
        "it too often. Balance the answers as you want them later.",
        _mark_at(look.line for look in same),
    )


def _language(whole: Sum) -> Advice | None:
    observed = whole.tally.observed
    told = [look for look in _in_order(observed) if look.language]
    shares = Counter(look.language for look in told)
    if len(told) < LEAST_TO_JUDGE:
        return None
    main, count = shares.most_common(1)[0]
    if count < MAIN_LANGUAGE * len(told):
        return None
    rare = {language for language, few in shares.items() if few <= RARE_LANGUAGE * len(told)}
    mark = _mark_at(look.line for look in told if look.language in rare)
    if mark.count < _LEAST_RARE:  # one or two are quotations or translations
        return None
    return _said(
        "rare_language",
        f"{_percent(count, len(told))} of the answers are in {main}, only {counted(mark.count)} in "
        f"{_listed(sorted(rare))}{_compared(whole)}. The model will be weaker there, or mix them up. "
        "Add more if it is to speak them.",
        mark,
    )


def _missing_system(whole: Sum) -> Advice:
    bare = mark_of(whole, "no_system") if mark_of(whole, "system").count else Mark()
    return _said(
        "missing_system",
        f"Without a system prompt, though others have one: {counted(bare.count)}. Train every example "
        "with the prompt you will use later.",
        bare,
    )


def _other_system(whole: Sum) -> Advice | None:
    systems = list(whole.tally.observed.systems.values())
    count = sum(system.count for system in systems)
    usual = max(systems, key=lambda system: system.count, default=None)
    if usual is None or usual.count <= USUAL_SYSTEM * count:
        return None
    others = [system for system in systems if system is not usual]
    lines = tuple(sorted(line for system in others for line in system.lines)[:KEPT_LINES])
    rest = count - usual.count
    kinds = f", with {len(others):,} different" if len(others) > 1 else ""
    return Advice(
        "other_system",
        f"Another system prompt than {_percent(usual.count, count)} of the examples have: {counted(rest)}"
        f"{_scanned(whole)}{kinds}. What is learned hangs on the prompt: use the one of "
        "production everywhere, unless they are different tasks.",
        rest,
        lines,
    )


def _sensitive(whole: Sum) -> Advice | None:
    found = mark_of(whole, "sensitive")
    if found.count < max(_LEAST_SENSITIVE, MANY_SENSITIVE * whole.tally.observed.looked):
        return None
    return _said(
        "sensitive",
        f"Words of violence, self-harm, sex or drugs stand in {counted(found.count)}{_looked(whole)}. Only a hint: "
        "they may be in place, but OpenAI tests a tuned model for safety and can block it. Look at them first.",
        found,
    )


def _unlike_rest(whole: Sum) -> Advice:
    observed = whole.tally.observed
    looks = _in_order(observed)
    answers = [look for look in looks if look.answer]
    lines = {looks[place].line for place in outliers([look.size for look in looks])}
    lines |= {answers[place].line for place in outliers([look.answer_size for look in answers])}
    mark = _mark_at(lines)
    return _said(
        "unlike_rest",
        f"Far longer or shorter than the rest, or their answers: {counted(mark.count)}{_compared(whole)}. Look whether "
        "they belong here: something may have been pasted together, cut off or left empty.",
        mark,
    )


def _few_examples(report: Report) -> Advice:
    return Advice(
        "few_examples",
        f"{counted(report.examples)} can train, but a change usually shows from {GOOD_EXAMPLES} to 100 on. "
        "Add more if the first result disappoints.",
        report.examples
        if report.examples < GOOD_EXAMPLES and "too_few_examples" not in report.problem_codes
        else 0,
    )


def _images(report: Report) -> Advice:
    return Advice(
        "images",
        f"Examples with images: {report.images:,}. Their tokens are estimated by GPT-4o's formula; an image at an "
        "address, which is not fetched, as 1,024 × 1,024 pixels (765 tokens). The server leaves out, without a "
        "word, images it cannot load and those with people, faces or CAPTCHAs.",
        report.images,
    )


def _no_model(report: Report) -> Advice:
    return Advice(
        "no_model",
        "The file is fine, but no model of this provider trains on it any more"
        + (" (images)." if report.images else f" ({report.format} training)."),
        int(report.ok and not report.estimates),
    )


def mark_of(whole: Sum, code: str) -> Mark:
    """How often something was seen in the whole file, and where."""
    return whole.tally.marks.get(code, Mark())


def counted(examples: int) -> str:
    """A number of examples in words."""
    return f"{examples:,} example{'' if examples == 1 else 's'}"


def _said(code: str, message: str, mark: Mark) -> Advice:
    return Advice(code, message, mark.count, tuple(mark.lines))


def _mark_at(lines: Iterable[int]) -> Mark:
    mark = Mark()
    for line in sorted(lines):
        mark.see(line)
    return mark


def _in_order(observed: Observed) -> list[Look]:
    return sorted(observed.looks, key=lambda look: look.line)


def _scanned(whole: Sum) -> str:
    """That only so many examples were looked at, where that is so."""
    return _in_sample(whole.tally.observed.scanned, whole)


def _looked(whole: Sum) -> str:
    """The same, of those looked at closely."""
    return _in_sample(whole.tally.observed.looked, whole)


def _compared(whole: Sum) -> str:
    """The same, of those kept to compare."""
    return _in_sample(len(whole.tally.observed.looks), whole)


def _in_sample(count: int, whole: Sum) -> str:
    return f" (in a sample of {count:,})" if count < whole.tally.valid else ""


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
