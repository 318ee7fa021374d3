"""The App Home of one person, gathered from what exists for them; changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.access import Viewer
from bot.domain.budgets import Standing, month_of
from bot.domain.home import Home, Listed
from bot.domain.jobs.job import ENDED, LIVE, Job
from bot.domain.places import Place
from bot.ports import Clock, Storage
from bot.services.approvals.decisions import DecisionService
from bot.services.models.resolver import ModelResolver

JOBS = 10  # under way
RECENT = 5  # that ended
MODELS = 5
BUDGETS = 3  # channels whose budgets are shown


@dataclass(frozen=True)
class HomeService:
    """The one use case."""

    storage: Storage
    decisions: DecisionService
    resolver: ModelResolver
    clock: Clock

    async def of(self, viewer: Viewer) -> Home:
        """What this person finds, their own jobs before those of others."""
        waiting = await self.decisions.awaiting(viewer)
        theirs = {each.job.id for each in waiting}
        jobs = self.storage.jobs
        live = await jobs.listed(viewer.sight, JOBS + len(waiting), LIVE, first=viewer.user_id)
        under_way = [job for job in live.rows if job.id not in theirs][:JOBS]
        ended = await jobs.listed(viewer.sight, RECENT, ENDED, first=viewer.user_id)
        models = await self.resolver.answering(viewer.sight, MODELS)
        month = month_of(self.clock.now())
        shown = [*(each.job for each in waiting), *under_way, *ended.rows]
        return Home(
            month=month,
            waiting=tuple(waiting),
            under_way=Listed(tuple(under_way), live.total - len(waiting) - len(under_way)),
            recent=Listed(ended.rows, ended.beyond(RECENT)),
            models=Listed(models.rows, models.beyond(MODELS)),
            budgets=tuple(await self._budgets(viewer, month, shown)),
        )

    async def _budgets(self, viewer: Viewer, month: str, shown: Iterable[Job]) -> list[Standing]:
        """The workspace's for its full members, and those with a limit of the channels of what is shown."""
        channels = list(dict.fromkeys(job.place.channel_id for job in shown))[:BUDGETS]
        standings = self.storage.budgets.standings
        found = [await standings(Place(viewer.workspace, each), month) for each in channels]
        limited = [channel for channel, _ in found if channel.budget.limit is not None]
        if not viewer.member.is_full:
            return limited
        _, workspace = found[0] if found else await standings(Place(viewer.workspace, ""), month)
        return [*limited, workspace]
