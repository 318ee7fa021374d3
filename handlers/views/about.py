"""What the bot says of itself: welcome, faults; help is in commands.py."""

from collections.abc import Sequence

from bot.domain.datasets.lifecycle import Dataset
from handlers import escaping
from handlers.ids import COMMAND
from handlers.views.blocks import (
    Message,
    View,
    actions,
    modal,
    section,
)
from handlers.views.datasets.cards import start_button


def welcome() -> Message:
    """Said once on joining a channel: three lines."""
    text = (
        "Hello! Drop a JSONL file with training examples here and I check it and say what training would cost.\n"
        "The file stays with me until somebody approves a job; only then it goes to the training provider.\n"
        f"`{COMMAND} start` begins a job, `{COMMAND} help` says the rest."
    )
    return Message(text, [section(text)])


def to_start() -> Message:
    """The twin of `start` where no form can be opened at once."""
    text = "Press the button to choose a dataset and a model."
    return Message(text, [section(text), actions(start_button())])


def said(sentence: str) -> Message:
    """One sentence, already safe."""
    return Message(sentence, [section(sentence)])


def hint() -> Message:
    """The answer to words that mean nothing to the bot."""
    return said(f"I don't know what that means; `{COMMAND} help` lists what I know.")


def loading(title: str, meanwhile: str = "One moment…") -> View:
    """Stands for a moment until the real view is there: Slack gives three seconds to open one."""
    return modal(title, [section(meanwhile)])


def fault_view(sentence: str) -> View:
    """A modal that says what went wrong; the form below it, if any, keeps what was typed."""
    return modal("That did not work", [section(sentence)], close="Back")


def told(title: str, sentence: str) -> View:
    """A modal with one sentence, already safe."""
    return modal(title, [section(sentence)])


def now_checking(received: Sequence[Dataset]) -> View:
    """After the shortcut on a message whose files were not known yet."""
    if not received:
        return told("No dataset here", "I see no JSONL file in this message that I have not read already.")
    names = ", ".join(f"*{escaping.name(each.label)}*" for each in received[:5])
    return told(
        "Checking", f"I am checking {names} now. The card with the result is in the message's thread."
    )


def failure(reference: str) -> str:
    """For faults nobody foresaw: the code is in the log."""
    return (
        f"Something in me broke, and it is not your doing. Try again; if it stays, tell whoever runs me the code "
        f"{escaping.code(reference)}."
    )
