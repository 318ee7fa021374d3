"""What jobs take of a month's money, what a budget leaves, and who may go beyond it; knows no place where it is kept.

A job takes money of the calendar month (UTC) in which it was
asked for, whenever it ends: its estimate from the request on, its real cost from its end on. What a job takes
follows from the job alone; there is no second book that could say something else.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain.audit import Did, Entry
from bot.domain.briefing import NOTHING_KNOWN, Briefing
from bot.domain.jobs.job import LIVE, Job, JobState
from bot.domain.money import NO_MONEY, Money, dollars, in_dollars, of_dollars
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.errors import BadInput, OverBudget

MOST = of_dollars(10_000_000)  # ten million dollars: more is a slip of the finger
MAX_OVERRIDERS = 20
_ENDED_AT_PROVIDER = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.LOST})


@dataclass(frozen=True, slots=True)
class Budget:
    """How much training may cost in a month: in one channel, or with no `channel_id` in the whole workspace.

    `limit` is None when there is none. `overriders` are the ids of those whose yes counts beyond it.
    """

    workspace: str
    channel_id: str
    limit: Money | None = None
    overriders: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """As in "the budget of …"."""
        return f"<#{self.channel_id}>" if self.channel_id else "the workspace"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a job takes of its month: `reserved` until its end, `spent` from then on."""

    reserved: Money = NO_MONEY
    spent: Money = NO_MONEY


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget in one month: what training takes of it, and what `chats` do, with those that are under way."""

    budget: Budget
    month: str
    reserved: Money = NO_MONEY
    spent: Money = NO_MONEY
    chats: Money = NO_MONEY

    @property
    def left(self) -> Money | None:
        """What can still be reserved, below zero when more was spent; None without a limit."""
        limit = self.budget.limit
        return None if limit is None else Money(limit - self.reserved - self.spent - self.chats)


Funds = tuple[Standing, ...]
"""The budgets with a limit under which a job stands, in its month, as they are without this job.

What other requests that still wait have reserved counts only if they were made earlier.
"""


@dataclass(frozen=True, slots=True)
class Overrun:
    """A budget that a job does not fit into: `by` how much, or None since the job's price is unknown."""

    standing: Standing
    by: Money | None

    @property
    def budget(self) -> Budget:
        """The one that is too small."""
        return self.standing.budget


@dataclass(frozen=True, slots=True)
class Funded:
    """A job with the budgets and the rules under which it stands, for whoever shows it.

    `short` says that fewer people may approve it than have to, empty when there are enough. `briefing` is what an
    approver has to know besides.
    """

    job: Job
    funds: Funds
    policy: Policy
    short: str = ""
    briefing: Briefing = NOTHING_KNOWN

    @property
    def revision(self) -> int:
        """The job's."""
        return self.job.revision


def month_of(moment: datetime) -> str:
    """The calendar month in UTC, as in "2026-11"."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def taken(job: Job) -> Taken:
    """What the job takes. A price that nobody knows reserves nothing."""
    if job.state in LIVE:
        return Taken(reserved=job.estimate.price or NO_MONEY)
    if job.state in _ENDED_AT_PROVIDER:
        return Taken(spent=_settled(job))
    return Taken()


def _settled(job: Job) -> Money:
    """The real cost; where the provider tells none, what it may be at most.

    Of a training that broke off, providers bill the steps done and may not say how many tokens these were. A job
    that got lost may have run to its end.
    """
    if job.cost is not None:
        return job.cost
    estimated = job.estimate.price or NO_MONEY
    if job.state in (JobState.SUCCEEDED, JobState.LOST):
        return estimated
    step, total = job.training.step, job.training.total_steps
    if not step:
        return NO_MONEY
    return min(estimated, Money(-(-estimated * step // total))) if total else estimated


def overruns(job: Job, funds: Funds) -> tuple[Overrun, ...]:
    """The budgets that the job does not fit into; without any, whoever may approve it may spend it."""
    if job.estimate.price is None:
        return tuple(Overrun(standing, None) for standing in funds)
    amount = taken(job).reserved
    found = ((standing, Money(amount - standing.left)) for standing in funds if standing.left is not None)
    return tuple(Overrun(standing, by) for standing, by in found if by > 0)


def within(
    transition: Transition[Job], funds: Funds, deciders: Collection[str], now: datetime
) -> Transition[Job]:
    """The decision, if the money is there or one of those who said yes may go beyond each budget that is too small.

    `deciders` are the people whose yes the approval rests on; nobody when the policy approves by itself. A decision
    that approves nothing passes.

    Raises:
        OverBudget: nobody among them may; the sentence says who may.
    """
    job = transition.row
    if job.state is not JobState.APPROVED:
        return transition
    over = overruns(job, funds)
    entries: list[Entry] = []
    for each in over:
        allowed = sorted(each.budget.overriders.intersection(deciders))
        if not allowed:
            raise OverBudget(refusal(each))
        entries.append(_overridden(job, each, allowed[0], now))
    return replace(transition, entries=(*transition.entries, *entries))


def refusal(over: Overrun) -> str:
    """Why nobody else may approve, and what can be done."""
    budget = over.budget
    people = mentions(budget.overriders)
    who = f"Only {people} may approve beyond it" if people else "Nobody is named who may approve beyond it"
    mend = f"{who}; an approver can change it with `/finetune budget`."
    if over.by is None:
        return f"{capital(budget.where)} has a budget, and what this job costs is unknown. {mend}"
    return f"This is {dollars(over.by)} over the budget of {budget.where} for {over.standing.month}. {mend}"


def changed(
    budget: Budget, limit: Money | None, overriders: Iterable[str], by: str, now: datetime
) -> Transition[Budget]:
    """Another limit, or other people who may go beyond it. Raises BadInput when a value is off."""
    people = frozenset(overriders)
    if limit is not None and not 0 <= limit <= MOST:
        raise BadInput(f"A budget goes from $0 to {dollars(MOST)} a month.", "limit")
    if len(people) > MAX_OVERRIDERS:
        raise BadInput(f"Name up to {MAX_OVERRIDERS} people.", "overriders")
    new = replace(budget, limit=limit, overriders=people)
    entry = Entry(
        at=now,
        workspace=budget.workspace,
        channel_id=budget.channel_id,
        who=by,
        what=Did.BUDGET_CHANGED,
        subject=budget.channel_id or "workspace",
        details={
            "usd": _usd(limit),
            "before_usd": _usd(budget.limit),
            "overriders": " ".join(sorted(people)),
            "overriders_before": " ".join(sorted(budget.overriders)),
        },
    )
    return Transition(new, entries=(entry,) if new != budget else ())


def mentions(user_ids: Collection[str]) -> str:
    """People as Slack mentions, for a sentence; empty when there are none."""
    return ", ".join(f"<@{user_id}>" for user_id in sorted(user_ids))


def capital(words: str) -> str:
    """With a capital letter, at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def _usd(amount: Money | None) -> float | None:
    return None if amount is None else in_dollars(amount)


def _overridden(job: Job, over: Overrun, by: str, now: datetime) -> Entry:
    return Entry(
        at=now,
        workspace=job.place.workspace,
        channel_id=over.budget.channel_id,
        who=by,
        what=Did.OVERRIDDEN,
        subject=job.id,
        details={
            "budget_usd": _usd(over.budget.limit),
            "over_usd": _usd(over.by),
            "month": over.standing.month,
        },
    )
