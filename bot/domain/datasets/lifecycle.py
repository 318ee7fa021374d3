"""The life of an uploaded dataset, from the file in the channel to a report: states and the steps between them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath

from bot.domain.audit import BOT, Did, Entry
from bot.domain.datasets.fingerprints import NOTHING_ASKED
from bot.domain.datasets.report import Report
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import StaleState


class DatasetState(StrEnum):
    """`received` waits for a worker, `validating` is downloaded and read, `deleting` has copies left to remove.

    The others have ended; `ignored` is a file that was no dataset by its content, and of which nothing is said.
    """

    RECEIVED = "received"
    VALIDATING = "validating"
    READY = "ready"
    REJECTED = "rejected"
    FAILED = "failed"
    IGNORED = "ignored"
    DELETING = "deleting"
    DELETED = "deleted"


GONE = frozenset({DatasetState.DELETING, DatasetState.DELETED, DatasetState.IGNORED})
AGAIN = frozenset({DatasetState.FAILED, DatasetState.IGNORED})
"""Where a file is read once more when somebody asks for it."""
ENDED = frozenset(
    {
        *(DatasetState.READY, DatasetState.REJECTED, DatasetState.FAILED),
        *(DatasetState.IGNORED, DatasetState.DELETED),
    }
)

TRANSITIONS: dict[DatasetState, frozenset[DatasetState]] = {
    DatasetState.RECEIVED: frozenset({DatasetState.VALIDATING, DatasetState.FAILED, DatasetState.DELETING}),
    DatasetState.VALIDATING: frozenset(
        {
            *(DatasetState.READY, DatasetState.REJECTED, DatasetState.IGNORED),
            *(DatasetState.FAILED, DatasetState.DELETING),
        }
    ),
    DatasetState.READY: frozenset({DatasetState.DELETING}),
    DatasetState.REJECTED: frozenset({DatasetState.DELETING}),
    DatasetState.FAILED: frozenset({DatasetState.RECEIVED, DatasetState.DELETING}),
    DatasetState.IGNORED: frozenset({DatasetState.RECEIVED}),
    DatasetState.DELETING: frozenset({DatasetState.DELETED}),
    DatasetState.DELETED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Checking:
    """How far the reading has come; bytes, examples and problems so far."""

    phase: str  # "downloading" or "checking"
    done_bytes: int
    total_bytes: int
    examples: int = 0
    problems: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """Who wanted a dataset gone: `by` is empty when its file was deleted in Slack.

    `shared`: another dataset has the same content, so the copies stay for that one. `stays` names what was made of
    it and is not gone with it: models trained on it, datasets made of it.
    """

    by: str
    shared: bool = False
    stays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two datasets that a split made: to train on, or, where it `validates`, to validate with.

    `split` is the same for both, `other` is what the file of the other one is called.
    """

    split: str
    validates: bool
    other: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """One file somebody uploaded in a channel; its content is `sha256` once it was read.

    `version` counts the uploads of the same name in the same channel, from 1. `title` is what people call all of
    these, if not by the file's name. `path` is relative to the folder of contents. `twin` is what an earlier
    dataset of this channel with the same content is called, empty if there is none. `half` is set where it is one of
    the two that a split made. `quiet`: it may be anything by its name, so it has no card until its content is that of
    a dataset.
    """

    id: str
    place: Place
    file_id: str
    name: str
    size: int
    uploaded_by: str
    uploaded_at: datetime
    version: int = 1
    state: DatasetState = DatasetState.RECEIVED
    sha256: str | None = None
    path: str | None = None
    checking: Checking | None = None
    report: Report | None = None
    failure: str = ""
    title: str = ""
    twin: str = ""
    half: Half | None = None
    quiet: bool = False
    deletion: Deletion | None = None
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0

    @property
    def label(self) -> str:
        """What people call it."""
        return self.title or self.name

    @property
    def names(self) -> frozenset[str]:
        """Everything it may be called, for comparing."""
        return frozenset({self.name.casefold(), self.label.casefold()})

    @property
    def only_validates(self) -> bool:
        """Whether it was held out from training: nothing trains on it."""
        return self.half is not None and self.half.validates

    def goes_with(self, training: "Dataset") -> bool:
        """Whether it was held out from that one."""
        of = training.half
        return (
            self.half is not None and of is not None and self.only_validates and self.half.split == of.split
        )


