"""The error tree; every error carries the sentence that the person in the channel reads.

BotError
├── BadInput            a value somebody gave is off; `field` names where it stands
├── NotAllowed          the policy or Slack says no to this person
│   ├── OverBudget      the money is not there, and this person may not go beyond it
│   ├── SpendingPaused  somebody stopped everything that costs money
│   └── ModelNotAllowed this one model may not be asked here, or not now
├── NotFound            nothing has this name or id here
│   └── UnknownName     no tuned model is called so
├── StaleState          somebody or something else moved first
├── UnusableFile        an uploaded file cannot be read: external, deleted, too large, a login page …
├── Temporary           worth another try; `retry_after` seconds when the server said so
│   ├── DiskFull              there is no room to write: what waits for room is never given up
│   ├── ProviderUnavailable   the fine-tuning provider did not answer, or asked to wait
│   │   └── LimitReached      its limit of jobs is reached: ours waits for a free place
│   └── SlackUnavailable      Slack did not answer, or asked to wait
├── ProviderRefused     the provider said no for good; its own words are kept apart from ours
│   ├── TrainingClosed  the provider takes no new training jobs from this organisation
│   ├── UnknownModel    it has no model of this name, or not yet
│   └── Unsupported     it has no such function
├── UnknownOutcome      the provider may or may not have done what was asked
├── SlackRefused        Slack said no; `code` is Slack's
│   └── CurableRefusal  it says yes again once somebody has mended something; what waits for that waits
└── SettingsError       the environment is incomplete or wrong; all faults at once
"""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

_FULL = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
)  # the disk, a quota, a limit on the size of files


class BotError(Exception):
    """Anything the bot tells a person; `str(error)` is that sentence."""


class BadInput(BotError):
    """A value that cannot be used; `field` is the form field or option, empty when it is the whole.

    `all` holds this one and what else was found to be off in the same go.
    """

    def __init__(self, message: str, field: str = "", others: Sequence["BadInput"] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.all: tuple[BadInput, ...] = (self, *others)


class NotAllowed(BotError):
    """This person may not do this; the sentence says who may."""


class OverBudget(NotAllowed):
    """It would cost more than a budget has left; the sentence says by how much, and who may approve all the same."""


class SpendingPaused(NotAllowed):
    """Nothing that costs money may begin now; the sentence says who wanted it so, and how it goes on."""


class ModelNotAllowed(NotAllowed):
    """One model may not be asked here, or is too dear now; the sentence may tell which model it is."""


class NotFound(BotError):
    """Nothing has this name or id; the sentence says how to see what there is."""


class UnknownName(NotFound):
    """No tuned model of the workspace is called so, or was; the sentence says which is called nearly so."""


class StaleState(BotError):
    """The row is no longer in the state the caller saw; the sentence says what happened meanwhile."""


class UnusableFile(BotError):
    """The file cannot become a dataset; the sentence says why and what to do."""


class Temporary(BotError):
    """Worth another try after `retry_after` seconds (None: the caller's own back-off)."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DiskFull(Temporary):
    """Nothing more can be written until somebody makes room."""

    def __init__(
        self, message: str = "The disk of the machine I run on is full. Whoever runs me has to make room."
    ) -> None:
        super().__init__(message)


def disk_full(fault: OSError) -> DiskFull | None:
    """What a fault is to people if there was no room to write."""
    return DiskFull() if fault.errno in _FULL else None


@contextmanager
def room() -> Iterator[None]:
    """Around what writes files: a disk that is full becomes DiskFull, any other fault stays what it is."""
    try:
        yield
    except OSError as fault:
        full = disk_full(fault)
        if full is None:
            raise
        raise full from fault


class ProviderUnavailable(Temporary):
    """The provider did not answer, answered with a server error, or asked to wait."""


class LimitReached(ProviderUnavailable):
    """The provider takes no further job on this model now; `daily` when its limit counts those of 24 hours."""

    def __init__(self, message: str, *, daily: bool, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.daily = daily


class SlackUnavailable(Temporary):
    """Slack did not answer, answered with a server error, or asked to wait."""


class ProviderRefused(BotError):
    """The provider said no for good.

    `str(error)` is our sentence; `said` the provider's own words, `code` and `param` as it sent them.
    """

    def __init__(self, message: str, *, said: str = "", code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.said = said
        self.code = code
        self.param = param


class TrainingClosed(ProviderRefused):
    """The provider takes no new training jobs from this organisation."""


class UnknownModel(ProviderRefused):
    """The provider has no model of this name; one that was just trained may need some minutes to be there."""


class Unsupported(ProviderRefused):
    """The provider knows what we speak of, but has no function for what we ask."""


class UnknownOutcome(BotError):
    """The connection ended before the answer: the work may or may not have been done."""


class SlackRefused(BotError):
    """Slack said no for good; `code` is Slack's error, e.g. `not_in_channel`."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Cure(StrEnum):
    """What makes Slack say yes again."""

    TIME = "time"
    INVITATION = "invitation"
    UNARCHIVING = "unarchiving"
    OPERATOR = "operator"
    """Whoever runs the bot, or an admin of the workspace: a token, a scope, a setting."""
    NONE = "none"
    """What was asked is wrong, or its object is gone: the same again is refused again."""


class CurableRefusal(SlackRefused):
    """Slack says no until somebody mends it; work waits for that, a person who waits is told what to do."""

    def __init__(self, message: str, code: str, cure: Cure) -> None:
        super().__init__(message, code)
        self.cure = cure


class SettingsError(BotError):
    """The environment is incomplete or wrong; `faults` holds one sentence per variable."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The settings need mending:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults
