"""The row of buttons under a dataset: what is likely next first and marked, what is rarer behind three dots."""

from bot.domain.datasets.examples import ALL
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.transforms import lifecycle
from bot.domain.transforms.lifecycle import TransformKind
from handlers.ids import DELETE, Action
from handlers.views.blocks import Block, actions, button, option, overflow


def row(dataset: Dataset) -> Block:
    """Only what is possible for this dataset now; the first step, if there is one, is the primary button."""
    can = lifecycle.offered(dataset)
    steps = [("Start fine-tuning", Action.START)] if may_start(dataset) else []
    cures = []
    if dataset.state is DatasetState.REJECTED and TransformKind.MEND in can:
        cures.append(("Mend…", Action.MEND))
    if TransformKind.CONVERT in can:
        # Where keys may bear on what is learned, mending would leave out what converting heeds.
        place = 0 if lifecycle.loses_by_mending(dataset) else len(cures)
        cures.insert(place, ("Convert…", Action.CONVERT))
    steps += cures
    buttons = [
        button(label, action, dataset.id, style=None if place else "primary")
        for place, (label, action) in enumerate(steps)
    ]
    if may_look(dataset):
        buttons.append(button("Look at examples", Action.EXAMPLES, examples_at(dataset)))
    buttons.append(button("Full report", Action.REPORT, dataset.id))
    rarer = _rarer(dataset, can)
    return actions(*buttons, *([overflow(Action.MORE, rarer)] if rarer else []))


def may_look(dataset: Dataset) -> bool:
    """Whether it holds examples that people can read, and its content is here."""
    return dataset.path is not None and dataset.report is not None and dataset.report.format is not None


def examples_at(dataset: Dataset, what: str = ALL, begin: int = 1) -> str:
    """What a button carries that shows examples: of which dataset, which of them, and from where on."""
    return f"{dataset.id}:{what}:{begin}"


def read_examples_at(carried: str) -> tuple[str, str, int]:
    """The same as it comes back."""
    dataset_id, what, begin = carried.split(":")
    return dataset_id, what, int(begin)


def may_start(dataset: Dataset) -> bool:
    """Whether a job can be asked for from here: not in a direct message, where nobody else could approve.

    What was held out to validate is not trained on.
    """
    trainable = dataset.report is not None and bool(dataset.report.estimates)
    in_channel = not dataset.place.channel_id.startswith("D")
    return dataset.state is DatasetState.READY and trainable and in_channel and not dataset.only_validates


def _rarer(dataset: Dataset, can: frozenset[TransformKind]) -> list[Block]:
    other = f"version {dataset.version - 1}" if dataset.version == 2 else "another version…"
    labels = {
        TransformKind.MEND: "Remove repetitions…" if dataset.state is DatasetState.READY else "",
        TransformKind.SPLIT: "Split for validation…",
        TransformKind.COMPARE: f"Compare with {other}",
        TransformKind.REPORT: "Post report as file",
    }
    wishes = [(kind.value, label) for kind, label in labels.items() if label and kind in can]
    if can:
        wishes.append((DELETE, "Delete…"))
    return [option(label, f"{wish}:{dataset.id}") for wish, label in wishes]
