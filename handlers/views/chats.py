"""A conversation's card and its end."""

from bot.domain.chats import Conversation
from handlers import escaping
from handlers.ids import Action
from handlers.views.blocks import Block, Message, actions, button, context, section


def card(conversation: Conversation) -> Message:
    """Opens the thread, and says how to talk in it."""
    title = f"*{escaping.name(conversation.title)}*"
    if conversation.ended_by:
        first = f"💬 Chat with {title} has ended."
        return Message(first, [section(first), context(*_end(conversation)), *_again(conversation)])
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
    text = (
        f"The chat was ended by <@{conversation.ended_by}>."
        if conversation.ended_by
        else "The chat was ended."
    )
    return Message(text, [context(text), *_again(conversation)])


def over(conversation: Conversation) -> Message:
    """Said once in the thread, to whoever writes there after the end."""
    text = "This chat has ended, so the model doesn't answer here any more."
    return Message(text, [context(text), *_again(conversation)])


def link(conversation: Conversation, address: str) -> Message:
    """In the thread where the chat was asked for: where it is; without an address, that there is none."""
    title = f"*{escaping.name(conversation.title)}*"
    if not address:
        return Message(text := f"I couldn't open the chat with {title} in this channel.", [section(text)])
    text = f"💬 <@{conversation.started_by}> opened a chat with {title}: <{address}|go to its thread>"
    return Message(text, [section(text)])


def model_gone(conversation: Conversation) -> Message:
    """Said once in the thread when a model that answered here was deleted."""
    by = f"<@{conversation.ended_by}>" if conversation.ended_by else "Somebody"
    text = f"{by} deleted the model, so nobody answers here any more. What was said stays."
    return Message(text, [context(text)])


def opening(conversation: Conversation, asked_in: str) -> Message:
    """The answer to whoever asked for a chat."""
    title = f"*{escaping.name(conversation.title)}*"
    if conversation.place.channel_id == asked_in:
        text = f"I'm opening a chat with {title} below. Write in its thread."
    else:
        text = f"I'm opening a chat with {title} in <#{conversation.place.channel_id}>. Write in its thread."
    return Message(text, [section(text)])


def ended_by(conversation: Conversation) -> list[str]:
    """Who ended it, unless that was by deleting its model, which is told beside it."""
    gone = conversation.gone
    return [] if gone and gone.by == conversation.ended_by else [f"Ended by <@{conversation.ended_by}>."]


def _end(conversation: Conversation) -> list[str]:
    if gone := conversation.gone:
        return [*ended_by(conversation), f"<@{gone.by}> deleted the model; what was said stays."]
    return ended_by(conversation)


def _again(conversation: Conversation) -> list[Block]:
    """The same model in a new thread, as long as it was not deleted."""
    return [] if conversation.gone else [actions(button("Chat again", Action.CHAT_AGAIN, conversation.id))]
