"""Tuned models as people look after them: listed, given an alias, deleted at the provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.domain import conversations, models
from bot.domain.dataset.lifecycle import pause
from bot.domain.ground import JobGround, ModelGround, Seen
from bot.domain.jobs import Job
from bot.domain.models import Model
from bot.domain.policy import Member
from bot.domain.wording import plain
from bot.domain.work import Moved
from bot.errors import BadInput, NotFound, ProviderRefused, Temporary
from bot.ports import Claim, Clock, Provider, Reporter, Storage
from bot.services.policies import PolicyService
from bot.services.speakers import Speakers

KNOWN = 500  # newest models of a workspace that are looked through
REFUSED_PAUSE = 3600.0  # seconds before asking a provider again that refuses to delete


@dataclass(frozen=True)
class ModelService:
    """The use cases; who asked for a model, and approvers, may change what becomes of it."""

    storage: Storage
    provider: Provider
    speakers: Speakers
    policies: PolicyService
    clock: Clock
    log: Reporter
    wake: Callable[[], None]

    async def listed(self, workspace: str, begin: int, most: int) -> tuple[list[Model], int]:
        """At most so many models of a workspace, newest first, from the one with this number on; and how many it has.

        What was deleted stands at the end: it is history.
        """
        jobs = await self.storage.jobs.tuned(workspace, KNOWN)
        jobs.sort(key=lambda job: job.model_deletion is not None)
        return [await self._shown(job) for job in jobs[begin : begin + most]], len(jobs)

    async def find(self, workspace: str, name: str) -> Model:
        """The model that people mean, whatever has become of it. Raises NotFound with the nearest name."""
        return await self._shown(await self.speakers.known(workspace, name))

    async def check_change(self, member: Member, job_id: str) -> Model:
        """The model of this job, if this person may rename or delete it. Raises NotAllowed, NotFound, StaleState."""
        job = await self._job(job_id)
        policy, known = await self.policies.of_person(job.place, member)
        policy.check_model(known, job)
        models.check_there(job)
        return await self._shown(job)

    async def rename(self, member: Member, job_id: str, text: str) -> Job:
        """Have a model called so, or with no text as its job was called before.

        Raises:
            BadInput: no alias can look so, or something else is called so already; `field` is "alias".
            NotAllowed, NotFound, StaleState: as `check_change`.
        """
        await self.check_change(member, job_id)
        name, by = models.alias(text), member.user_id
        if name is not None and self.speakers.is_base(name):
            raise BadInput(models.NAME_TAKEN, "alias")

        async def save(seen: Seen) -> Job:
            def step(job: Job, ground: ModelGround) -> Moved[Job]:
                self.policies.still(seen, ground).check_model(seen.member(by), job)
                models.check_free(name, ground.others)
                return models.called(job, name, by, self.clock.now())

            return await self.storage.jobs.rename(job_id, step)

        job = await self._decided(job_id, by, save)
        self.log.info("model renamed", job=job_id, by=by)
        self.wake()
        return job

    async def _decided(self, job_id: str, by: str, save: Callable[[Seen], Awaitable[Job]]) -> Job:
        return await self.policies.decide((await self._job(job_id)).place, {by}, save)

    async def rename_in_words(self, member: Member, workspace: str, words: str) -> tuple[str, Job]:
        """As `rename`, from "MODEL ALIAS" or "MODEL off"; gives also what it was called before."""
        name, _, text = words.strip().rpartition(" ")
        if not name:
            raise BadInput("Which model, and what shall it be called? `/finetune alias MODEL NAME`.")
        job = await self.speakers.known(workspace, name)
        return job.title, await self.rename(member, job.id, "" if text.lower() == "off" else text)

    async def delete(self, member: Member, job_id: str) -> Job:
        """Have a model deleted at the provider; what was talked about it stays. Raises as `check_change`."""
        await self.check_change(member, job_id)
        by = member.user_id

        async def save(seen: Seen) -> Job:
            def step(job: Job, ground: JobGround) -> Moved[Job]:
                self.policies.still(seen, ground).check_model(seen.member(by), job)
                return models.delete_asked(job, by, self.clock.now())

            return await self.storage.jobs.decide(job_id, step)

        job = await self._decided(job_id, by, save)
        self.log.info("model delete asked", job=job_id, by=by)
        self.wake()
        return job

    async def remove(self, claim: Claim[Job]) -> None:
        """Delete it at the provider, end its conversations, and write that down; harmless when done again."""
        job = claim.row
        if job.model_deletion is None:
            raise NotFound("Nobody asked for this model to be deleted.")
        now = self.clock.now()
        try:
            await self.provider.delete_model(job.fine_tuned_model or "")
            await self._checkpoints(job)
        except ProviderRefused as refused:
            self.log.warning("model not deleted", job=job.id, code=refused.code)
            said = f" The server says: “{plain(refused.said)}”" if refused.said else ""
            await self._put_off(claim, f"{refused}{said}", timedelta(seconds=REFUSED_PAUSE))
            return
        except Temporary as fault:
            await self._put_off(claim, str(fault), pause(job.attempts, fault.retry_after))
            return
        by = job.model_deletion.by
        kept = (await self.storage.curves.get(job.id)).named
        for model in {job.fine_tuned_model or "", *(each.model for each in kept)}:
            gone = partial(conversations.model_gone, model=model, by=by, now=now)
            for bound in await self.storage.conversations.bound_to(model):
                await self.storage.conversations.change(bound.id, gone)
        await self.storage.jobs.change(job.id, lambda j: models.deleted(j, now), token=claim.token)
        self.log.info("model deleted", job=job.id)
        self.wake()

    async def _checkpoints(self, job: Job) -> None:
        """A checkpoint goes with its model; a provider that keeps it all the same does not hold the model back."""
        for checkpoint in (await self.storage.curves.get(job.id)).checkpoints:
            if checkpoint.model and checkpoint.model != job.fine_tuned_model:
                try:
                    await self.provider.delete_model(checkpoint.model)
                except ProviderRefused as refused:
                    self.log.info("checkpoint stays at the provider", job=job.id, code=refused.code)

    async def _put_off(self, claim: Claim[Job], sentence: str, wait: timedelta) -> None:
        due_at = self.clock.now() + wait
        await self.storage.jobs.change(
            claim.row.id, lambda j: models.put_off(j, sentence, due_at), token=claim.token
        )

    async def _job(self, job_id: str) -> Job:
        job = await self.storage.jobs.get(job_id)
        if job is None:
            raise NotFound("I don't know this model any more; `/finetune models` lists those there are.")
        return job

    async def _shown(self, job: Job) -> Model:
        today = self.clock.now().date()
        info = self.speakers.base(job)
        dataset = await self.storage.datasets.get(job.dataset_id)
        curve = await self.storage.curves.get(job.id)
        return Model(
            job=job,
            standing=models.standing(job, info, today),
            info=info,
            retires_in=models.days_left(info, today),
            version=dataset.version if dataset is not None else None,
            checkpoints=len(curve.named),
        )
