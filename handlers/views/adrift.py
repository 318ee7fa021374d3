"""What a message says of itself when the one below which it belongs was deleted. Knows no posts."""

from handlers.views.blocks import Message, context, section

ANSWER = "The message that this answers was deleted, so it stands here."
CARD = "The message with this file was deleted, so its card stands here."
OTHER = "The message that this belongs under was deleted, so it stands here."


def adrift(message: Message, why: str) -> Message:
    """The same message below the reason why it is not where it belongs."""
    shown = message.blocks or [section(message.text)]
    return Message(f"{why} {message.text}", [context(why), *shown])
