"""What the tools of the terminal look like: reports, what was done, what is about to be; decides nothing itself."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, DownloadColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from bot.domain.datasets.report import KEPT_PROBLEMS, Problem, Report
from bot.domain.datasets.suggestions import suggest
from bot.domain.escaping import in_brackets, places
from bot.domain.transforms.compare import Difference
from bot.domain.transforms.convert import Mapping
from bot.domain.transforms.mend import Deed
from bot.errors import BotError
from bot.streams import OUR_FAULT

DONE, NOT_SO, COULD_NOT, INTERRUPTED, UNHEARD = 0, 1, 2, 130, 141
"""Exit codes: as asked; the file is not fit; it could not be read or written; Ctrl-C; nobody reads what is written any
more. A fault of ours is OUR_FAULT."""

SHOWN_PROBLEMS = 20


class _Console(Console):
    """One that nobody may be reading any more: rich's own would end with the code that means an unfit file."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError


def told(work: Callable[[Console, Console], int], *, aside: bool = False) -> int:
    """Run a tool with stdout's and stderr's console; whatever ends it becomes a sentence and an exit code.

    `aside` keeps stdout for data: what is told goes to stderr. Colours only on a terminal, and not with NO_COLOR.
    """
    out, err = _Console(highlight=False, stderr=aside), _Console(stderr=True, highlight=False)
    try:
        return work(out, err)
    except BotError as error:
        complain(err, str(error))
        return code_of(error)
    except BrokenPipeError:
        _let_go()
        return UNHEARD
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(err, f"{where}{error.strerror or type(error).__name__}.")
    except KeyboardInterrupt:
        err.print("Stopped.")
        return INTERRUPTED
    return COULD_NOT


def code_of(error: BotError) -> int:
    """The exit code: a bare BotError is a fault of the bot itself."""
    return OUR_FAULT if type(error) is BotError else COULD_NOT


def _let_go() -> None:
    """Nobody reads stdout any more, so that what is still to be written goes nowhere, and fails nobody."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def complain(err: Console, sentence: str) -> None:
    """An error, on stderr."""
    err.print(Text(_printable(sentence), style="red"))


def drawn(report: Report) -> RenderableType:
    """The report as rich draws it."""
    parts: list[RenderableType] = [_verdict(report)]
    if report.examples:
        parts += [_facts(report)]
    if report.problems:
        parts += [_heading("Problems"), _problems(report)]
    if report.advice:
        parts += [_heading("Advice"), _advice(report)]
    if report.estimates and report.valid:
        parts += [_heading("Cost of training"), _costs(report), *_suggestions(report)]
    return Group(*parts)


def drawn_deeds(deeds: Iterable[Deed]) -> RenderableType:
    """What was done to mend a file."""
    table = _grid()
    for deed in deeds:
        table.add_row(f"{deed.count:,} ×", Text(deed.message + in_brackets(deed.lines, deed.count)))
    return table


def drawn_mapping(mapping: Mapping, examples: Iterable[str]) -> RenderableType:
    """What a file's columns are taken for, and the first examples that come of it, as text."""
    sure = {
        "certain": "Recognised",
        "likely": "Probably",
        "unsure": "Perhaps",
        "given": "As you said",
    }[mapping.confidence]
    table = _grid()
    for part, column in mapping.columns.items():
        table.add_row(part, Text(f"← {_printable(column)}"))
    if mapping.unused:
        table.add_row("not used", Text(_printable(", ".join(mapping.unused)), style="dim"))
    if taken := mapping.endings.told():
        table.add_row("taken off", Text(_printable(", ".join(taken))))
    heading = Text(f"{sure}: {mapping.shape}, to become {mapping.format} examples", style="bold")
    parts: list[RenderableType] = [heading, table]
    if mapping.doubt:
        parts.append(Text(_printable(mapping.doubt), style="yellow"))
    parts.append(_heading("The first examples"))
    parts += [Padding(Text(_printable(each)), (0, 0, 0, 2)) for each in examples]
    return Group(*parts)


def drawn_difference(difference: Difference, old: Report, new: Report) -> RenderableType:
    """What changed between two versions, with tokens and cost before and after."""
    table = _grid()
    table.add_row("same", f"{difference.same:,}")
    for name, mark, what in (
        ("added", difference.added, ""),
        ("removed", difference.removed, " of the old file"),
        ("changed", difference.changed, ""),
    ):
        table.add_row(name, Text(f"{mark.count:,}{in_brackets(mark.lines, mark.count, what)}"))
    table.add_row("tokens", f"{old.tokens.total:,} → {new.tokens.total:,}")
    before = {estimate.model: estimate for estimate in old.estimates}
    for after in new.estimates:
        earlier = before.get(after.model)
        cost = f"{_usd(earlier.usd if earlier else None)} → {_usd(after.usd)}"
        table.add_row("cost", Text(f"{cost}  {after.model}, {counted(after.epochs, 'epoch')}"))
    answer = "reference" if new.format == "reinforcement" else "answer"
    note = Text(f"Changed: the same prompt with another {answer}.", style="dim")
    return Group(Text(f"{_printable(old.file)} → {_printable(new.file)}", style="bold"), table, note)


