"""What to do with a file that was checked: one sentence, and the command to type."""

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from bot.domain.datasets.advice.words import counted
from bot.domain.datasets.cures import CONVERTIBLE
from bot.domain.datasets.report import Report
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.transforms.mend import is_curable

PROGRAM = "finetune-bot"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do, as a sentence, and what to type for it."""

    sentence: str
    command: str


def to_train(report: Report, wanted: str) -> NextStep | None:
    """How to train on a file that can be; `wanted` are the words of the request, such as `epochs=2`."""
    if not report.estimates:
        return None
    both = "both" if "validation=" in wanted else "it"
    command = f"/finetune start {quote(report.file)} {wanted}".rstrip()
    return NextStep(f"drop {both} into a Slack channel of the bot, and type there:", command)


def to_cure(report: Report, path: Path, *, mended: bool = False) -> NextStep:
    """What brings a file nearer that cannot be trained on; no second mending of one that is `mended`."""
    typed, stem = (quote(str(path)), path.stem) if path.is_file() else ("FILE", "FILE")
    again = f"{PROGRAM} check {typed}"
    codes = set(report.problem_codes)
    missing = MIN_EXAMPLES - report.examples
    if codes == {"model_unfit"}:
        return NextStep("see which models train on it:", again)
    if codes & CONVERTIBLE:
        target = quote(f"{stem}.converted.jsonl" if path.suffix == ".jsonl" else f"{stem}.jsonl")
        return NextStep(
            "convert it; nothing is written before you say so:", f"{PROGRAM} convert {typed} {target}"
        )
    if "too_few_examples" in codes and missing > 0:
        return NextStep(f"add at least {counted(missing)}, and check it again:", again)
    if is_curable(report) and not mended:
        target = quote(f"{stem}.mended.jsonl")
        return NextStep("mend what needs no guess, into a new file:", f"{again} --fix {target}")
    return NextStep("mend what is listed below, and check it again:", again)
