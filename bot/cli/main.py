"""The command line: run, demo, check and the other tools for files, db; parses words and hands over.

Each command imports what it needs, so that `check` and `--help` do not wait for Slack, OpenAI and the database.
"""

import asyncio
import os
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Coroutine
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.domain.catalog import Format
from bot.errors import BotError, SettingsError
from bot.streams import OUR_FAULT, blame, leave, make_ready

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.domain.transforms.convert import Part

NAME = "finetune-bot"


def _examples(*commands: str) -> str:
    """The end of a command's help; the mark keeps the lines apart."""
    return "\b\nExamples:\n" + "\n".join(f"  {NAME} {each}" for each in commands)


cli = typer.Typer(
    name=NAME,
    epilog=_examples("demo", "check support.jsonl", "run"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: sooner there, and it fits a screen
    pretty_exceptions_enable=False,  # a traceback with local variables would hold secrets and datasets
)
database = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the database.")
cli.add_typer(database, name="db")


def main() -> None:
    """The console script."""
    make_ready()
    try:
        cli(prog_name=NAME)  # however it was started
    except SystemExit as ended:
        leave(ended.code)
    except Exception as fault:  # noqa: BLE001  told by its place; its text may quote a dataset
        leave(blame(fault))


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit


@cli.callback()
def before(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Fine-tune GPT models with your team, without leaving the Slack channel."""


@cli.command(short_help="Run the bot.")
def run() -> None:
    """Run the bot with the settings of the environment (or a .env file in this folder)."""
    settings = _settings()
    _until_stopped(_run(settings))


@cli.command(short_help="Try everything in a simulated Slack, without any account.")
def demo(
    port: Annotated[int, typer.Option(metavar="PORT", help="Port of the page; 0 takes any free one.")] = 8765,
    speed: Annotated[
        float, typer.Option(metavar="TIMES", help="How many times faster than life training passes.")
    ] = 20.0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
) -> None:
    """Run everything on this machine: a simulated Slack to click in, a simulated OpenAI, and the real bot.

    Nothing leaves the machine, nothing costs anything, and nothing is kept: Ctrl-C ends it and clears up.
    """
    from bot import logs
    from bot.config import forget_secrets

    forget_secrets(os.environ)  # nothing real may be used by mistake
    logs.configure(level="WARNING")
    _until_stopped(_demo(port, speed, open_page=not no_browser))


@cli.command(
    short_help="Check datasets: can they be trained on, and what would it cost?",
    epilog=_examples(
        "check support.jsonl",
        "check support.jsonl --fix support.mended.jsonl",
        "check train.jsonl --validation validation.jsonl",
    ),
)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", hidden=True)],
    *,
    advice: Annotated[
        bool, typer.Option("--advice", help="Show advice, all models and hyperparameters too.")
    ] = False,
    fix: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Mend what needs no guess into OUT; check that.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --fix replace a file.")] = False,
    validation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check this too, and what it shares.")
    ] = None,
    model: Annotated[str, typer.Option(metavar="MODEL", help="Count and price for this model only.")] = "",
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=50, help="Price for so many epochs.")
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format", metavar="FORMAT", help="chat, preference or reinforcement.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Check datasets as the bot would: can each FILE be trained on, and what would it cost?

    Exit status: 0 all can be trained on, 1 one cannot, 2 one could not be read or written.
    """
    from bot.workers.forkserver import Forkserver, are_small

    small = are_small([*files, *([validation] if validation else [])])
    with nullcontext() if small else Forkserver() as forkserver:  # it loads while we do
        from bot.cli.check import Wishes, run_check
        from bot.workers.pool import Pool

        wishes = Wishes(model, epochs, format_, validation, as_json, fix, force, advice)
        raise typer.Exit(run_check(files, wishes, pool=Pool(forkserver) if forkserver else None))


@cli.command(
    short_help="Turn a table or another tool's export into a dataset.",
    epilog=_examples(
        "convert faq.xlsx faq.jsonl",
        "convert faq.csv faq.jsonl --map question=Frage --map answer=Antwort",
    ),
)
def convert(
    source: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    target: Annotated[Path, typer.Argument(metavar="OUT", hidden=True)],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="PART=COLUMN", help="Say which column is what; may be repeated."),
    ] = None,
    system: Annotated[str, typer.Option(metavar="TEXT", help="System prompt of every example.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before writing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it is there.")] = False,
) -> None:
    """Turn FILE (JSON Lines, a JSON list, CSV, TSV or XLSX) into a dataset, OUT.

    Shows what it takes the columns for and the first examples, and asks before it writes.

    Parts: question, answer, context, system, chosen, rejected, conversation, verdict.

    Exit status: 0 written, and can be trained on; 1 cannot, or not confirmed; 2 not read or written.
    """
    from bot.cli import transform

    def confirm(question: str) -> bool:
        return yes or typer.confirm(question, err=True)

    named = dict(_part_and_column(each) for each in columns or ())
    wishes = transform.Conversion(named, system, force, unasked=yes)
    raise typer.Exit(transform.run_convert(source, target, wishes, confirm))


