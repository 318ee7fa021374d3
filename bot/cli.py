"""The command line: run | demo | check FILE | db upgrade; parses words and hands over, no logic of its own.

Each command imports what it needs, so that `check` and `--help` do not wait for Slack, OpenAI and the database.
"""

import asyncio
import os
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.errors import BotError, SettingsError

if TYPE_CHECKING:
    from bot.config import Settings

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
    cli()


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
    file: Annotated[Path, typer.Argument(help="The dataset, a JSONL file.", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check a dataset as the bot would: what is wrong, what it holds, what training would cost.

    Exit status: 0 it can be trained on, 1 it cannot, 2 it could not be read.
    """
    from bot import terminal

    raise typer.Exit(terminal.run_check(file, as_json=as_json))


@database.command()
def upgrade() -> None:
    """Bring the database to what this version needs; `run` does it by itself at every start."""
    from bot.app import SystemClock, database_of

    async def to_head() -> None:
        opened = database_of(settings, SystemClock())
        try:
            await opened.upgrade()
        finally:
            await opened.close()

    settings = _settings()
    _until_stopped(to_head())
    typer.echo("The database is up to date.")


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
