"""Which renderer shows which kind of our messages."""

from datetime import datetime

import msgspec

from bot.domain.budgets import Funded
from bot.domain.chats import Conversation
from bot.domain.comparisons import Ballot, Comparison
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.digests import Digest
from bot.domain.jobs.job import Job
from bot.domain.outbox import ADRIFT, LINK, PRIVATE, MessageKind, OutboxMessage
from bot.domain.transforms.lifecycle import Transform
from bot.ports import Subject
from handlers.views import about, chats, comparisons, digests, models, transforms
from handlers.views.approvals import requests
from handlers.views.blocks import Message, context, section
from handlers.views.datasets import cards as dataset_cards
from handlers.views.jobs import cards as job_cards
from handlers.views.jobs import thread_updates
from handlers.views.spelling import spelled, where

ANSWER = "The message that this answers was deleted, so it stands here."
CARD = "The message with this file was deleted, so its card stands here."
OTHER = "The message that this belongs under was deleted, so it stands here."


def adrift(message: Message, why: str) -> Message:
    """The same message below the reason why it is not where it belongs."""
    shown = message.blocks or [section(message.text)]
    return Message(f"{why} {message.text}", [context(why), *shown])


_PRIVATE = "🔒 This model is only for people in this channel. *Details* can share it with another one."


def render(message: OutboxMessage, subject: Subject, now: datetime) -> Message:
    """What a message says of its subject as it is at `now`. Raises TypeError when the subject is of another kind."""
    place = message.place
    shown = spelled(_told(message, subject, now), where(place.channel_id, place.thread_ts))
    if PRIVATE in message.data:
        shown = Message(shown.text, [*shown.blocks, context(_PRIVATE)])
    if ADRIFT not in message.data:
        return shown
    return adrift(shown, CARD if message.kind is MessageKind.DATASET_CARD else OTHER)


def _told(  # noqa: C901, PLR0911, PLR0912  one line per kind
    message: OutboxMessage, subject: Subject, now: datetime
) -> Message:
    match message.kind, subject:
        case MessageKind.DATASET_CARD, Dataset():
            return dataset_cards.card(subject)
        case MessageKind.JOB_CARD | MessageKind.JOB_ENDED | MessageKind.JOB_REJECTED, Job() | Funded():
            return _of_job(message, subject, now)
        case MessageKind.JOB_NOTE, Job() | Funded():
            return requests.note(subject, message.data)
        case MessageKind.MODEL_SHARED, Job():
            return models.share_told(subject, message.data, message.place.channel_id)
        case MessageKind.JOB_STORY, Job():
            return thread_updates.told(subject, message.data)
        case MessageKind.CHAT_CARD, Conversation():
            return chats.card(subject)
        case MessageKind.CHAT_ENDED, Conversation() if "model_gone" in message.data:
            return chats.model_gone(subject)
        case MessageKind.CHAT_ENDED, Comparison() if "model_gone" in message.data:
            return chats.model_gone(subject.conversation)
        case MessageKind.CHAT_ENDED, Conversation():
            return chats.ended(subject)
        case MessageKind.CHAT_LINK, Conversation():
            return chats.link(subject, str(message.data.get(LINK, "")))
        case MessageKind.CHAT_LINK, Comparison():
            return comparisons.link(subject.conversation, str(message.data.get(LINK, "")))
        case MessageKind.CHAT_OVER, Conversation():
            return chats.over(subject)
        case MessageKind.CHAT_OVER, Comparison():
            return comparisons.over(subject)
        case MessageKind.CHAT_CARD, Comparison():
            return comparisons.card(subject)
        case MessageKind.CHAT_ENDED, Comparison():
            return comparisons.ended(subject)
        case MessageKind.BALLOT, Ballot():
            return comparisons.ballot(subject)
        case MessageKind.ERRAND, Transform():
            return transforms.result(subject)
        case MessageKind.DIGEST, _:
            return digests.week(msgspec.convert(message.data, Digest))
        case MessageKind.WELCOME, _:
            return about.welcome()
        case MessageKind.HINT, _:
            return about.hint()
        case _:
            raise TypeError(f"a {message.kind} cannot show {type(subject).__name__}")


def _of_job(message: OutboxMessage, subject: Job | Funded, now: datetime) -> Message:
    link = str(message.data.get(LINK, ""))
    job, under = (subject.job, subject.funds) if isinstance(subject, Funded) else (subject, ())
    match message.kind, subject:
        case MessageKind.JOB_CARD, Funded():
            return requests.card(subject)
        case MessageKind.JOB_CARD, _:
            return job_cards.card(job, now)
        case MessageKind.JOB_ENDED, _:
            return job_cards.ended(job, under, link)
        case _:
            return job_cards.rejected(job, link)
