"""The one loop that makes the world match the rows: claim what is due, do one step, let go."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from bot.domain.work_queue import Transition
from bot.errors import StaleState
from bot.ports import Claim, Clock, Logger, Rows

Row = TypeVar("Row")
Step = Callable[[Claim[Row]], Awaitable[None]]
STALE_PAUSE = 0.2  # seconds before a row that moved under us is let go, so that two workers do not spin on it


@dataclass(eq=False)
class WorkQueue(Generic[Row]):
    """One kind of work: the rows of one store, each known by its `id`.

    `step` does one idempotent step on a claimed row. `trouble` says how the row goes on after a fault that
    nobody foresaw; it is given the reference code that was logged. `at_once` bounds the steps under way.
    """

    name: str
    rows: Rows[Row]
    step: Step[Row]
    trouble: Callable[[Row, str], Transition[Row]]
    at_once: int
    running: set[asyncio.Task[None]] = field(default_factory=set)


class Worker:
    """Works off every queue; `tick` from the scheduler, `wake` from whoever wrote a row.

    After each look it asks `next_due` when a row comes due next, and `alarm` to tick then. The ticks in between are for
    what nobody here could know of: a row that another replica wrote, or that one held which is no more.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        lease: float,
        log: Logger,
        next_due: Callable[[datetime], Awaitable[datetime | None]],
        alarm: Callable[[timedelta, Callable[[], Awaitable[None]]], None],
    ) -> None:
        self._queues: Sequence[WorkQueue[Any]] = ()
        self._next_due = next_due
        self._alarm = alarm
        self._alarmed: datetime | None = None
        self._clock = clock
        self._lease = lease
        self._log = log
        self._ticking: asyncio.Task[None] | None = None
        self._again = False
        self._stopped = False

    def serve(self, queues: Sequence[WorkQueue[Any]]) -> None:
        """Work these off from the next look on."""
        self._queues = queues

    def wake(self) -> None:
        """Look at the rows as soon as the event loop is free."""
        self._again = True
        if not self._stopped and (self._ticking is None or self._ticking.done()):
            self._ticking = asyncio.get_running_loop().create_task(self._look())

    async def tick(self) -> None:
        """What the scheduler calls: `wake`."""
        self.wake()

    async def drain(self, seconds: float) -> None:
        """Claim nothing more, let steps under way finish for `seconds`, then end them.

        Their rows stay due: whoever starts next goes on with them.
        """
        self._stopped = True
        if self._ticking is not None:
            await asyncio.wait({self._ticking}, timeout=seconds)
        under_way = {task for queue in self._queues for task in queue.running}
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _look(self) -> None:
        while self._again and not self._stopped:
            self._again = False
            for queue in self._queues:
                try:
                    await self._fill(queue)
                except Exception:  # noqa: BLE001  the database is away: the next tick looks again
                    self._log.exception("claiming failed", work=queue.name)
            if not self._again:
                await self._set_alarm()

    async def _set_alarm(self) -> None:
        """Look again as soon as a row comes due."""
        now = self._clock.now()
        try:
            due = await self._next_due(now)
        except Exception:  # noqa: BLE001  the database is away: the next tick looks again
            self._log.exception("next row not known")
            return
        if due is not None and due != self._alarmed:
            self._alarmed = due
            self._alarm(due - now, self.tick)

    async def _fill(self, queue: WorkQueue[Any]) -> None:
        while len(queue.running) < queue.at_once and not self._stopped:
            claim = await queue.rows.claim(self._clock.now(), self._lease)
            if claim is None:
                return
            task = asyncio.get_running_loop().create_task(self._run(queue, claim))
            queue.running.add(task)
            task.add_done_callback(queue.running.discard)

    async def _run(self, queue: WorkQueue[Any], claim: Claim[Any]) -> None:
        row_id: str = claim.row.id
        step = asyncio.ensure_future(queue.step(claim))
        keeper = asyncio.get_running_loop().create_task(self._keep(queue, row_id, claim.token, step))
        try:
            await step
        except StaleState as stale:
            self._log.info("row moved on", work=queue.name, id=row_id, why=str(stale))
            await asyncio.sleep(STALE_PAUSE)
        except asyncio.CancelledError:
            step.cancel()
            if not self._stopped:
                self._log.warning("lease lost", work=queue.name, id=row_id)
        except Exception:  # noqa: BLE001  whatever it is, the row must go on
            await self._trouble(queue, row_id, claim.token)
        finally:
            keeper.cancel()
            try:
                await queue.rows.release(row_id, claim.token)
            except Exception:  # noqa: BLE001  the lease runs out by itself
                self._log.exception("release failed", work=queue.name, id=row_id)
            self.wake()

    async def _trouble(self, queue: WorkQueue[Any], row_id: str, token: str) -> None:
        reference = secrets.token_hex(4)
        self._log.exception("step failed", work=queue.name, id=row_id, reference=reference)
        try:
            await queue.rows.change(row_id, lambda row: queue.trouble(row, reference), token=token)
        except Exception:  # noqa: BLE001  e.g. the database is away; the lease holds the row back meanwhile
            self._log.exception("row could not be marked", work=queue.name, id=row_id, reference=reference)

    async def _keep(
        self, queue: WorkQueue[Any], row_id: str, token: str, step: "asyncio.Future[None]"
    ) -> None:
        """Renew the lease while the step runs; end the step when the lease is lost."""
        while True:
            await asyncio.sleep(self._lease / 3)
            try:
                held = await queue.rows.renew(row_id, token, self._clock.now(), self._lease)
            except Exception:  # noqa: BLE001  the database is away; the next renewal decides
                self._log.exception("renewal failed", work=queue.name, id=row_id)
                continue
            if not held:
                step.cancel()
                return
