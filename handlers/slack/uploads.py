"""Puts our own files into threads (ports.Uploads); knows nothing of what is in them.

Slack takes a file in three steps: it gives an address, takes the bytes there, and shares the file when it is told
that all have come. It shares it a little after it said so. The token is not sent with the bytes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.places import Place
from bot.errors import SlackRefused, SlackUnavailable
from bot.ports import Logger
from handlers.slack.client import ask
from handlers.slack.history import messages_since
from handlers.slack.trusted_hosts import TrustedHosts

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)
_TITLE = 200
_LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between looks at a picture that Slack has: mostly it knows its type after a moment."""
_UNTIL_SHARED = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between looks at whether Slack has shared a file as it said it would."""
_NOTHING_TO_DELETE = frozenset({"file_not_found", "file_deleted", "cant_delete_file"})
_SENTENCES = {  # an admin can mend these, but who asked for the file hears of it now and asks again
    "missing_scope": "I lack the permission `files:write`. Ask whoever runs me to reinstall me in this workspace.",
    "storage_limit_reached": "Slack takes no file: the workspace is over its storage limit.",
    "file_uploads_disabled": "Slack takes no file: uploads are switched off in this workspace.",
    "file_uploads_except_images_disabled": "Slack takes no file: this workspace allows pictures only.",
}


class SlackUploads:
    """Sends bytes only to `hosts` (names or patterns such as *.slack.com).

    Wants a client that does not retry by itself: a repeated completion could share a file twice.
    """

    def __init__(
        self, client: AsyncWebClient, *, bot_user_id: str, hosts: Sequence[str], log: Logger
    ) -> None:
        self._client = client
        self._bot_user_id = bot_user_id
        self._hosts = TrustedHosts.beside(client.base_url, hosts)
        self._log = log

    async def send(
        self,
        place: Place,
        path: Path,
        *,
        name: str,
        title: str,
        comment: str,
        begin: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        """Share a file from disk in a thread, below `comment` (mrkdwn, already escaped); gives its id in Slack.

        `begin` is awaited with that id before the file is shared.

        Raises:
            SlackUnavailable: try again later; after the last step it may have been shared all the same, see `find`.
            SlackRefused: Slack said no for good.
        """
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
            given = await ask(self._client.files_getUploadURLExternal(filename=name, length=size))
            await self._hand_over(path, str(given["upload_url"]))
            file_id = str(given["file_id"])
            if begin is not None:
                await begin(file_id)
            await ask(
                self._client.files_completeUploadExternal(
                    files=[{"id": file_id, "title": title}],
                    channel_id=place.channel_id,
                    thread_ts=place.thread_ts,
                    initial_comment=comment or None,
                )
            )
        except SlackRefused as refused:
            if refused.code not in _SENTENCES:
                raise
            raise SlackRefused(_SENTENCES[refused.code], refused.code) from refused
        await self._stands(file_id, place.channel_id)
        self._log.info("file sent", file=file_id, bytes=size)
        return file_id

    async def send_privately(self, user_id: str, path: Path, *, name: str, title: str, comment: str) -> str:
        """Send a file from disk to one person in a direct message; gives its id in Slack.

        Slack takes files only for a channel's id. A message to a user's id opens the direct message and names its
        channel, without the scope that conversations.open needs.
        """
        opened = await ask(self._client.chat_postMessage(channel=user_id, text=comment))
        place = Place("", str(opened["channel"]))
        return await self.send(place, path, name=name, title=title, comment="")

    async def put(self, path: Path, *, name: str, title: str, begin: Callable[[str], Awaitable[None]]) -> str:
        """Give Slack a picture that messages can show; it stands in no thread. See bot.ports.Images.

        Slack looks at a file some time after it said that it has it, and until it knows the type of it, refuses
        messages that show it ("invalid slack file").
        """
        size = (await asyncio.to_thread(path.stat)).st_size
        given = await ask(self._client.files_getUploadURLExternal(filename=name, length=size))
        file_id = str(given["file_id"])
        await begin(file_id)
        await self._hand_over(path, str(given["upload_url"]))
        await ask(self._client.files_completeUploadExternal(files=[{"id": file_id, "title": title[:_TITLE]}]))
        for seconds in _LOOKS:
            about = (await ask(self._client.files_info(file=file_id))).get("file") or {}
            if str(about.get("mimetype", "")).startswith("image/"):
                self._log.info("picture sent", file=file_id, bytes=size)
                return file_id
            await asyncio.sleep(seconds)
        raise SlackUnavailable("Slack is still looking at a picture.")

    async def _stands(self, file_id: str, channel_id: str) -> None:
        """Wait a moment until people see the file: what is said of it next is to stand below it."""
        with suppress(SlackRefused, SlackUnavailable):
            for seconds in _UNTIL_SHARED:
                await asyncio.sleep(seconds)
                shares = ((await ask(self._client.files_info(file=file_id))).get("file") or {}).get(
                    "shares"
                ) or {}
                if any(channel_id in (shares.get(kind) or {}) for kind in ("public", "private")):
                    return

    async def find(self, place: Place, name: str, since: datetime, except_ids: Collection[str]) -> str | None:
        """The id of our own file of this name that stands in the thread since then; None when there is none.

        Those in `except_ids` are known to be others.
        """
        async for message in messages_since(self._client, place, since):
            if message.get("user") != self._bot_user_id:
                continue
            for file in message.get("files") or ():
                if file.get("name") != name or file.get("mode") == "tombstone":
                    continue
                if str(file["id"]) not in except_ids:
                    return str(file["id"])
        return None

    async def delete(self, file_id: str) -> None:
        """Take one of our files out of Slack; does nothing when it is gone already, or a person's."""
        try:
            await ask(self._client.files_delete(file=file_id))
        except SlackRefused as refused:
            if refused.code not in _NOTHING_TO_DELETE:
                raise

    async def _hand_over(self, path: Path, url: str) -> None:
        """Stream the bytes to the address that Slack gave."""
        if not self._hosts.include(url):
            raise SlackRefused(
                "Slack points to an address for this file that I don't trust with your data. "
                "Whoever runs me can allow it with SLACK_FILE_HOSTS.",
                "untrusted_upload_url",
            )
        try:
            with path.open("rb") as content:
                async with (
                    aiohttp.ClientSession(timeout=_TIMEOUT) as web,
                    web.post(url, data=content, allow_redirects=False) as response,
                ):
                    _check(response)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise SlackUnavailable("The upload to Slack broke off.") from error


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status == 429 or response.status >= 500:
        after = response.headers.get("Retry-After", "")
        raise SlackUnavailable("Slack asks to wait.", float(after) if after.isdigit() else None)
    if response.status != 200:
        raise SlackRefused(f"Slack does not take the file (status {response.status}).", "upload_refused")
