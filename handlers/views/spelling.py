"""How the bot's words are typed where somebody reads of them: slash commands do not work in threads."""

from enum import StrEnum
from typing import Any

from handlers.ids import COMMAND, MENTION
from handlers.views.blocks import Message


class Spelling(StrEnum):
    """What people type before a word of the bot, with the space behind it."""

    COMMAND = f"{COMMAND} "
    MENTION = f"{MENTION} "
    PLAIN = ""


def where(channel_id: str, thread_ts: str | None) -> Spelling:
    """The spelling that works in a place: plain words in a direct message, a mention in a thread."""
    if channel_id.startswith("D"):
        return Spelling.PLAIN
    return Spelling.MENTION if thread_ts else Spelling.COMMAND


def spelled(message: Message, spelling: Spelling) -> Message:
    """The message with every suggestion to type something as it works there."""
    if spelling is Spelling.COMMAND:
        return message
    return Message(
        respelled(message.text, spelling),
        [respelled(block, spelling) for block in message.blocks],
        [respelled(block, spelling) for block in message.plainer],
    )


def respelled(value: Any, spelling: Spelling) -> Any:
    """The same of any text, and of all texts inside blocks; a suggestion is what stands as code."""
    if isinstance(value, str):
        return value.replace(f"`{Spelling.COMMAND}", f"`{spelling}")
    if isinstance(value, dict):
        return {
            key: respelled(inner, spelling) if key in _TEXTS or not isinstance(inner, str) else inner
            for key, inner in value.items()
        }
    return [respelled(inner, spelling) for inner in value] if isinstance(value, list) else value


_TEXTS = frozenset({"text"})
"""Keys under which people read; a button's value stays what it is."""
