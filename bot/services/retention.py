"""Words that are kept no longer: what is old, and what a workspace left behind that removed the app."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.domain import periodic
from bot.domain.approvals import requests
from bot.domain.audit import BOT, Did, Entry
from bot.domain.datasets import lifecycle
from bot.domain.periodic import DAY, PeriodicTask
from bot.errors import StaleState
from bot.ports import Claim, Clock, Logger, Storage


@dataclass(frozen=True)
class Retention:
    """A look once a day; after `chat_days` and `report_days` they are forgotten, 0: never."""

    storage: Storage
    clock: Clock
    log: Logger
    chat_days: int
    report_days: int

    async def begin(self) -> None:
        """Have what is kept looked over from now on."""
        await self.storage.periodic.add(periodic.retention(self.clock.now()))

    async def forget(self, claim: Claim[PeriodicTask]) -> None:
        """Forget what is old; numbers stay."""
        now, chats, reports = self.clock.now(), 0, 0
        if self.chat_days:
            chats = await self.storage.words.of_chats_before(now - timedelta(days=self.chat_days))
        if self.report_days:
            before = now - timedelta(days=self.report_days)
            for dataset in await self.storage.datasets.with_old_words(before):
                await self.storage.datasets.change(dataset.id, lifecycle.words_forgotten)
                reports += 1
        await self.storage.words.wipe()
        await self.storage.periodic.change(
            claim.row.id, lambda c: periodic.done(c, now, now + DAY), token=claim.token
        )
        self.log.info("old words forgotten", messages=chats, reports=reports)


@dataclass(frozen=True)
class AppRemoval:
    """Writes down that the app was removed, then does what that asks for; done again after a crash it does the rest."""

    storage: Storage
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def removed(self, workspace: str) -> None:
        """Somebody removed the app from this workspace; telling it twice is once."""
        task, now = periodic.farewell(workspace, self.clock.now()), self.clock.now()
        await self.storage.periodic.add(task)
        await self.storage.periodic.change(task.id, lambda known: periodic.again(known, now))
        self.log.warning("app removed", workspace=workspace)
        self.wake()

    async def token_revoked(self) -> None:
        """A token was taken from us, perhaps only for another one: nothing is removed, and no work needs it now."""
        self.log.error("token revoked: install the app anew and start it with the new token")

    async def purge(self, claim: Claim[PeriodicTask]) -> None:
        """Stop the jobs, delete the datasets, here and at the provider, and the conversations."""
        workspace, now = claim.row.place.workspace, self.clock.now()
        for job in await self.storage.jobs.live_in(workspace):
            with suppress(StaleState):  # it has ended meanwhile
                await self.storage.jobs.change(job.id, lambda each: requests.stopped(each, BOT, now))
        for dataset in await self.storage.datasets.in_workspace(workspace):
            await self.storage.datasets.change(dataset.id, lambda each: lifecycle.delete_asked(each, "", now))
        await self.storage.words.of_workspace(workspace)
        await self.storage.words.wipe()
        entry = Entry(
            at=now, workspace=workspace, channel_id="", who=BOT, what=Did.APP_REMOVED, subject=workspace
        )
        await self.storage.audit.add(entry)
        await self.storage.periodic.change(claim.row.id, lambda c: periodic.over(c, now), token=claim.token)
        self.log.info("workspace forgotten", workspace=workspace)
        self.wake()
