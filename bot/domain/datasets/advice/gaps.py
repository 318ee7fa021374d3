"""What examples lack: a whole answer, the system prompt of production; looks at no text itself."""

from bot.domain.datasets.advice.words import counted, looked, mark_of, percent, said, scanned
from bot.domain.datasets.report import KEPT_LINES, Advice
from bot.domain.datasets.statistics import Mark, Sum

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
        f"{looked(whole)}. The model learns to say it as it stands. Fill it in, unless it is to write templates.",
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
        f"Another system prompt than {percent(usual.count, count)} of the examples have: {counted(rest)}"
        f"{scanned(whole)}{kinds}. What is learned hangs on the prompt: use the one of "
        "production everywhere, unless they are different tasks.",
        rest,
        lines,
    )