@cli.command(
    short_help="Split a dataset into training and validation.",
    epilog=_examples("split support.jsonl", "split support.jsonl --validation-share 0.2 --out-dir parts"),
)
def split(
    source: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    share: Annotated[
        float,
        typer.Option("--validation-share", metavar="SHARE", help="Which part of it is for validation."),
    ] = 0.1,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed splits alike.")] = 0,
    out_dir: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the two files go; beside FILE if not given."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the two files if they are there.")] = False,
) -> None:
    """Split FILE into NAME.train.jsonl and NAME.validation.jsonl; the same prompt stays on one side.

    Exit status: 0 written, 1 FILE has problems, 2 not read or written.
    """
    from bot.cli import transform

    raise typer.Exit(transform.run_split(source, share, seed, out_dir or source.parent, force=force))


@cli.command(
    short_help="Compare two versions of a dataset.",
    epilog=_examples("compare support.jsonl support.v2.jsonl"),
)
def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD", hidden=True)],
    new: Annotated[Path, typer.Argument(metavar="NEW", hidden=True)],
) -> None:
    """Compare two versions of a dataset: examples added, removed, changed; tokens and cost before and after.

    Exit status: 0 compared, 2 one could not be read.
    """
    from bot.cli import transform

    raise typer.Exit(transform.run_compare(old, new))


@database.command()
def upgrade() -> None:
    """Bring the database to what this version needs; `run` does it by itself at every start."""
    from bot.app import database_of
    from bot.clock import SystemClock

    async def to_head() -> None:
        opened = database_of(settings, SystemClock())
        try:
            await opened.upgrade()
        finally:
            await opened.close()

    settings = _settings()
    _until_stopped(to_head())
    typer.echo("The database is up to date.")


def _part_and_column(text: str) -> "tuple[Part, str]":
    """What `--map question=Frage` says."""
    from bot.domain.transforms.convert import PARTS

    name, equals, column = text.partition("=")
    part = next((part for part in PARTS if part == name.strip()), None)
    if part is None or not equals or not column:
        raise typer.BadParameter(
            f"{text!r} is not PART=COLUMN; parts: {', '.join(PARTS)}.", param_hint="--map"
        )
    return part, column


def _settings() -> "Settings":
    """The settings, with the logs set up by them; ends the program with every fault at once."""
    from bot import logs
    from bot.config import Settings, forget_secrets

    try:
        settings = Settings.from_env()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    forget_secrets(os.environ)
    logs.configure(level=settings.log_level, form=settings.log_format, secrets=settings.secrets)
    return settings


async def _run(settings: "Settings") -> None:
    from bot.app import running

    async with running(settings):
        await asyncio.Event().wait()


async def _demo(port: int, speed: float, *, open_page: bool) -> None:
    from rich.console import Console

    from bot import tokenizer
    from bot.app import running
    from bot.clock import SimulatedClock
    from bot.config import Settings
    from bot.sandbox.server import Sandbox

    console = Console(stderr=True)
    counter = await asyncio.to_thread(tokenizer.counter, "o200k_base")  # so that both sides count alike
    sandbox = Sandbox(speed=speed, count_tokens=counter.count)
    try:
        await sandbox.start(port=port)
    except OSError:
        typer.echo(f"Port {port} is taken; try: finetune-bot demo --port 0", err=True)
        raise typer.Exit(2) from None
    try:
        with tempfile.TemporaryDirectory(prefix="finetune-demo-") as folder:
            settings = Settings.from_env(
                {
                    **sandbox.environment(Path(folder)),
                    "DATA_DIR": folder,
                    "POLL_SECONDS": "1",
                    "TICK_SECONDS": "0.5",
                    "CARD_SECONDS": "1.2",
                }
            )
            async with running(settings, SimulatedClock(sandbox.clock.now)):
                console.print(f"\n  The simulated workspace is ready: [bold]{sandbox.url}[/bold]")
                console.print("  Drop a dataset into #ft-support, or take one of the samples there.")
                console.print("  Ctrl-C ends it; nothing is kept.\n")
                if open_page:
                    await asyncio.to_thread(webbrowser.open, sandbox.url)
                await asyncio.Event().wait()
    finally:
        await sandbox.close()


def _until_stopped(work: Coroutine[None, None, None]) -> None:
    """Run until it is done, or until SIGINT or SIGTERM lets it close what it opened."""
    from bot import logs

    async def guarded() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows: Ctrl-C comes as KeyboardInterrupt
                loop.add_signal_handler(name, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    try:
        asyncio.run(guarded())
    except BotError as error:  # the settings, or a database that is away
        typer.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:  # noqa: BLE001  logged with its traceback, and redacted
        logs.get("bot.cli.main").exception("ended by a fault")
        sys.exit(OUR_FAULT)
