"""Where the contents of datasets lie: on disk by their hash, at the provider by the end of their file's name."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


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
