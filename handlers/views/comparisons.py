"""A comparison's card, the question under each pair of answers, and its end; counts nothing itself."""

from bot.domain import stale_buttons
from bot.domain.chats import Conversation
from bot.domain.comparisons import LETTERS, Ballot, Choice, Comparison, Tally
from handlers import escaping
from handlers.ids import COMMAND, Action
from handlers.views.blocks import Block, Message, actions, button, context, section
from handlers.views.chats import ended_by

_NAMED = 8  # people shown behind one answer; more are counted


def card(comparison: Comparison) -> Message:
    """Opens the thread, says how it goes, and counts the votes."""
    conversation = comparison.conversation
    votes = context(_votes(conversation, comparison.tally))
    if conversation.ended_by:
        first = f"⚖️ Comparing {_both(conversation)} has ended."
        grey = context(f"{ended_by(conversation)}{_again(conversation)}")
        return Message(first, [section(first), votes, grey])
    first = f"⚖️ Comparing {_both(conversation)}"
    how = "Write in this thread: both answer, one after the other, and then you vote."
    if conversation.blind:
        how += " Which is which stays hidden until the first vote."
    names = " · ".join(map(escaping.code, (conversation.model, conversation.other_model)))
    return Message(
        first,
        [
            section(f"{first}\n{how}"),
            votes,
            context(f"{names} · started by <@{conversation.started_by}> · write `stop` to end"),
            actions(_hide(conversation)),
        ],
    )


def ended(comparison: Comparison) -> Message:
    """Said once in the thread, after `stop`: what people found."""
    conversation = comparison.conversation
    by = f" by <@{conversation.ended_by}>" if conversation.ended_by else ""
    votes = _votes(conversation, comparison.tally)
    text = f"The comparison was ended{by}. {votes}. {_again(conversation)}"
    return Message(text, [context(text)])


def over(comparison: Comparison) -> Message:
    """Said once in the thread, to whoever writes there after the end."""
    text = f"This comparison has ended, so the models do not read along. {_again(comparison.conversation)}"
    return Message(text, [context(text)])


def opening(conversation: Conversation, asked_in: str) -> Message:
    """The answer to whoever asked for a comparison."""
    where = "" if conversation.place.channel_id == asked_in else f" in <#{conversation.place.channel_id}>"
    text = f"I open a thread{where} to compare {_both(conversation)}; write there and both answer."
    return Message(text, [section(text)])


def ballot(asked: Ballot) -> Message:
    """Under a pair of answers: which is better, and who found what."""
    first = f"Which answer to “{escaping.name(asked.question)}” is better?"
    buttons = (
        button("A is better", Action.VOTE_A, asked.id),
        button("B is better", Action.VOTE_B, asked.id),
        button("About the same", Action.VOTE_SAME, asked.id),
    )
    return Message(first, [section(first), actions(*buttons), context(*_found(asked))])


def _found(asked: Ballot) -> list[str]:
    """Which is which, where that may be told, and who voted for what."""
    if asked.reveals:
        names = [f"{letter} is *{escaping.name(asked.title_of(letter))}*" for letter in LETTERS]
        which = f"{', '.join(names)}."
    else:
        which = "Which is which is told after the first vote."
    lines = {
        "A is better": asked.behind("A"),
        "B is better": asked.behind("B"),
        "About the same": Choice.SAME,
    }
    voters = {words: [u for u, c in asked.votes.items() if c is choice] for words, choice in lines.items()}
    return [which, *(f"{words}: {_people(users)}" for words, users in voters.items() if users)]


def _people(user_ids: list[str]) -> str:
    named = ", ".join(f"<@{user_id}>" for user_id in user_ids[:_NAMED])
    more = len(user_ids) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _both(conversation: Conversation) -> str:
    its_base = "its base " if conversation.other_model == conversation.base_model else ""
    return f"*{escaping.name(conversation.title)}* with {its_base}*{escaping.name(conversation.other_title)}*"


def _votes(conversation: Conversation, tally: Tally) -> str:
    if tally == Tally():
        return "No votes yet"
    names = (escaping.name(conversation.title), escaping.name(conversation.other_title))
    return f"Votes: {names[0]} {tally.model} · {names[1]} {tally.other} · same {tally.same}"


def _hide(conversation: Conversation) -> Block:
    label = "Show which is which" if conversation.blind else "Hide which is which"
    return button(label, Action.HIDE, stale_buttons.value(conversation.id, stale_buttons.names(conversation)))


def _again(conversation: Conversation) -> str:
    if gone := conversation.gone:
        other = gone.model == conversation.other_model
        title = escaping.name(conversation.other_title if other else conversation.title)
        return f"<@{gone.by}> deleted *{title}*; what was said and voted stays."
    names = [escaping.name(each).replace("`", "") for each in (conversation.title, conversation.other_title)]
    return f"To compare again: `{COMMAND} compare {' '.join(names)}`"
