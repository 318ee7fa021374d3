"""Talking with a model in a thread: conversations, their turns, and how much of the past fits the model's window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.money import NO_MONEY, Money
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition, backoff
from bot.errors import StaleState

TOKENS_PER_MESSAGE = 4  # role and separators of the chat format, as counted in OpenAI's cookbook, rounded up


STOP_WORDS = frozenset({"stop", "end", "quit", "bye"})


class TurnState(StrEnum):
    """`pending` waits for a worker, `answering` has begun; the others have ended."""

    PENDING = "pending"
    ANSWERING = "answering"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelGone:
    """That a model of a conversation was deleted at the provider: which, by its name there, and who asked for it."""

    model: str
    by: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A Slack thread bound to one model, or to two for a comparison; the thread hangs under its card.

    `request_key` names the click or command it came from, so that the same click is one conversation.
    `other_model` is the second model of a comparison; `blind`: answers do not say whose they are.
    """

    id: str
    request_key: str
    place: Place
    provider: str
    model: str
    title: str
    base_model: str
    started_by: str
    started_at: datetime
    system: str = ""
    job_id: str | None = None
    other_model: str = ""
    other_title: str = ""
    blind: bool = False
    ended_by: str | None = None
    gone: ModelGone | None = None
    revision: int = 0

    @property
    def compares(self) -> bool:
        """Whether two models answer here."""
        return bool(self.other_model)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer took, in tokens, as the provider counts them."""

    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a person in the thread and one model's answer to it.

    `message_ts` and `letter` are unique within the conversation: the same message delivered twice is one turn.
    In a comparison a message has two turns, A and B by their `letter`; `other` is that of the other model.
    `charged_at` is when the model was first asked; from then on `reserved` is what that may cost at most,
    until it is known what was `spent`. `answer_ts` is the message of ours that holds the answer, once
    there is one; a long one goes on in `more_ts`.
    """

    id: str
    conversation_id: str
    place: Place
    message_ts: str
    user_id: str
    team_id: str
    text: str
    asked_at: datetime
    letter: str = ""
    other: bool = False
    state: TurnState = TurnState.PENDING
    answer: str = ""
    usage: Usage | None = None
    reserved: Money = NO_MONEY
    spent: Money = NO_MONEY
    charged_at: datetime | None = None
    answer_ts: str | None = None
    more_ts: tuple[str, ...] = ()
    begun_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    fault: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Early:
    """A message in a thread whose root may be a card that is just being posted: it waits until that is known.

    `to_bot`: it names the bot, which answers if the thread is no conversation.
    """

    id: str
    place: Place
    message_ts: str
    user_id: str
    team_id: str
    text: str
    to_bot: bool
    due_at: datetime | None = None
    attempts: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a prompt: role is system, user or assistant."""

    role: str
    text: str


def says_stop(turn: Turn) -> bool:
    """Whether the message wants the conversation to end."""
    return is_stop(turn.text)


def is_stop(text: str) -> bool:
    """Whether these words, and no others, end a conversation."""
    return text.strip().lower().rstrip(".!") in STOP_WORDS


def messages_of(turn: Turn) -> tuple[str, ...]:
    """Every message of ours that holds a part of this turn's answer, in order."""
    return (turn.answer_ts, *turn.more_ts) if turn.answer_ts else ()


def model_of(conversation: Conversation, turn: Turn) -> str:
    """The name of the model that answers this turn."""
    return conversation.other_model if turn.other else conversation.model


def started(
    conversation: Conversation, now: datetime, asked_in: Place | None = None
) -> Transition[Conversation]:
    """A new conversation: its card opens the thread. Asked for in another thread, a link to it stands there."""
    card = OutboxMessage(
        id=_card(conversation),
        kind=MessageKind.CHAT_CARD,
        place=conversation.place,
        subject_id=conversation.id,
        due_at=now,
    )
    if asked_in is None:
        return Transition(conversation, (card,))
    link = OutboxMessage(
        id=f"conversation:{conversation.id}:link",
        kind=MessageKind.CHAT_LINK,
        place=asked_in,
        subject_id=conversation.id,
        under=card.id,
        due_at=now,
    )
    return Transition(conversation, (card, link))


def ended(
    conversation: Conversation, by: str, thread: Place | None, now: datetime
) -> Transition[Conversation]:
    """Somebody ended it, which its thread is told once; ending twice changes nothing.

    `thread` is None where only its card is known.
    """
    if conversation.ended_by:
        return Transition(conversation)
    message = OutboxMessage(
        id=f"conversation:{conversation.id}:ended",
        kind=MessageKind.CHAT_ENDED,
        place=thread or conversation.place,
        subject_id=conversation.id,
        under="" if thread else _card(conversation),
        due_at=now,
    )
    return Transition(replace(conversation, ended_by=by), (message,))


