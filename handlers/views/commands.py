"""Help, and the welcome in a direct message: made of the vocabulary, so that no word is missing."""

from handlers.ids import COMMAND, NOTHING, Action
from handlers.views.blocks import Block, Message, View, actions, button, context, modal, section
from handlers.views.datasets.cards import start_button
from handlers.views.spelling import Spelling, respelled
from handlers.vocabulary import AREAS, Entry, entries

_BEGIN = "Drop a JSONL file into a channel and I'll check it and say what training would cost."


def help_text() -> Message:
    """Five lines: how to begin, and the words that most people need."""
    lines = [_BEGIN, *(_line(entry) for entry in entries() if entry.first)]
    return Message("I fine-tune models with your team. " + _BEGIN, [_section(lines), actions(all_button())])


def all_commands(spelling: Spelling) -> View:
    """Every word, by what it is about, as it is typed where the button was pressed."""
    areas = [_section([f"*{area}*", *map(_line, known)]) for area, known in AREAS.items()]
    threads = "Commands don't work in threads: mention me there with the same words."
    return modal("All commands", respelled([*areas, context(threads)], spelling))


def greeting() -> Message:
    """The answer to a hello in a direct message: three lines and where to begin."""
    text = (
        "Hello! I fine-tune models with your team.\n"
        "Drop a JSONL file here or into a channel and I'll check it and say what training would cost.\n"
        "Press a button to go on, or type a word such as `jobs` or `help`."
    )
    models = button("Chat with a model", Action.PICK_CHAT, NOTHING)
    return Message(text, [section(text), actions(start_button(), models, all_button())])


def all_button() -> Block:
    """Opens the list of all words."""
    return button("All commands", Action.ALL_COMMANDS, NOTHING)


def _line(entry: Entry) -> str:
    return f"`{COMMAND} {entry.typed}`  {entry.what}"


def _section(lines: list[str]) -> Block:
    return section("\n".join(lines))
