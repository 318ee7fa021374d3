"""Looking after datasets: one by its name with all versions, a new title, the question before deleting; asks nobody."""

from collections.abc import Sequence

from bot.domain import stale_buttons
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.datasets.whereabouts import Whereabouts
from bot.domain.transforms import lifecycle
from handlers import escaping
from handlers.ids import Action, Form
from handlers.views.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    confirm,
    context,
    header,
    modal,
    section,
)
from handlers.views.datasets import cards
from handlers.views.datasets.whereabouts import what_goes, where_it_is
from handlers.views.figures import when

_VERSIONS = 8


def found(versions: Sequence[Dataset], where: Whereabouts, provider: str) -> Message:
    """The newest version as its card shows it, then the others; `versions` are newest first."""
    newest, others = versions[0], versions[1:]
    card = cards.card(newest)
    blocks = list(card.blocks)
    if not lifecycle.offered(newest):  # else the menu of its card has it
        blocks.append(actions(_delete_button(newest, where, provider)))
    if newest.title:
        blocks.append(context(f"Its file is called {escaping.code(newest.name, 80)}."))
    blocks.append(context(where_it_is(where, provider)))
    if others:
        blocks.append(header("Earlier versions"))
        blocks += [_version(each) for each in others[:_VERSIONS]]
    if len(others) > _VERSIONS:
        more = f"And {len(others) - _VERSIONS} older; *Compare with…* on the card of the newest lists them."
        blocks.append(context(more))
    return Message(card.text, blocks)


def _version(dataset: Dataset) -> Block:
    line = f"Version {dataset.version}: {cards.state(dataset)}"
    return section(
        f"{line}\nShared by <@{dataset.uploaded_by}> {when(dataset.uploaded_at)}",
        accessory=button("Full report", Action.REPORT, dataset.id) if dataset.report else None,
    )


def renamed(before: str, dataset: Dataset) -> Message:
    """After `rename`."""
    first = f"*{escaping.name(before)}* is called *{escaping.name(dataset.label)}* from now on, in all its versions."
    return Message(first, [section(first)])


def delete_question(dataset: Dataset, where: Whereabouts, provider: str) -> Message:
    """The answer to `delete NAME`: what goes and what stays, and the button."""
    first = f"Shall I delete {cards.called(dataset)}?"
    return Message(
        first,
        [section(f"{first} {what_goes(where, provider)}"), actions(_delete_button(dataset, where, provider))],
    )


def delete_form(dataset: Dataset, where: Whereabouts, provider: str) -> View:
    """The same question where a menu cannot ask it."""
    return modal(
        "Delete dataset",
        [section(f"Shall I delete {cards.called(dataset)}?\n{what_goes(where, provider)}")],
        callback_id=Form.DELETE,
        submit="Delete",
        close="Keep it",
        private_metadata=stale_buttons.value(dataset.id, stale_buttons.dataset(dataset)),
    )


def deleting(dataset: Dataset) -> str:
    """Said at once to whoever asked; the card says when it is done."""
    return f"I am deleting {cards.called(dataset)}; its card says when it is gone."


def _delete_button(dataset: Dataset, where: Whereabouts, provider: str) -> Block:
    sure = confirm("Delete this dataset?", what_goes(where, provider), "Delete", "Keep it", danger=True)
    value = stale_buttons.value(dataset.id, stale_buttons.dataset(dataset))
    return button("Delete…", Action.DELETE, value, style="danger", confirm=sure)
