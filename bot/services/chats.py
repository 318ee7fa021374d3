"""Opening chats: a thread of one's own with a tuned model; turns.py has the model answer in it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain import chats
from bot.domain.access import Viewer
from bot.domain.chats import Conversation
from bot.domain.jobs.job import Job
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.errors import NotFound
from bot.ports import Clock, Logger, Page, Provider, Storage
from bot.services.models.resolver import CheckpointCheck, ModelResolver

LISTED = 10  # models of a list, the newest; it says how many more there are


@dataclass(frozen=True)
class ChatService:
    """The use cases; `policy` is the settings'."""

    storage: Storage
    provider: Provider
    resolver: ModelResolver
    policy: Policy
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def models(self, viewer: Viewer) -> Page[Job]:
        """The newest tuned models that this person may talk to, as the jobs they came from."""
        return await self.resolver.answering(viewer.sight, LISTED)

    async def again(
        self, viewer: Viewer, conversation_id: str, request_key: str, asked_in: Place | None = None
    ) -> Conversation:
        """*Chat again*: the same model in a new thread, if it still answers and is for everybody here."""
        before = await self.storage.conversations.seen(viewer.sight, conversation_id)
        if before is None:
            raise NotFound("I don't know this chat any more.")
        return await self.open(viewer, before.model, request_key, asked_in)

    async def open(
        self, viewer: Viewer, model: str, request_key: str, asked_in: Place | None = None
    ) -> Conversation:
        """Begin a conversation with a tuned model; its card opens the thread. The same click twice is one.

        `model` is the model's name, the id of its job, its suffix or alias, or a checkpoint's name. Raises NotFound
        with the nearest name, NotAllowed where not everybody in the channel may use it. Asked for in a thread
        (`asked_in`), a link to the new one stands there.
        """
        member, place = viewer.member, viewer.place
        self.policy.check_talk(member)
        self.policy.check_channel(place.channel_id)
        resolved = await self.resolver.here(viewer, model)
        job = resolved.job
        await CheckpointCheck(self.provider).check(resolved)
        now = self.clock.now()
        conversation = Conversation(
            id=secrets.token_hex(8),
            request_key=request_key,
            place=Place(place.workspace, place.channel_id),
            provider=self.provider.name,
            model=resolved.model,
            title=resolved.title,
            base_model=job.model,
            started_by=member.user_id,
            started_at=now,
            system=await self.resolver.system_prompt(job),
            job_id=job.id,
        )
        saved = await self.storage.conversations.add(chats.started(conversation, now, asked_in))
        self.log.info("conversation opened", conversation=saved.id, by=member.user_id)
        self.wake()
        return saved
