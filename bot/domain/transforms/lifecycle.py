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
from bot.domain.datasets.lifecycle import Dataset, DatasetState, Half
from bot.domain.datasets.report import Report
from bot.domain.datasets.report_builder import MIN_EXAMPLES
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.transforms.mend import is_curable
from bot.domain.work_queue import Transition, backoff
from bot.errors import StaleState


class TransformKind(StrEnum):
    """What is done."""

    MEND = "mend"
    CONVERT = "convert"
    SPLIT = "split"
    COMPARE = "compare"
    REPORT = "report"


class TransformState(StrEnum):
    """`waiting` for its files to be made, `working` while they are sent; the others have ended."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


ENDED = frozenset({TransformState.DONE, TransformState.FAILED})
TRIES = 8  # of a transform that fails for reasons that may pass


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
class Transform:
    """One wish about one dataset. `place` is the dataset's thread; `request_key` makes the same wish one transform.

    `options` by kind: convert {"mapping": a Mapping of bot.domain.transforms.convert}, split {"share", "seed"}, compare
    {"with": id of the other dataset}. `outcome` holds plain numbers for the message at the end, see
    bot.services.transforms. `begun_at` is when the files were made: what was sent is looked for from there on.
    """

    id: str
    request_key: str
    place: Place
    kind: TransformKind
    dataset_id: str
    asked_by: str
    asked_at: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    state: TransformState = TransformState.WAITING
    produced: tuple[Produced, ...] = ()
    outcome: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    begun_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


def request_key(dataset_id: str, kind: TransformKind, options: Mapping[str, Any]) -> str:
    """The same for the same wish, however its options are ordered."""
    wish = json.dumps([dataset_id, kind.value, options], sort_keys=True)
    return f"{dataset_id}:{kind.value}:{hashlib.sha256(wish.encode()).hexdigest()[:16]}"


def asked(transform: Transform, now: datetime) -> Transition[Transform]:
    """A new wish: due at once."""
    return Transition(replace(transform, due_at=now))


def asked_again(transform: Transform, by: str, now: datetime) -> Transition[Transform]:
    """The same wish after it failed is tried anew; any other is left as it is."""
    if transform.state is not TransformState.FAILED:
        return Transition(transform)
    anew = replace(transform, state=TransformState.WAITING, asked_by=by, asked_at=now, outcome={}, failure="")
    return Transition(replace(anew, attempts=0, due_at=now))


def made(
    transform: Transform, produced: tuple[Produced, ...], outcome: Mapping[str, Any], now: datetime
) -> Transition[Transform]:
    """The files are there, and what there is to tell: now they are sent, those that were sent before excepted."""
    _check_open(transform)
    before = {each.name: each for each in transform.produced}
    files = [
        replace(old, note=each.note, is_dataset=each.is_dataset) if (old := before.get(each.name)) else each
        for each in produced
    ]
    moved = replace(transform, state=TransformState.WORKING, produced=tuple(files), outcome=outcome)
    return Transition(replace(moved, begun_at=transform.begun_at or now, attempts=0, failure=""))


def lost(transform: Transform) -> Transition[Transform]:
    """What was made is gone before it was all sent: it is made again, and what was sent is not sent again."""
    _check_open(transform)
    return Transition(replace(transform, state=TransformState.WAITING))


def sending(transform: Transform, number: int, file_id: str) -> Transition[Transform]:
    """Written before Slack shares file `number`, which it calls so: from here on it may stand in the thread."""
    return Transition(_with(transform, number, begun=True, given=file_id))


def sent(transform: Transform, number: int, file_id: str) -> Transition[Transform]:
    """File `number` stands in the thread."""
    return Transition(_with(transform, number, file_id=file_id))


def done(transform: Transform, now: datetime) -> Transition[Transform]:
    """All of it was sent; where no file tells the outcome, a message does."""
    _check_open(transform)
    ended = replace(transform, state=TransformState.DONE, due_at=None, attempts=0, failure="")
    return Transition(ended, () if transform.produced else (_told(ended, now),))


def failed(transform: Transform, sentence: str, now: datetime) -> Transition[Transform]:
    """It cannot be done; `sentence` says why and what to do, and the thread hears it."""
    _check_open(transform)
    ended = replace(transform, state=TransformState.FAILED, due_at=None, failure=sentence)
    return Transition(ended, (_told(ended, now),))


def delayed(
    transform: Transform, sentence: str, now: datetime, retry_after: float | None
) -> Transition[Transform]:
    """A fault that may pass: the same step once more, later, but not for ever."""
    if transform.state in ENDED:
        return Transition(transform)
    if transform.attempts + 1 >= TRIES:
        return failed(transform, f"{sentence} I have given up; ask for it again to retry.", now)
    wait = timedelta(seconds=retry_after) if retry_after is not None else backoff(transform.attempts)
    return Transition(
        replace(transform, failure=sentence, due_at=now + wait, attempts=transform.attempts + 1)
    )


def forgotten(transform: Transform) -> Transition[Transform]:
    """Its dataset was deleted: what was done is kept, nothing that quotes the dataset."""
    if transform.state not in ENDED:
        return Transition(transform)
    files = tuple(replace(file, note="") for file in transform.produced)
    return Transition(replace(transform, options={}, outcome={}, failure="", produced=files))


def waits(transform: Transform, sentence: str, until: datetime) -> Transition[Transform]:
    """Somebody has to mend something first; however often it is tried until then, it is not given up for that."""
    if transform.state in ENDED:
        return Transition(transform)
    return Transition(replace(transform, failure=sentence, due_at=until))


def half(transform: Transform, number: int) -> Half | None:
    """Which half of a split file `number` is; None for what no split made."""
    if transform.kind is not TransformKind.SPLIT:
        return None
    return Half(transform.id, validates=number == 1, other=transform.produced[1 - number].name)


def _with(transform: Transform, number: int, **changes: Any) -> Transform:
    _check_open(transform)
    files = list(transform.produced)
    files[number] = replace(files[number], **changes)
    return replace(transform, produced=tuple(files))


def _told(transform: Transform, now: datetime) -> OutboxMessage:
    """One message per try: a wish that failed and is asked again may end again."""
    tried = int(transform.asked_at.timestamp())
    return OutboxMessage(
        id=f"errand:{transform.id}:{tried}",
        kind=MessageKind.ERRAND,
        place=transform.place,
        subject_id=transform.id,
        due_at=now,
    )


def _check_open(transform: Transform) -> None:
    if transform.state in ENDED:
        raise StaleState(f"This errand has ended already: {transform.state}.")


_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)
_MOST_SHARES = 3
HELD_OUT = 0.2
SEED = 42
"""What is held out where nobody chose, and the seed that parts it."""


def offered(dataset: Dataset) -> frozenset[TransformKind]:
    """What can be done with this dataset as it is now; nothing before it was checked and after it was deleted."""
    report = dataset.report
    if report is None or dataset.state not in (DatasetState.READY, DatasetState.REJECTED):
        return frozenset()
    ready = dataset.state is DatasetState.READY
    found = {
        TransformKind.REPORT: True,
        TransformKind.CONVERT: not CONVERTIBLE.isdisjoint(report.problem_codes),
        TransformKind.MEND: gains_by_mending(report) if ready else is_curable(report),
        TransformKind.SPLIT: ready and bool(shares(report.valid)),
        TransformKind.COMPARE: ready and dataset.version > 1,
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


def may_hold_out(dataset: Dataset) -> bool:
    """Whether HELD_OUT of it may be kept from training: it is whole, and both sides have enough."""
    valid = dataset.report.valid if dataset.report else 0
    return dataset.half is None and TransformKind.SPLIT in offered(dataset) and HELD_OUT in shares(valid)


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
