"""Tuned models as people look after them: listed, given an alias, deleted at the provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain import chats, models, stale_buttons
from bot.domain.access import Viewer
from bot.domain.chats import Conversation
from bot.domain.decision_basis import Basis, JobBasis, ModelBasis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs import transitions
from bot.domain.jobs.job import Job
from bot.domain.models import Access, Model, Share
from bot.domain.places import Place
from bot.domain.work_queue import Transition, pause
from bot.errors import BadInput, NotFound, ProviderRefused, Temporary, UnknownName
from bot.ports import Claim, Clock, Logger, Provider, Storage
from bot.services.access import AccessService, check_here
from bot.services.models.resolver import ModelResolver
from bot.services.policies import PolicyService

REFUSED_PAUSE = 3600.0  # seconds before asking a provider again that refuses to delete


@dataclass(frozen=True)
class ModelService:
    """The use cases; who asked for a model, and approvers, may change what becomes of it."""

    storage: Storage
    provider: Provider
    resolver: ModelResolver
    policies: PolicyService
    access: AccessService
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def listed(self, viewer: Viewer, begin: int, most: int) -> tuple[list[Model], int]:
        """At most so many models, newest first, from the one with this number on; and how many exist for this person.

        What was deleted stands at the end: it is history.
        """
        page = await self.storage.jobs.models(viewer.sight, most, begin)
        return [await self._shown(viewer, job) for job in page.rows], page.total

    async def find(self, viewer: Viewer, name: str) -> Model:
        """The model that people mean, whatever has become of it. Raises NotFound with the nearest name."""
        return await self._shown(
            viewer, await self.resolver.known(viewer.sight, name, viewer.place.channel_id)
        )

    async def from_code(self, viewer: Viewer, job_id: str) -> Access:
        """How a program of this person reaches the model. Raises NotFound, also for one that no longer answers."""
        job = await self._own(viewer, job_id)
        self.resolver.check_answers(job)
        return Access(
            job.title, job.fine_tuned_model or "", self.provider.base_url, self.provider.key_variable
        )

    async def check_change(self, viewer: Viewer, job_id: str) -> Model:
        """The model of this job, if this person may rename or delete it. Raises NotAllowed, NotFound, StaleState."""
        job = await self._own(viewer, job_id)
        policy, known = await self.policies.of_person(job.place, viewer.member)
        policy.check_model(known, job)
        models.check_there(job)
        return await self._shown(viewer, job)

    async def _own(self, viewer: Viewer, job_id: str) -> Job:
        """The job of this id whose channel this person sees; one that was only shared is not theirs to change."""
        job = await self.storage.jobs.seen(viewer.sight, job_id)
        if job is None:
            raise NotFound("I don't know this model any more; `/finetune models` lists those there are.")
        return job

    async def rename(self, viewer: Viewer, job_id: str, text: str) -> Job:
        """Have a model called so, or with no text as its job was called before.

        Raises:
            BadInput: no alias can look so, or something else is called so already; `field` is "alias".
            NotAllowed, NotFound, StaleState: as `check_change`.
        """
        await self.check_change(viewer, job_id)
        name, by = models.alias(text), viewer.user_id
        if name is not None and self.resolver.is_base(name):
            raise BadInput(models.NAME_TAKEN, "alias")

        async def save(prepared: Prepared) -> Job:
            def step(job: Job, basis: ModelBasis) -> Transition[Job]:
                self.policies.still(prepared, basis).check_model(prepared.member(by), job)
                seen_by = [each for each in basis.others if viewer.sees(each.place)]
                models.check_free(name, seen_by)
                return models.called(job, name, by, self.clock.now())

            return await self.storage.jobs.rename(job_id, step)

        job = await self._decided(job_id, by, save)
        self.log.info("model renamed", job=job_id, by=by)
        self.wake()
        return job

    async def _decided(self, job_id: str, by: str, save: Callable[[Prepared], Awaitable[Job]]) -> Job:
        return await self.policies.decide((await self._job(job_id)).place, {by}, save)

    async def rename_in_words(self, viewer: Viewer, words: str) -> tuple[str, Job]:
        """As `rename`, from "MODEL ALIAS" or "MODEL off"; gives also what it was called before."""
        name, _, text = words.strip().rpartition(" ")
        if not name:
            raise BadInput("Which model, and what shall it be called? `/finetune alias MODEL NAME`.")
        try:
            job = await self.resolver.known(viewer.sight, name, viewer.place.channel_id)
        except UnknownName:
            await self._check_one_word(viewer, words)
            raise
        return job.title, await self.rename(viewer, job.id, "" if text.lower() == "off" else text)

    async def _check_one_word(self, viewer: Viewer, words: str) -> None:
        """Raise BadInput where a model is named first and several words follow: an alias is one."""
        name, _, text = words.strip().partition(" ")
        try:
            await self.resolver.known(viewer.sight, name, viewer.place.channel_id)
        except UnknownName:
            return
        models.alias(text)

    async def delete(self, viewer: Viewer, job_id: str, read: str | None = None) -> Job:
        """Have a model deleted at the provider, as it was `read` (see stale_buttons); what was talked about it stays.

        Raises as `check_change`, and StaleState when it is called something else by now.
        """
        await self.check_change(viewer, job_id)
        by = viewer.user_id

        async def save(prepared: Prepared) -> Job:
            def step(job: Job, basis: JobBasis) -> Transition[Job]:
                self.policies.still(prepared, basis).check_model(prepared.member(by), job)
                stale_buttons.check(job_id, read, stale_buttons.model(job))
                return models.delete_asked(job, by, self.clock.now())

            return await self.storage.jobs.decide(job_id, step)

        job = await self._decided(job_id, by, save)
        self.log.info("model delete asked", job=job_id, by=by)
        self.wake()
        return job

    async def home_of(self, viewer: Viewer, model: str) -> Place:
        """The channel of a model, by the id of its job or a checkpoint of it. Raises NotFound."""
        return (await self.resolver.resolve(viewer.sight, model)).job.place

    async def shared(self, viewer: Viewer, job_id: str) -> tuple[Share, ...]:
        """With which channels a model is shared, as far as they exist for this person."""
        job = await self._own(viewer, job_id)
        shares = await self.storage.jobs.shares(job.id)
        return tuple(each for each in shares if viewer.sees(Place(viewer.workspace, each.channel_id)))

    async def check_share(self, viewer: Viewer, name: str) -> Job:
        """The job of a model, if this person may say who uses it. Raises NotAllowed, NotFound, StaleState."""
        named = await self.resolver.known(viewer.sight, name, viewer.place.channel_id)
        job = await self._own(viewer, named.id)
        policy, known = await self.policies.of_person(job.place, viewer.member)
        policy.check_share(known, job)
        models.check_there(job)
        return job

    async def share(self, viewer: Viewer, name: str, channel_id: str, *, on: bool) -> Job:
        """Let a model be used in another channel, or no more; both channels are told, and it is in the audit.

        Raises:
            BadInput: the channel is its own, a direct message, or none of this person's; `field` is "channel".
            NotAllowed, NotFound, StaleState: as `check_share`.
        """
        job = await self.check_share(viewer, name)
        there = await self.access.moved(viewer, Place(viewer.workspace, channel_id))
        check_here(there)
        if channel_id.startswith("D"):
            raise BadInput(
                "Share it with a channel: a direct message has one person, who sees it anyway.", "channel"
            )
        if channel_id == job.place.channel_id:
            raise BadInput(f"*{plain(job.title)}* belongs to this channel already.", "channel")
        moves, by = models.shared if on else models.unshared, viewer.user_id

        async def save(prepared: Prepared) -> Job:
            def step(
                now: Job, shares: tuple[Share, ...], basis: Basis
            ) -> tuple[Transition[Job], tuple[Share, ...]]:
                self.policies.still(prepared, basis).check_share(prepared.member(by), now)
                return moves(now, shares, channel_id, by, self.clock.now())

            return await self.storage.jobs.share(job.id, step)

        saved = await self._decided(job.id, by, save)
        self.log.info("model shared", job=job.id, by=viewer.user_id, channel=channel_id, on=on)
        self.wake()
        return saved

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

            def gone(bound: Conversation, _: Basis, model: str = model) -> Transition[Conversation]:
                return chats.model_gone(bound, model, by, now)

            for bound in await self.storage.conversations.bound_to(model):
                await self.storage.conversations.ruled(bound.id, gone)
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
            claim.row.id, lambda j: transitions.deletion_delayed(j, sentence, due_at), token=claim.token
        )

    async def _job(self, job_id: str) -> Job:
        job = await self.storage.jobs.get(job_id)
        if job is None:
            raise NotFound("I don't know this model any more; `/finetune models` lists those there are.")
        return job

    async def _shown(self, viewer: Viewer, job: Job) -> Model:
        today = self.clock.now().date()
        info = self.resolver.base(job)
        dataset = await self.storage.datasets.get(job.dataset_id)
        curve = await self.storage.curves.get(job.id)
        return Model(
            job=job,
            state=models.state_of(job, info, today),
            info=info,
            retires_in=models.days_left(info, today),
            version=dataset.version if dataset is not None else None,
            checkpoints=len(curve.named),
            borrowed=not viewer.sees(job.place),
        )
