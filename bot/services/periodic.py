"""The line of work that is done again and again: which chore is whose."""

from dataclasses import dataclass

from bot.domain import periodic
from bot.domain.outbox import Moved
from bot.domain.periodic import Chore, ChoreKind
from bot.errors import Temporary
from bot.ports import Claim, Clock, Reporter, Storage
from bot.services.digests import DigestService
from bot.services.leaving import Leaving
from bot.services.old_files import OldFiles
from bot.services.retention import Retention


@dataclass(frozen=True)
class ChoreService:
    """Hands each chore to whoever does it; a fault that may pass puts it off."""

    storage: Storage
    digests: DigestService
    old_files: OldFiles
    retention: Retention
    leaving: Leaving
    clock: Clock
    log: Reporter

    async def step(self, claim: Claim[Chore]) -> None:
        """Do it once."""
        does = {
            ChoreKind.DIGEST: self.digests.make,
            ChoreKind.OLD_FILES: self.old_files.remove,
            ChoreKind.RETENTION: self.retention.forget,
            ChoreKind.FAREWELL: self.leaving.purge,
        }
        try:
            await does[claim.row.kind](claim)
        except Temporary as fault:
            self.log.warning("chore put off", chore=claim.row.id)
            retry_after = fault.retry_after
            await self.storage.chores.change(
                claim.row.id, lambda c: periodic.put_off(c, self.clock.now(), retry_after), token=claim.token
            )

    def trouble(self, chore: Chore, reference: str) -> Moved[Chore]:
        """After a fault that nobody foresaw: again later."""
        self.log.warning("chore put off", chore=chore.id, reference=reference)
        return periodic.put_off(chore, self.clock.now(), None)
