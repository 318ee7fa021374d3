"""The files and uploads the OpenAI side holds, their bytes in a temporary folder; knows no HTTP and no jobs."""

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bot.sandbox.openai.errors import ApiError, bad_request, no_file, no_upload
from bot.sandbox.openai.jobs import fresh
from bot.sandbox.openai.settings import Settings
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.timeline import Timeline

PURPOSES = frozenset({"assistants", "batch", "fine-tune", "vision", "user_data", "evals"})
UPLOAD_SECONDS = 3600
_COPY_BYTES = 2**20


@dataclass(slots=True)
class StoredFile:
    """One file; `ready_at` is the training time from which it counts as processed."""

    filename: str
    purpose: str
    size: int
    path: Path
    created_at: int
    ready_at: float
    expires_at: int | None = None
    id: str = field(default_factory=lambda: f"file-{fresh(22)}")

    def view(self, training: float) -> Json:
        """The `file` object."""
        shown: Json = {
            "object": "file",
            "id": self.id,
            "purpose": self.purpose,
            "filename": self.filename,
            "bytes": self.size,
            "created_at": self.created_at,
            "status": "processed" if training >= self.ready_at else "uploaded",
        }
        return shown if self.expires_at is None else shown | {"expires_at": self.expires_at}


@dataclass(slots=True)
class Upload:
    """A file that arrives in parts."""

    filename: str
    purpose: str
    size: int
    created_at: int
    file_seconds: int | None
    id: str = field(default_factory=lambda: f"upload_{fresh(32)}")
    parts: dict[str, Path] = field(default_factory=dict)
    state: str = "pending"
    file: StoredFile | None = None

    def status(self, now: float) -> str:
        """The status at a time."""
        return (
            "expired" if self.state == "pending" and now >= self.created_at + UPLOAD_SECONDS else self.state
        )

    def view(self, now: float, training: float) -> Json:
        """The `upload` object."""
        return {
            "object": "upload",
            "id": self.id,
            "bytes": self.size,
            "created_at": self.created_at,
            "expires_at": self.created_at + UPLOAD_SECONDS,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": self.status(now),
            "file": self.file.view(training) if self.file else None,
        }


