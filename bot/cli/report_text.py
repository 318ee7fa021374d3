"""What the tools of the terminal look like: reports, what was done, what is about to be; decides nothing itself."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.next_step import NextStep
from bot.cli.terminal import counted, printable
from bot.domain.datasets.cures import CONVERTS, MENDS
from bot.domain.datasets.report import KEPT_PROBLEMS, Advice, Problem, Report
from bot.domain.datasets.suggestions import suggest
from bot.domain.escaping import in_brackets, places
from bot.domain.money import dollars
from bot.domain.pricing import Estimate
from bot.domain.transforms.compare import Difference
from bot.domain.transforms.convert import Mapping
from bot.domain.transforms.mend import Deed

FIRST_PROBLEMS, MOST_PROBLEMS = 5, 20
"""How many kinds are shown, at first and when all is asked for."""

FEW_MODELS = 2
"""How many of the models are priced at first."""

LEAKS = {
    "leaked_example": ("example", "word for word"),
    "leaked_prompt": ("prompt", "with another answer"),
    "leaked_near": ("example", "but for a few words"),
}
"""Codes of advice that answers what was asked with --validation, in words."""


def drawn(
    report: Report,
    step: NextStep | None = None,
    *,
    whole: bool = False,
    validation: str = "",
    priced: bool = True,
) -> RenderableType:
    """The report as rich draws it: the answer, what to do next, what the file holds, costs and lacks.

    `whole` adds what else is known: all advice, models and hyperparameters. `validation` names the file that it was
    held against. One that nobody means to train on is not `priced`.
    """
    parts: list[RenderableType] = [_verdict(report)]
    if step is not None:
        parts.append(drawn_step(step))
    priced = priced and report.ok and bool(report.estimates)
    facts = _facts(report, whole=whole, validation=validation)
    if priced and not whole:
        _add_cheapest(facts, report)
    if facts.row_count:
        parts += ["", facts]
    if report.problems:
        parts += ["", _problems(report, MOST_PROBLEMS if whole else FIRST_PROBLEMS)]
    if advice := _advice_of(report):
        parts += [_heading("Advice"), _advice(advice)] if whole else ["", _pieces(len(advice))]
    if priced and whole:
        parts += [_heading("Cost of training"), _costs(report), *_suggestions(report)]
    return Group(*parts)


def drawn_split(parts: Iterable[tuple[Path, int]], step: NextStep) -> RenderableType:
    """The files that a dataset was split into, and how many examples each got."""
    table = _grid()
    for path, count in parts:
        table.add_row(counted(count, "example"), Text(printable(str(path))))
    return Group(table, drawn_step(step))


def drawn_step(step: NextStep) -> RenderableType:
    """What to do, and below it what to type, whole, to be copied."""
    command = Text(f"  {printable(step.command)}", style="bold cyan", no_wrap=True, overflow="ignore")
    return Group(Text(f"Next: {step.sentence}"), command)


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
        table.add_row(part, Text(f"← {printable(column)}"))
    if mapping.unused:
        table.add_row("not used", Text(printable(", ".join(mapping.unused)), style="dim"))
    if taken := mapping.endings.told():
        table.add_row("taken off", Text(printable(", ".join(taken))))
    heading = Text(f"{sure}: {mapping.shape}, to become {mapping.format} examples", style="bold")
    parts: list[RenderableType] = [heading, table]
    if mapping.doubt:
        parts.append(Text(printable(mapping.doubt), style="yellow"))
    parts.append(_heading("The first examples"))
    parts += [Padding(Text(printable(each)), (0, 0, 0, 2)) for each in examples]
    return Group(*parts)


def drawn_difference(difference: Difference, old: Report, new: Report) -> RenderableType:
    """What changed between two versions, with tokens and cost before and after."""
    heading = Text(f"{printable(old.file)} → {printable(new.file)}", style="bold")
    if not comparable(old, new):
        return Group(heading, Text(_unlike(old, new)))
    if not any(mark.count for mark in (difference.added, difference.removed, difference.changed)):
        return Group(heading, Text(f"Nothing changed in {counted(difference.same, 'example')}."))
    table = _grid()
    table.add_row("same", f"{difference.same:,}")
    for name, mark, what in (
        ("added", difference.added, ""),
        ("removed", difference.removed, " of the old file"),
        ("changed", difference.changed, ""),
    ):
        table.add_row(name, Text(f"{mark.count:,}{in_brackets(mark.lines, mark.count, what)}"))
    table.add_row("tokens", f"{old.tokens.total:,} → {new.tokens.total:,}")
    if old.ok and new.ok:
        _add_costs(table, old, new)
    parts: list[RenderableType] = [heading, table]
    if difference.changed.count:
        answer = "reference" if new.format == "reinforcement" else "answer"
        parts.append(Text(f"Changed: the same prompt with another {answer}.", style="dim"))
    unfit = [printable(each.file) for each in (old, new) if not each.ok]
    if unfit:
        parts.append(Text(f"No cost, because {' and '.join(unfit)} cannot be trained on as it is."))
    return Group(*parts)


def comparable(old: Report, new: Report) -> bool:
    """Whether examples of one can be those of the other."""
    return old.format is not None and old.format == new.format


def _unlike(old: Report, new: Report) -> str:
    """Why two files have no example in common."""
    held = []
    for each in (old, new):
        if each.format is None:
            return f"Nothing to compare: {printable(each.file)} is not a dataset."
        held.append(f"{printable(each.file)} holds {counted(each.examples, f'{each.format} example')}")
    return f"Nothing to compare: {', '.join(held)}. These are different formats."


def _add_costs(table: Table, old: Report, new: Report) -> None:
    before = {estimate.model: estimate for estimate in old.estimates}
    for after in _cheapest(new):
        earlier = before.get(after.model)
        cost = f"{_usd(earlier) if earlier else 'unknown'} → {_usd(after)}"
        table.add_row("cost", Text(f"{cost}  {after.model}, {counted(after.epochs, 'epoch')}"))


def _verdict(report: Report) -> Text:
    text = Text(printable(report.file), style="bold")
    text.append("  ")
    if report.ok:
        if report.estimates:
            return text.append("✓ can be trained", style="bold green")
        return text.append("good, but no model here trains on it today", style="bold yellow")
    found = counted(report.problem_count, "problem")
    if len(report.problems) < report.problem_count:
        found += f" of {counted(len(report.problems), 'kind')}"
    return text.append(f"✗ cannot be trained: {found}", style="bold red")


def _facts(report: Report, *, whole: bool, validation: str) -> Table:
    table = _grid()
    if report.examples:
        table.add_row("Holds", _holdings(report))
    tokens = report.tokens
    if whole and tokens.p50:
        exact = "exact" if tokens.exact else "partly estimated"
        table.add_row(
            "Lengths",
            f"half of the examples have up to {counted(tokens.p50, 'token')}, 90 % up to {tokens.p90:,}, "
            f"99 % up to {tokens.p99:,}, the longest {tokens.max:,} ({tokens.encoding}, {exact})",
        )
    if validation:
        table.add_row("Shared", Text(_shared(report, printable(validation))))
    return table


def _shared(report: Report, validation: str) -> str:
    """What the file has in common with the one it was held against."""
    shared = [
        f"{counted(each.count, noun)} {what}{in_brackets(each.lines, each.count)}"
        for each in report.advice
        for noun, what in [LEAKS.get(each.code, ("", ""))]
        if noun
    ]
    if not shared:
        return f"nothing with {validation}"
    return (
        f"with {validation}: {'; '.join(shared)}. What was learned by heart looks like skill there: keep it in one "
        "of the files."
    )


def _holdings(report: Report) -> str:
    """How much is in the file; what is learned by reinforcement is not in it."""
    if report.format is None:
        return f"{counted(report.examples, 'line')}, {_size(report.bytes)}"
    held = counted(report.examples, f"{report.format} example")
    if report.images:
        held += f", {report.images:,} with images"
    if report.valid < report.examples:
        held += f", {f'{report.valid:,}' if report.valid else 'none'} of them without a problem"
    tokens = report.tokens
    if not tokens.total:
        return f"{held}, {_size(report.bytes)}"
    about = "" if tokens.exact else "about "
    there = " in these" if report.valid < report.examples else ""
    trained = "" if report.format == "reinforcement" else f" ({tokens.trained:,} trained on)"
    return f"{held}, {about}{counted(tokens.total, 'token')}{there}{trained}, {_size(report.bytes)}"


def _cheapest(report: Report) -> list[Estimate]:
    """The models to look at first; those of unknown price come last."""
    return sorted(report.estimates, key=lambda each: (each.usd is None, each.usd))[:FEW_MODELS]


def _add_cheapest(table: Table, report: Report) -> None:
    cheapest = _cheapest(report)
    costs = Table.grid(padding=(0, 2))
    costs.add_column(justify="right")
    for each in cheapest:
        costs.add_row(Text(_usd(each), style="bold"), each.model, Text(_last_day(each), style="dim"))
    table.add_row("Cost", costs)
    first = cheapest[0]
    chosen = "the server's usual choice" if first.epochs_source == "default" else "as you said"
    note = f"for {counted(first.epochs, 'epoch')}, {chosen}"
    if more := len(report.estimates) - len(cheapest):
        note += f"; {counted(more, 'more model')}: --advice"
    table.add_row("", Text(note, style="dim"))


def _problems(report: Report, most: int) -> RenderableType:
    table = _grid()
    for problem in report.problems[:most]:
        cure = problem.fix.replace(MENDS, "check --fix does it.").replace(
            CONVERTS, "finetune-bot convert does it."
        )
        table.add_row(Text(_where(problem), style="red"), Text.assemble(problem.message, " ", (cure, "dim")))
        if problem.count > 1:
            table.add_row("", Text(places(problem.places, problem.count), style="dim"))
    hidden = len(report.problems) - most
    if hidden > 0:
        how = f"--json lists up to {KEPT_PROBLEMS:,}" if most == MOST_PROBLEMS else "--advice shows more"
        table.add_row("", f"… and {counted(hidden, 'more kind')} of problem; {how}.")
        counts = sorted(report.problem_codes.items(), key=lambda item: -item[1])
        table.add_row("", "In all: " + ", ".join(f"{count:,} × {code}" for code, count in counts))
    return table


def _advice_of(report: Report) -> list[Advice]:
    """What is worth saying: nothing that the report says already, or that only a file that trains can use."""
    said = LEAKS.keys() | {"no_model"} | (set() if report.ok else {"few_examples"})
    return [each for each in report.advice if each.code not in said]


def _pieces(count: int) -> Text:
    piece = (
        "1 piece of advice: --advice shows it."
        if count == 1
        else f"{count:,} pieces of advice: --advice shows them."
    )
    return Text(piece, style="yellow")


def _advice(pieces: Iterable[Advice]) -> RenderableType:
    table = _grid()
    for advice in pieces:
        table.add_row(
            Text("•", style="yellow"), Text(advice.message + in_brackets(advice.lines, advice.count))
        )
    return table


def _costs(report: Report) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Model")
    table.add_column("Cost", justify="right")
    table.add_column("Epochs", justify="right")
    table.add_column("Per million", justify="right")
    table.add_column("Trainable")
    for estimate in report.estimates:
        price = estimate.price_per_million_usd
        table.add_row(
            estimate.model,
            Text(_usd(estimate), style="bold"),
            str(estimate.epochs),
            "" if price is None else f"${price:,.2f}",
            _last_day(estimate),
        )
    first = report.estimates[0]
    usual = "the server's usual choice for this many examples"
    note = (
        f"Tokens × epochs × price; the epochs are {usual if first.epochs_source == 'default' else 'yours'}."
    )
    if first.price_as_of is not None:
        note += f" Prices of {_day(first.price_as_of)}."
    return Padding(Group(table, Text(note, style="dim")), (0, 0, 0, 2))


def _suggestions(report: Report) -> Iterator[RenderableType]:
    suggested = suggest(report.format, report.valid)
    priced = report.estimates[0]
    first = Table.grid(padding=(0, 2))
    for each in suggested.hyperparameters:
        if each.name == "n_epochs" and priced.epochs_source == "given":
            first.add_row(f"  {each.name}", str(priced.epochs), Text("As you said.", style="dim"))
            continue
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


def _usd(estimate: Estimate) -> str:
    return "unknown" if estimate.price is None else dollars(estimate.price)


def _last_day(estimate: Estimate) -> str:
    """Until when the model trains, its last day included; nothing when no end is known."""
    ends = estimate.trainable_until
    return "" if ends is None else f"until {_day(ends - timedelta(days=1))}"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _size(size: int) -> str:
    amount, unit = float(size), "bytes"
    for bigger in ("KB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, bigger
    return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:,.1f} {unit}"