def model_gone(conversation: Conversation, model: str, by: str, now: datetime) -> Transition[Conversation]:
    """A model of it was deleted, which its thread is told once; of one that has ended already only the card says it."""
    if conversation.gone:
        return Transition(conversation)
    conversation = replace(conversation, gone=ModelGone(model, by))
    if conversation.ended_by:
        return Transition(conversation)
    message = OutboxMessage(
        id=f"conversation:{conversation.id}:ended",
        kind=MessageKind.CHAT_ENDED,
        place=conversation.place,
        subject_id=conversation.id,
        data={"model_gone": True},
        under=_card(conversation),
        due_at=now,
    )
    return Transition(replace(conversation, ended_by=by), (message,))


def over(conversation: Conversation, thread: Place, now: datetime) -> OutboxMessage:
    """Somebody wrote in its thread after it had ended: how to go on, said once."""
    return OutboxMessage(
        id=f"conversation:{conversation.id}:over",
        kind=MessageKind.CHAT_OVER,
        place=thread,
        subject_id=conversation.id,
        due_at=now,
    )


def _card(conversation: Conversation) -> str:
    """The id of the message that opens its thread."""
    return f"conversation:{conversation.id}:card"


def misplaced(early: Early, now: datetime) -> OutboxMessage:
    """The bot was spoken to with words it does not know, in a thread that turned out to be no conversation."""
    return OutboxMessage(
        id=f"early:{early.id}:hint",
        kind=MessageKind.HINT,
        place=early.place,
        subject_id="",
        due_at=now,
    )


def begun(turn: Turn, now: datetime) -> Transition[Turn]:
    """The answer is being written; said before Slack is asked for a message to write it into."""
    if turn.state not in (TurnState.PENDING, TurnState.ANSWERING):
        raise StaleState("This message was answered already.")
    return Transition(replace(turn, state=TurnState.ANSWERING, begun_at=turn.begun_at or now, fault=""))


def placed(turn: Turn, answer_ts: str) -> Transition[Turn]:
    """A message that takes the answer, or what an earlier one had no room for, exists."""
    if turn.answer_ts is None:
        return Transition(replace(turn, answer_ts=answer_ts))
    return Transition(replace(turn, more_ts=(*turn.more_ts, answer_ts)))


def spoken(turn: Turn, answer: str, usage: Usage | None = None) -> Transition[Turn]:
    """The model said all it had to say; kept before Slack is told, so that it is never asked (and paid) twice."""
    return Transition(replace(turn, answer=answer, usage=usage))


def answered(turn: Turn) -> Transition[Turn]:
    """The whole answer stands in the thread."""
    if turn.state is not TurnState.ANSWERING:
        raise StaleState("This message was answered already.")
    return Transition(replace(turn, state=TurnState.DONE, due_at=None, fault=""))


def unanswered(turn: Turn, sentence: str) -> Transition[Turn]:
    """The model cannot answer this one; the sentence says what to do."""
    return Transition(replace(turn, state=TurnState.FAILED, fault=sentence, due_at=None))


def delayed(turn: Turn, sentence: str, now: datetime, retry_after: float | None) -> Transition[Turn]:
    """A fault that may pass: the same turn once more, later."""
    if turn.state in (TurnState.DONE, TurnState.FAILED):
        return Transition(turn)
    wait = backoff(turn.attempts).total_seconds() if retry_after is None else retry_after
    return Transition(
        replace(
            turn,
            fault=sentence,
            due_at=datetime.fromtimestamp(now.timestamp() + wait, now.tzinfo),
            attempts=turn.attempts + 1,
        )
    )


def tokens(said: Sequence[Said], count: Callable[[str], int]) -> int:
    """How many tokens of a prompt are paid for, about."""
    return sum(count(each.text) + TOKENS_PER_MESSAGE for each in said)


def prompt(
    conversation: Conversation,
    turns: Sequence[Turn],
    *,
    window: int,
    answer_room: int,
    count: Callable[[str], int],
) -> tuple[Said, ...]:
    """What to send: system prompt, then as much of the past as fits, newest kept, ending with the open question.

    Args:
        conversation: gives the system prompt.
        turns: the thread so far, oldest first; the last one is the open question.
        window: the model's context window, tokens.
        answer_room: tokens kept free for the answer.
        count: counts the tokens of a text.
    """
    left = window - answer_room
    head = (Said("system", conversation.system),) if conversation.system else ()
    left -= sum(count(said.text) + TOKENS_PER_MESSAGE for said in head)
    kept: list[Said] = []
    for index, turn in enumerate(reversed(turns)):
        pair = [Said("user", turn.text)]
        if index:  # the open question has no answer yet
            if turn.state is not TurnState.DONE:
                continue
            pair.append(Said("assistant", turn.answer))
        left -= sum(count(said.text) + TOKENS_PER_MESSAGE for said in pair)
        if left < 0 and kept:
            break
        kept[:0] = pair
    return (*head, *kept)
