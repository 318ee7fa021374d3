"""A comparison's card, the question under each pair of answers, and its end; counts nothing itself."""

from bot.domain import comparisons
from bot.domain.chats import Conversation
from bot.domain.comparisons import LETTERS, Ballot, BallotState, Choice, Comparison, Tally
from handlers import escaping
from handlers.ids import Action
from handlers.views import figures
from handlers.views.blocks import Block, Message, actions, button, confirm, context, section
from handlers.views.chats import ended_by

_NAMED = 8  # people shown behind one answer; more are counted


def card(comparison: Comparison) -> Message:
    """Opens the thread, says how it goes, and counts the votes; of a blind test it tells nothing until its end."""
    conversation = comparison.conversation
    if conversation.ended_by:
        first = f"⚖️ Comparing {_both(conversation)} has ended."
        grey = [_votes(conversation, comparison.tally), *_end(conversation)]
        return Message(first, [section(first), context(*grey), *_again(conversation)])
    if conversation.blind:
        return _blind_card(comparison)
    first = f"⚖️ Comparing {_both(conversation)}"
    how = "Write in this thread: both answer, one after the other, and then you vote."
    names = " · ".join(map(escaping.code, (conversation.model, conversation.other_model)))
    return Message(
        first,
        [
            section(f"{first}\n{how}"),
            context(_votes(conversation, comparison.tally)),
            context(f"{names} · started by <@{conversation.started_by}> · write `stop` to end"),
            actions(button("Make it a blind test", Action.BLIND, conversation.id)),
        ],
    )


def _blind_card(comparison: Comparison) -> Message:
    """No names, and how many voted, not what for: either would sway whoever has not voted."""
    conversation = comparison.conversation
    first = "⚖️ Blind test of two models"
    how = (
        "Write in this thread: both answer, as A and B, and then you vote. "
        "Your vote shows you alone which was which; everybody sees it at the end."
    )
    question = confirm(
        "End the blind test?",
        "Votes close, and everybody sees which model was which and how each person voted.",
        "End and reveal",
        "Go on",
    )
    return Message(
        first,
        [
            section(f"{first}\n{how}"),
            context(_count(comparison.tally), f"Started by <@{conversation.started_by}>"),
            actions(button("End and reveal", Action.END, conversation.id, confirm=question)),
        ],
    )


def ended(comparison: Comparison) -> Message:
    """Said once in the thread, at the end: what people found."""
    conversation = comparison.conversation
    votes = _votes(conversation, comparison.tally)
    if conversation.blind:
        first = f"<@{conversation.ended_by}> ended the blind test of {_both(conversation)}."
    else:
        first = f"<@{conversation.ended_by}> ended the comparison of {_both(conversation)}."
    return Message(f"{first} {votes}", [context(first, votes), *_again(conversation)])


def over(comparison: Comparison) -> Message:
    """Said once in the thread, to whoever writes there after the end."""
    text = "This comparison has ended, so the models don't answer here any more."
    return Message(text, [context(text), *_again(comparison.conversation)])


def link(conversation: Conversation, address: str) -> Message:
    """In the thread where the comparison was asked for: where it is; without an address, that there is none."""
    if not address:
        return Message(text := "I couldn't open the comparison in this channel.", [section(text)])
    by, there = f"<@{conversation.started_by}>", f"<{address}|go to its thread>"
    if comparisons.is_secret(conversation):
        text = f"⚖️ {by} opened a blind test of two models: {there}"
    else:
        text = f"⚖️ {by} opened a comparison of {_both(conversation)}: {there}"
    return Message(text, [section(text)])


def opening(conversation: Conversation, asked_in: str) -> Message:
    """The answer to whoever asked for a comparison."""
    if conversation.place.channel_id == asked_in:
        text = f"I'm opening a thread below to compare {_both(conversation)}. Write there and both answer."
    else:
        where = f"<#{conversation.place.channel_id}>"
        text = (
            f"I'm opening a thread in {where} to compare {_both(conversation)}. Write there and both answer."
        )
    return Message(text, [section(text)])


def ballot(asked: Ballot) -> Message:
    """Under a pair of answers: which is better, and who found what, where that may be told."""
    first = f"Which answer to “{escaping.name(asked.question)}” is better?"
    buttons = [
        button("A is better", Action.VOTE_A, asked.id),
        button("B is better", Action.VOTE_B, asked.id),
        button("About the same", Action.VOTE_SAME, asked.id),
    ]
    if asked.state is BallotState.CLOSED:
        first = f"Which answer to “{escaping.name(asked.question)}” was better?"
        return Message(first, [section(first), context(*_found(asked))])
    if asked.reveals:
        return Message(first, [section(first), actions(*buttons), context(*_found(asked))])
    votes = _count(Tally(model=len(asked.votes)))
    mine = button("What did I vote for?", Action.VOTED, asked.id)
    return Message(first, [section(first), actions(*buttons, mine), context(votes)])


def my_vote(asked: Ballot, user_id: str) -> Message:
    """What somebody voted for and which was which: for them alone, and only after their vote."""
    choice = asked.votes.get(user_id)
    if choice is None:
        text = "You haven't voted on these two answers yet. Once you have, you see here which was which."
        return Message(text, [section(text)])
    chosen = next((letter for letter in LETTERS if asked.behind(letter) is choice), "")
    vote = f"You voted for {chosen}." if chosen else "You voted for both alike."
    text = f"{vote} {_which(asked)}"
    if asked.reveals:
        return Message(text, [section(text)])
    grey = "Only you see this. Your vote stays as it is; everybody sees it when the test ends."
    return Message(f"{text} {grey}", [section(text), context(grey)])


def _found(asked: Ballot) -> list[str]:
    """Which is which, and who voted for what."""
    lines = {
        "A is better": asked.behind("A"),
        "B is better": asked.behind("B"),
        "About the same": Choice.SAME,
    }
    voters = {words: [u for u, c in asked.votes.items() if c is choice] for words, choice in lines.items()}
    return [
        _which(asked),
        *(f"{words}: {_people(users)}" for words, users in voters.items() if users),
    ]


def _which(asked: Ballot) -> str:
    a, b = (f"*{escaping.name(asked.title_of(letter))}*" for letter in LETTERS)
    return f"A is {a}, B is {b}."


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


def _count(tally: Tally) -> str:
    return f"{figures.count(tally.count, 'vote')} so far" if tally.count else "No votes yet"


def _end(conversation: Conversation) -> list[str]:
    """Who ended it, or took one of its models away."""
    if gone := conversation.gone:
        other = gone.model == conversation.other_model
        title = escaping.name(conversation.other_title if other else conversation.title)
        return [*ended_by(conversation), f"<@{gone.by}> deleted *{title}*; what was said and voted stays."]
    if conversation.blind:
        return [f"A blind test, ended by <@{conversation.ended_by}>."]
    return ended_by(conversation)


def _again(conversation: Conversation) -> list[Block]:
    """The same two models in a new thread, as long as none was deleted."""
    if conversation.gone:
        return []
    return [actions(button("Compare again", Action.COMPARE_AGAIN, conversation.id))]
