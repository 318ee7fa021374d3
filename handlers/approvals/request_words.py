"""A job asked for in one line, `support.jsonl model=gpt-4o-mini epochs=2`: reads the words, finds nothing by itself."""

import difflib
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.approvals.requests import Wanted
from bot.domain.datasets.lifecycle import Dataset
from bot.errors import BadInput
from handlers import escaping

KEYS = ("model", "epochs", "suffix", "validation", "batch", "lr", "beta", "seed", "wandb")
"""The words that may stand before an equals sign; a BadInput of the service names its field by the same ones."""

_OTHER_NAMES = {
    "name": "suffix",
    "val": "validation",
    "n_epochs": "epochs",
    "batch_size": "batch",
    "learning_rate": "lr",
    "learning_rate_multiplier": "lr",
    "project": "wandb",
}
_QUOTES = str.maketrans("“”„‘’", '"""\'\'')


@dataclass(frozen=True, slots=True)
class RequestWords:
    """What was typed: a dataset's name, and a text for each key that was given."""

    dataset: str = ""
    values: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it says the two things nobody can guess."""
        return bool(self.dataset and self.values.get("model"))

    @property
    def datasets(self) -> tuple[str, str]:
        """The names of the datasets, empty where none is given."""
        return self.dataset, self.values.get("validation", "")

    def wanted(self, ready: Sequence[Dataset]) -> Wanted:
        """With the datasets that the names mean, of those that are ready, newest first. Raises BadInput."""
        values = dict(self.values)
        validation = values.pop("validation", "")
        return Wanted(
            dataset_id=_found(self.dataset, ready).id if self.dataset else "",
            validation_id=_found(validation, ready).id if validation else "",
            **values,
        )

    def blame(self, wrong: BadInput) -> BadInput:
        """The same complaint with the word that is wrong before it; for each of them, if there are several."""
        return BadInput("\n".join(self._blamed(each) for each in wrong.all), wrong.field)

    def _blamed(self, wrong: BadInput) -> str:
        if wrong.field not in self.values:
            return str(wrong)
        return f"{escaping.code(f'{wrong.field}={self.values[wrong.field]}', 80)}: {wrong}"


NOTHING_SAID = RequestWords()


def read(text: str) -> RequestWords:
    """The words; raises BadInput for one that means nothing, with the nearest that does."""
    names: list[str] = []
    values: dict[str, str] = {}
    for word in _words(re.sub(r"(?<!\s)\s*=\s*", "=", text.translate(_QUOTES))):
        key, equals, value = word.partition("=")
        if not equals:
            names.append(word)
            continue
        known = _OTHER_NAMES.get(key.lower(), key.lower())
        if known not in KEYS:
            raise BadInput(f"I don't know {escaping.code(f'{key}=', 40)}. {_nearest(key.lower())}")
        if known in values:
            raise BadInput(f"`{known}=` is given twice; say it once.", known)
        values[known] = value
    return RequestWords(" ".join(names).strip("`*"), values)


def _words(text: str) -> list[str]:
    """Split at spaces, but not inside quotation marks; a lone mark is part of a name."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key, (*KEYS, *_OTHER_NAMES), n=1, cutoff=0.5)
    if near:
        return f"Did you mean `{_OTHER_NAMES.get(near[0], near[0])}=`?"
    return f"I know {', '.join(f'`{each}=`' for each in KEYS)}."


def _found(name: str, ready: Sequence[Dataset]) -> Dataset:
    """The newest dataset of this name, its file's or the one people gave it; an ending may be left out."""
    wanted = name.lower()
    for dataset in ready:
        file = dataset.name.lower()
        if wanted in (file, file.rpartition(".")[0], dataset.label.lower()):
            return dataset
    if not ready:
        raise BadInput("There is no dataset to train on in this channel yet. Drop a JSONL file here first.")
    labels = {each.label.lower(): each.label for each in ready}
    near = difflib.get_close_matches(wanted, labels, n=1, cutoff=0.4)
    hint = f"The nearest is {escaping.code(labels[near[0]], 80)}." if near else ""
    newest = f"The newest is {escaping.code(ready[0].label, 80)}."
    raise BadInput(f"No dataset that is ready here is called {escaping.code(name, 80)}. {hint or newest}")
