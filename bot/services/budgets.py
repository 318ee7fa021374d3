"""The money that channels and the workspace may spend in a month: shown and set."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bot.domain import budgets, spending, stale_buttons
from bot.domain.access import Viewer
from bot.domain.budgets import Budget, Standing, month_of
from bot.domain.decision_basis import Basis, Pause, Prepared
from bot.domain.money import read_limit
from bot.domain.places import Place
from bot.domain.spending import Sheet
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, SlackRefused
from bot.ports import Clock, Logger, Storage
from bot.services.access import check_here
from bot.services.policies import PolicyService

SETS = "set budgets"
PAUSES = "pause spending"
SHOWN = 10  # jobs behind a month: the newest
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


@dataclass(frozen=True)
class BudgetService:
    """The use cases; nothing is limited until somebody sets a limit."""

    storage: Storage
    policies: PolicyService
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def sheet(self, viewer: Viewer) -> Sheet:
        """This month in the channel where somebody looks."""
        check_here(viewer)
        place = viewer.place
        month = month_of(self.clock.now())
        channel, workspace = await self.storage.budgets.standings(place, month)
        direct = _is_direct(place.channel_id)
        jobs = await self.storage.jobs.of_month(viewer.sight if direct else viewer.here, month, SHOWN)
        whole = workspace if viewer.member.is_full else None
        paused = await self.storage.workspaces.paused(place.workspace)
        return Sheet(month, None if direct else channel, whole, jobs.rows, jobs.beyond(SHOWN), paused)

    async def may_set(self, viewer: Viewer) -> bool:
        """Whether this person may set budgets; the server checks again when it is done."""
        try:
            await self._check(viewer)
        except (NotAllowed, SlackRefused):
            return False
        return True

    async def to_change(self, viewer: Viewer, channel_id: str) -> Standing:
        """The budget of a channel (or with no id, of the workspace), for whoever may set it. Raises NotAllowed."""
        await self._check(viewer, channel_id)
        channel, workspace = await self.storage.budgets.standings(
            Place(viewer.workspace, channel_id), month_of(self.clock.now())
        )
        return channel if channel_id else workspace

    async def set(
        self,
        viewer: Viewer,
        channel_id: str,
        limit: str,
        overriders: Collection[str] | None,
        *,
        read: str | None = None,
    ) -> Standing:
        """Set a limit as typed, and who may approve beyond it; None leaves these people as they are.

        Raises:
            StaleState: somebody else changed what was `read` (see stale_buttons) meanwhile.
            NotAllowed: this person may not.
            BadInput: `limit` or `overriders` is off.
        """
        await self._check(viewer, channel_id)
        member, workspace = viewer.member, viewer.workspace
        amount = read_limit(limit)
        by = member.user_id

        async def save(prepared: Prepared) -> Budget:
            def step(budget: Budget, basis: Basis) -> Transition[Budget]:
                rules = self.policies.still(prepared, replace(basis, channel=None))
                rules.check_manage(prepared.member(by), SETS)
                stale_buttons.check("", read, stale_buttons.budget(budget))
                people = budget.overriders if overriders is None else overriders
                return budgets.changed(budget, amount, people, by, self.clock.now())

            return await self.storage.budgets.change(Budget(workspace, channel_id), step)

        await self.policies.decide(Place(workspace, ""), {by}, save)
        self.log.info("budget set", by=by, channel=channel_id, limit=amount)
        self.wake()
        return await self.to_change(viewer, channel_id)

    async def set_in_words(self, viewer: Viewer, words: str) -> Standing:
        """As `set`, from "[workspace] AMOUNT|off [@people …]". Raises as `set`."""
        place, people = viewer.place, _MENTION.findall(words)
        rest = _MENTION.sub(" ", words).split()
        for_all = bool(rest) and rest[0].lower() == "workspace"
        amount = " ".join(rest[1:] if for_all else rest)
        if not amount:
            raise BadInput("Which amount? `/finetune budget 200`, or `/finetune budget off`.")
        if _is_direct(place.channel_id) and not for_all:
            raise BadInput(
                "A direct message has no budget. Say it in a channel, or `/finetune budget workspace 1000`."
            )
        channel_id = "" if for_all else place.channel_id
        return await self.set(viewer, channel_id, amount, people or None)

    async def pause(self, viewer: Viewer, *, on: bool) -> Pause | None:
        """Stop everything that costs money, at once and on every replica, or let it go on. Raises NotAllowed."""
        workspace, by = viewer.workspace, viewer.user_id
        await self.policies.check_manage(viewer.member, workspace, PAUSES)

        async def save(prepared: Prepared) -> Pause | None:
            def step(basis: Basis) -> Transition[Pause | None]:
                self.policies.still(prepared, basis).check_manage(prepared.member(by), PAUSES)
                return spending.paused(workspace, basis.paused, by, self.clock.now(), on=on)

            return await self.storage.workspaces.pause(workspace, step)

        paused = await self.policies.decide(Place(workspace, ""), {by}, save)
        self.log.info("spending paused" if on else "spending resumed", by=by)
        self.wake()
        return paused

    async def _check(self, viewer: Viewer, channel_id: str = "") -> None:
        """Raise NotAllowed unless this person may set budgets, BadInput for a channel that does not exist for them."""
        await self.policies.check_manage(viewer.member, viewer.workspace, SETS)
        if channel_id:
            check_here(viewer, channel_id)


def _is_direct(channel_id: str) -> bool:
    return channel_id.startswith("D")
