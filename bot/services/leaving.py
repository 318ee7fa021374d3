"""The app was removed from a workspace: its work is stopped and what it kept of the workspace's words is removed.

The audit, the jobs and their figures stay: they say what was paid. So do the tuned models, which are the team's.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot.domain import periodic
from bot.domain.approvals import request_steps
from bot.domain.audit import BOT, Did, Entry
from bot.domain.datasets import lifecycle
from bot.domain.periodic import Chore
from bot.errors import StaleState
from bot.ports import Claim, Clock, Reporter, Storage


@dataclass(frozen=True)
class Leaving:
    """Writes down that the app was removed, then does what that asks for; done again after a crash it does the rest."""

    storage: Storage
    clock: Clock
    log: Reporter
    wake: Callable[[], None]

    async def removed(self, workspace: str) -> None:
        """Somebody removed the app from this workspace; telling it twice is once."""
        chore, now = periodic.farewell(workspace, self.clock.now()), self.clock.now()
        await self.storage.chores.add(chore)
        await self.storage.chores.change(chore.id, lambda known: periodic.again(known, now))
        self.log.warning("app removed", workspace=workspace)
        self.wake()

    async def token_revoked(self) -> None:
        """A token was taken from us, perhaps only for another one: nothing is removed, and no work needs it now."""
        self.log.error("token revoked: install the app anew and start it with the new token")

    async def purge(self, claim: Claim[Chore]) -> None:
        """Stop the jobs, delete the datasets, here and at the provider, and the conversations."""
        workspace, now = claim.row.place.workspace, self.clock.now()
        for job in await self.storage.jobs.live_in(workspace):
            with suppress(StaleState):  # it has ended meanwhile
                await self.storage.jobs.change(job.id, lambda each: request_steps.stopped(each, BOT, now))
        for dataset in await self.storage.datasets.in_workspace(workspace):
            await self.storage.datasets.change(dataset.id, lambda each: lifecycle.delete_asked(each, "", now))
        await self.storage.words.of_workspace(workspace)
        await self.storage.words.wipe()
        entry = Entry(
            at=now, workspace=workspace, channel_id="", who=BOT, what=Did.APP_REMOVED, subject=workspace
        )
        await self.storage.audit.add(entry)
        await self.storage.chores.change(claim.row.id, lambda c: periodic.over(c, now), token=claim.token)
        self.log.info("workspace forgotten", workspace=workspace)
        self.wake()
