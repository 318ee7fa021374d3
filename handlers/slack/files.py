"""Looks up and downloads what people share (ports.Files), guarding the token and against pages that are no files.

Slack answers a download without the right scope with its login page and status 200, so a status proves nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CurableRefusal, SlackRefused, SlackUnavailable, UnusableFile
from bot.ports import SlackFile
from handlers.slack.client import ask
from handlers.slack.trusted_hosts import TrustedHosts

_CHUNK = 1 << 18
_REDIRECTS = 5
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)
_GONE = "The file was deleted in Slack before I could read it. Drop it here again."
_LOGIN = (
    "Slack shows me its login page instead of the file: I lack the permission `files:read`. "
    "Ask whoever runs me to reinstall me in this workspace."
)
_REFUSED = {
    "file_not_found": _GONE,
    "file_deleted": _GONE,
    "missing_scope": _LOGIN,
    "not_visible": "Slack does not show me this file. Drop it into a channel that I am in.",
    "access_denied": "Slack does not show me this file. Drop it into a channel that I am in.",
}


async def describe(client: AsyncWebClient, file_id: str) -> SlackFile:
    """A file as files.info shows it; `shares` leads to the root of the thread in which it stands.

    Raises:
        UnusableFile: Slack does not show it to us.
        SlackUnavailable: try again later.
        CurableRefusal: Slack refuses us altogether.
    """
    try:
        file: dict[str, Any] = (await ask(client.files_info(file=file_id)))["file"]
    except SlackRefused as refused:
        if isinstance(refused, CurableRefusal) and refused.code not in _REFUSED:
            raise
        sentence = _REFUSED.get(refused.code, f"Slack does not give me this file ({refused.code}).")
        raise UnusableFile(sentence) from refused
    if file.get("mode") == "tombstone":
        raise UnusableFile(_GONE)
    if file.get("mode") == "hidden_by_limit":
        raise UnusableFile("Slack hides this file: the workspace is over its storage limit.")
    told = told_of(file)
    return replace(told, name=told.name or str(file.get("title") or file_id))


def told_of(file: Mapping[str, Any]) -> SlackFile:
    """A file as Slack tells of it, in files.info or in a message."""
    return SlackFile(
        id=str(file["id"]),
        name=str(file.get("name") or ""),
        size=int(file.get("size") or 0),
        mimetype=str(file.get("mimetype") or ""),
        filetype=str(file.get("filetype") or ""),
        mode=str(file.get("mode") or ""),
        user_id=str(file.get("user") or ""),
        url=str(file.get("url_private_download") or file.get("url_private") or ""),
        is_external=bool(file.get("is_external")),
        shares=_shares(file),
    )


def _shares(file: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in ("public", "private"):
        for channel, shares in (file.get("shares") or {}).get(kind, {}).items():
            if shares:
                found[channel] = str(shares[0].get("thread_ts") or shares[0]["ts"])
    return found


class SlackFiles:
    """Downloads with the client's token, only from `hosts` (names or patterns such as *.slack.com)."""

    def __init__(self, client: AsyncWebClient, *, hosts: Sequence[str]) -> None:
        self._client = client
        self._hosts = TrustedHosts.beside(client.base_url, hosts)

    async def info(self, file_id: str) -> SlackFile:
        """Look a file up. Raises as `describe`."""
        return await describe(self._client, file_id)

    async def download(self, file: SlackFile, to: Path, *, cap: int, on_bytes: Callable[[int], None]) -> int:
        """Stream the file to disk; gives its size in bytes."""
        if file.is_external or file.mode == "external" or not file.url:
            raise UnusableFile(
                "This file lives outside of Slack, so I cannot read it. Download it and drop the file itself here."
            )
        try:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as web:
                return await self._follow(web, file, to, cap, on_bytes)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise SlackUnavailable("The download from Slack broke off.") from error

    async def _follow(
        self,
        web: aiohttp.ClientSession,
        file: SlackFile,
        to: Path,
        cap: int,
        on_bytes: Callable[[int], None],
    ) -> int:
        url = file.url
        for _ in range(_REDIRECTS):
            self._check(url)
            headers = {"Authorization": f"Bearer {self._client.token}"}
            async with web.get(url, headers=headers, allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, response.headers.get("Location", ""))
                    continue
                _check_response(response)
                with to.open("wb") as target:
                    written = await _stream(response, target, cap, on_bytes)
            if file.size and written != file.size:
                raise SlackUnavailable("The file came incomplete from Slack.")
            return written
        raise UnusableFile("Slack sends me from address to address instead of giving me the file.")

    def _check(self, url: str) -> None:
        """Raise UnusableFile unless the token may be shown to this address."""
        if not self._hosts.include(url):
            raise UnusableFile(
                "Slack points to an address for this file that I don't trust with my token. "
                "Whoever runs me can allow it with SLACK_FILE_HOSTS."
            )


def _check_response(response: aiohttp.ClientResponse) -> None:
    if response.status == 429 or response.status >= 500:
        after = response.headers.get("Retry-After", "")
        raise SlackUnavailable("Slack asks to wait.", float(after) if after.isdigit() else None)
    if response.status in (404, 410):
        raise UnusableFile(_GONE)
    refused = "acl_fail" in response.headers.get("X-Slack-Meta", "")
    if response.status != 200 or refused or response.content_type == "text/html":
        raise UnusableFile(_LOGIN)


async def _stream(
    response: aiohttp.ClientResponse, target: BinaryIO, cap: int, on_bytes: Callable[[int], None]
) -> int:
    written = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        if not written and chunk.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
            raise UnusableFile(_LOGIN)
        written += len(chunk)
        if written > cap:
            raise UnusableFile(f"The file is larger than the {cap / 2**20:,.0f} MB that I take. Split it.")
        await asyncio.to_thread(target.write, chunk)
        on_bytes(written)
    return written
