"""`finetune-bot convert`, `split` and `compare`: files in, files out; the domain decides on the lines."""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.cli.check import reports, run_check
from bot.cli.files import STDOUT, readable, replacing, writable
from bot.cli.next_step import PROGRAM, NextStep, to_cure
from bot.cli.report_text import comparable, drawn_difference, drawn_mapping, drawn_split, drawn_step
from bot.cli.terminal import DONE, NOT_SO, complain, counted, progress, told, unreadable
from bot.domain.datasets.report import Report
from bot.domain.transforms.compare import Difference, compare
from bot.domain.transforms.convert import Mapping, Part
from bot.domain.transforms.format_detection import SAMPLE_LINES, recognise
from bot.domain.transforms.row_reader import Row
from bot.errors import BadInput, BotError, UnusableFile
from bot.workers.reader import lines_of
from bot.workers.transforms import (
    changes,
    convert_file,
    examples_of,
    identities,
    mapping_of,
    sampled,
    split_file,
)

Confirm = Callable[[str], bool]

_SHOWN_EXAMPLES = 3
_SHOWN_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Conversion:
    """How to convert: columns that were named instead of guessed, and a system prompt for all examples.

    `unasked`: nobody will be asked whether the guess is right.
    """

    columns: dict[Part, str] = field(default_factory=dict)
    system: str = ""
    force: bool = False
    unasked: bool = False


def run_convert(source: Path, target: Path, wishes: Conversion, confirm: Confirm) -> int:
    """Show what the columns are taken for, ask, write the examples and check them; gives the exit code."""
    aside = target == STDOUT

    def convert(out: Console, err: Console) -> int:
        with readable(source) as read, writable(target) as written:
            code = _convert(read, written, wishes, confirm, to=str(target), out=out, err=err)
            return run_check([written], aside=aside) if code == DONE else code

    return told(convert, aside=aside)


def run_split(source: Path, share: float, seed: int, folder: Path, *, force: bool = False) -> int:
    """Write a dataset as two files beside each other, for training and validation; gives the exit code."""

    def split(out: Console, err: Console) -> int:
        with readable(source) as read:
            return _split(read, share, seed, folder, force=force, out=out, err=err)

    return told(split)


def run_compare(old: Path, new: Path) -> int:
    """Print what changed between two versions of a dataset; gives the exit code."""

    def compare_them(out: Console, err: Console) -> int:
        with readable(old) as before, readable(new) as after:
            return _compare(before, after, out, err)

    return told(compare_them)


def _convert(
    source: Path, target: Path, wishes: Conversion, confirm: Confirm, *, to: str, out: Console, err: Console
) -> int:
    sample = sampled(source)
    if wishes.system.strip() and "system" in wishes.columns:
        raise BadInput(
            "Give the system prompt as text or as a column, not both: --system or --map system=.", "system"
        )
    mapping = mapping_of(sample, wishes.columns)
    recognised = recognise(list(islice(lines_of(source), SAMPLE_LINES)))
    plain = recognised.format is not None and not wishes.system.strip()
    if not mapping.columns and plain and not changes(source, mapping):
        raise BadInput(f"This is a dataset already. To check it: finetune-bot check {source}")
    if sample[0].sheet:
        out.print(Text(f"The rows of the sheet {sample[0].sheet}."))
    out.print(drawn_mapping(mapping, islice(_shown(sample, mapping, wishes.system), _SHOWN_EXAMPLES)))
    if mapping.confidence == "unsure" and wishes.unasked:
        raise BadInput(f"{mapping.doubt} So it needs your word: {_word_for(mapping)}.", "map")
    if not confirm(f"\nWrite {to} like this?"):
        err.print("Nothing was written.")
        return NOT_SO
    with (
        replacing(target, force=wishes.force) as file,
        progress(err, "Converting", source.stat().st_size) as move,
    ):
        try:
            converted = convert_file(source, file, mapping, wishes.system, lambda count: move(advance=count))
        except BadInput as none:
            raise BadInput(f"{none} See --map." if mapping.columns else str(none), none.field) from None
    err.print(Text(f"{counted(converted.examples, 'example')} written to {to}."))
    for what, count in converted.done.items():
        err.print(Text(f"{what} ({counted(count, 'row')})."))
    for why, count in converted.left_out.items():
        err.print(Text(f"{counted(count, 'row')} left out: {why}."))
    return DONE


def _word_for(mapping: Mapping) -> str:
    """What to type where a guess is not enough."""
    if not mapping.columns:
        return "leave --yes out and confirm it, or remove these keys yourself"
    words = " ".join(f"--map {part}={shlex.quote(column)}" for part, column in mapping.columns.items())
    return f"give {words}, or leave --yes out and confirm it"


def _shown(sample: Sequence[Row], mapping: Mapping, system: str) -> Iterator[str]:
    """The first examples as a person reads them, cut to a few lines each."""
    for example in examples_of(sample, mapping, system):
        text = json.dumps(example, ensure_ascii=False)
        yield text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + " …"


def _split(
    source: Path, share: float, seed: int, folder: Path, *, force: bool, out: Console, err: Console
) -> int:
    for report in _checked([source], err):
        faults = report.problem_count - report.problem_codes.get("too_few_examples", 0)
        if faults:
            complain(err, f"{source.name} has {counted(faults, 'problem')}, which a split would only spread.")
            err.print(drawn_step(to_cure(report, source)), crop=False)
            return NOT_SO
    folder.mkdir(parents=True, exist_ok=True)
    training, validation = (folder / f"{source.stem}.{side}.jsonl" for side in ("train", "validation"))
    with (
        replacing(training, force=force) as left,
        replacing(validation, force=force) as right,
        progress(err, "Splitting", source.stat().st_size) as move,
    ):
        counts = split_file(
            source, left, right, share=share, seed=seed, tell=lambda count: move(advance=count)
        )
    check = f"{PROGRAM} check {shlex.quote(str(training))} --validation {shlex.quote(str(validation))}"
    parts = zip((training, validation), counts, strict=True)
    out.print(drawn_split(parts, NextStep("check both, and that they share nothing:", check)), crop=False)
    return DONE


def _compare(old: Path, new: Path, out: Console, err: Console) -> int:
    before, after = _checked([old, new], err)
    alike = comparable(before, after)
    difference = compare(identities(old), identities(new)) if alike else Difference()
    out.print(drawn_difference(difference, before, after))
    return DONE


def _checked(paths: Sequence[Path], err: Console) -> list[Report]:
    """The reports on files; raises what keeps one of them from being read."""
    checked = []
    with closing(reports(paths, err)) as stream:
        for path, report in zip(paths, stream, strict=True):
            if isinstance(report, BotError):
                raise UnusableFile(unreadable(path, str(report)))
            checked.append(report)
    return checked
