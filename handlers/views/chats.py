"""A conversation's card and its end."""

from bot.domain.chats import Conversation
from handlers import escaping
from handlers.views.blocks import Message, context, section


def card(conversation: Conversation) -> Message:
    """Opens the thread, and says how to talk in it."""
    title = f"*{escaping.name(conversation.title)}*"
    if conversation.ended_by:
        first = f"💬 Chat with {title} has ended."
        return Message(first, [section(first), context(f"{ended_by(conversation)}{_again(conversation)}")])
    first = f"💬 Chat with {title}"
    return Message(
        first,
        [
            section(
                f"{first}\nWrite in this thread and the model answers, with everything said here in mind."
            ),
            context(
                f"{escaping.code(conversation.model)} from {escaping.name(conversation.base_model)} · started by "
                f"<@{conversation.started_by}> · write `stop` to end"
            ),
        ],
    )


def ended(conversation: Conversation) -> Message:
    """Said once in the thread, after `stop`."""
    by = f" by <@{conversation.ended_by}>" if conversation.ended_by else ""
    text = f"The chat was ended{by}. {_again(conversation)}"
    return Message(text, [context(text)])


def over(conversation: Conversation) -> Message:
    """Said once in the thread, to whoever writes there after the end."""
    text = f"This chat has ended, so the model does not read along. {_again(conversation)}"
    return Message(text, [context(text)])


def model_gone(conversation: Conversation) -> Message:
    """Said once in the thread when a model that answered here was deleted."""
    by = f"<@{conversation.ended_by}>" if conversation.ended_by else "Somebody"
    text = f"{by} deleted the model, so nobody answers here any more. What was said stays."
    return Message(text, [context(text)])


def opening(conversation: Conversation, asked_in: str) -> Message:
    """The answer to whoever asked for a chat."""
    where = "" if conversation.place.channel_id == asked_in else f" in <#{conversation.place.channel_id}>"
    text = f"I open a thread{where} for *{escaping.name(conversation.title)}*; write there to talk to it."
    return Message(text, [section(text)])


def ended_by(conversation: Conversation) -> str:
    """Who ended it, as a sentence with a space behind it; who deleted its model stands elsewhere."""
    gone = conversation.gone
    return "" if gone and gone.by == conversation.ended_by else f"Ended by <@{conversation.ended_by}>. "


def _again(conversation: Conversation) -> str:
    if conversation.gone:
        return f"<@{conversation.gone.by}> deleted the model; what was said stays."
    return f"To talk again: `/finetune chat {escaping.name(conversation.title).replace('`', '')}`"
