"""Keeps our messages in Slack true: posts what must be said once, redraws cards behind their subject."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.budgets import Funded
from bot.domain.comparisons import Comparison
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.domain.jobs.job import ENDED, Job, JobState
from bot.domain.outbox import ADRIFT, LINK, PRIVATE, MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.work_queue import Transition, backoff, slowly
from bot.errors import CurableRefusal, SlackRefused, SlackUnavailable
from bot.ports import Claim, Clock, Logger, Notifier, Posted, Storage, Subject
from bot.services.access import AccessService
from bot.services.approvals.decisions import DecisionService

MINUTE = timedelta(minutes=1)
LOOK = timedelta(seconds=10)
"""Longest time until a waiting card is looked at again: its subject may have ended, and then it goes first."""


@dataclass
class RateLimit:
    """Moments `per_minute` a minute, of which up to `burst` may be taken at once after a rest."""

    per_minute: float
    burst: int
    free: datetime | None = None  # the next moment, were there no burst
    held: dict[str, datetime] = field(default_factory=dict)

    def take(self, who: str, now: datetime) -> datetime:
        """The moment that `who` holds; a new one if it holds none. Not after `now`: it is used up by this call."""
        gap = MINUTE / self.per_minute
        moment = self.held.get(who)
        if moment is None or moment < now - 2 * LOOK:  # what was not used in time is lost, or it would add up
            free = max(self.free or now, now)
            self.free = free + gap
            moment = free - gap * (self.burst - 1)
        if moment > now:
            self.held[who] = moment
        else:
            self.held.pop(who, None)
        return moment


@dataclass
class EditPacing:
    """In any minute at most 20 + 12 and 10 + 6 edits; one card alone, edited every three seconds, never waits.

    The count is that of one process; of several, each keeps to it, and a refusal by Slack holds all cards of the
    workspace back (`hold`).
    """

    _limits: dict[tuple[str, bool], RateLimit] = field(default_factory=dict)
    _until: dict[str, datetime] = field(default_factory=dict)

    def wait(self, workspace: str, card: str, now: datetime, *, first: bool) -> datetime | None:
        """None when this card may be edited now, else when to ask again; `first` for what people wait for."""
        until = self._until.get(workspace)
        if until is not None and until > now:
            return until
        limit = self._limits.setdefault((workspace, first), RateLimit(10, 6) if first else RateLimit(20, 12))
        moment = limit.take(card, now)
        if moment <= now:
            if first:  # what it held among the others is not its any more
                others = self._limits.get((workspace, False))
                if others is not None:
                    others.held.pop(card, None)
            return None
        return min(moment, now + LOOK)

    def hold(self, workspace: str, until: datetime) -> None:
        """Slack asked to wait: no card of the workspace is edited before then."""
        self._until[workspace] = max(until, self._until.get(workspace, until))


Change = Callable[[OutboxMessage], Transition[OutboxMessage]]
ROOT_PAUSE = timedelta(seconds=2)  # until the message below which another one stands is looked for again
_OF_DATASETS = frozenset({MessageKind.DATASET_CARD})
_OF_JOBS = frozenset(
    {
        MessageKind.JOB_CARD,
        MessageKind.JOB_ENDED,
        MessageKind.JOB_REJECTED,
        MessageKind.JOB_NOTE,
        MessageKind.JOB_STORY,
        MessageKind.MODEL_SHARED,
    }
)
_ENDS = frozenset({MessageKind.JOB_ENDED, MessageKind.JOB_REJECTED})
_OF_CHATS = frozenset(
    {MessageKind.CHAT_CARD, MessageKind.CHAT_ENDED, MessageKind.CHAT_OVER, MessageKind.CHAT_LINK}
)


@dataclass(frozen=True)
class OutboxService:
    """One step of one message; `card_seconds` is the least time between two edits of one card."""

    storage: Storage
    notifier: Notifier
    decisions: DecisionService
    clock: Clock
    log: Logger
    wake: Callable[[], None]
    card_seconds: float
    access: AccessService
    _pacing: EditPacing = field(default_factory=EditPacing, init=False)

    async def welcome(self, place: Place) -> None:
        """Say once in a channel, when the bot first joins it, what it does."""
        message_id = f"welcome:{place.workspace}:{place.channel_id}"
        now = self.clock.now()
        if await self.storage.outbox.add(
            OutboxMessage(message_id, MessageKind.WELCOME, place, subject_id="", due_at=now)
        ):
            self.wake()

    async def begin(self) -> None:
        """Try at once what a refusal put off: whoever started us may have mended it."""
        await self.storage.wake(self.clock.now())

    async def retry(self, place: Place) -> None:
        """We are in this channel again, or it is no archive any more: say what waited for that."""
        await self.storage.wake(self.clock.now(), place)
        self.wake()

    async def step(self, claim: Claim[OutboxMessage]) -> None:
        """Post it, or redraw it, or find that it is true already."""
        message, now = claim.row, self.clock.now()
        subject = await self._subject(message)
        try:
            if message.ts is None:
                await self._post(claim, subject)
            elif _revision(subject) == message.drawn and not isinstance(subject, Funded):  # budgets move, too
                await self._change(claim, lambda m: Transition(replace(m, due_at=_still_due(m, message))))
            elif (wait := self._too_soon(message, now) or self._paced(message, subject, now)) is not None:
                await self._change(claim, lambda m: Transition(replace(m, due_at=wait)))
            else:
                await self.notifier.update(await self._as_shown(message, subject), subject)
                await self._change(claim, lambda m: self._drawn(m, message, subject))
        except SlackUnavailable as away:
            fault, after = str(away), away.retry_after
            if after is not None and message.ts is not None:
                self._pacing.hold(message.place.workspace, now + timedelta(seconds=after))
            await self._change(claim, lambda m: self.delayed(m, fault, after))
        except CurableRefusal as refused:
            self.log.warning("message waits", message=message.id, code=refused.code, cure=refused.cure.value)
            sentence = str(refused)
            await self._change(claim, lambda m: self._retried_slowly(m, sentence))
        except SlackRefused as refused:
            self.log.warning("message refused", message=message.id, code=refused.code)
            fault = str(refused)
            await self._change(claim, lambda m: Transition(replace(m, fault=fault, due_at=None)))

    def trouble(self, message: OutboxMessage, reference: str) -> Transition[OutboxMessage]:
        """After a fault that nobody foresaw: again later."""
        return self.delayed(message, f"fault {reference}", None)

    def delayed(
        self, message: OutboxMessage, fault: str, retry_after: float | None
    ) -> Transition[OutboxMessage]:
        """The same once more, after `retry_after` seconds or a growing pause."""
        wait = backoff(message.attempts) if retry_after is None else timedelta(seconds=retry_after)
        due = self.clock.now() + wait
        return Transition(replace(message, due_at=due, attempts=message.attempts + 1, fault=fault))

    def _retried_slowly(self, message: OutboxMessage, fault: str) -> Transition[OutboxMessage]:
        """The same once more, slowly and for ever, until somebody has mended it; Slack has nothing of it yet."""
        due = self.clock.now() + slowly(message.attempts)
        return Transition(
            replace(message, due_at=due, attempts=message.attempts + 1, fault=fault, begun_at=None)
        )

    async def _post(self, claim: Claim[OutboxMessage], subject: Subject) -> None:
        """Post it, unless an earlier try did and died before it was written down."""
        message, now = claim.row, self.clock.now()
        if message.begun_at is not None:
            found = await self.notifier.find(message)
            if found is not None:  # a card is redrawn next: it shows what was true when it was posted
                await self._save_posted(claim, message, found, lambda m: self._found(m, found.ts))
                return
        else:
            root = await self.storage.outbox.get(message.under) if message.under else None
            if root is not None and root.ts is None and root.due_at is not None:
                due, fault = max(root.due_at, now + ROOT_PAUSE), root.fault
                await self._change(claim, lambda m: Transition(replace(m, due_at=due, fault=fault)))
                return
            addressed = await self._with_place(message, root)
            place, data = addressed.place, addressed.data
            message = await self._change(
                claim, lambda m: Transition(replace(m, place=place, data=data, begun_at=now))
            )
        posted = await self.notifier.post(await self._as_shown(message, subject), subject)
        await self._save_posted(
            claim, message, posted, lambda m: self._drawn(m, claim.row, subject, ts=posted.ts)
        )

    async def _with_place(self, message: OutboxMessage, root: OutboxMessage | None) -> OutboxMessage:
        """The message with where it stands, or leads; `root` is the one in whose thread, or to which, if any.

        It was said or given up. Below one that Slack refused for good it stands in the channel: better there than
        nowhere. So does the card of a file whose message was deleted meanwhile, and says why.
        """
        if root is not None and message.kind is MessageKind.CHAT_LINK:
            link = await self.notifier.link(root.place.channel_id, root.ts) if root.ts else ""
            return replace(message, data={**message.data, LINK: link})
        if root is not None:
            return replace(message, place=replace(message.place, thread_ts=root.ts))
        threaded = message.kind in _OF_DATASETS and message.place.thread_ts is not None
        return (
            _without_thread(message)
            if threaded and not await self.notifier.thread_exists(message.place)
            else message
        )

    async def _save_posted(
        self, claim: Claim[OutboxMessage], message: OutboxMessage, posted: Posted, step: Change
    ) -> None:
        """Write down that it stands in Slack. Where its thread was deleted before it came, it is redrawn to say so."""
        strayed = message.place.thread_ts is not None and posted.thread_ts is None
        if (strayed or ADRIFT in message.data) and message.kind in _OF_DATASETS:
            await self._move_thread(message.subject_id, posted.ts)
        if not strayed:
            await self._change(claim, step)
            return
        now = self.clock.now()
        await self._change(
            claim,
            lambda m: Transition(replace(_without_thread(m), ts=posted.ts, due_at=now, attempts=0, fault="")),
        )

    async def _move_thread(self, dataset_id: str, ts: str) -> None:
        """What else there is to say of a dataset goes below its card: the thread it was dropped into is gone."""
        await self.storage.datasets.change(
            dataset_id, lambda each: Transition(replace(each, place=replace(each.place, thread_ts=ts)))
        )

    def _found(self, current: OutboxMessage, ts: str) -> Transition[OutboxMessage]:
        due = self.clock.now() if current.kind.is_card else None
        return Transition(replace(current, ts=ts, due_at=due, attempts=0))

    def _drawn(
        self, current: OutboxMessage, seen: OutboxMessage, subject: Subject, ts: str | None = None
    ) -> Transition[OutboxMessage]:
        return Transition(
            replace(
                current,
                ts=ts or current.ts,
                drawn=_revision(subject),
                drawn_at=self.clock.now(),
                due_at=_still_due(current, seen),
                attempts=0,
                fault="",
            )
        )

    def _too_soon(self, message: OutboxMessage, now: datetime) -> datetime | None:
        if message.drawn_at is None:
            return None
        earliest = message.drawn_at + timedelta(seconds=self.card_seconds)
        return earliest if earliest > now else None

    def _paced(self, message: OutboxMessage, subject: Subject, now: datetime) -> datetime | None:
        """When the workspace has room for this edit; None: now."""
        return self._pacing.wait(message.place.workspace, message.id, now, first=_is_urgent(subject))

    async def _subject(self, message: OutboxMessage) -> Subject:
        if message.kind in _OF_DATASETS:
            return await self.storage.datasets.get(message.subject_id)
        if message.kind in _OF_JOBS:
            return await self._job(message)
        if message.kind is MessageKind.ERRAND:
            return await self.storage.transforms.get(message.subject_id)
        if message.kind is MessageKind.BALLOT:
            return await self.storage.ballots.get(message.subject_id)
        return await self._conversation(message.subject_id) if message.kind in _OF_CHATS else None

    async def _conversation(self, conversation_id: str) -> Subject:
        conversation = await self.storage.conversations.get(conversation_id)
        if conversation is None or not conversation.compares:
            return conversation
        return Comparison(conversation, await self.storage.ballots.tally(conversation_id))

    async def _as_shown(self, message: OutboxMessage, subject: Subject) -> OutboxMessage:
        """The message as it is shown: a model's card says when it is private, an end links to its card."""
        job = subject.job if isinstance(subject, Funded) else subject
        if isinstance(job, Job) and message.kind in _ENDS:
            link = await self._link(job)
            return replace(message, data={**message.data, LINK: link}) if link else message
        if message.kind is not MessageKind.JOB_CARD or not isinstance(job, Job):
            return message
        if job.state is not JobState.SUCCEEDED or not await self.access.is_private(message.place):
            return message
        return replace(message, data={**message.data, PRIVATE: True})

    async def _link(self, job: Job) -> str:
        """The address of a job's card; empty where there is none any more."""
        card = await self.storage.outbox.get(job.card_id)
        if card is None or card.ts is None:
            return ""
        try:
            return await self.notifier.link(card.place.channel_id, card.ts)
        except CurableRefusal:
            raise
        except SlackRefused:
            return ""

    async def _job(self, message: OutboxMessage) -> Subject:
        """A job, with the budgets and rules under which it stands where the message tells of them."""
        job = await self.storage.jobs.get(message.subject_id)
        waits = job is not None and job.state is JobState.REQUESTED
        if job is None or not (waits or message.kind is MessageKind.JOB_ENDED):
            return job
        return await self.decisions.shown(job)

    async def _change(self, claim: Claim[OutboxMessage], step: Change) -> OutboxMessage:
        return await self.storage.outbox.change(claim.row.id, step, token=claim.token)


def _without_thread(message: OutboxMessage) -> OutboxMessage:
    """The message at the channel's top level, for its thread is no more."""
    return replace(message, place=replace(message.place, thread_ts=None), data={**message.data, ADRIFT: True})


def _is_urgent(subject: Subject) -> bool:
    """Whether people wait for what this card shows: it ended, or somebody has to decide."""
    if isinstance(subject, Job):
        return subject.state in ENDED
    if isinstance(subject, Dataset):
        return subject.state not in (DatasetState.RECEIVED, DatasetState.VALIDATING)
    return isinstance(subject, Funded)


def _revision(subject: Subject) -> int:
    return 0 if subject is None else subject.revision


def _still_due(current: OutboxMessage, seen: OutboxMessage) -> datetime | None:
    """A subject that changed while we drew it has set a new due time: that one stands."""
    return None if current.due_at == seen.due_at else current.due_at
