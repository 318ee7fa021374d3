"""The workspace's files: what Slack knows of each and where its bytes lie on disk; knows no messages and no HTTP."""

import mimetypes
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.sandbox.clock import Clock
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.team import BOT_USER_ID, TEAM_DOMAIN, Team

PREVIEW = 800  # characters of a snippet that messages carry; never the whole file
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})  # what image blocks show
_TEXT = {"txt": "text", "csv": "csv", "json": "json", "md": "markdown", "py": "python", "log": "text"}
_PRETTY = {"text": "Plain Text", "csv": "CSV", "json": "JSON", "png": "PNG", "pdf": "PDF"}


@dataclass(slots=True)
class File:
    """One file: `mode` is Slack's (hosted, snippet, external); `path` holds its bytes, none when external."""

    id: str
    name: str
    user: str
    path: Path
    created: int
    mode: str = "hosted"
    title: str = ""
    size: int = 0
    deleted: bool = False
    complete: bool = False
    submitted: bool = False
    processing: bool = False  # Slack does not know its type yet
    length: int | None = None
    shares: list[tuple[str, str]] = field(default_factory=list)  # (channel id, message ts)


class Files:
    """Every file, with its bytes in a temporary folder that goes with the sandbox."""

    def __init__(self, team: Team, clock: Clock) -> None:
        self._team = team
        self._clock = clock
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-files-")
        self._files: dict[str, File] = {}
        self.base_url = ""

    def new(self, name: str, user: str, *, mode: str = "hosted", length: int | None = None) -> File:
        """A file without bytes yet; `length` is what its uploader announced."""
        file_id = self._team.new_id("F")
        path = Path(self._folder.name) / file_id
        path.touch()
        made = File(file_id, name, user, path, int(self._clock.now()), mode, name, length=length)
        self._files[file_id] = made
        return made

    def find(self, file_id: str) -> File | None:
        """The file, deleted ones too."""
        return self._files.get(file_id)

    def need(self, file_id: str) -> File:
        """The file, or the SlackError an app gets: file_not_found, file_deleted."""
        found = self._files.get(file_id)
        if found is None:
            raise SlackError("file_not_found")
        if found.deleted:
            raise SlackError("file_deleted")
        return found

    async def fill(self, file: File, parts: AsyncIterator[bytes]) -> None:
        """Write a file's bytes to disk as they come."""
        size = 0
        with file.path.open("wb") as target:
            async for part in parts:
                size += len(part)
                target.write(part)
        file.size = size

    def delete(self, file: File) -> None:
        """Forget the bytes; what is known of the file stays as a tombstone."""
        file.deleted = True
        file.path.unlink(missing_ok=True)

    def app_sees(self, file: File) -> bool:
        """Whether the app may read it: its own, submitted to it in a form, or shared where the bot is."""
        shared = any(BOT_USER_ID in self._team.channels[c].members for c, _ in file.shares)
        return shared or file.submitted or file.user == BOT_USER_ID

    def shows(self, image: dict[str, Any]) -> bool:
        """Whether a `slack_file` can be shown: a picture that the app may read, its type known already."""
        by_id = self._files.get(str(image.get("id")))
        file = by_id or next(
            (f for f in self._files.values() if image.get("url") in self._addresses(f)), None
        )
        if file is None or file.deleted or file.processing or not (file.complete or file.shares):
            return False
        return self.app_sees(file) and _known(file.name) in PICTURES

    def _addresses(self, file: File) -> tuple[str, ...]:
        about = self.for_message(file)
        return tuple(str(about[key]) for key in ("url_private", "permalink") if key in about)

    def for_message(self, file: File) -> dict[str, Any]:
        """The file as messages carry it; a tombstone when deleted."""
        if file.deleted:
            return {"id": file.id, "mode": "tombstone"}
        owner = self._team.users[file.user]
        kind = file.name.rpartition(".")[2].lower() if "." in file.name else ""
        snippet = file.mode == "snippet"
        filetype = "text" if snippet else _TEXT.get(kind) or (kind if _known(file.name) else "binary")
        mimetype = "text/plain" if snippet else _known(file.name) or "application/octet-stream"
        if file.processing:
            filetype = mimetype = ""
        about: dict[str, Any] = {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": mimetype,
            "filetype": filetype,
            "pretty_type": _PRETTY.get(filetype, filetype.title()),
            "user": file.user,
            "user_team": owner.team_id,
            "editable": snippet,
            "size": file.size,
            "mode": file.mode,
            "is_external": file.mode == "external",
            "external_type": "gdrive" if file.mode == "external" else "",
            "is_public": True,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "file_access": "visible",
            "has_rich_preview": False,
            "permalink": f"https://{TEAM_DOMAIN}.slack.com/files/{file.user}/{file.id}/{quote(file.name)}",
        }
        if file.mode == "external":
            return {**about, "url_private": f"https://drive.google.com/file/d/{file.id}/view"}
        address = f"{self.base_url}/slack/files/{file.id}/{quote(file.name)}"
        about |= {"url_private": address, "url_private_download": address}
        if snippet:
            with file.path.open(encoding="utf-8", errors="replace") as source:
                start = source.read(PREVIEW)
            about |= {
                "preview": start,
                "preview_is_truncated": file.size > len(start.encode()),
                "lines": start.count("\n") + 1,
            }
        return about

    def for_info(self, file: File) -> dict[str, Any]:
        """The file as `files.info` gives it, with where it is shared."""
        shares: dict[str, dict[str, list[dict[str, Any]]]] = {}
        ids: dict[str, list[str]] = {"channels": [], "groups": [], "ims": []}
        for channel_id, ts in file.shares:
            channel = self._team.channels[channel_id]
            share = {"ts": ts, "channel_name": channel.name, "team_id": self._team.users[BOT_USER_ID].team_id}
            side = "public" if channel.kind == "channel" else "private"
            shares.setdefault(side, {}).setdefault(channel_id, []).append(share)
            ids[{"channel": "channels", "group": "groups", "im": "ims"}[channel.kind]].append(channel_id)
        return {**self.for_message(file), **ids, "shares": shares, "comments_count": 0}

    def close(self) -> None:
        """Remove every file from disk."""
        self._folder.cleanup()


def _known(name: str) -> str | None:
    return mimetypes.guess_type(name)[0]
