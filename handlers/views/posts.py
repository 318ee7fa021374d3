"""Which renderer shows which kind of post."""

from datetime import datetime

from bot.domain.budgets import Funded
from bot.domain.comparisons import Ballot, Comparison
from bot.domain.conversations import Conversation
from bot.domain.dataset.errands import Errand
from bot.domain.dataset.lifecycle import Dataset
from bot.domain.jobs import Job
from bot.domain.policy import Policy
from bot.domain.work import Post, PostKind
from bot.ports import Subject
from handlers.views import chats, comparisons, datasets, jobs, talk, tools
from handlers.views.blocks import Message


def render(  # noqa: PLR0911  one line per kind
    post: Post, subject: Subject, policy: Policy, now: datetime
) -> Message:
    """What a post says of its subject as it is at `now`. Raises TypeError when the subject is of another kind."""
    match post.kind, subject:
        case PostKind.DATASET_CARD, Dataset():
            return datasets.card(subject)
        case PostKind.JOB_CARD | PostKind.JOB_ENDED | PostKind.JOB_REJECTED, Job() | Funded():
            return _of_job(post.kind, subject, policy, now)
        case PostKind.CHAT_CARD, Conversation():
            return chats.card(subject)
        case PostKind.CHAT_ENDED, Conversation():
            return chats.ended(subject)
        case PostKind.CHAT_CARD, Comparison():
            return comparisons.card(subject)
        case PostKind.CHAT_ENDED, Comparison():
            return comparisons.ended(subject)
        case PostKind.BALLOT, Ballot():
            return comparisons.ballot(subject)
        case PostKind.ERRAND, Errand():
            return tools.result(subject)
        case PostKind.WELCOME, _:
            return talk.welcome()
        case _:
            raise TypeError(f"a {post.kind} cannot show {type(subject).__name__}")


def _of_job(kind: PostKind, subject: Job | Funded, policy: Policy, now: datetime) -> Message:
    job, money = (subject.job, subject.funds) if isinstance(subject, Funded) else (subject, ())
    if kind is PostKind.JOB_CARD:
        return jobs.card(job, policy, now, money)
    return jobs.ended(job, money) if kind is PostKind.JOB_ENDED else jobs.rejected(job)
