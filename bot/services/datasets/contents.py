"""Where the contents of datasets lie: read from the disk, and fetched again from Slack when they are missing."""

import asyncio
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UnusableFile, room
from bot.ports import Files, Logger


def provider_ending(sha256: str) -> str:
    """How the name of a file with this content ends at the provider, whatever the dataset is called."""
    return f"-{sha256[:24]}.jsonl"


@dataclass(frozen=True, slots=True)
class Contents:
    """A folder of contents, each kept once; below `incoming` what is not read yet. All of it may block."""

    folder: Path

    def incoming(self, dataset_id: str) -> Path:
        """Where a file is downloaded to before its content, and with it its place, is known.

        Beside it, by its name and an ending, may lie what a check has counted of it so far.
        """
        path = self.folder / "incoming" / dataset_id
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @staticmethod
    def place_of(sha256: str) -> str:
        """The place of a content, relative to the folder."""
        return f"{sha256[:2]}/{sha256}.jsonl"

    def path(self, sha256: str) -> Path:
        """Where a content lies, if it is there."""
        return self.folder / self.place_of(sha256)

    def keep(self, dataset_id: str, sha256: str) -> str:
        """Move what was read to its place, which it gives; the same content twice is kept once."""
        self._forget_beside(dataset_id)  # before the move: nobody would look for it after a crash in between
        target = self.folder / self.place_of(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # a worker before us moved it and died before it was written down
            self.incoming(dataset_id).replace(target)
        return self.place_of(sha256)

    def forget(self, sha256: str) -> None:
        """Remove a content."""
        self.path(sha256).unlink(missing_ok=True)

    def forget_incoming(self, dataset_id: str) -> None:
        """Remove what was downloaded of a dataset that was not read to its end."""
        self.incoming(dataset_id).unlink(missing_ok=True)
        self._forget_beside(dataset_id)

    def size_of_incoming(self, dataset_id: str) -> int:
        """How much of it is there already from an earlier try, in bytes."""
        path = self.incoming(dataset_id)
        return path.stat().st_size if path.exists() else 0

    def _forget_beside(self, dataset_id: str) -> None:
        incoming = self.incoming(dataset_id)
        for each in incoming.parent.glob(f"{incoming.name}.*"):
            each.unlink(missing_ok=True)


@dataclass(frozen=True)
class Fetching:
    """Contents that a restored backup or a lost disk lacks are no loss while their files are in Slack."""

    files: Files
    contents: Contents
    log: Logger
    cap: int

    async def path(self, file_id: str, sha256: str) -> Path:
        """Where this content, of this file in Slack, can be read.

        Raises:
            UnusableFile: it lies nowhere any more: neither here nor, as it was, in Slack.
            SlackUnavailable, CurableRefusal: it is to be had from Slack, but not now.
            DiskFull: there is no room for it.
        """
        path = self.contents.path(sha256)
        if await asyncio.to_thread(path.is_file):
            return path
        name = f"again-{secrets.token_hex(8)}"  # another replica may fetch it in this moment, too
        to = await asyncio.to_thread(self.contents.incoming, name)
        try:
            file = await self.files.info(file_id)
            with room():
                await self.files.download(file, to, cap=self.cap, on_bytes=lambda _: None)
            if await asyncio.to_thread(_hash_of, to) != sha256:
                raise UnusableFile("The file in Slack is not the one that was checked.")
            await asyncio.to_thread(self.contents.keep, name, sha256)
        finally:
            await asyncio.to_thread(self.contents.forget_incoming, name)
        self.log.info("content fetched again", file=file_id)
        return path


def _hash_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