@dataclass(frozen=True, slots=True)
class Label:
    """What a dataset is called: by its file's name, and by the title that people gave it, if any."""

    id: str
    name: str
    title: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.title or self.name

    @property
    def names(self) -> frozenset[str]:
        """Everything it may be called, for comparing."""
        return frozenset({self.name.casefold(), self.label.casefold()})


def received(dataset: Dataset, now: datetime) -> Transition[Dataset]:
    """A new upload: due at once, with its card in the file's thread unless it is quiet."""
    due = replace(dataset, due_at=now)
    return Transition(due, () if dataset.quiet else (_card(due, now),))


def _card(dataset: Dataset, now: datetime) -> OutboxMessage:
    return OutboxMessage(
        id=f"dataset:{dataset.id}:card",
        kind=MessageKind.DATASET_CARD,
        place=dataset.place,
        subject_id=dataset.id,
        due_at=now,
    )


def checking(dataset: Dataset, progress: Checking, *, name: str | None = None) -> Transition[Dataset]:
    """The worker says how far it is; also the step from received to validating."""
    if dataset.state not in (DatasetState.RECEIVED, DatasetState.VALIDATING):
        raise StaleState(f"This file is {dataset.state} already.")
    return Transition(
        replace(
            dataset,
            state=DatasetState.VALIDATING,
            checking=progress,
            name=name or dataset.name,
            size=progress.total_bytes or dataset.size,
        )
    )


def reported(
    dataset: Dataset, report: Report, path: str, now: datetime, *, twin: str = ""
) -> Transition[Dataset]:
    """The file was read to its end: ready when the server would take it, rejected when not."""
    state = DatasetState.READY if report.ok else DatasetState.REJECTED
    saved = replace(
        _to(dataset, state),
        report=report,
        sha256=report.sha256,
        size=report.bytes,
        path=path,
        twin=twin,
        quiet=False,
        checking=None,
        failure="",
        due_at=None,
        attempts=0,
    )
    return Transition(saved, (_card(saved, now),) if dataset.quiet else ())


def ignored(dataset: Dataset) -> Transition[Dataset]:
    """A quiet file is no dataset: nothing is said of it, and nothing kept but that it was looked at."""
    return Transition(
        replace(
            _to(dataset, DatasetState.IGNORED),
            checking=None,
            failure="",
            due_at=None,
            attempts=0,
        )
    )


def failed(dataset: Dataset, sentence: str) -> Transition[Dataset]:
    """The file could not be read at all; `sentence` says why and what to do."""
    return Transition(
        replace(_to(dataset, DatasetState.FAILED), failure=sentence, checking=None, due_at=None)
    )


def delayed(dataset: Dataset, sentence: str, again_at: datetime) -> Transition[Dataset]:
    """A fault that may pass: the same step once more, later."""
    return Transition(
        replace(dataset, failure=sentence, due_at=again_at, attempts=dataset.attempts + 1)
        if dataset.state not in ENDED
        else dataset
    )


def waits(dataset: Dataset, sentence: str, until: datetime) -> Transition[Dataset]:
    """Somebody has to mend something first; however often it is tried until then, it is not given up for that."""
    return Transition(
        replace(dataset, failure=sentence, due_at=until) if dataset.state not in ENDED else dataset
    )


def retried(dataset: Dataset, now: datetime) -> Transition[Dataset]:
    """Somebody asks for a file that could not be read, or was ignored: once more from the beginning, on its card."""
    if dataset.state not in AGAIN:
        return Transition(dataset)
    again = replace(_to(dataset, DatasetState.RECEIVED), failure="", attempts=0, due_at=now, quiet=False)
    return Transition(again, (_card(again, now),))


