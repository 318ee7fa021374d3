"""A channel's week in a few lines: which jobs ended, what they cost, what waits, which models retire. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.budgets import Standing
from bot.domain.jobs.job import Job
from bot.domain.models import Model, ModelState
from bot.domain.money import NO_MONEY, Money, total
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place

RETIRES_SOON = 30  # days
MOST = 12  # lines of a kind; the rest is counted
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ended, and how."""

    title: str
    state: str
    usd: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that nobody has decided on."""

    title: str
    requested_by: str
    usd: float | None


@dataclass(frozen=True, slots=True)
class Retiring:
    """A model that will soon answer no more; `on` is the first day on which it does not, as an ISO date."""

    title: str
    days: int
    on: str


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """What a budget has of its month; `month` as in "2026-11"."""

    channel_id: str
    month: str
    limit: Money
    taken: Money


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened from `begin` until before `end`; each list holds at most MOST, the counts are of all.

    `spent` is what the jobs that ended have cost.
    """

    begin: datetime
    end: datetime
    ended: tuple[Ended, ...]
    waiting: tuple[Waiting, ...]
    retiring: tuple[Retiring, ...]
    ended_count: int
    waiting_count: int
    retiring_count: int
    spent: Money
    budgets: tuple[BudgetLine, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether there is anything to tell; a quiet week is no message."""
        return bool(self.ended_count or self.waiting_count or self.retiring_count)


def digest(
    begin: datetime,
    end: datetime,
    *,
    ended: Sequence[Job],
    waiting: Sequence[Job],
    models: Sequence[Model],
    funds: Sequence[Standing] = (),
) -> Digest:
    """The digest of what a channel has: the jobs that ended within the time, and what is so now."""
    soon = sorted((model for model in models if _soon_gone(model)), key=lambda model: model.retires_in or 0)
    return Digest(
        begin=begin,
        end=end,
        ended=tuple(Ended(job.title, job.state.value, job.cost_usd) for job in ended[:MOST]),
        waiting=tuple(Waiting(job.title, job.requested_by, job.estimate.usd) for job in waiting[:MOST]),
        retiring=tuple(_retiring(model) for model in soon[:MOST]),
        ended_count=len(ended),
        waiting_count=len(waiting),
        retiring_count=len(soon),
        spent=total(job.cost or NO_MONEY for job in ended),
        budgets=tuple(
            BudgetLine(
                each.budget.channel_id,
                each.month,
                each.budget.limit,
                total((each.reserved, each.spent, each.chats)),
            )
            for each in funds
            if each.budget.limit is not None
        ),
    )


def _soon_gone(model: Model) -> bool:
    """Whether it answers now and will not much longer."""
    days = model.retires_in
    return model.state is ModelState.ANSWERS and days is not None and days <= RETIRES_SOON


def _retiring(model: Model) -> Retiring:
    on = model.info.serves_until.isoformat() if model.info is not None and model.info.serves_until else ""
    return Retiring(model.job.title, model.retires_in or 0, on)


def message_of(place: Place, end: datetime, data: dict[str, object], now: datetime) -> OutboxMessage:
    """The message that tells the week until `end`: one for each channel and week."""
    message_id = f"digest:{place.workspace}:{place.channel_id}:{end.date().isoformat()}"
    return OutboxMessage(
        id=message_id, kind=MessageKind.DIGEST, place=place, subject_id="", data=data, due_at=now
    )
