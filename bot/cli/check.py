"""`finetune-bot check`: validates files with the bot's own engine, mends them when asked, prints the reports."""

import asyncio
import json
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from bot.cli.files import STDOUT, absent, readable, replacing, writable
from bot.cli.next_step import NextStep, to_cure, to_train
from bot.cli.report_text import drawn, drawn_deeds
from bot.cli.terminal import DONE, NOT_SO, code_of, complain, counted, progress, told
from bot.domain.catalog import Catalog, Format, ModelInfo, load
from bot.domain.datasets.cures import CONVERTIBLE
from bot.domain.datasets.leakage import leakage
from bot.domain.datasets.report import Problem, Progress, Report, to_json
from bot.domain.pricing import estimate, estimates
from bot.errors import BadInput, BotError
from bot.workers.forkserver import are_small
from bot.workers.pool import InProcess, Pool
from bot.workers.reader import filled
from bot.workers.validator import Validator


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to check: for one model, with given epochs, as a given format, against a validation file.

    `fix` is where to write the mended file, which is then checked instead; `force` lets it replace a file.
    `advice` shows all that is known, not only what comes first.
    """

    model: str = ""
    epochs: int | None = None
    format: Format | None = None
    validation: Path | None = None
    as_json: bool = False
    fix: Path | None = None
    force: bool = False
    advice: bool = False


def today() -> date:
    """The day that decides which models can be trained and what is reported as their last day."""
    return datetime.now(UTC).date()


def run_check(
    paths: Sequence[Path],
    wishes: Wishes | None = None,
    *,
    pool: Pool | InProcess | None = None,
    aside: bool = False,
) -> int:
    """Check files and print their reports, in their order; gives the worst of their exit codes.

    `pool` is one whose forkserver may have been started before this module was imported; it is closed in the end.
    `aside` keeps stdout for data.
    """
    asked, found = wishes or Wishes(), partial(reports, pool=pool)
    return told(lambda out, err: _check(paths, asked, found, out, err), aside=aside or asked.fix == STDOUT)


def reports(
    paths: Iterable[Path],
    err: Console,
    *,
    pool: Pool | InProcess | None = None,
    expected: Format | None = None,
    catalog: Catalog | None = None,
) -> Generator[Report | BotError]:
    """The report on each file, or why there is none, with a bar on stderr; ends its processes when it ends."""
    paths = list(paths)
    with asyncio.Runner() as runner:
        pool = pool or (InProcess() if are_small(paths) else Pool())
        validator = Validator(pool, catalog, expected=expected, today=today)
        try:
            for path in paths:
                try:
                    yield runner.run(_report(validator, path, err))
                except BotError as error:
                    yield error
        finally:
            runner.run(pool.close())


@dataclass(frozen=True, slots=True)
class _File:
    """A file as somebody named it, and where it is read, which is elsewhere for what comes through a pipe."""

    named: Path
    read: Path


@dataclass(frozen=True, slots=True)
class _Files:
    """What is checked: files to train on, one that they are held against, and what was mended to make the first."""

    trained: Sequence[_File]
    validation: _File | None
    mended: dict[str, Any] | None = None


def _check(
    given: Sequence[Path],
    wishes: Wishes,
    found_by: Callable[..., Generator[Report | BotError]],
    out: Console,
    err: Console,
) -> int:
    with ExitStack() as stack:
        trained = [_File(path, stack.enter_context(readable(path))) for path in given]
        validation = None
        if wishes.validation is not None:
            validation = _File(wishes.validation, stack.enter_context(readable(wishes.validation)))
        catalog = load()
        model = _model(wishes.model, catalog)
        # The chosen model's own limit and encoding are what its report counts by.
        catalog = catalog if model is None else replace(catalog, models=(model,))
        files = _Files(trained, validation)
        if wishes.fix is not None:
            target = stack.enter_context(writable(wishes.fix))
            mended = _fix(trained, target, wishes, err)
            files = _Files([_File(wishes.fix, target)], validation, mended)
        return _checked(files, wishes, catalog, found_by, out=out, err=err)


def _checked(
    given: _Files,
    wishes: Wishes,
    catalog: Catalog,
    found_by: Callable[..., Generator[Report | BotError]],
    *,
    out: Console,
    err: Console,
) -> int:
    now = today()
    files = [*given.trained, *([given.validation] if given.validation else [])]
    found: list[dict[str, Any]] = []
    code, fit = DONE, 0
    reading = [each.read for each in files]
    with closing(found_by(reading, err, expected=wishes.format, catalog=catalog)) as stream:
        for file, report in zip(files, stream, strict=True):
            if isinstance(report, BotError):
                complain(err, absent(file.named) or f"{file.named}: {report}")
                code = max(code, code_of(report))
                continue
            against = None if file is given.validation else given.validation
            if against is not None and not against.read.is_file():  # told when its turn comes
                against = None
            whole = _narrowed(report, catalog, wishes, now)
            if against is not None:
                whole = _with_leakage(whole, file.read, against.read)
            trains = whole.ok and bool(whole.estimates)
            code = max(code, DONE if trains else NOT_SO)
            fit += trains
            values = to_json(whole) | {"trainable": trains}
            del values["prints"]  # of use only to datasets that are kept
            mended = given.mended if file is given.trained[0] else None
            found.append(values | ({"mended": mended} if mended else {}))
            if not wishes.as_json:
                # What goes on through a pipe has no name that could be typed.
                step = None if out.stderr else _next_step(whole, file, wishes, trained=file in given.trained)
                drawing = drawn(
                    whole,
                    step,
                    whole=wishes.advice,
                    validation=against.read.name if against else "",
                    priced=file is not given.validation,
                )
                out.print(*([""] if len(found) > 1 else []), drawing, sep="\n", crop=False)
    if wishes.as_json and found:
        only_ascii = not (out.encoding or "").startswith(
            "utf"
        )  # nothing that a program reads may be replaced
        json.dump(found[0] if len(files) == 1 else found, out.file, ensure_ascii=only_ascii, indent=2)
        out.file.write("\n")
    elif not wishes.as_json and len(given.trained) > 1:
        out.print(f"\n{fit:,} of {counted(len(files), 'file')} can be trained.")
    return code


def _next_step(report: Report, file: _File, wishes: Wishes, *, trained: bool) -> NextStep | None:
    """What to do with this file; nothing where it is not kept or needs nothing."""
    if not report.ok:
        return to_cure(report, file.named, mended=trained and wishes.fix is not None)
    if not trained or not file.named.is_file():
        return None
    words: dict[str, object] = {"model": wishes.model, "epochs": wishes.epochs}
    if wishes.validation is not None and wishes.validation.is_file():
        words["validation"] = wishes.validation.name
    return to_train(report, " ".join(f"{key}={quote(str(value))}" for key, value in words.items() if value))


async def _report(validator: Validator, path: Path, err: Console) -> Report:
    with progress(err, "Checking") as move:

        def tell(now: Progress) -> None:
            found = f"{counted(now.examples, 'example')}, {counted(now.problems, 'problem')}"
            move(completed=now.done_bytes, total=now.total_bytes, found=found)

        return await validator.validate(path, name=_in_utf8(path.name), on_progress=tell)


def _in_utf8(name: str) -> str:
    """A file's name as it can be written anywhere; the system's need not be UTF-8."""
    return name.encode("utf-8", "replace").decode()


def _model(name: str, catalog: Catalog) -> ModelInfo | None:
    if not name or (model := catalog.find(name)) is not None:
        return model if name else None
    known = [each.name for each in catalog.models]
    near = [each for each in known if name in each] or get_close_matches(name, known, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}."
    raise BadInput(f'There is no model "{name}" in the catalog. {hint}', "model")


def _narrowed(report: Report, catalog: Catalog, wishes: Wishes, now: date) -> Report:
    """The report with the estimates that were asked for; a model that cannot train on the file is a problem."""
    report = replace(report, estimates=estimates(report, catalog, now, wishes.epochs))
    if not wishes.model or report.format is None or report.estimates:
        return report
    try:
        estimate(report, catalog.models[0], wishes.epochs, now)
    except BadInput as error:
        problem = Problem(
            0, "", "model_unfit", str(error), "Without --model the report names those that can."
        )
        return replace(
            report,
            ok=False,
            problem_count=report.problem_count + 1,
            problem_codes={**report.problem_codes, problem.code: 1},
            problems=(problem, *report.problems),
            advice=tuple(advice for advice in report.advice if advice.code != "no_model"),
        )
    return report


def _with_leakage(report: Report, training: Path, validation: Path) -> Report:
    try:
        found = tuple(leakage(filled(training), filled(validation), report.format))
    except OSError:  # told when the report on that file is made
        return report
    return replace(report, advice=(*found, *report.advice))


def _fix(files: Sequence[_File], target: Path, wishes: Wishes, err: Console) -> dict[str, Any]:
    """Write the mended file, tell what was done, and give it as JSON values."""
    from bot.workers.transforms import mend

    if len(files) != 1:
        raise BadInput("--fix mends one file; give one.", "fix")
    path = files[0].read
    with (
        replacing(target, force=wishes.force) as file,
        progress(err, "Mending", path.stat().st_size) as move,
    ):
        try:
            mender = mend(path, file, wishes.format, lambda count: move(advance=count))
        except BadInput as refused:
            raise BadInput(f"{refused}{_hint(refused.field, path, target)}", "fix") from None
    nothing = "" if mender.deeds else " Nothing to mend."
    err.print(Text(f"{counted(mender.kept, 'example')} kept in {wishes.fix}.{nothing}"))
    err.print(drawn_deeds(mender.deeds))
    return {"examples": mender.kept, "deeds": msgspec.to_builtins(mender.deeds)}


def _hint(code: str, path: Path, target: Path) -> str:
    """What else may help with a file that is not mended, for this reason."""
    if code in CONVERTIBLE:
        return f" finetune-bot convert {path} {target} may turn it into one."
    return " If some of its lines are good, say their format: --format." if code in _BROKEN else ""


_BROKEN = frozenset({"format", "not_json"})