@contextmanager
def progress(err: Console, doing: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """A bar on a terminal, nothing elsewhere; it is gone when the work is done.

    Gives what moves it: `completed` or `advance` bytes, of `total`, and `found` in words.
    """
    columns = (
        TextColumn(doing),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[found]}"),
    )
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", found="", total=total)

        def move(**how: float | str) -> None:
            bar.update(task, **how)  # type: ignore[arg-type] # the names are rich's own

        yield move


def _verdict(report: Report) -> Text:
    text = Text(_printable(report.file), style="bold")
    text.append("  ")
    if report.ok:
        return text.append("✓ can be trained", style="bold green")
    found = counted(report.problem_count, "problem")
    if len(report.problems) < report.problem_count:
        found += f" of {counted(len(report.problems), 'kind')}"
    return text.append(f"✗ cannot be trained: {found}", style="bold red")


def _facts(report: Report) -> RenderableType:
    tokens = report.tokens
    exact = "exact" if tokens.exact else "partly estimated"
    table = _grid()
    kind = f"{report.format} format, " if report.format else ""
    table.add_row("Holds", f"{kind}{counted(report.examples, 'example')}, {_size(report.bytes)}")
    if report.valid < report.examples:
        table.add_row("", f"{report.valid:,} of them without a problem; only these are counted below")
    if report.images:
        table.add_row("Images", f"in {counted(report.images, 'example')}")
    if report.format:
        # What is learned by reinforcement is not in the file.
        trained = "" if report.format == "reinforcement" else f"{tokens.trained:,} trained on, "
        table.add_row(
            "Tokens",
            f"{tokens.total:,} in all, {trained}longest example {tokens.max:,} ({tokens.encoding}, {exact})",
        )
    if tokens.p50:
        table.add_row(
            "",
            f"half of the examples have up to {tokens.p50:,}, 90 % up to {tokens.p90:,}, 99 % up to {tokens.p99:,}",
        )
    return table


def _problems(report: Report) -> RenderableType:
    table = _grid()
    for problem in report.problems[:SHOWN_PROBLEMS]:
        table.add_row(Text(_where(problem), style="red"), Text(problem.message))
        table.add_row("", Text(problem.fix, style="dim"))
        if problem.count > 1:
            table.add_row("", Text(places(problem.places, problem.count), style="dim"))
    hidden = len(report.problems) - SHOWN_PROBLEMS
    if hidden > 0:
        table.add_row("", f"… and {hidden:,} more kinds; --json lists up to {KEPT_PROBLEMS:,}.")
        counts = sorted(report.problem_codes.items(), key=lambda item: -item[1])
        table.add_row("", "In all: " + ", ".join(f"{count:,} × {code}" for code, count in counts))
    return table


def _advice(report: Report) -> RenderableType:
    table = _grid()
    for advice in report.advice:
        table.add_row(
            Text("•", style="yellow"), Text(advice.message + in_brackets(advice.lines, advice.count))
        )
    return table


def _costs(report: Report) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("Model")
    table.add_column("Cost", justify="right")
    table.add_column("Epochs", justify="right")
    table.add_column("Per million", justify="right")
    table.add_column("Trainable before")
    for estimate in report.estimates:
        price = estimate.price_per_million_usd
        table.add_row(
            estimate.model,
            Text(_usd(estimate.usd), style="bold"),
            str(estimate.epochs),
            "" if price is None else f"${price:,.2f}",
            "" if estimate.trainable_until is None else estimate.trainable_until.isoformat(),
        )
    first = report.estimates[0]
    chosen = (
        "the server's usual choice for this many examples" if first.epochs_source == "default" else "given"
    )
    note = f"Tokens × epochs × price; the epochs are {chosen}."
    if first.price_as_of is not None:
        note += f" Prices of {first.price_as_of.isoformat()}."
    return Padding(Group(table, Text(note, style="dim")), (0, 0, 0, 2))


def _suggestions(report: Report) -> Iterator[RenderableType]:
    suggested = suggest(report.format, report.valid)
    first = Table.grid(padding=(0, 2))
    for each in suggested.hyperparameters:
        expected = "" if each.expected is None else f" ({each.expected:g})"
        first.add_row(f"  {each.name}", f"{each.value}{expected}", Text(each.reason, style="dim"))
    later = _grid()
    for remedy in suggested.afterwards:
        later.add_row("•", Text.assemble((f"{remedy.when}: ", ""), (remedy.change, "dim")))
    yield from (_heading("Hyperparameters to begin with"), first)
    yield from (_heading("If the first result disappoints"), later)


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=8)
    grid.add_column()
    grid.pad_edge = True
    return grid


def _where(problem: Problem) -> str:
    if not problem.line:
        return "file"
    return f"line {problem.line:,}" if problem.count == 1 else counted(problem.count, "line")


def _usd(usd: float | None) -> str:
    return "unknown" if usd is None else f"${usd:,.2f}"


def counted(count: int, noun: str) -> str:
    """So many of these, in words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _size(size: int) -> str:
    amount, unit = float(size), "bytes"
    for bigger in ("KB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, bigger
    return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:,.1f} {unit}"


def _printable(text: str) -> str:
    """Text of a file without what could steer the terminal; lines stay apart."""
    return "".join(each if each.isprintable() or each == "\n" else "�" for each in text)
