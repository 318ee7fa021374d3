"""What a job means for the budgets under which it stands, in sentences; takes values, asks nobody."""

import calendar
from dataclasses import replace

from bot.domain.budgets import Funds, Overrun, Standing, capital, mentions, overruns, taken
from bot.domain.jobs.job import Job
from bot.domain.money import NO_MONEY, Money, dollars
from handlers.ids import COMMAND


def month(name: str) -> str:
    """As in "November 2026", of "2026-11"."""
    year, _, number = name.partition("-")
    return f"{calendar.month_name[int(number)]} {year}"


def left(standing: Standing) -> str:
    """As in "$12.00 left of $200.00"; for budgets with a limit."""
    rest, limit = standing.left or NO_MONEY, dollars(standing.budget.limit or NO_MONEY)
    return (
        f"{dollars(Money(-rest))} over the limit of {limit}"
        if rest < 0
        else f"{dollars(rest)} left of {limit}"
    )


def warnings(job: Job, funds: Funds) -> list[str]:
    """By how much a waiting request is over which budget, and who may approve it all the same."""
    return [_over(each) for each in overruns(job, funds)]


def effects(job: Job, funds: Funds) -> list[str]:
    """What a waiting request leaves of the budgets that it fits into."""
    over = {each.budget for each in overruns(job, funds)}
    return [
        f"Leaves {dollars(_with(each, job).left or NO_MONEY)} of the {dollars(each.budget.limit or NO_MONEY)} that "
        f"{each.budget.where} may spend in {month(each.month)}."
        for each in funds
        if each.budget not in over
    ]


def after(job: Job, funds: Funds) -> list[str]:
    """How the budgets stand once a job has ended."""
    return [
        f"{capital(each.budget.where)}: {left(_with(each, job))} for {month(each.month)}." for each in funds
    ]


def stopped(job: Job) -> str:
    """What a job cost that was cancelled, as far as anybody knows."""
    if not job.seen_by_provider:
        return "Nothing was paid: it never reached the provider."
    if job.cost is not None:
        return f"It cost {dollars(job.cost)}." if job.cost else "Nothing was paid."
    most = taken(job).spent
    if not most:
        return "Nothing was paid: the training had not begun."
    return f"It cost {dollars(most)} at most; the provider has not said how much was trained."


def _over(over: Overrun) -> str:
    budget = over.budget
    people = mentions(budget.overriders)
    nobody = f"Nobody is named who may approve it; `{COMMAND} budget` changes that"
    who = f"Only {people} may approve it" if people else nobody
    of = f"the budget of {budget.where} for {month(over.standing.month)}"
    if over.by is None:
        return f"⚠️ The price is unknown, and there is {of}. {who}."
    return f"⚠️ {dollars(over.by)} over {of}. {who}."


def _with(standing: Standing, job: Job) -> Standing:
    amount = taken(job)
    return replace(
        standing,
        reserved=Money(standing.reserved + amount.reserved),
        spent=Money(standing.spent + amount.spent),
    )