class FileStore:
    """All files and uploads; `close` removes their bytes."""

    def __init__(self, timeline: Timeline, settings: Settings) -> None:
        self._timeline = timeline
        self._settings = settings
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, StoredFile] = {}
        self._uploads: dict[str, Upload] = {}

    def close(self) -> None:
        """Remove everything."""
        if self._folder:
            self._folder.cleanup()

    def open_new(self) -> tuple[Path, BinaryIO]:
        """A new place for bytes; the caller writes, closes and then `add`s or unlinks it."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="openai-sandbox-")
        path = Path(self._folder.name) / fresh(16)
        return path, path.open("wb")

    # ---- files

    def add(self, filename: str, purpose: str, path: Path, seconds: int | None = None) -> StoredFile:
        """Keep the bytes at `path` as a file, for `seconds` if given. Refuses what OpenAI refuses."""
        check_name(filename, purpose)
        size = path.stat().st_size
        if size == 0:
            raise bad_request("File is empty.", "file")
        now = int(self._timeline.now)
        file = StoredFile(
            filename=filename,
            purpose=purpose,
            size=size,
            path=path,
            created_at=now,
            ready_at=self._timeline.look() + self._settings.processing_seconds,
            expires_at=None if seconds is None else now + seconds,
        )
        self._files[file.id] = file
        return file

    def add_result(self, text: str) -> StoredFile:
        """Keep a result file of a job, ready at once."""
        path, out = self.open_new()
        with out:
            out.write(text.encode())
        file = StoredFile(
            filename="step_metrics.csv",
            purpose="fine-tune-results",
            size=len(text),
            path=path,
            created_at=int(self._timeline.now),
            ready_at=0.0,
        )
        self._files[file.id] = file
        return file

    def get(self, file_id: str) -> StoredFile:
        """The file of that id; refuses 404 when it is not there or has expired."""
        self._expire()
        if file_id not in self._files:
            raise no_file(file_id)
        return self._files[file_id]

    def all(self) -> list[StoredFile]:
        """Every file, oldest first."""
        self._expire()
        return list(self._files.values())

    def delete(self, file_id: str) -> None:
        """Forget a file and its bytes."""
        self.get(file_id).path.unlink(missing_ok=True)
        del self._files[file_id]

    def _expire(self) -> None:
        now = self._timeline.now
        for file in [f for f in self._files.values() if f.expires_at is not None and f.expires_at <= now]:
            file.path.unlink(missing_ok=True)
            del self._files[file.id]

    # ---- uploads

    def start_upload(self, filename: str, purpose: str, size: int, seconds: int | None) -> Upload:
        """Begin an upload of `size` bytes."""
        check_name(filename, purpose)
        upload = Upload(filename, purpose, size, int(self._timeline.now), seconds)
        self._uploads[upload.id] = upload
        return upload

    def upload(self, upload_id: str) -> Upload:
        """The upload of that id."""
        if upload_id not in self._uploads:
            raise no_upload(upload_id)
        return self._uploads[upload_id]

    def pending(self, upload_id: str) -> Upload:
        """The upload of that id, if it still takes parts."""
        upload = self.upload(upload_id)
        status = upload.status(self._timeline.now)
        if status != "pending":
            raise bad_request(
                f"Upload {upload_id} has status '{status}', but must be 'pending'.", "upload_id"
            )
        return upload

    def complete(self, upload_id: str, part_ids: Iterable[str], md5: str | None) -> Upload:
        """Put the parts together in the given order; their bytes must add up, and match the md5 (hex) if given."""
        upload = self.pending(upload_id)
        ids = list(part_ids)
        for part_id in ids:
            if part_id not in upload.parts:
                raise bad_request(f"No such Part object: {part_id}", "part_ids")
        if len(set(ids)) != len(ids):
            raise bad_request("Each part may be given only once.", "part_ids")
        total = sum(upload.parts[part_id].stat().st_size for part_id in ids)
        if total != upload.size:
            raise bad_request(
                f"The number of bytes uploaded does not match the number of bytes in the upload: expected "
                f"{upload.size}, got {total}.",
                "part_ids",
            )
        path = self._joined([upload.parts[part_id] for part_id in ids], md5)
        upload.file = self.add(upload.filename, upload.purpose, path, upload.file_seconds)
        self._end_upload(upload, "completed")
        return upload

    def cancel(self, upload_id: str) -> Upload:
        """Give an upload up."""
        upload = self.pending(upload_id)
        self._end_upload(upload, "cancelled")
        return upload

    def _joined(self, parts: list[Path], md5: str | None) -> Path:
        path, out = self.open_new()
        digest = hashlib.md5(usedforsecurity=False)
        with out:
            for part in parts:
                with part.open("rb") as source:
                    while block := source.read(_COPY_BYTES):
                        digest.update(block)
                        out.write(block)
        if md5 is not None and md5.lower() != digest.hexdigest():
            path.unlink()
            raise bad_request("The md5 checksum does not match the bytes uploaded.", "md5")
        return path

    @staticmethod
    def _end_upload(upload: Upload, state: str) -> None:
        upload.state = state
        for path in upload.parts.values():
            path.unlink(missing_ok=True)


def check_name(filename: str, purpose: str) -> None:
    """Fine-tuning takes .jsonl files only."""
    extension = Path(filename).suffix.removeprefix(".").lower()
    if purpose == "fine-tune" and extension != "jsonl":
        raise bad_request(
            f'Invalid extension {extension or "(none)"} for purpose fine-tune. Supported formats: "jsonl"',
            "file",
        )


def too_large(limit: int) -> ApiError:
    """Refuse bytes beyond a limit."""
    return ApiError(413, f"Maximum content size limit ({limit}) exceeded")
