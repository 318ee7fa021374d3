"""Reads whole files and writes whole files by the domain's rules for lines; what workers and the terminal share."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Columns
from itertools import islice
from os import devnull
from pathlib import Path
from typing import BinaryIO

from bot.domain.catalog import Format
from bot.domain.datasets.fingerprints import identity_of_line
from bot.domain.datasets.line import BOM, Malformed, parse
from bot.domain.transforms.compare import Difference, Numbered, compare
from bot.domain.transforms.convert import Mapping, Part, convert, guess, line_of
from bot.domain.transforms.format_detection import OTHER_SHAPES, SAMPLE_BYTES, SAMPLE_LINES
from bot.domain.transforms.mend import Mender, recognise_mendable
from bot.domain.transforms.row_reader import Row, read_rows
from bot.domain.transforms.split import Planner
from bot.domain.transforms.tidying import Example
from bot.domain.transforms.turns import Unconvertible
from bot.domain.worker_tasks import (
    Compare,
    Convert,
    Converted,
    Examples,
    Mend,
    Mended,
    Parted,
    Preview,
    ShowExamples,
    ShowMending,
    ShowPreview,
    Split,
)
from bot.errors import BadInput
from bot.workers.examples import read_examples
from bot.workers.reader import Tell, filled, lines_of, read_lines


def identities(path: Path) -> Iterator[Numbered]:
    """Number and identity of each line that holds something. Raises OSError as `filled`."""
    return ((number, identity_of_line(line)) for number, line in filled(path))


_REASONS = 5  # why no line was kept: so many are told


def mend(source: Path, target: BinaryIO, expected: Format | None, tell: Tell | None = None) -> Mender:
    """Write the mended lines of a file of one format, by default the one that its first lines have.

    Raises:
        BadInput: it is none that is mended line by line, or no line of it could be kept.
    """
    found = recognise_mendable(list(islice(read_lines(source, 0, SAMPLE_BYTES), SAMPLE_LINES)))
    if found.fault is not None and not (expected and found.fault.code in OTHER_SHAPES):
        raise BadInput(f"{found.fault.message} That is not mended line by line.", found.fault.code)
    if (expected or found.format) is None:
        raise BadInput(*_all_broken(source))
    mender = Mender(expected or found.format or "chat")
    target.writelines(mender.take(line) for line in lines_of(source, tell))
    if not mender.kept:
        why = " ".join([deed.told for deed in mender.deeds if deed.leaves_out][:_REASONS])
        raise BadInput(
            f"No line of this file could be kept, so nothing was written. {why}".strip(), mender.convertible
        )
    return mender


def _all_broken(source: Path) -> tuple[str, str]:
    """What is wrong with the first line, for a file in which that is so of all; and the problem's code."""
    try:
        parse(next(body for _, body in filled(source)))
    except Malformed as found:
        return f"Its first lines are all broken. The first: {found.message} {found.fix}", found.code
    except StopIteration:
        pass
    return "Its first lines are all broken, so there is no telling the format.", "format"


def sampled(source: Path) -> list[Row]:
    """The first rows of a file. Raises BadInput when none could be read."""
    sample = list(islice(read_rows(lines_of(source)), SAMPLE_LINES))
    if all(row.fault for row in sample):
        raise BadInput(f"No row could be read: {sample[0].fault if sample else 'there is none'}.")
    return sample


def mapping_of(rows: Sequence[Row], columns: Columns[Part, str]) -> Mapping:
    """What the columns of these rows are: as given, else guessed. Raises BadInput when there is no telling."""
    return guess([row.values for row in rows if not row.fault], columns)


class Converter:
    """Makes examples of rows, as a mapping has it; counts those `written`, `left_out` for what, and what was `done`."""

    def __init__(self, mapping: Mapping, system: str = "") -> None:
        self._mapping = mapping
        self._system = system
        self.written = 0
        self.left_out = Counter[str]()
        self.done = Counter[str]()

    def take(self, row: Row) -> Example | None:
        """What becomes of one row; None where it is left out."""
        if row.fault:
            self.left_out[row.fault] += 1
            return None
        done: dict[str, None] = dict.fromkeys([row.note] if row.note else [])
        try:
            example = convert(row.values, self._mapping, self._system, lambda what: done.update({what: None}))
        except Unconvertible as found:
            self.left_out[found.why] += 1
            return None
        self.done.update(done.keys())
        self.written += 1
        return example

    @property
    def summary(self) -> Converted:
        """All of it, with what is taken off every row; as many kinds as a person reads."""
        ends = {f"Taken off: {what}": self.written for what in self._mapping.endings.told()}
        done = ends | dict(self.done.most_common(_KINDS))
        return Converted(self.written, dict(self.left_out.most_common(_KINDS)), done)


