"""Runs what is done again and again: each kind of periodic task when its trigger says, once on all replicas."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.domain import periodic
from bot.domain.periodic import NOWHERE, Done, PeriodicTask, PeriodicTaskKind
from bot.domain.work_queue import Transition
from bot.errors import ProviderRefused, Temporary
from bot.ports import Claim, Clock, Logger, Storage, Trigger

REFUSED_PAUSE = 3600.0  # seconds before asking a provider again that refuses


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A line of the schedule: what is run, and when it is due again.

    Without a `trigger` it is run once each time that somebody asks for it. `always` is the id of the one row of a kind
    that nobody has to ask for.
    """

    kind: PeriodicTaskKind
    trigger: Trigger | None
    run: Callable[[Claim[PeriodicTask]], Awaitable[Done]]
    always: str = ""


@dataclass(frozen=True)
class PeriodicService:
    """The schedule, and one step of it; a fault that may pass puts a task off."""

    storage: Storage
    schedule: Sequence[Scheduled]
    clock: Clock
    log: Logger

    async def begin(self) -> None:
        """Have what nobody has to ask for run from now on; what was missed meanwhile is due."""
        for each in self.schedule:
            if each.always:
                await self.storage.periodic.add(
                    PeriodicTask(each.always, each.kind, NOWHERE, due_at=self.clock.now())
                )

    async def step(self, claim: Claim[PeriodicTask]) -> None:
        """Run it once, and save with what it came to when it is due again."""
        scheduled = next(each for each in self.schedule if each.kind is claim.row.kind)
        due_at = scheduled.trigger.after(self.clock.now()) if scheduled.trigger is not None else None
        try:
            run = await scheduled.run(claim)
        except (Temporary, ProviderRefused) as fault:
            self.log.warning("periodic task put off", task=claim.row.id, why=str(fault))
            retry_after = fault.retry_after if isinstance(fault, Temporary) else REFUSED_PAUSE
            await self._save(claim, lambda task: periodic.put_off(task, self.clock.now(), retry_after))
        else:
            await self._save(claim, lambda task: periodic.done(task, run, due_at))

    def trouble(self, task: PeriodicTask, reference: str) -> Transition[PeriodicTask]:
        """After a fault that nobody foresaw: again later."""
        self.log.warning("periodic task put off", task=task.id, reference=reference)
        return periodic.put_off(task, self.clock.now(), None)

    async def _save(
        self, claim: Claim[PeriodicTask], step: Callable[[PeriodicTask], Transition[PeriodicTask]]
    ) -> None:
        await self.storage.periodic.change(claim.row.id, step, token=claim.token)
