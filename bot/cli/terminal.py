"""How the tools of the terminal talk: results and errors on their streams, a bar meanwhile, exit codes."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from bot.cli.files import absent
from bot.errors import BotError
from bot.streams import OUR_FAULT

DONE, NOT_SO, COULD_NOT, INTERRUPTED, UNHEARD = 0, 1, 2, 130, 141
"""Exit codes: as asked; the file is not fit; it could not be read or written; Ctrl-C; nobody reads what is written any
more. A fault of ours is OUR_FAULT."""


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
        why = error.strerror or type(error).__name__
        complain(err, unreadable(Path(error.filename), why) if error.filename else f"{why}.")
    except KeyboardInterrupt:
        err.print("Stopped.")
        return INTERRUPTED
    return COULD_NOT


def unreadable(path: Path, why: str) -> str:
    """Why a file that was named could not be read, as a sentence that names it."""
    return absent(path) or f"{path}: {why.rstrip('.')}."


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
    err.print(Text(printable(sentence), style="red"))


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


def counted(count: int, noun: str) -> str:
    """So many of these, in words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """Text of a file without what could steer the terminal; lines stay apart."""
    return "".join(each if each.isprintable() or each == "\n" else "�" for each in text)
