"""Whether a DATA_DIR belongs to the database: a mark in the folder, which the database knows."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from bot.errors import SettingsError

MARK = ".finetune-bot"
"""Within the folder of contents, so that a backup of it holds the mark too."""


def marked(folder: Path) -> str:
    """The folder's mark; a folder that has none gets one. Of several processes at once, one makes it."""
    path = folder / MARK
    if found := read(folder):
        return found
    draft = folder / f"{MARK}.{secrets.token_hex(4)}"
    draft.write_text(secrets.token_hex(16), "ascii")
    with suppress(FileExistsError):
        os.link(draft, path)  # whole or not at all
    draft.unlink()
    return read(folder)


def read(folder: Path) -> str:
    """The folder's mark; empty when it has none."""
    try:
        return (folder / MARK).read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def check(folder: Path, known: str) -> None:
    """Raise SettingsError unless the folder has the mark that the database knows."""
    if read(folder) == known:
        return
    sentence = (
        f"DATA_DIR: {folder.parent} is not the folder that this database works with: the files of its datasets lie "
        "elsewhere. Give every process on this database the same DATA_DIR. If that folder is lost for good, write "
        f"{known} into {folder / MARK}: what is missing is then fetched again from Slack, as far as it is there."
    )
    raise SettingsError((sentence,))
