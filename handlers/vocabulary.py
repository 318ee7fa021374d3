"""Every word that people can say to the bot, how it is typed and what it does: help and README are made of this."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to use a word: `typed` begins with it. `first` marks what help shows before *All commands*."""

    typed: str
    what: str
    first: bool = False

    @property
    def word(self) -> str:
        """The word itself."""
        return self.typed.partition(" ")[0]


AREAS = {
    "Training": (
        Entry("start", "train a model on a file of this channel", first=True),
        Entry(
            "start FILE model=M epochs=2",
            "the same in one line; also `suffix`, `validation`, `batch`, `lr`, `beta`, `seed`, `wandb`",
        ),
    ),
    "Datasets": (
        Entry("datasets", "list the datasets of this channel"),
        Entry("dataset NAME", "show one dataset with all its versions"),
        Entry("rename OLD NEW", "give a dataset a title of your own"),
        Entry("delete NAME", "delete a dataset, here and at the provider"),
    ),
    "Jobs": (
        Entry("jobs", "see what is training and what waits", first=True),
        Entry("status JOB", "show one job"),
        Entry("cancel JOB", "withdraw a request, or stop a job"),
        Entry("pause JOB", "pause a job"),
        Entry("resume JOB", "resume a paused job"),
        Entry("events JOB", "show what the provider reported about a job"),
        Entry("checkpoints JOB", "list the models saved during a training"),
    ),
    "Models": (
        Entry("models", "list your tuned models", first=True),
        Entry("model NAME", "show one model"),
        Entry("alias MODEL NAME", "give a model a name of your own; `off` takes it back"),
        Entry("share MODEL #channel", "let another channel use a model"),
        Entry("unshare MODEL #channel", "stop sharing it"),
        Entry("chat MODEL", "talk to a model in a thread; `stop` ends it", first=True),
        Entry(
            "compare MODEL OTHER", "compare two models in a thread and vote; without OTHER, its base model"
        ),
    ),
    "The team": (
        Entry("budget", "show what may be spent this month and what is left"),
        Entry("budget 200", "set this channel's budget; also `budget workspace 1000`, `budget off`"),
        Entry("pause-spending on", "approvers: stop everything that costs money; `off` ends the pause"),
        Entry("policy", "show or change who may ask for jobs and who approves them"),
        Entry("digest on", "get a summary of this channel every Monday; `digest off` ends it"),
        Entry(
            "audit",
            "approvers: who asked, decided and paid; `audit 2026-11` and `audit all` send it as a table",
        ),
        Entry("help", "show this help"),
    ),
}


def entries() -> Iterator[Entry]:
    """All of them, in the order in which they are listed."""
    for area in AREAS.values():
        yield from area


WORDS = frozenset(entry.word for entry in entries())
ALONE = WORDS - {entry.word for entry in entries() if entry.typed != entry.word}
"""Words that take nothing: a sentence that begins so, to a model in its thread, is for the model."""
