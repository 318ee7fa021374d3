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
from rich.console import Console

from bot.domain.catalog import Format
from bot.errors import BotError, SettingsError
from bot.streams import OUR_FAULT, blame, leave, make_ready

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.domain.transforms.convert import Part

EPILOG = """Examples:  finetune-bot demo   ·   finetune-bot check support.jsonl   ·   finetune-bot run"""
cli = typer.Typer(
    name="finetune-bot",
    help="Fine-tune GPT models with your team, without leaving the Slack channel.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables would hold secrets and datasets
)
database = typer.Typer(no_args_is_help=True, help="Look after the database.")
cli.add_typer(database, name="db")


def main() -> None:
    """The console script."""
    make_ready()
    try:
        cli()
    except SystemExit as ended:
        leave(ended.code)
    except Exception as fault:  # noqa: BLE001  told by its place; its text may quote a dataset
        leave(blame(fault))


@cli.command()
def run() -> None:
    """Run the bot with the settings of the environment (or a .env file in this folder)."""
    settings = _settings()
    _until_stopped(_run(settings))


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes any free one.")] = 8765,
    speed: Annotated[float, typer.Option(help="How many times faster than life training passes.")] = 20.0,
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


@cli.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Datasets, JSONL files.", metavar="FILE…")],
    *,
    model: Annotated[str, typer.Option(help="Count and price for this model only.")] = "",
    epochs: Annotated[
        int | None, typer.Option(min=1, max=50, help="Price for so many, not the server's usual choice.")
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Take the files for this format.", show_default=False)
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Check this file too, and what it shares with the others.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
    fix: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Mend what needs no guess into OUT, and check that.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --fix replace a file.")] = False,
) -> None:
    """Check datasets as the bot would: what is wrong, what they hold, what training would cost.

    Exit status: 0 all can be trained on, 1 one cannot, 2 one could not be read or written.
    """
    from bot.validation.start import Forkserver, are_small

    small = are_small([*files, *([validation] if validation else [])])
    with nullcontext() if small else Forkserver() as forkserver:  # it loads while we do
        from bot.cli.check import Wishes, run_check

        wishes = Wishes(model, epochs, format_, validation, as_json, fix, force)
        raise typer.Exit(run_check(files, wishes, forkserver=forkserver))


@cli.command()
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON Lines, a JSON list, CSV, TSV or XLSX.")
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Where the dataset is written.")],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="PART=COLUMN", help="Say which column is what; may be repeated."),
    ] = None,
    system: Annotated[str, typer.Option(metavar="TEXT", help="System prompt where there is none.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before writing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it is there.")] = False,
) -> None:
    """Turn what other tools export into a dataset: shows its guess and the first examples, and asks.

    Parts: question, answer, context, system, chosen, rejected, conversation, verdict.
    Exit status: 0 written, and can be trained on; 1 cannot, or not confirmed; 2 not read or written.
    """
    from bot.cli import transform

    def confirm(question: str) -> bool:
        return yes or typer.confirm(question, err=True)

    named = dict(_part_and_column(each) for each in columns or ())
    wishes = transform.Conversion(named, system, force, unasked=yes)
    raise typer.Exit(transform.run_convert(source, target, wishes, confirm))


@cli.command()
def split(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The dataset.")],
    share: Annotated[
        float, typer.Option("--validation-share", help="Which part of it is for validation.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed splits alike.")] = 0,
    out_dir: Annotated[
        Path | None, typer.Option(help="Where the two files go; beside FILE if not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the two files if they are there.")] = False,
) -> None:
    """Split a dataset into NAME.train.jsonl and NAME.validation.jsonl; the same prompt stays on one side.

    Exit status: 0 written, 1 FILE has problems, 2 not read or written.
    """
    from bot.cli import transform

    raise typer.Exit(transform.run_split(source, share, seed, out_dir or source.parent, force=force))


@cli.command()
def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
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
    from bot import tokenizer
    from bot.app import running
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
            async with running(settings):
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
