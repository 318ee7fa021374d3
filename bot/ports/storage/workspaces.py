"""Stores of what holds in channels and workspaces: budgets, rules, pauses, the audit."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from bot.domain.access import Sight
from bot.domain.audit import Entry
from bot.domain.budgets import Budget, Funds, Standing
from bot.domain.decision_basis import Basis, Pause
from bot.domain.jobs.job import Job
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition


class BudgetStore(Protocol):
    """Budgets of channels and workspaces, and how they stand."""

    async def change(self, budget: Budget, step: Callable[[Budget, Basis], Transition[Budget]]) -> Budget:
        """Apply the pure step to the budget of this channel or workspace as it is now, and save it with its audit.

        `budget` only names which; the step sees the rules that hold there. While it is saved, nobody else decides.
        In the same transaction the cards of all jobs that wait become due.
        """
        ...

    async def standings(self, place: Place, month: str) -> tuple[Standing, Standing]:
        """How the channel and the workspace stand in this month ("2026-11"), with or without a limit."""
        ...

    async def funds(self, job: Job) -> Funds:
        """The budgets with a limit under which this job stands, as they are without it."""
        ...


class PolicyStore(Protocol):
    """The rules of channels and workspaces that have some of their own."""

    async def of(self, place: Place) -> tuple[Policy | None, Policy | None]:
        """The rules of the channel and those of its workspace, where they have any of their own."""
        ...

    async def change(
        self, place: Place, step: Callable[[Policy | None, Basis], Transition[Policy | None]]
    ) -> Policy | None:
        """Apply the pure step to the rules of this channel, or with no `channel_id` of the workspace.

        The step sees the workspace's rules too; while it is saved, nobody else decides. None: it has none of its own.
        Waiting jobs and their cards become due in the same transaction.
        """
        ...


class WorkspaceStore(Protocol):
    """What holds for a whole workspace."""

    async def paused(self, workspace: str) -> Pause | None:
        """That all spending rests, if it does."""
        ...

    async def pause(self, workspace: str, step: Callable[[Basis], Transition[Pause | None]]) -> Pause | None:
        """Apply the pure step to what holds now, and save it; while it is saved, nobody else decides.

        Jobs that wait to be created become due in the same transaction.
        """
        ...


class AuditStore(Protocol):
    """What is kept for good; entries of a change come with it, see Moved.entries."""

    async def add(self, entry: Entry) -> None:
        """Keep what changed no row of ours, e.g. that somebody read the audit."""
        ...

    async def listed(
        self, sight: Sight, begin: datetime | None = None, end: datetime | None = None
    ) -> list[Entry]:
        """The entries in sight from `begin` until before `end`, in the order in which they were kept.

        Those of the whole workspace are in everybody's sight.
        """
        ...

    async def files_deleted(self, workspace: str, file_ids: Collection[str]) -> dict[str, datetime]:
        """Which of these files we deleted at the provider because they were old, and when."""
        ...

    async def places(self, workspace: str) -> frozenset[str]:
        """The ids of all channels of which there are entries."""
        ...


class PlaceStore(Protocol):
    """Where there is anything of ours."""

    async def of(self, workspace: str, user_id: str) -> frozenset[str]:
        """The ids of all channels of a workspace to which something belongs.

        Of direct messages only those in which this person shared or began something.
        """
        ...
