"""Talking with tuned models in threads: which model, which thread, and one streamed answer per message."""

import asyncio
import difflib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.domain import conversations
from bot.domain.catalog import Catalog
from bot.domain.conversations import Conversation, Turn
from bot.domain.jobs import Job
from bot.domain.policy import Member, Policy
from bot.domain.wording import plain
from bot.domain.work import Moved, Place
from bot.errors import (
    NotAllowed,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
    SlackRefused,
    SlackUnavailable,
)
from bot.ports import Claim, Clock, People, Provider, Reporter, Storage, TokenCounter, Voice

ANSWER_TOKENS = 1024  # the longest answer asked for
WINDOW = 16_385  # tokens; what we assume of a model that the catalog does not know
TRIES = 5  # of one answer; a model nobody has called for a while may need minutes to wake
OPENING_LOOKS, OPENING_PAUSE = 20, 0.25  # times, seconds: how a message waits for its thread's card
STOP_WORDS = frozenset({"stop", "end", "quit", "bye"})


@dataclass(frozen=True)
class ChatService:
    """The chat use cases; `folder` holds dataset contents, for the system prompt a model was trained with."""

    storage: Storage
    provider: Provider
    voice: Voice
    catalog: Catalog
    counter: TokenCounter
    policy: Policy
    people: People
    clock: Clock
    log: Reporter
    wake: Callable[[], None]
    folder: Path

    async def models(self, workspace: str) -> list[Job]:
        """The tuned models of a workspace, as the jobs they came from, newest first."""
        return await self.storage.jobs.tuned(workspace)

    async def open(self, member: Member, place: Place, model: str, request_key: str) -> Conversation:
        """Begin a conversation with a tuned model; its card opens the thread. The same click twice is one.

        `model` is the model's name, the id of its job, or its suffix. Raises NotFound with the nearest name.
        """
        self.policy.check_request(member)
        self.policy.check_channel(place.channel_id)
        job = await self._tuned(place.workspace, model)
        now = self.clock.now()
        conversation = Conversation(
            id=secrets.token_hex(8),
            request_key=request_key,
            place=Place(place.workspace, place.channel_id),
            provider=self.provider.name,
            model=job.fine_tuned_model or "",
            title=job.title,
            base_model=job.model,
            started_by=member.user_id,
            started_at=now,
            system=await self._system_prompt(job),
            job_id=job.id,
        )
        saved = await self.storage.conversations.add(conversations.started(conversation, now))
        self.log.info("conversation opened", conversation=saved.id, by=member.user_id)
        self.wake()
        return saved

    async def hear(self, thread: Place, message_ts: str, user_id: str, team_id: str, text: str) -> bool:
        """A message in a thread: True when the thread is a conversation, and the message is then a turn of it."""
        conversation = await self._conversation(thread)
        if conversation is None:
            return False
        if conversation.ended_by is not None:
            return True
        now = self.clock.now()
        if text.strip().lower().rstrip(".!") in STOP_WORDS:
            await self.storage.conversations.change(
                conversation.id, lambda c: conversations.ended(c, user_id, thread, now)
            )
        elif text.strip():
            turn = Turn(
                id=secrets.token_hex(8),
                conversation_id=conversation.id,
                place=thread,
                message_ts=message_ts,
                user_id=user_id,
                team_id=team_id,
                text=text,
                asked_at=now,
                due_at=now,
            )
            await self.storage.turns.add(turn)
        self.wake()
        return True

    async def _conversation(self, thread: Place) -> Conversation | None:
        """The thread's conversation; somebody may write under a card whose ts is just being saved."""
        for _ in range(OPENING_LOOKS):
            # In this order: a card that becomes known between the two questions is found by the second.
            opening = await self.storage.conversations.opening(thread)
            conversation = await self.storage.conversations.in_thread(thread)
            if conversation is not None or not opening:
                return conversation
            await asyncio.sleep(OPENING_PAUSE)
        return None

    async def step(self, claim: Claim[Turn]) -> None:
        """Answer one turn: ask the model (once), stream what it says, and write down that it was said."""
        turn = claim.row
        try:
            turn = await self._placed(claim)
            if not turn.answer:
                await self._ask(claim, turn)
            else:  # it was said, but the process died before the thread had all of it
                answer = await self.voice.begin(turn)
                await answer.append(turn.answer)
                await answer.finish()
            await self._change(claim, conversations.answered)
        except ProviderUnavailable as away:
            await self._put_off(claim, turn, str(away), away.retry_after)
        except ProviderRefused as refused:
            said = f" The server says: “{plain(refused.said)}”" if refused.said else ""
            await self._give_up(claim, turn, f"{refused}{said}")
        except (NotAllowed, NotFound) as refused:
            await self._give_up(claim, turn, str(refused))
        except SlackUnavailable as away:
            sentence, after = str(away), away.retry_after
            await self._change(claim, lambda t: conversations.delayed(t, sentence, self.clock.now(), after))
        except SlackRefused as refused:
            sentence = str(refused)
            self.log.warning("answer refused", turn=turn.id, code=refused.code)
            await self._change(claim, lambda t: conversations.unanswered(t, sentence))

    def trouble(self, turn: Turn, reference: str) -> Moved[Turn]:
        """After a fault that nobody foresaw."""
        if turn.attempts + 1 >= TRIES:
            return conversations.unanswered(turn, f"Something in me broke (code {reference}).")
        return conversations.delayed(turn, f"fault {reference}", self.clock.now(), None)

    async def _placed(self, claim: Claim[Turn]) -> Turn:
        """The turn as begun, with the message of an earlier try that died, if there is one."""
        turn = claim.row
        if turn.begun_at is None:
            return await self._change(claim, lambda t: conversations.begun(t, self.clock.now()))
        if turn.answer_ts is None:
            found = await self.voice.find(turn)
            if found is not None:
                return await self._change(claim, lambda t: conversations.placed(t, found))
        return turn

    async def _ask(self, claim: Claim[Turn], turn: Turn) -> None:
        conversation = await self.storage.conversations.get(turn.conversation_id)
        if conversation is None:
            raise ProviderRefused("This conversation is gone.")
        self.policy.check_talk(await self.people.member(turn.user_id))
        self._check_alive(conversation)
        past = [t for t in await self.storage.turns.of(conversation.id) if t.message_ts < turn.message_ts]
        model = self.catalog.find(conversation.model)
        prompt = conversations.prompt(
            conversation,
            (*past, turn),
            window=model.context_window if model else WINDOW,
            answer_room=ANSWER_TOKENS,
            count=self.counter.count,
        )
        answer = await self.voice.begin(turn)
        if turn.answer_ts != answer.ts:
            turn = await self._change(claim, lambda t: conversations.placed(t, answer.ts))
        pieces: list[str] = []
        async with self.provider.chat(conversation.model, prompt, max_tokens=ANSWER_TOKENS) as stream:
            async for piece in stream:
                pieces.append(piece)
                await answer.append(piece)
        said = "".join(pieces) or "…"
        await self._change(claim, lambda t: conversations.spoken(t, said))
        await answer.finish()

    async def _put_off(
        self, claim: Claim[Turn], turn: Turn, sentence: str, retry_after: float | None
    ) -> None:
        """Try again later, and say so where the answer will stand; a model's first call may take minutes."""
        if turn.attempts + 1 >= TRIES:
            await self._give_up(claim, turn, f"{sentence} I gave up after {TRIES} tries; write again later.")
            return
        saved = await self._change(
            claim, lambda t: conversations.delayed(t, sentence, self.clock.now(), retry_after)
        )
        await self._say(saved, f"{sentence} I'll try again in a moment.")

    async def _give_up(self, claim: Claim[Turn], turn: Turn, sentence: str) -> None:
        saved = await self._change(claim, lambda t: conversations.unanswered(t, sentence))
        self.log.warning("turn unanswered", turn=turn.id)
        await self._say(saved, sentence)

    async def _say(self, turn: Turn, sentence: str) -> None:
        try:
            await self.voice.say(turn, sentence)
        except (SlackUnavailable, SlackRefused):
            self.log.exception("could not say why a turn has no answer", turn=turn.id)

    def _check_alive(self, conversation: Conversation) -> None:
        model = self.catalog.find(conversation.model)
        if model is not None and model.serves_until and not model.serves(self.clock.now().date()):
            raise ProviderRefused(
                f"{model.name} and the models tuned from it stopped answering on "
                f"{_day(model.serves_until)}. Train a new one on another base."
            )

    async def _tuned(self, workspace: str, wanted: str) -> Job:
        tuned = await self.models(workspace)
        if not tuned:
            raise NotFound(
                "There is no tuned model here yet: drop a dataset into a channel and start a job with it."
            )
        name = wanted.strip().lower()
        names: dict[str, Job] = {}
        for job in tuned:  # newest first: an older job with the same suffix gives way
            for known in (job.fine_tuned_model or "", job.id, job.title):
                names.setdefault(known.lower(), job)
        if name in names:
            return names[name]
        near = difflib.get_close_matches(name, [job.title for job in tuned], n=1)
        hint = f" Did you mean `{plain(near[0])}`?" if near else ""
        raise NotFound(f"I know no tuned model of this name.{hint} `/finetune models` lists them.")

    async def _system_prompt(self, job: Job) -> str:
        """The system prompt of the model's first training example: a tuned model answers best under it."""
        dataset = await self.storage.datasets.get(job.dataset_id)
        if dataset is None or dataset.path is None:
            return ""
        return await asyncio.to_thread(_first_system, self.folder / dataset.path)

    async def _change(self, claim: Claim[Turn], step: Callable[[Turn], Moved[Turn]]) -> Turn:
        return await self.storage.turns.change(claim.row.id, step, token=claim.token)


def _first_system(path: Path) -> str:
    try:
        with path.open("rb") as lines:
            example = json.loads(lines.readline(8 * 2**20).decode("utf-8-sig"))
        source = example.get("input", example)
        first = source["messages"][0]
        return first["content"] if first["role"] == "system" and isinstance(first["content"], str) else ""
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