def titled(dataset: Dataset, title: str) -> Transition[Dataset]:
    """People call it something else than its file; an empty title brings the file's name back."""
    return Transition(replace(dataset, title=title))


def has_words(dataset: Dataset) -> bool:
    """Whether its report tells what was found line by line."""
    report = dataset.report
    return report is not None and bool(report.problems or report.advice or report.prints != NOTHING_ASKED)


def words_forgotten(dataset: Dataset) -> Transition[Dataset]:
    """Its report is old: what it tells line by line goes, its numbers stay."""
    if dataset.report is None:
        return Transition(dataset)
    numbers = replace(dataset.report, problems=(), advice=(), prints=NOTHING_ASKED)
    return Transition(replace(dataset, report=numbers))


def delete_asked(dataset: Dataset, by: str, now: datetime) -> Transition[Dataset]:
    """Somebody wants it gone, or its file is gone in Slack: nothing can be done with it from now on."""
    if dataset.state in GONE:
        return Transition(dataset)
    return Transition(
        replace(
            _to(dataset, DatasetState.DELETING),
            deletion=Deletion(by),
            path=None,
            report=None,
            checking=None,
            failure="",
            attempts=0,
            due_at=now,
        ),
        entries=(
            Entry(
                at=now,
                workspace=dataset.place.workspace,
                channel_id=dataset.place.channel_id,
                who=by or BOT,
                what=Did.DATASET_DELETED,
                subject=dataset.id,
                details={"version": dataset.version, "bytes": dataset.size},
            ),
        ),
    )


def deleted(dataset: Dataset, *, shared: bool = False, stays: tuple[str, ...] = ()) -> Transition[Dataset]:
    """Every copy of it is gone, here and at the provider, but for those another dataset needs."""
    deletion = replace(dataset.deletion or Deletion(""), shared=shared, stays=stays)
    return Transition(
        replace(_to(dataset, DatasetState.DELETED), deletion=deletion, due_at=None, attempts=0, failure="")
    )


def _to(dataset: Dataset, state: DatasetState) -> Dataset:
    if state not in TRANSITIONS[dataset.state]:
        raise StaleState(f"This dataset is {dataset.state}; it cannot become {state}.")
    return replace(dataset, state=state)


LINES = frozenset({".jsonl", ".ndjson"})
_NEARLY = frozenset({".json", ".csv", ".tsv", ".xlsx", ".xls", ".parquet", ".txt", ".gz", ".zip"})
_NEARLY_SNIPPETS = frozenset({"text", "json", "javascript", "plain_text", "csv", "tsv", "jsonl"})


def is_meant_for_us(name: str, filetype: str, mode: str) -> bool:
    """Whether a file may be a dataset, or was probably meant to be one; an image or a PDF is not.

    Slack shows pasted text as a snippet with a made-up name, so its `filetype` decides there.
    """
    suffix = PurePath(name.lower()).suffix
    if suffix in LINES or suffix in _NEARLY:
        return True
    return mode == "snippet" and filetype in _NEARLY_SNIPPETS


_ANY_SNIPPET = frozenset({"text", "plain_text"})
_NO_DATASET = frozenset(
    {
        "not_a_dataset",
        "empty_file",
        "packed_file",
        "compressed_file",
        "binary_file",
        "html_file",
        "utf16_file",
    }
)
"""Codes of the problems of files that hold nothing of a dataset."""


def is_quiet(name: str, filetype: str, mode: str) -> bool:
    """Whether a file is text that may be anything by its name, such as notes.txt; not so tone.jsonl.txt."""
    suffixes = PurePath(name.lower()).suffixes
    if mode == "snippet" and not suffixes:
        return filetype in _ANY_SNIPPET
    return suffixes[-1:] == [".txt"] and LINES.isdisjoint(suffixes)


def is_no_dataset(report: Report) -> bool:
    """Whether a file that was read holds nothing of a dataset."""
    return report.format is None and not _NO_DATASET.isdisjoint(report.problem_codes)
