"""What people have done with a dataset besides checking it, and which of that is worth offering.

The life of such a transform, pure: asked for → files made → files sent into the thread, each written down → done.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.datasets.cures import CONVERTIBLE
from bot.domain.datasets.lifecycle import Dataset, DatasetState, backoff
from bot.domain.datasets.report import Report
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.outbox import Moved, Place, Post, PostKind
from bot.domain.transforms.mend import CURABLE
from bot.errors import StaleState


class ErrandKind(StrEnum):
    """What is done."""

    MEND = "mend"
    CONVERT = "convert"
    SPLIT = "split"
    COMPARE = "compare"
    REPORT = "report"


class ErrandState(StrEnum):
    """`waiting` for its files to be made, `working` while they are sent; the others have ended."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


ENDED = frozenset({ErrandState.DONE, ErrandState.FAILED})
TRIES = 8  # of an errand that fails for reasons that may pass


@dataclass(frozen=True, slots=True)
class Produced:
    """A file that was made: called `name` in the thread, told of there with `note` (plain text of ours).

    `is_dataset`: it is checked like a file that a person shared. `begun` and `given`, the id that Slack has
    for it, are set before it is shared, `file_id` is that id once it stands in the thread.
    """

    name: str
    note: str
    is_dataset: bool = False
    begun: bool = False
    file_id: str | None = None
    given: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """One wish about one dataset. `place` is the dataset's thread; `request_key` makes the same wish one errand.

    `options` by kind: convert {"mapping": a Mapping of bot.domain.transforms.convert}, split {"share", "seed"}, compare
    {"with": id of the other dataset}. `outcome` holds plain numbers for the message at the end, see
    bot.services.transforms. `begun_at` is when the files were made: what was sent is looked for from there on.
    """

    id: str
    request_key: str
    place: Place
    kind: ErrandKind
    dataset_id: str
    asked_by: str
    asked_at: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    state: ErrandState = ErrandState.WAITING
    produced: tuple[Produced, ...] = ()
    outcome: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    begun_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


def request_key(dataset_id: str, kind: ErrandKind, options: Mapping[str, Any]) -> str:
    """The same for the same wish, however its options are ordered."""
    wish = json.dumps([dataset_id, kind.value, options], sort_keys=True)
    return f"{dataset_id}:{kind.value}:{hashlib.sha256(wish.encode()).hexdigest()[:16]}"


def asked(errand: Errand, now: datetime) -> Moved[Errand]:
    """A new wish: due at once."""
    return Moved(replace(errand, due_at=now))


def asked_again(errand: Errand, by: str, now: datetime) -> Moved[Errand]:
    """The same wish after it failed is tried anew; any other is left as it is."""
    if errand.state is not ErrandState.FAILED:
        return Moved(errand)
    anew = replace(errand, state=ErrandState.WAITING, asked_by=by, asked_at=now, outcome={}, failure="")
    return Moved(replace(anew, attempts=0, due_at=now))


def made(
    errand: Errand, produced: tuple[Produced, ...], outcome: Mapping[str, Any], now: datetime
) -> Moved[Errand]:
    """The files are there, and what there is to tell: now they are sent, those that were sent before excepted."""
    _check_open(errand)
    before = {each.name: each for each in errand.produced}
    files = [
        replace(old, note=each.note, is_dataset=each.is_dataset) if (old := before.get(each.name)) else each
        for each in produced
    ]
    moved = replace(errand, state=ErrandState.WORKING, produced=tuple(files), outcome=outcome)
    return Moved(replace(moved, begun_at=errand.begun_at or now, attempts=0, failure=""))


def lost(errand: Errand) -> Moved[Errand]:
    """What was made is gone before it was all sent: it is made again, and what was sent is not sent again."""
    _check_open(errand)
    return Moved(replace(errand, state=ErrandState.WAITING))


def sending(errand: Errand, number: int, file_id: str) -> Moved[Errand]:
    """Written before Slack shares file `number`, which it calls so: from here on it may stand in the thread."""
    return Moved(_with(errand, number, begun=True, given=file_id))


def sent(errand: Errand, number: int, file_id: str) -> Moved[Errand]:
    """File `number` stands in the thread."""
    return Moved(_with(errand, number, file_id=file_id))


def done(errand: Errand, now: datetime) -> Moved[Errand]:
    """All of it was sent; where no file tells the outcome, a message does."""
    _check_open(errand)
    ended = replace(errand, state=ErrandState.DONE, due_at=None, attempts=0, failure="")
    return Moved(ended, () if errand.produced else (_told(ended, now),))


