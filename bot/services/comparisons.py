"""Comparing two models in a thread: which two, and what people think of their answers; turns.py has them answer."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain import chats, comparisons
from bot.domain.access import Viewer
from bot.domain.catalog import Catalog
from bot.domain.chats import Conversation
from bot.domain.comparisons import Ballot
from bot.domain.decision_basis import Basis, Prepared
from bot.domain.escaping import plain
from bot.domain.jobs.job import Job
from bot.domain.places import Place
from bot.domain.work_queue import Transition, pause
from bot.errors import BadInput, NotAllowed, NotFound
from bot.ports import Claim, Clock, Logger, Storage
from bot.services.models.resolver import ModelResolver
from bot.services.policies import PolicyService


@dataclass(frozen=True)
class ComparisonService:
    """The use cases of comparisons; `provider` is the name of the one that all models are at."""

    storage: Storage
    provider: str
    catalog: Catalog
    resolver: ModelResolver
    policies: PolicyService
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def open(
        self,
        viewer: Viewer,
        model: str,
        other: str,
        request_key: str,
        asked_in: Place | None = None,
        *,
        blind: bool = False,
    ) -> Conversation:
        """Begin a comparison of a tuned model with another, or with its base; the same click twice is one.

        `model` is a tuned model or a checkpoint, by any of its names; so is `other`, or a base model's name, or empty
        for the base that `model` was trained from. Raises NotFound, NotAllowed where not everybody in the channel may
        use them, and BadInput for a model beside itself. Asked for in a thread (`asked_in`), a link to the new one
        stands there.
        """
        member, place = viewer.member, viewer.place
        self.policies.settings.check_talk(member)
        self.policies.settings.check_channel(place.channel_id)
        resolved = await self.resolver.here(viewer, model)
        job = resolved.job
        name, title = await self._named(viewer, other) if other else await self._base(viewer, job)
        if name == resolved.model:
            raise BadInput(
                f"{plain(title)} beside itself tells nothing. Name another model, or none for its base."
            )
        now = self.clock.now()
        conversation = Conversation(
            id=secrets.token_hex(8),
            request_key=request_key,
            place=Place(place.workspace, place.channel_id),
            provider=self.provider,
            model=resolved.model,
            title=resolved.title,
            base_model=job.model,
            started_by=member.user_id,
            started_at=now,
            system=await self.resolver.system_prompt(job),
            job_id=job.id,
            other_model=name,
            other_title=title,
            blind=blind,
        )
        saved = await self.storage.conversations.add(chats.started(conversation, now, asked_in))
        self.log.info("comparison opened", conversation=saved.id, by=member.user_id)
        self.wake()
        return saved

    async def again(
        self, viewer: Viewer, conversation_id: str, request_key: str, asked_in: Place | None = None
    ) -> Conversation:
        """The same two models once more, blind if they were; both must still answer and be for everybody here."""
        before = await self._seen(viewer, conversation_id)
        other = "" if before.other_model == before.base_model else before.other_model
        return await self.open(viewer, before.model, other, request_key, asked_in, blind=before.blind)

    async def ballot(self, viewer: Viewer, ballot_id: str) -> Ballot:
        """What people think of a pair so far; what of it this person may know, the view decides."""
        ballot = await self.storage.ballots.seen(viewer.sight, ballot_id)
        if ballot is None:
            raise NotFound("I don't know this vote any more.")
        return ballot

    async def vote(self, viewer: Viewer, ballot_id: str, letter: str) -> Ballot:
        """Somebody finds the answer A or B better, or (any other letter) both alike.

        The last word of each counts, in a blind test the first.
        """
        by = viewer.user_id
        ballot = await self.ballot(viewer, ballot_id)

        async def save(prepared: Prepared) -> Ballot:
            def step(ballot: Ballot, basis: Basis) -> Transition[Ballot]:
                self.policies.still(prepared, basis).check_vote(prepared.member(by))
                return comparisons.voted(ballot, by, ballot.behind(letter))

            return await self.storage.ballots.ruled(ballot_id, step)

        saved = await self.policies.decide(ballot.place, {by}, save)
        self.wake()
        return saved

    async def make_blind(self, viewer: Viewer, conversation_id: str) -> None:
        """From the next message on, answers do not say whose they are, until the comparison ends."""
        await self._decide(viewer, conversation_id, comparisons.made_blind)

    async def end(self, viewer: Viewer, conversation_id: str) -> None:
        """*End and reveal*: like `stop` in its thread. A blind test then tells everybody which model was which."""
        now = self.clock.now()
        await self._decide(viewer, conversation_id, lambda c: chats.ended(c, viewer.user_id, None, now))

    async def _decide(
        self, viewer: Viewer, conversation_id: str, step: Callable[[Conversation], Transition[Conversation]]
    ) -> None:
        """A step that whoever may vote may take."""
        by = viewer.user_id
        conversation = await self._seen(viewer, conversation_id)

        async def save(prepared: Prepared) -> Conversation:
            def checked(conversation: Conversation, basis: Basis) -> Transition[Conversation]:
                self.policies.still(prepared, basis).check_vote(prepared.member(by))
                return step(conversation)

            return await self.storage.conversations.ruled(conversation_id, checked)

        await self.policies.decide(conversation.place, {by}, save)
        self.wake()

    async def _seen(self, viewer: Viewer, conversation_id: str) -> Conversation:
        conversation = await self.storage.conversations.seen(viewer.sight, conversation_id)
        if conversation is None:
            raise NotFound("I don't know this comparison any more.")
        return conversation

    async def step(self, claim: Claim[Ballot]) -> None:
        """Both answers have ended: ask people, if there are two."""
        ballot = claim.row
        turns = [
            t
            for t in await self.storage.turns.of(ballot.conversation_id)
            if t.message_ts == ballot.message_ts
        ]
        now = self.clock.now()
        await self.storage.ballots.change(
            ballot.id, lambda b: comparisons.opened(b, turns, now), token=claim.token
        )
        self.wake()

    def trouble(self, ballot: Ballot, reference: str) -> Transition[Ballot]:
        """After a fault that nobody foresaw: again later."""
        self.log.warning("ballot put off", ballot=ballot.id, reference=reference)
        due = self.clock.now() + pause(ballot.attempts, None)
        return Transition(replace(ballot, due_at=due, attempts=ballot.attempts + 1))

    async def _base(self, viewer: Viewer, job: Job) -> tuple[str, str]:
        """The name and the title of the model that a job went on from: a base model, or a tuned one."""
        if not await self.resolver.reach(viewer.common, job.model):
            raise NotAllowed(f"What *{plain(job.title)}* went on from is not for everybody here.")
        base = self.catalog.find(job.model)
        named = base.name if base is not None and base.id == job.model else job.model
        return job.model, job.went_on_from or named

    async def _named(self, viewer: Viewer, wanted: str) -> tuple[str, str]:
        """The same of the model that people mean: a base model, or another tuned one."""
        name = wanted.strip().lower()
        for model in self.catalog.models:
            if name in (model.id.lower(), *model.aliases):
                return model.id, model.name
        try:
            resolved = await self.resolver.here(viewer, wanted)
        except NotFound as unknown:
            answering = [m.name for m in self.catalog.models if m.serves(self.clock.now().date())]
            raise NotFound(f"{unknown} A base model can be named too: {', '.join(answering)}.") from None
        return resolved.model, resolved.title
