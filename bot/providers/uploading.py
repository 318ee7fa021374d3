"""How a file goes up to the provider: streamed from disk, in parts when it is large, and gone on with after a crash.

Knows the SDK and one profile; what is to be remembered of an upload it hands to whoever asked for it.
"""

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from openai import AsyncOpenAI, Timeout

from bot.domain.jobs.job import Sending
from bot.errors import BotError, ProviderRefused, Temporary
from bot.providers.profiles import Profile
from bot.providers.translate import FAULTS, translate

Keep = Callable[[Sending], Awaitable[None]]
Answered = TypeVar("Answered")
PROGRESS_SECONDS = 2.0  # between two words about bytes on their way
_MIME = "text/jsonl"


class Stretch(io.RawIOBase):
    """A part of an open file, as a file of its own: `read_bytes` of it were taken so far.

    The SDK streams it in small pieces, so that a part of 64 MB is never in memory.
    """

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        super().__init__()
        self._file, self._start, self._length = file, start, length
        self.read_bytes = 0

    @property
    def binary(self) -> BinaryIO:
        """Itself, for the SDK's types, which do not know that this is a binary file."""
        return cast("BinaryIO", self)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always: its length is found that way."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place counted from the stretch's start, from here or from its end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.read_bytes, io.SEEK_END: self._length}[whence]
        self.read_bytes = max(0, min(self._length, base + offset))
        return self.read_bytes

    def tell(self) -> int:
        """The place, counted from the stretch's start."""
        return self.read_bytes

    def readinto(self, buffer: Any) -> int:
        """The next bytes of the stretch; 0 at its end."""
        wanted = min(len(buffer), self._length - self.read_bytes)
        self._file.seek(self._start + self.read_bytes)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self.read_bytes += len(data)
        return len(data)


@dataclass(frozen=True, slots=True)
class Uploading:
    """One file on its way; `keep` is told how far it is, and ends it by raising."""

    client: AsyncOpenAI
    profile: Profile
    timeout: Timeout
    path: Path
    filename: str
    size: int
    keep: Keep

    async def whole(self) -> object:
        """In one request; gives the SDK's file."""
        with await asyncio.to_thread(self.path.open, "rb") as file:
            stretch = Stretch(file, 0, self.size)
            made = self.client.files.create(
                file=(self.filename, stretch.binary, _MIME), purpose="fine-tune", timeout=self.timeout
            )
            return await self._sent(made, stretch, Sending(0, self.size))

    async def in_parts(self, begun: Sending | None) -> object:
        """In parts, going on with what was `begun`; gives the SDK's upload."""
        if begun is not None and begun.upload_id and begun.size == self.size:
            try:
                return await self._parts(begun)
            except ProviderRefused:  # an upload lives an hour: this one is over, and a new one begins
                await self._forget(begun.upload_id)
        upload = await self._call(
            self.client.uploads.create(
                bytes=self.size, filename=self.filename, mime_type=_MIME, purpose="fine-tune"
            )
        )
        fresh = Sending(0, self.size, upload.id)
        try:
            await self.keep(fresh)
            return await self._parts(fresh)
        except Temporary:
            raise
        except BotError:  # nobody goes on with it
            await self._forget(upload.id)
            raise

    async def _parts(self, sending: Sending) -> object:
        with await asyncio.to_thread(self.path.open, "rb") as file:
            at = len(sending.parts) * self.profile.part_bytes
            while at < self.size:
                stretch = Stretch(file, at, min(self.profile.part_bytes, self.size - at))
                made = self.client.uploads.parts.create(
                    sending.upload_id, data=stretch.binary, timeout=self.timeout
                )
                part = await self._sent(made, stretch, replace(sending, sent=at))
                at += self.profile.part_bytes
                sending = replace(sending, sent=min(at, self.size), parts=(*sending.parts, part.id))
                await self.keep(sending)
        return await self._call(
            self.client.uploads.complete(
                sending.upload_id,
                part_ids=list(sending.parts),
                md5=await asyncio.to_thread(_md5, self.path),
                timeout=self.timeout,
            )
        )

    async def _sent(
        self, call: Coroutine[Any, Any, Answered], stretch: Stretch, sending: Sending
    ) -> Answered:
        """The answer to a call that sends the stretch, telling meanwhile how far it is."""
        task = asyncio.ensure_future(self._call(call))
        try:
            while not (await asyncio.wait({task}, timeout=PROGRESS_SECONDS))[0]:
                await self.keep(replace(sending, sent=sending.sent + stretch.read_bytes))
            return await task
        finally:
            task.cancel()
            await asyncio.wait({task})  # it still holds the file

    async def _call(self, call: Coroutine[Any, Any, Answered]) -> Answered:
        try:
            return await call
        except FAULTS as error:
            raise translate(error, self.profile) from error

    async def _forget(self, upload_id: str) -> None:
        with suppress(*FAULTS):  # it expires by itself within the hour
            await self.client.uploads.cancel(upload_id)


def _md5(path: Path) -> str:
    """What the server compares the parts with, in hex; no secret hangs on it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
