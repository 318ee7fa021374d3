"""Which hyperparameters to begin with and what to change afterwards, from the providers' guides; starts no job.

The ranges are the API's; what to change when is from OpenAI's guides to fine-tuning and to preference optimization.
"""

from dataclasses import dataclass
from typing import Literal

from bot.domain.catalog import METHOD_OF, Format, Method
from bot.domain.pricing import default_epochs

Name = Literal["n_epochs", "batch_size", "learning_rate_multiplier", "beta"]

MANY_EPOCHS = 5
"""From so many on, the server's own choice for a small file is worth a word: it surprises people, and costs."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One hyperparameter to begin with.

    `value` is a number, or "auto": leave it to the server. `expected` is the number that the server then usually
    takes, where its rule is known.
    """

    name: Name
    value: float | Literal["auto"]
    reason: str
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to change in the next job: what one sees (`when`), and what to do about it (`change`)."""

    when: str
    change: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What to begin with, and what to change when the first result disappoints."""

    hyperparameters: tuple[Suggestion, ...]
    afterwards: tuple[Remedy, ...]


def suggest(kind: Format | None, valid: int) -> Suggestions:
    """What fits so many `valid` examples of this format; empty for a file that is no dataset.

    The guides advise to leave everything to the server at first, and then to change one thing at a time.
    """
    if kind is None or not valid:
        return Suggestions((), ())
    method = METHOD_OF[kind]
    begin = [_epochs(valid), _BATCH, _RATE]
    if method == "preference":
        begin.append(_BETA)
    return Suggestions(tuple(begin), _AFTERWARDS[method])


def _epochs(examples: int) -> Suggestion:
    expected = default_epochs(examples)
    reason = f"The server sees how many examples there are; for {examples:,} it usually takes {expected}."
    if expected >= MANY_EPOCHS:
        reason += " That is many, because there are few. Give 3 if the answers come out word for word."
    elif expected < 3:
        reason += " That is few, because there are many. Give 3 if it does not follow them well enough."
    return Suggestion("n_epochs", "auto", reason, expected)


_BATCH = Suggestion(
    "batch_size",
    "auto",
    "The server chooses by the number of examples. Larger batches learn in fewer, steadier steps, and suit "
    "large files.",
)
_RATE = Suggestion(
    "learning_rate_multiplier",
    "auto",
    "The server's choice is good for most files. Raise it only if the loss hardly falls, lower it if it jumps.",
)
_BETA = Suggestion(
    "beta",
    "auto",
    "Up to 2. A higher one stays closer to how the model was, a lower one follows the preferred answers harder.",
)

_TARGETED = Remedy(
    "It is still bad at one thing",
    "Add examples that show exactly that, and look whether existing ones teach it wrongly. Better examples help "
    "more than other numbers.",
)
_OVERFIT = Remedy(
    "The validation loss rises while the training loss falls",
    "It learns by heart: take an earlier checkpoint, or 1 or 2 epochs fewer.",
)
_FLAT = Remedy("The training loss hardly falls", "Raise the learning rate multiplier, for example to double.")

_AFTERWARDS: dict[Method, tuple[Remedy, ...]] = {
    "supervised": (
        _TARGETED,
        Remedy(
            "It does not follow the examples closely enough",
            "Train 1 or 2 epochs more. That is usual where there is one right answer, as in sorting or extracting.",
        ),
        Remedy(
            "Its answers are too much alike",
            "Train 1 or 2 epochs fewer. That is usual where many answers are good, as in writing.",
        ),
        _OVERFIT,
        _FLAT,
        Remedy(
            "It gets better, but not enough",
            "Train on half of the examples too: what the second half gained is about what twice as many would gain.",
        ),
    ),
    "preference": (
        Remedy(
            "The answers hardly change",
            "Lower beta, or train 1 or 2 epochs more; train on the preferred answers as chats first, then on "
            "the pairs.",
        ),
        Remedy("It forgets what it could do before", "Raise beta, or train 1 or 2 epochs fewer."),
        _TARGETED,
        _OVERFIT,
        _FLAT,
    ),
    "reinforcement": (
        Remedy(
            "The reward hardly rises",
            "Look whether the grader tells good from better: answers that all earn the same teach nothing.",
        ),
        Remedy(
            "The reward rises, but the answers get worse",
            "The grader is being gamed: grade what you really want.",
        ),
        _TARGETED,
        _FLAT,
    ),
}
