"""The one way to a dataset's content: as it lies here, else fetched again from Slack and known by its hash.

Whoever wants to read a content asks here, so that contents may lie elsewhere than in a folder one day.
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UnusableFile, room
from bot.ports import Files, Reporter
from bot.services.datasets.contents import Contents


@dataclass(frozen=True)
class Fetching:
    """Contents that a restored backup or a lost disk lacks are no loss while their files are in Slack."""

    files: Files
    contents: Contents
    log: Reporter
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
