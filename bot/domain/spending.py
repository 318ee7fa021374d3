"""What one answer of a model may cost and did, whether it may be asked for, and that all spending rests. Pure."""

import math
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.audit import Did, Entry
from bot.domain.budgets import Standing, capital
from bot.domain.catalog import ModelInfo
from bot.domain.chats import Turn, Usage
from bot.domain.decision_basis import ChatBasis, Pause
from bot.domain.jobs.job import Job
from bot.domain.money import NO_MONEY, Money, dollars
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition
from bot.errors import ModelNotAllowed, NotAllowed, SpendingPaused


@dataclass(frozen=True, slots=True)
class Sheet:
    """A month's money: how channel and workspace stand, and the newest jobs behind it.

    `jobs` are those of the channel; in a direct message, which has no jobs, all that exist for the person; there are
    `more` of them. `workspace` is None for guests and people of other organisations.
    """

    month: str
    channel: Standing | None
    workspace: Standing | None
    jobs: tuple[Job, ...]
    more: int = 0
    paused: Pause | None = None


def price(model: ModelInfo | None, usage: Usage) -> Money | None:
    """What so many tokens cost; None when nobody knows."""
    if model is None or model.input_usd is None or model.output_usd is None:
        return None
    return Money(math.ceil(usage.asked * model.input_usd + usage.answered * model.output_usd))


def check_running(pause: Pause | None) -> None:
    """Raise SpendingPaused while nothing that costs money may begin."""
    if pause is not None:
        raise SpendingPaused(
            "All spending is paused. It goes on after `/finetune pause-spending off`; `/finetune budget` says by "
            "whom it was paused."
        )


def begun(
    turn: Turn, most: Money | None, policy: Policy, basis: ChatBasis, now: datetime
) -> Transition[Turn]:
    """The model is asked now: what that costs at `most` is reserved until it is known. Chats go beyond no budget.

    Raises:
        SpendingPaused: somebody stopped all spending.
        NotAllowed: the person asked too much within the hour, or a budget does not have it.
    """
    check_running(basis.paused)
    if basis.lately >= policy.chats_per_hour:
        raise NotAllowed(
            f"You have had {basis.lately} answers within an hour, which is as many as one person gets here. Try again "
            "later; `/finetune policy` says the limit."
        )
    for standing in basis.funds:
        where = f"the budget of {standing.budget.where} for {standing.month}"
        if most is None:
            raise ModelNotAllowed(
                f"What this model costs is unknown, and there is {where}. An approver can change it with "
                "`/finetune budget`."
            )
        if standing.left is not None and most > standing.left:
            raise ModelNotAllowed(
                f"{capital(where)} has {dollars(max(NO_MONEY, standing.left))} left, and an answer may "
                f"cost {dollars(most)}. "
                "An approver can change it with `/finetune budget`."
            )
    return Transition(replace(turn, reserved=most or NO_MONEY, charged_at=turn.charged_at or now))


def settled(turn: Turn, cost: Money | None) -> Turn:
    """What the answer took is known; where nobody knows a price it took nothing that could be counted."""
    return replace(turn, reserved=NO_MONEY, spent=cost or NO_MONEY)


def paused(
    workspace: str, before: Pause | None, by: str, now: datetime, *, on: bool
) -> Transition[Pause | None]:
    """All spending rests from now on, or goes on; wanting it twice changes nothing."""
    if on == (before is not None):
        return Transition(before)
    what = Did.SPENDING_PAUSED if on else Did.SPENDING_RESUMED
    entry = Entry(at=now, workspace=workspace, channel_id="", who=by, what=what, subject="workspace")
    return Transition(Pause(by, now) if on else None, entries=(entry,))