def failed(errand: Errand, sentence: str, now: datetime) -> Moved[Errand]:
    """It cannot be done; `sentence` says why and what to do, and the thread hears it."""
    _check_open(errand)
    ended = replace(errand, state=ErrandState.FAILED, due_at=None, failure=sentence)
    return Moved(ended, (_told(ended, now),))


def delayed(errand: Errand, sentence: str, now: datetime, retry_after: float | None) -> Moved[Errand]:
    """A fault that may pass: the same step once more, later, but not for ever."""
    if errand.state in ENDED:
        return Moved(errand)
    if errand.attempts + 1 >= TRIES:
        return failed(errand, f"{sentence} I have given up; ask for it again to retry.", now)
    wait = timedelta(seconds=retry_after) if retry_after is not None else backoff(errand.attempts)
    return Moved(replace(errand, failure=sentence, due_at=now + wait, attempts=errand.attempts + 1))


def forgotten(errand: Errand) -> Moved[Errand]:
    """Its dataset was deleted: what was done is kept, nothing that quotes the dataset."""
    if errand.state not in ENDED:
        return Moved(errand)
    files = tuple(replace(file, note="") for file in errand.produced)
    return Moved(replace(errand, options={}, outcome={}, failure="", produced=files))


def waits(errand: Errand, sentence: str, until: datetime) -> Moved[Errand]:
    """Somebody has to mend something first; however often it is tried until then, it is not given up for that."""
    if errand.state in ENDED:
        return Moved(errand)
    return Moved(replace(errand, failure=sentence, due_at=until))


def _with(errand: Errand, number: int, **changes: Any) -> Errand:
    _check_open(errand)
    files = list(errand.produced)
    files[number] = replace(files[number], **changes)
    return replace(errand, produced=tuple(files))


def _told(errand: Errand, now: datetime) -> Post:
    """One message per try: a wish that failed and is asked again may end again."""
    tried = int(errand.asked_at.timestamp())
    return Post(
        id=f"errand:{errand.id}:{tried}",
        kind=PostKind.ERRAND,
        place=errand.place,
        subject_id=errand.id,
        due_at=now,
    )


def _check_open(errand: Errand) -> None:
    if errand.state in ENDED:
        raise StaleState(f"This errand has ended already: {errand.state}.")


# DROPPED

_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)
_MOST_SHARES = 3


def offered(dataset: Dataset) -> frozenset[ErrandKind]:
    """What can be done with this dataset as it is now; nothing before it was checked and after it was deleted."""
    report = dataset.report
    if report is None or dataset.state not in (DatasetState.READY, DatasetState.REJECTED):
        return frozenset()
    ready = dataset.state is DatasetState.READY
    found = {
        ErrandKind.REPORT: True,
        ErrandKind.CONVERT: not CONVERTIBLE.isdisjoint(report.problem_codes),
        ErrandKind.MEND: gains_by_mending(report) if ready else _is_curable(report),
        ErrandKind.SPLIT: ready and bool(shares(report.valid)),
        ErrandKind.COMPARE: ready and dataset.version > 1,
    }
    return frozenset(kind for kind, possible in found.items() if possible)


def gains_by_mending(report: Report) -> bool:
    """Whether a file without a problem is better when mended: examples repeat, or arguments are JSON twice over."""
    return any(advice.code in ("duplicates", "arguments_twice") for advice in report.advice)


def loses_by_mending(dataset: Dataset) -> bool:
    """Whether mending would leave out lines that converting keeps."""
    report = dataset.report
    return report is not None and "meaningful_key" in report.problem_codes


def shares(examples: int) -> tuple[float, ...]:
    """The shares for validation that leave enough on both sides, the smallest first; none for too few examples."""
    possible = (
        share for share in _SHARES if MIN_EXAMPLES <= round(share * examples) <= examples - MIN_EXAMPLES
    )
    return tuple(possible)[:_MOST_SHARES]


def versions_beside(dataset: Dataset, known: Sequence[Dataset]) -> list[Dataset]:
    """Of the datasets known in its channel the other versions of this one that can be compared, newest first."""
    return sorted(
        (
            each
            for each in known
            if each.name == dataset.name and each.id != dataset.id and each.state is DatasetState.READY
        ),
        key=lambda each: -each.version,
    )


def _is_curable(report: Report) -> bool:
    """Whether mending makes it better: a cure is known, or leaving out broken lines leaves enough."""
    codes = set(report.problem_codes)
    return not CURABLE.isdisjoint(codes) or (report.valid >= MIN_EXAMPLES and bool(codes))
