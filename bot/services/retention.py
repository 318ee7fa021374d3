"""People's words that are old: what was said in chats, and what reports tell of a file line by line."""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain import periodic
from bot.domain.datasets import lifecycle
from bot.domain.periodic import DAY, Chore
from bot.ports import Claim, Clock, Reporter, Storage


@dataclass(frozen=True)
class Retention:
    """A look once a day; after `chat_days` and `report_days` they are forgotten, 0: never."""

    storage: Storage
    clock: Clock
    log: Reporter
    chat_days: int
    report_days: int

    async def begin(self) -> None:
        """Have what is kept looked over from now on."""
        await self.storage.chores.add(periodic.retention(self.clock.now()))

    async def forget(self, claim: Claim[Chore]) -> None:
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
        await self.storage.chores.change(
            claim.row.id, lambda c: periodic.done(c, now, now + DAY), token=claim.token
        )
        self.log.info("old words forgotten", messages=chats, reports=reports)
