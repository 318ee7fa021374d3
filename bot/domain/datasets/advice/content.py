"""What examples hold that they should not, lack, or may be refused for; looks at no text itself."""

from collections.abc import Iterator

from bot.domain.datasets.advice.words import counted, looked, mark_of, percent, said, scanned
from bot.domain.datasets.cures import MENDS
from bot.domain.datasets.report import KEPT_LINES, Advice
from bot.domain.datasets.statistics import Mark, Sum

MANY_SENSITIVE = 0.01
"""Share of the examples from which on something is said."""

_LEAST_SENSITIVE = 3


def secrets(whole: Sum) -> Advice:
    """Keys and passwords."""
    found = mark_of(whole, "secret")
    return said(
        "secrets",
        f"What looks like a key or password to a service is in {counted(found.count)}{scanned(whole)}. "
        "A tuned model can say it to anybody. Replace it by a made-up one, and have the real one changed.",
        found,
    )


def payment(whole: Sum) -> Advice:
    """Numbers of cards and bank accounts."""
    found = mark_of(whole, "payment")
    return said(
        "payment_numbers",
        f"What looks like a card or bank account number is in {counted(found.count)}{looked(whole)}. "
        "A tuned model can say it to anybody. Replace it by a made-up one.",
        found,
    )


def contacts(whole: Sum) -> Advice:
    """E-mail addresses and phone numbers."""
    email, phone = mark_of(whole, "email"), mark_of(whole, "phone")
    lines = tuple(sorted({*email.lines, *phone.lines})[:KEPT_LINES])
    parts = [
        *([f"e-mail addresses in {counted(email.count)}{scanned(whole)}"] if email.count else []),
        *([f"phone numbers in {counted(phone.count)}{looked(whole)}"] if phone.count else []),
    ]
    text = " and ".join(parts)
    return Advice(
        "contact_data",
        f"{text[:1].upper()}{text[1:]}. The model can repeat them to anybody, and much personal data may fail the "
        "safety tests after training. Keep only what is meant to be said.",
        max(email.count, phone.count),
        lines,
    )


def sensitive(whole: Sum) -> Advice | None:
    """Words on which the safety tests after training may stop, where there are more than a few."""
    found = mark_of(whole, "sensitive")
    if found.count < max(_LEAST_SENSITIVE, MANY_SENSITIVE * whole.counts.observed.looked):
        return None
    return said(
        "sensitive",
        f"Words of violence, self-harm, sex, drugs, hate or harassment are in {counted(found.count)}"
        f"{looked(whole)}. Only a hint: they may be in place, but OpenAI tests a tuned model for safety and can block "
        "it. Look at them first.",
        found,
    )


USUAL_SYSTEM = 0.5
"""Share of the examples above which a system prompt is the usual one."""


def empty_answers(whole: Sum) -> Advice:
    """Answers without a word."""
    empty = mark_of(whole, "empty_answer")
    return said(
        "empty_answers",
        f"An answer without a word in it: {counted(empty.count)}{scanned(whole)}. The model learns to say nothing. "
        "Write the answer, leave the example out, or give that message weight 0.",
        empty,
    )


def cut_answers(whole: Sum) -> Advice:
    """Answers that break off."""
    cut = mark_of(whole, "cut_answer")
    return said(
        "cut_answers",
        f"Answers that seem to break off (dots, a comma, half a sentence, an open block): {counted(cut.count)}"
        f"{scanned(whole)}. The model learns to stop there too. Complete them.",
        cut,
    )


def placeholders(whole: Sum) -> Advice:
    """What was to be filled in, and was not."""
    unfilled = mark_of(whole, "placeholder")
    return said(
        "placeholders",
        f"A placeholder that nobody filled in, such as {{{{name}}}}, [NAME] or <your text>: {counted(unfilled.count)}"
        f"{looked(whole)}. The model learns to say it as it is. Fill it in, unless it is to write templates.",
        unfilled,
    )


def mixed_tools(whole: Sum) -> Advice:
    """Examples without tools beside examples with tools; the fewer are named."""
    given, bare = mark_of(whole, "tools"), mark_of(whole, "no_tools")
    if not (given.count and bare.count):
        return said("mixed_tools", "", Mark())
    fewer, what = (given, "with") if given.count < bare.count else (bare, "without")
    return said(
        "mixed_tools",
        f"Examples {what} tools among others {'without' if what == 'with' else 'with'} them: {counted(fewer.count)}. "
        "What is learned hangs on what is given: define the tools that the model will have later in every example, "
        "also where it is not to call one, unless it will be used both ways.",
        fewer,
    )


def missing_system(whole: Sum) -> Advice:
    """Examples without the system prompt that others have."""
    bare = mark_of(whole, "no_system") if mark_of(whole, "system").count else Mark()
    return said(
        "missing_system",
        f"Without a system prompt, though others have one: {counted(bare.count)}. Train every example "
        "with the prompt you will use later.",
        bare,
    )


def other_system(whole: Sum) -> Advice | None:
    """System prompts beside the usual one, where there is a usual one."""
    systems = list(whole.counts.observed.systems.values())
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
        f"Another system prompt than {percent(usual.count, count)} of the examples have: {counted(rest)}"
        f"{scanned(whole)}{kinds}. What is learned hangs on the prompt: use the one of "
        "production everywhere, unless they are different tasks.",
        rest,
        lines,
    )


_SENTENCES = {
    "odd_arguments": (
        "Arguments of a call that are no JSON object: {}. The server may refuse them, and the model learns to call "
        'functions so. Write them as JSON, "{{}}" where there are none.'
    ),
    "arguments_twice": (
        "Arguments of a call that were turned into JSON text twice: {}. They train, but the model learns to write "
        f"them so, too. {MENDS}"
    ),
    "tool_parts": (
        "A tool's answer that is a list of parts: {}. The server refused jobs for this in 2024, and may do so again. "
        "Write the text itself as content."
    ),
    "empty_content": (
        "A message whose content is an empty list: {}. The server may refuse it. Write a text, or leave it out."
    ),
    "empty_name": (
        "An empty name, or an empty id of a call: {}. The server may refuse it. Fill it, or leave the name out."
    ),
    "repeated_call_id": (
        "Calls in one message that share an id: {}. The server may refuse them, and nobody can tell which of them is "
        "answered. Give each an id of its own."
    ),
    "undefined_call": (
        "Calls of functions that the example does not define: {}. The model learns to call what it was not given. "
        "Add the definitions to tools, as you will give them later."
    ),
}


def doubts(whole: Sum) -> Iterator[Advice]:
    """What the rules doubted, a piece of advice each."""
    for code, sentence in _SENTENCES.items():
        mark = mark_of(whole, code)
        yield said(code, sentence.format(counted(mark.count)), mark)
