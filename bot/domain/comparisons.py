"""Two models answering the same messages in one thread, and what people think of each pair of answers; pure.

A pair is two turns of one message, called A and B. Its ballot waits until both have ended, and opens when both
models answered. A vote is kept by whom it is for, not by its letter, so that letters may change from pair to pair.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.catalog import ModelInfo
from bot.domain.chats import Conversation, Turn, TurnState, Usage
from bot.domain.money import cost, in_dollars, total
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition
from bot.errors import StaleState

LETTERS = ("A", "B")
QUESTION = 80  # characters of the message that its ballot repeats


class BallotState(StrEnum):
    """`waiting` for both answers; `open` to votes; `void` when there is nothing to choose between.

    `closed` after the end of a blind test, which tells everybody what was what: nobody votes any more.
    """

    WAITING = "waiting"
    OPEN = "open"
    VOID = "void"
    CLOSED = "closed"


class Choice(StrEnum):
    """Whose answer somebody finds better."""

    MODEL = "model"
    OTHER = "other"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Ballot:
    """What people think of the two answers to one message; one vote for each person.

    `title` and `other_title` are what people call the two models. `swapped`: A is the other model. `blind`:
    which is which is told to each person who voted, and to all when it is closed.
    `votes` maps user ids to choices; who voted may change that, unless it is blind.
    """

    id: str
    conversation_id: str
    place: Place
    message_ts: str
    question: str
    title: str
    other_title: str
    swapped: bool = False
    blind: bool = False
    state: BallotState = BallotState.WAITING
    votes: Mapping[str, Choice] = field(default_factory=dict)
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0

    @property
    def reveals(self) -> bool:
        """Whether everybody may know which is which, and who voted for what."""
        return not self.blind or self.state is BallotState.CLOSED

    def behind(self, letter: str) -> Choice:
        """Whose answer stands under this letter; any other text is neither's."""
        if letter not in LETTERS:
            return Choice.SAME
        return Choice.OTHER if (letter == "B") != self.swapped else Choice.MODEL

    def title_of(self, letter: str) -> str:
        """What people call the model under this letter."""
        return self.other_title if self.behind(letter) is Choice.OTHER else self.title


@dataclass(frozen=True, slots=True)
class Tally:
    """How many votes each has got over all pairs of a comparison."""

    model: int = 0
    other: int = 0
    same: int = 0

    @property
    def count(self) -> int:
        """How many votes there are."""
        return self.model + self.other + self.same


@dataclass(frozen=True, slots=True)
class Comparison:
    """A conversation with two models and its votes so far: what the card of one shows."""

    conversation: Conversation
    tally: Tally

    @property
    def revision(self) -> int:
        """That of the conversation; a vote counts it up, see bot.ports.BallotStore."""
        return self.conversation.revision


def pair(
    conversation: Conversation, turn: Turn, ballot_id: str, *, swapped: bool
) -> tuple[Turn, Turn, Ballot]:
    """A message as it is put to both models: the turns A and B, and the ballot that waits for them.

    `turn` is the message; its id belongs to the ballot's pair, and the two turns get ids made from it.
    """
    a, b = (
        replace(turn, id=f"{turn.id}{letter.lower()}", letter=letter, other=(letter == "B") != swapped)
        for letter in LETTERS
    )
    words = " ".join(turn.text.split())
    ballot = Ballot(
        id=ballot_id,
        conversation_id=conversation.id,
        place=turn.place,
        message_ts=turn.message_ts,
        question=words if len(words) <= QUESTION else words[: QUESTION - 1] + "…",
        title=conversation.title,
        other_title=conversation.other_title,
        swapped=swapped,
        blind=conversation.blind,
        due_at=turn.due_at,
    )
    return a, b, ballot


def opened(ballot: Ballot, turns: Sequence[Turn], now: datetime) -> Transition[Ballot]:
    """Both turns have ended: people are asked which is better, unless one of the two gave no answer."""
    if ballot.state is not BallotState.WAITING:
        return Transition(ballot)
    if sum(turn.state is TurnState.DONE for turn in turns) < len(LETTERS):
        return Transition(replace(ballot, state=BallotState.VOID, due_at=None))
    card = OutboxMessage(
        id=f"ballot:{ballot.id}:card",
        kind=MessageKind.BALLOT,
        place=ballot.place,
        subject_id=ballot.id,
        due_at=now,
    )
    return Transition(replace(ballot, state=BallotState.OPEN, due_at=None), (card,))


def voted(ballot: Ballot, user_id: str, choice: Choice) -> Transition[Ballot]:
    """Somebody's vote, in place of the one given before; in a blind test the first one stays.

    Whoever voted there was told which is which, so a second vote would not be blind.
    """
    if ballot.state is BallotState.CLOSED:
        raise StaleState("This blind test has ended, so votes are closed.")
    if ballot.state is not BallotState.OPEN:
        raise StaleState("There is nothing to vote on here.")
    if ballot.blind and user_id in ballot.votes:
        return Transition(ballot)
    return Transition(replace(ballot, votes={**ballot.votes, user_id: choice}))


def closed(ballot: Ballot) -> Ballot:
    """Its comparison has ended: a blind one is told to everybody, one without both answers is not asked any more."""
    if not ballot.blind or ballot.state not in (BallotState.OPEN, BallotState.WAITING):
        return ballot
    state = BallotState.CLOSED if ballot.state is BallotState.OPEN else BallotState.VOID
    return replace(ballot, state=state, due_at=None)


def made_blind(conversation: Conversation) -> Transition[Conversation]:
    """From the next message on, answers do not say whose they are, until the comparison ends."""
    if conversation.ended_by:
        raise StaleState("This comparison has ended.")
    return Transition(replace(conversation, blind=True))


def is_secret(conversation: Conversation) -> bool:
    """Whether nobody may be told which model is which, or how the votes stand."""
    return conversation.blind and conversation.ended_by is None


def heading(conversation: Conversation, turn: Turn) -> str:
    """What stands above an answer: "A · tone", or "A" where which is which is hidden; empty outside comparisons."""
    if not turn.letter or conversation.blind:
        return turn.letter
    return f"{turn.letter} · {conversation.other_title if turn.other else conversation.title}"


def took(usage: Usage, model: ModelInfo | None) -> str:
    """What an answer took: "21 tokens in, 34 out · $0.000047"; `model` gives its price, if that is known."""
    tokens = f"{usage.asked:,} tokens in, {usage.answered:,} out"
    if model is None or model.input_usd is None or model.output_usd is None:
        return tokens
    both = total((cost(usage.asked, model.input_usd), cost(usage.answered, model.output_usd)))
    return f"{tokens} · ${f'{in_dollars(both):.6f}'.rstrip('0').rstrip('.')}"


def tally(ballots: Iterable[Ballot]) -> Tally:
    """The votes of all these ballots, counted."""
    counted = Counter(choice for ballot in ballots for choice in ballot.votes.values())
    return Tally(counted[Choice.MODEL], counted[Choice.OTHER], counted[Choice.SAME])