_KINDS = 20
"""So many reasons are told; each holds our words only."""


def examples_of(rows: Iterable[Row], mapping: Mapping, system: str = "") -> Iterator[Example]:
    """What becomes of these rows, those left out that lack something."""
    converter = Converter(mapping, system)
    return (example for row in rows if (example := converter.take(row)) is not None)


def changes(source: Path, mapping: Mapping) -> bool:
    """Whether converting a file of examples would change any of them, or leave one out."""
    converter = Converter(mapping)
    return any(converter.take(row) != row.values or row.note for row in read_rows(lines_of(source)))


def convert_file(
    source: Path, target: BinaryIO, mapping: Mapping, system: str = "", tell: Tell | None = None
) -> Converted:
    """Write the examples that the rows of a file become; gives how many, what was done, and what was left out for what.

    Raises:
        BadInput: not one row could be converted, or the file holds no rows that can be told apart.
    """
    converter = Converter(mapping, system)
    for row in read_rows(lines_of(source, tell)):
        if (example := converter.take(row)) is not None:
            try:
                target.write(line_of(example))
            except Unconvertible as found:
                converter.written -= 1
                converter.left_out[found.why] += 1
    if not converter.written:
        reasons = "; ".join(why for why, _ in converter.left_out.most_common(3))
        raise BadInput(f"No row could be converted ({reasons}), so nothing was written.")
    return converter.summary


def split_file(
    source: Path,
    training: BinaryIO,
    validation: BinaryIO,
    *,
    share: float,
    seed: int,
    tell: Tell | None = None,
) -> tuple[int, int]:
    """Part the lines of a dataset; gives how many are in each part. Raises BadInput as Planner.plan."""
    planner = Planner(seed)
    for _, identity in identities(source):
        planner.see(identity)
    plan = planner.plan(share)
    counts = [0, 0]
    for line in lines_of(source, tell):
        body = (line or b"").removeprefix(BOM).rstrip(b"\r\n")
        if not body.strip():
            continue
        side = int(plan.is_validation(identity_of_line(body)))
        (training, validation)[side].write(body + b"\n")
        counts[side] += 1
    return counts[0], counts[1]


# ---- the same as tasks of a worker ------------------------------------------------------------------------------


def transformed(  # noqa: PLR0911  one line per task
    task: Mend | ShowMending | Convert | Split | Compare | ShowPreview | ShowExamples,
) -> Mended | Converted | Parted | Difference | Preview | Examples:
    """Do a task; gives its result. Raises OSError and BadInput."""
    match task:
        case Mend():
            with task.target.open("wb") as target:
                return _mended(mend(task.source, target, task.expected))
        case ShowMending():
            with Path(devnull).open("wb") as nowhere:
                return _mended(mend(task.source, nowhere, task.expected))
        case Convert():
            return _converted(task)
        case Split():
            with task.training.open("wb") as training, task.validation.open("wb") as validation:
                return Parted(
                    *split_file(task.source, training, validation, share=task.share, seed=task.seed)
                )
        case Compare():
            return compare(identities(task.old), identities(task.new))
        case ShowPreview():
            return _preview(task)
        case ShowExamples():
            return read_examples(task)


def _mended(mender: Mender) -> Mended:
    return Mended(mender.kept, mender.deeds, mender.repaired, mender.left_out)


def _converted(task: Convert) -> Converted:
    mapping = task.mapping
    if mapping.columns:
        # A form names columns without a look into the file: what all its texts end with is seen here.
        mapping = mapping_of(sampled(task.source), mapping.columns)
    with task.target.open("wb") as target:
        return convert_file(task.source, target, mapping, task.system)


def _preview(task: ShowPreview) -> Preview:
    rows = sampled(task.source)
    names = tuple(dict.fromkeys(name for row in rows for name in row.values))
    try:
        mapping = mapping_of(rows, task.columns)
    except BadInput:
        if task.columns:
            raise
        return Preview(names, None, sheet=rows[0].sheet)  # a person picks them
    if mapping.by_order:
        return Preview(names, None, sheet=rows[0].sheet)  # the same: order tells nothing
    examples = tuple(islice(examples_of(rows, mapping, task.system), task.examples))
    return Preview(names, mapping, examples, rows[0].sheet)
