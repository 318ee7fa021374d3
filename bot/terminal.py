"""`finetune-bot check` on a terminal: progress on stderr, the report on stdout; validates nothing itself."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, DownloadColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from bot.domain.dataset.report import Problem, Report, to_json
from bot.errors import BotError
from bot.ports import Progress, Validation
from bot.validation import Validator

CAN_BE_TRAINED, CANNOT_BE_TRAINED, COULD_NOT_BE_READ, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""

SHOWN_PROBLEMS = 20


class ClosableValidation(Validation, Protocol):
    """A validation that holds processes until it is closed."""

    async def close(self) -> None:
        """End the processes."""
        ...


def run_check(path: Path, *, as_json: bool = False, validation: ClosableValidation | None = None) -> int:
    """Check one file and print its report; gives the exit code.

    `as_json` prints the report as JSON instead. Colours only on a terminal, and not with NO_COLOR.
    """
    out = Console(highlight=False)
    err = Console(stderr=True, highlight=False)
    try:
        report = asyncio.run(_validate(path, validation or Validator(), err))
    except BotError as error:
        err.print(Text(str(error), style="red"))
        return COULD_NOT_BE_READ
    except KeyboardInterrupt:
        err.print("Stopped.")
        return INTERRUPTED
    if as_json:
        json.dump(to_json(report), out.file, ensure_ascii=False, indent=2)
        out.file.write("\n")
    else:
        out.print(drawn(report))
    return CAN_BE_TRAINED if report.ok else CANNOT_BE_TRAINED


def drawn(report: Report) -> RenderableType:
    """The report as rich draws it."""
    parts: list[RenderableType] = [_verdict(report)]
    if report.examples:
        parts += [_facts(report)]
    if report.problems:
        parts += [_heading("Problems"), _problems(report)]
    if report.advice:
        parts += [_heading("Advice"), _advice(report)]
    if report.estimates:
        parts += [_heading("Cost of training"), _costs(report)]
    return Group(*parts)


async def _validate(path: Path, validation: ClosableValidation, err: Console) -> Report:
    try:
        with _progress(err) as tell:
            return await validation.validate(path, name=path.name, on_progress=tell)
    finally:
        await validation.close()


@contextmanager
def _progress(err: Console) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, nothing elsewhere; it is gone when the work is done."""
    columns = (
        TextColumn("Checking"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[found]}"),
    )
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", found="", total=None)
        yield lambda now: bar.update(
            task,
            completed=now.done_bytes,
            total=now.total_bytes,
            found=f"{now.examples:,} examples, {_counted(now.problems, 'problem')}",
        )


def _verdict(report: Report) -> Text:
    text = Text(_printable(report.file), style="bold")
    text.append("  ")
    if report.ok:
        return text.append("✓ can be trained", style="bold green")
    found = _counted(report.problem_count, "problem")
    return text.append(f"✗ cannot be trained: {found}", style="bold red")


def _facts(report: Report) -> RenderableType:
    tokens = report.tokens
    exact = "exact" if tokens.exact else "partly estimated"
    table = _grid()
    kind = f"{report.format} format, " if report.format else ""
    table.add_row("Holds", f"{kind}{_counted(report.examples, 'example')}, {_size(report.bytes)}")
    if report.valid < report.examples:
        table.add_row("", f"{report.valid:,} of them without a problem; only these are counted below")
    if report.images:
        table.add_row("Images", f"in {_counted(report.images, 'example')}")
    if report.format:
        table.add_row(
            "Tokens",
            f"{tokens.total:,} in all, {tokens.trained:,} trained on, longest example {tokens.max:,} "
            f"({tokens.encoding}, {exact})",
        )
    return table


def _problems(report: Report) -> RenderableType:
    table = _grid()
    for problem in report.problems[:SHOWN_PROBLEMS]:
        table.add_row(Text(_where(problem), style="red"), Text(problem.message))
        table.add_row("", Text(problem.fix, style="dim"))
    hidden = report.problem_count - min(SHOWN_PROBLEMS, len(report.problems))
    if hidden:
        table.add_row("", f"… and {hidden:,} more; --json lists up to 1,000.")
        counts = sorted(report.problem_codes.items(), key=lambda item: -item[1])
        table.add_row("", "In all: " + ", ".join(f"{count:,} × {code}" for code, count in counts))
    return table


def _advice(report: Report) -> RenderableType:
    table = _grid()
    for advice in report.advice:
        lines = ", ".join(map(str, advice.lines[:10]))
        more = " …" if advice.count > len(advice.lines[:10]) else ""
        where = f" (line {lines}{more})" if lines else ""
        table.add_row(Text("•", style="yellow"), Text(advice.message + where))
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
            Text("unknown" if estimate.usd is None else f"${estimate.usd:,.2f}", style="bold"),
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


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=8)
    grid.add_column()
    grid.pad_edge = True
    return grid


def _where(problem: Problem) -> str:
    return f"line {problem.line:,}" if problem.line else "file"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _size(size: int) -> str:
    amount, unit = float(size), "bytes"
    for bigger in ("KB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, bigger
    return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:,.1f} {unit}"


def _printable(name: str) -> str:
    """A file's name without what could steer the terminal."""
    return "".join(each if each.isprintable() else "�" for each in name)
