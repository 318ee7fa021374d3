"""Loss charts on jobs' cards: drawn by a worker, sent to Slack, shown, the earlier one removed.

A chart is worth having and not worth holding anything up for: it has a row of its own, and when it cannot be made
or sent the card lives without it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.jobs import loss_chart
from bot.domain.jobs.job import ENDED, Job, LossChartFiles
from bot.domain.jobs.loss_chart import LossChart, describe
from bot.domain.jobs.training import Curve
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.work_queue import Transition, pause, slowly
from bot.domain.worker_tasks import DrawLossChart
from bot.errors import BotError, CurableRefusal, DiskFull, SlackRefused, StaleState, Temporary, room
from bot.ports import Claim, Clock, Images, Logger, Storage, Workers

TRIES = 6  # of one chart, about two minutes in all
LOOK_PAUSE = timedelta(seconds=5)  # until messages are looked at again that do not show the newest one yet


@dataclass(frozen=True)
class LossChartService:
    """One step of one chart; `folder` holds it until Slack has it."""

    storage: Storage
    workers: Workers
    images: Images
    clock: Clock
    log: Logger
    wake: Callable[[], None]
    folder: Path

    async def step(self, claim: Claim[LossChart]) -> None:
        """Draw what there is to draw, and remove what nothing shows any more; goes on after a crash at any line."""
        seen = claim.row
        try:
            chart, job = await self._settled(claim)
            curve = await self.storage.curves.get(job.id)
            due = loss_chart.next_at(chart, job, curve, self.clock.now())
            if due is not None and due <= self.clock.now():
                with room():
                    await self._draw(claim, job, curve)
                return
            again = await self._removed(claim, chart)
            due = min((when for when in (due, again) if when is not None), default=None)
            await self._change(claim, lambda p: loss_chart.rests(p, seen, due))
        except (CurableRefusal, DiskFull):
            wait = slowly(seen.attempts)
            await self._change(claim, lambda p: loss_chart.delayed(p, wait, self.clock.now()))
        except Temporary as fault:
            if seen.attempts + 1 >= TRIES:
                await self._give_up(claim, str(fault))
            else:
                wait = pause(seen.attempts, fault.retry_after)
                await self._change(claim, lambda p: loss_chart.delayed(p, wait, self.clock.now()))
        except StaleState:
            raise
        except BotError as refused:
            await self._give_up(claim, refused.code if isinstance(refused, SlackRefused) else str(refused))

    def trouble(self, chart: LossChart, reference: str) -> Transition[LossChart]:  # noqa: ARG002  as WorkQueue wants it
        """After a fault that nobody foresaw: some more tries, then without."""
        if chart.attempts + 1 >= TRIES:
            return loss_chart.given_up(chart)
        return loss_chart.delayed(chart, pause(chart.attempts, None), self.clock.now())

    async def _settled(self, claim: Claim[LossChart]) -> tuple[LossChart, Job]:
        """The chart with nothing under way: what an earlier try left is kept if the job shows it, else removed."""
        chart = claim.row
        job = await self.storage.jobs.get(chart.id)
        if job is None:
            raise StaleState("There is no job of this chart any more.")
        if not chart.begun:
            return chart, job
        if job.picture is not None and job.picture.file_id == chart.begun:
            curve, now = await self.storage.curves.get(job.id), self.clock.now()
            return await self._change(claim, lambda p: loss_chart.shown(p, job, curve, now, last=False)), job
        await self.images.delete(chart.begun)
        return await self._change(claim, loss_chart.dropped), job

    async def _draw(self, claim: Claim[LossChart], job: Job, curve: Curve) -> None:
        path = self.folder / f"{job.id}.png"
        says = describe(curve)
        before = job.picture.file_id if job.picture is not None else ""
        if before:  # named before the job's row forgets it: a crash in between must not lose it
            await self._change(claim, lambda p: loss_chart.replaces(p, before))

        async def begin(file_id: str) -> None:
            await self._change(claim, lambda p: loss_chart.begun(p, file_id))

        try:
            await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
            await self.workers.run(DrawLossChart(path, curve))
            file_id = await self.images.put(path, name=f"loss-{job.id}.png", title=says, begin=begin)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        last = job.state in ENDED
        shown = LossChartFiles(file_id, says, last=last)
        saved = await self.storage.jobs.change(job.id, lambda j: loss_chart.pictured(j, shown))
        now = self.clock.now()
        await self._change(claim, lambda p: loss_chart.shown(p, saved, curve, now, last=last))
        self.log.info("curve shown", job=job.id, file=file_id, points=len(curve.points))
        self.wake()

    async def _removed(self, claim: Claim[LossChart], chart: LossChart) -> datetime | None:
        """Remove earlier files, unless a message is still to show the newest one; then when to look again."""
        now = self.clock.now()
        if any(_behind(message, chart.since) for message in await self.storage.outbox.of(chart.id)):
            return now + LOOK_PAUSE
        if not chart.old:
            return None
        job = await self.storage.jobs.get(chart.id)
        current = job.picture.file_id if job is not None and job.picture is not None else ""
        for file_id in chart.old:
            if file_id != current:
                await self.images.delete(file_id)
        await self._change(claim, loss_chart.cleared)
        return None

    async def _give_up(self, claim: Claim[LossChart], why: str) -> None:
        self.log.warning("no picture of a curve", job=claim.row.id, why=why)
        await self._change(claim, loss_chart.given_up)

    async def _change(
        self, claim: Claim[LossChart], step: Callable[[LossChart], Transition[LossChart]]
    ) -> LossChart:
        return await self.storage.loss_charts.change(claim.row.id, step, token=claim.token)


def _behind(message: OutboxMessage, revision: int) -> bool:
    """Whether this is the card, has not shown this revision of the job, and Slack did not refuse it."""
    refused = message.due_at is None and bool(message.fault)
    return message.kind is MessageKind.JOB_CARD and message.drawn < revision and not refused
