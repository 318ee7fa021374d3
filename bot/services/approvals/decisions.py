"""Requests for jobs until somebody decided: approved by as many as the policy wants, rejected, or run out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain import stale_buttons
from bot.domain.access import Viewer
from bot.domain.approvals import requests
from bot.domain.audit import POLICY
from bot.domain.briefing import NOTHING_KNOWN
from bot.domain.budgets import Funded, within
from bot.domain.decision_basis import JobBasis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs.job import Job, JobState, how_it_stands
from bot.domain.money import about
from bot.domain.policies import Policy
from bot.domain.stale_buttons import Changed
from bot.domain.work_queue import Transition
from bot.errors import BadInput, NotAllowed, NotFound, OverBudget, SlackRefused, SlackUnavailable, StaleState
from bot.ports import Claim, Clock, Logger, Storage
from bot.services.approvals.briefing import brief
from bot.services.approvals.model_choice import ModelChoices
from bot.services.policies import PolicyService

REMIND_AFTER = 2 / 3  # of the time that a request waits


@dataclass(frozen=True)
class DecisionService:
    """The use cases; each rule is asked again in the transaction that saves the decision."""

    storage: Storage
    policies: PolicyService
    choices: ModelChoices
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def check_decision(self, viewer: Viewer, job_id: str) -> Job:
        """The job, if this person may decide on it and it still waits. Raises NotAllowed, StaleState, NotFound."""
        job, _ = await self._waiting(viewer, job_id)
        return job

    async def approve(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        """Say yes to what was `read` (see approvals.shown); when as many as the policy wants have, the work begins.

        Raises:
            NotAllowed: this person may not, or the money is not there (OverBudget).
            StaleState: somebody was faster, or it is not what was read: the card then shows what it is.
            NotFound: there is no such job.
        """
        member = viewer.member
        job, _ = await self._waiting(viewer, job_id)
        await self._reprice(job)
        by, priced = member.user_id, job.estimate

        async def save(prepared: Prepared) -> Job:
            short = await self.policies.shortfall(job, prepared.policy)

            def step(now: Job, basis: JobBasis) -> Transition[Job]:
                policy = self._may_decide(prepared, basis, by, now)
                stale_buttons.check(job_id, read, stale_buttons.request(now, basis.funds))
                now = _counting(policy, prepared, now)
                if by in _deciders(now) and len(now.approvals) < policy.approvals:
                    raise StaleState(
                        f"You have approved *{plain(now.title)}* already; somebody else's yes is still needed."
                        + (f" But {short}; `/finetune policy` changes that." if short else "")
                    )
                if now.edited_at != job.edited_at or now.estimate != priced:
                    raise StaleState(
                        f"*{plain(now.title)}* was changed at this moment; look at its card again."
                    )
                transition = requests.approved(now, by, policy.approvals, self.clock.now())
                return within(transition, basis.funds, _deciders(transition.row), self.clock.now())

            return await self.storage.jobs.decide(job_id, step)

        saved = await self.policies.decide(job.place, {by, *_deciders(job)}, save)
        self.log.info("job approved", job=job_id, by=by, state=saved.state.value)
        self.wake()
        return saved

    async def reject(self, viewer: Viewer, job_id: str, reason: str) -> Job:
        """Say no, with the reason the requester reads; one no is enough. Raises as `approve`."""
        job, _ = await self._waiting(viewer, job_id)
        by = viewer.user_id

        async def save(prepared: Prepared) -> Job:
            def step(now: Job, basis: JobBasis) -> Transition[Job]:
                self._may_decide(prepared, basis, by, now)
                return requests.rejected(now, by, reason, self.clock.now())

            return await self.storage.jobs.decide(job_id, step)

        saved = await self.policies.decide(job.place, {by}, save)
        self.log.info("job rejected", job=job_id, by=by)
        self.wake()
        return saved

    def _may_decide(self, prepared: Prepared, basis: JobBasis, by: str, job: Job) -> Policy:
        """The rules, if by them this person may decide on it, as it is saved. Raises as `approve`, and Outdated."""
        policy = self.policies.still(prepared, basis)
        policy.check_decision(prepared.member(by), job)
        _check_undecided(job, by)
        requests.check_in_time(job, self.clock.now())
        return policy

    async def shown(self, job: Job) -> Funded:
        """The job with what decides about it: its budgets and the rules of its channel."""
        policy = await self.policies.of(job.place)
        waits = job.state is JobState.REQUESTED
        short = await self.policies.shortfall(job, policy) if waits else ""
        briefing = await brief(self.storage, self.choices.catalog, job) if waits else NOTHING_KNOWN
        return Funded(job, await self.storage.budgets.funds(job), policy, short, briefing)

    async def awaiting(self, viewer: Viewer) -> list[Funded]:
        """The requests that wait for this person's word, oldest first: those that they see and have not approved.

        Where Slack does not tell whether they may decide, the request's card is still there.
        """
        found = []
        for job in await self.storage.jobs.undecided(viewer.sight):
            if viewer.user_id in _deciders(job):
                continue
            try:
                await self._check(viewer, job)
            except (NotAllowed, StaleState, SlackRefused, SlackUnavailable):
                continue
            found.append(await self.shown(job))
        return found

    async def look(self, claim: Claim[Job]) -> None:
        """What a request does by itself: approved below the policy's amount, reminded of once, ended at last."""
        job, now = claim.row, self.clock.now()
        if await self._automatic(job):
            return
        expires_at = job.expires_at
        if expires_at is None:
            await self._change(claim, lambda j: requests.waits(j, None))
            return
        since = job.edited_at or job.requested_at
        remind_at = since + (expires_at - since) * REMIND_AFTER
        if now >= expires_at:
            await self._change(claim, lambda j: requests.expired(j, now))
        elif job.reminded_at is None and now >= remind_at:
            await self._change(claim, lambda j: requests.reminded(j, now))
        else:
            due = expires_at if job.reminded_at is not None else remind_at
            await self._change(claim, lambda j: requests.waits(j, due))

    async def _automatic(self, job: Job) -> bool:
        """Whether the policy approved it by itself. People decide where it does not, or the money is not there."""
        if not await self._cheap(await self.policies.of(job.place), job):
            return False

        def step(now: Job, basis: JobBasis) -> Transition[Job]:
            below = basis.policy(self.policies.settings).automatic_below
            if now.estimate != job.estimate or below is None:
                raise StaleState("The rules or the request changed at this moment.")
            transition = requests.approved_by_policy(now, below, basis.automatic, self.clock.now())
            return within(transition, basis.funds, (), self.clock.now())

        try:
            await self.storage.jobs.decide(job.id, step)
        except (OverBudget, StaleState):
            return False
        self.log.info("job approved by policy", job=job.id)
        self.wake()
        return True

    async def _cheap(self, policy: Policy, job: Job) -> bool:
        """Whether the policy may approve it by itself, as far as can be told before it is saved."""
        below = policy.automatic_below
        if below is None or job.estimate.price is None or job.estimate.price >= below:
            return False
        return await self._price_holds(job)

    async def _price_holds(self, job: Job) -> bool:
        try:
            costs = await self.choices.price(job)
        except BadInput:  # nobody can train this any more: people are told when they press
            return False
        return costs is not None and costs.usd == job.estimate.usd

    async def _reprice(self, job: Job) -> None:
        """Raise StaleState when it costs something else by now; the card shows what."""
        now_costs = await self.choices.price(job)
        if now_costs is None or now_costs.usd == job.estimate.usd:
            return
        await self.storage.jobs.change(job.id, lambda j: requests.repriced(j, now_costs, self.clock.now()))
        self.log.info("job repriced", job=job.id, usd=now_costs.usd, before=job.estimate.usd)
        self.wake()
        before, after = (
            "unknown" if price is None else about(price) for price in (job.estimate.price, now_costs.price)
        )
        raise StaleState(
            f"The price of *{plain(job.title)}* has moved from {before} to {after} since it was asked for. "
            "Nothing is approved yet: press *Approve* once more if that is right."
        )

    async def _waiting(self, viewer: Viewer, job_id: str) -> tuple[Job, Policy]:
        job = await self.storage.jobs.seen(viewer.sight, job_id)
        if job is None:
            raise NotFound("I know no job with this id; `/finetune jobs` lists them.")
        try:
            return job, await self._check(viewer, job)
        except Changed:
            self.wake()  # its card must not offer what is over
            raise

    async def _check(self, viewer: Viewer, job: Job) -> Policy:
        policy, known = await self.policies.of_person(job.place, viewer.member)
        policy.check_decision(known, job)
        _check_undecided(job, viewer.user_id)
        requests.check_in_time(job, self.clock.now())
        return policy

    async def _change(self, claim: Claim[Job], step: Callable[[Job], Transition[Job]]) -> Job:
        return await self.storage.jobs.change(claim.row.id, step, token=claim.token)


def _counting(policy: Policy, prepared: Prepared, job: Job) -> Job:
    """Without the approvals of those who may not decide any more: rules and people change while a job waits."""

    def counts(user_id: str) -> bool:
        try:
            policy.check_decision(prepared.member(user_id), job)
        except NotAllowed:
            return False
        return True

    return replace(job, approvals=tuple(each for each in job.approvals if counts(each.by)))


def _deciders(job: Job) -> frozenset[str]:
    return frozenset(approval.by for approval in job.approvals)


def _check_undecided(job: Job, by: str) -> None:
    if job.state is JobState.REQUESTED:
        return
    if job.decided_by == POLICY:
        raise StaleState(f"*{plain(job.title)}* costs so little that the policy approved it by itself.")
    if job.decided_by is not None:
        how = "rejected" if job.state is JobState.REJECTED else "approved"
        if job.decided_by == by:  # pressed again, e.g. because Slack showed a warning the first time
            raise StaleState(f"You have {how} *{plain(job.title)}* already.")
        raise StaleState(f"<@{job.decided_by}> was faster: *{plain(job.title)}* is {how} already.")
    raise StaleState(f"Nothing to decide any more: *{plain(job.title)}* {how_it_stands(job)}.")
