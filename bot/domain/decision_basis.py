"""What a decision rests on besides its own row, as it stands in the transaction that saves it; knows no table.

While a decision is being saved nobody else decides in its workspace: what is read here still holds when it is kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.budgets import Funds
from bot.domain.jobs.job import Job
from bot.domain.money import NO_MONEY, Money
from bot.domain.policies import Member, Policy
from bot.errors import StaleState

FRESH = timedelta(seconds=10)
"""How old what Slack said may be when a decision that rests on it is saved."""


@dataclass(frozen=True, slots=True)
class Pause:
    """That nothing which costs money may begin in a workspace: who wanted it so, and since when."""

    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Basis:
    """The rules of a channel and of its workspace, where they have any of their own, and whether spending rests."""

    channel: Policy | None = None
    workspace: Policy | None = None
    paused: Pause | None = None

    def policy(self, settings: Policy) -> Policy:
        """What holds: the channel's own rules, else the workspace's, else the settings'."""
        own = self.channel or self.workspace
        return settings if own is None else own.within(settings.channels)


@dataclass(frozen=True, slots=True)
class JobBasis(Basis):
    """What a decision on a job rests on.

    `funds` are its budgets as they are without it. `automatic` is what the rules approved by themselves for its
    requester lately. `ready` are the ids of the channel's datasets that can be trained on.
    """

    funds: Funds = ()
    automatic: Money = NO_MONEY
    ready: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ModelBasis(Basis):
    """What renaming a model rests on: the other models of its workspace, as the jobs that they came from."""

    others: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatBasis(Basis):
    """What asking a model rests on: the budgets as they are without this answer, and what the person asked lately.

    `lately` counts the answers that the person was given or is being given within an hour, without this one.
    """

    funds: Funds = ()
    lately: int = 0


@dataclass(frozen=True, slots=True)
class DatasetBasis(Basis):
    """What deleting a dataset rests on: the jobs that have not ended and need it."""

    needed_by: tuple[Job, ...] = ()


class Outdated(StaleState):
    """The decision rests on rules or people that are no longer as they were asked for; asked anew, it may hold.

    `people` are those of whom Slack has to be asked too.
    """

    def __init__(self, people: Collection[str] = ()) -> None:
        super().__init__("The rules changed at this very moment. Look at what holds now, and try again.")
        self.people = frozenset(people)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a decision was prepared with: the rules, and of people what Slack said under them, and when."""

    policy: Policy
    at: datetime
    people: Mapping[str, Member]

    def still(self, basis: Basis, settings: Policy, now: datetime) -> Policy:
        """The rules, if they hold still and Slack was asked just now. Raises Outdated."""
        if basis.policy(settings) != self.policy or now - self.at > FRESH:
            raise Outdated
        return self.policy

    def member(self, user_id: str) -> Member:
        """The person, with those of the groups that matter that they are in. Raises Outdated."""
        if user_id not in self.people:
            raise Outdated([user_id])
        return self.people[user_id]
