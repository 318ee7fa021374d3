"""What is said in chats: each message is a turn, and each turn gets one streamed answer."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain import chats, comparisons, spending
from bot.domain.catalog import Catalog
from bot.domain.chats import Conversation, Early, Turn, Usage
from bot.domain.datasets.tokens import TokenCounter
from bot.domain.decision_basis import ChatBasis
from bot.domain.escaping import plain
from bot.domain.money import NO_MONEY, Money
from bot.domain.places import Place
from bot.domain.policies import Policy
from bot.domain.work_queue import Transition, backoff, slowly
from bot.errors import (
    CurableRefusal,
    ModelNotAllowed,
    NotAllowed,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
    SlackRefused,
    SlackUnavailable,
    UnknownModel,
)
from bot.ports import Answer, Claim, Clock, Logger, People, Provider, ReplyStream, Storage
from bot.services.access import AccessService
from bot.services.models.resolver import ModelResolver

ANSWER_TOKENS = 4_096  # the longest answer asked for: as long as the oldest of the models can make one
WINDOW = 16_385  # tokens; what we assume of a model that the catalog does not know
TRIES = 8  # of one answer, four minutes in all: a model nobody has called for a while may need that to wake
SILENCE = 8.0  # seconds without a word from the model after which the thread is told why
NEW = timedelta(minutes=30)  # after its training a model may still be unknown where one asks it


@asynccontextmanager
async def slow_notice(
    seconds: float, say: Callable[[], Awaitable[None]]
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Call `say`, once, after so many seconds, unless what is given was called before: it returns when all is said."""
    begun = asyncio.Event()

    async def notice() -> None:
        try:
            await asyncio.wait_for(begun.wait(), seconds)
        except TimeoutError:
            await say()

    task = asyncio.get_running_loop().create_task(notice())

    async def over() -> None:
        begun.set()
        await task

    try:
        yield over
    finally:
        await over()


@dataclass(frozen=True)
class TurnService:
    """The use cases of what is said, and the work on it; `policy` is the settings'."""

    storage: Storage
    provider: Provider
    reply_stream: ReplyStream
    catalog: Catalog
    counter: TokenCounter
    policy: Policy
    people: People
    resolver: ModelResolver
    access: AccessService
    clock: Clock
    log: Logger
    wake: Callable[[], None]

    async def hear(
        self, thread: Place, message_ts: str, user_id: str, team_id: str, text: str, *, to_bot: bool = False
    ) -> bool:
        """A message in a thread: True when it is taken, as a turn of the conversation that the thread is.

        Somebody may write under a card whose ts is not known yet: then the message waits until it is. Where the
        conversation has ended, plain words are told once how to go on; what is said `to_bot`, which answers
        everywhere, is then not taken.
        """
        early = Early(
            secrets.token_hex(8), thread, message_ts, user_id, team_id, text, to_bot, due_at=self.clock.now()
        )
        # In this order: a card that becomes known between the two questions is found by the second.
        opening = await self.storage.conversations.opening(thread)
        conversation = await self.storage.conversations.in_thread(thread)
        if conversation is not None:
            return await self._take(conversation, early)
        if opening:
            await self.storage.early.add(early)
            self.wake()
        return opening

    async def settle(self, claim: Claim[Early]) -> None:
        """The cards of its channel stand: a message that waited for them is a turn, or nothing of ours."""
        early = claim.row
        conversation = await self.storage.conversations.in_thread(early.place)
        taken = conversation is not None and await self._take(conversation, early)
        if early.to_bot and not taken:
            await self.storage.outbox.add(chats.misplaced(early, self.clock.now()))
        await self.storage.early.drop(early.id)
        self.wake()

    def unsettled(self, early: Early, reference: str) -> Transition[Early]:
        """After a fault that nobody foresaw: again later."""
        self.log.warning("early message put off", message=early.id, reference=reference)
        return Transition(
            replace(early, due_at=self.clock.now() + backoff(early.attempts), attempts=early.attempts + 1)
        )

    async def _take(self, conversation: Conversation, said: Early) -> bool:
        """Write down what a message in the conversation's thread wants; False when that is the bot's to answer."""
        now = self.clock.now()
        if conversation.ended_by is not None:
            if said.to_bot:
                return False
            if not chats.is_stop(said.text):
                await self.storage.outbox.add(chats.over(conversation, said.place, now))
        elif said.text.strip():
            turn = Turn(
                id=secrets.token_hex(8),
                conversation_id=conversation.id,
                place=said.place,
                message_ts=said.message_ts,
                user_id=said.user_id,
                team_id=said.team_id,
                text=said.text,
                asked_at=now,
                due_at=now,
            )
            await self._put(conversation, turn)
        self.wake()
        return True

    async def _put(self, conversation: Conversation, turn: Turn) -> None:
        """Write down that a message waits for its answer, or for two of them."""
        if not conversation.compares or chats.says_stop(turn):
            await self.storage.turns.add(turn)
            return
        swapped = conversation.blind and secrets.randbelow(2) == 1
        a, b, ballot = comparisons.pair(conversation, turn, secrets.token_hex(8), swapped=swapped)
        await self.storage.ballots.ask(ballot, (a, b))

    async def step(self, claim: Claim[Turn]) -> None:
        """Answer one turn: ask the model (once), stream what it says, and write down that it was said."""
        turn = claim.row
        try:
            await self._answer(claim)
        except ProviderUnavailable as away:
            await self._put_off(claim, turn, await self._of_model(turn, str(away)), away.retry_after)
        except ProviderRefused as refused:
            if isinstance(refused, UnknownModel) and await self._is_new(turn):
                new = "This model was trained only now and is not to be had yet."
                await self._put_off(claim, turn, await self._of_model(turn, new))
                return
            said = f" The server says: “{plain(refused.said)}”" if refused.said else ""
            await self._change(
                claim, lambda t: Transition(spending.settled(t, NO_MONEY))
            )  # what is refused costs nothing
            await self._give_up(claim, turn, await self._of_model(turn, f"{refused}{said}"))
        except ModelNotAllowed as refused:
            await self._give_up(claim, turn, await self._of_model(turn, str(refused)))
        except (NotAllowed, NotFound) as refused:
            await self._give_up(claim, turn, str(refused))
        except SlackUnavailable as away:
            sentence, after = str(away), away.retry_after
            await self._change(claim, lambda t: chats.delayed(t, sentence, self.clock.now(), after))
        except CurableRefusal as refused:
            sentence, after = str(refused), slowly(turn.attempts).total_seconds()
            self.log.warning("answer waits", turn=turn.id, code=refused.code, cure=refused.cure.value)
            await self._change(claim, lambda t: chats.delayed(t, sentence, self.clock.now(), after))
        except SlackRefused as refused:
            sentence = str(refused)
            self.log.warning("answer refused", turn=turn.id, code=refused.code)
            saved = await self._change(claim, lambda t: chats.unanswered(t, sentence))
            await self._told_of_the_rest(saved, sentence)

    async def _answer(self, claim: Claim[Turn]) -> None:
        """Whatever the turn asks for: an answer, the rest of one, or the end of the conversation."""
        conversation = await self._of(claim.row)
        turn = await self._placed(claim)
        if turn.answer:  # it was said, but the process died before the thread had all of it
            answer = await self._begin(claim, turn, conversation)
            await answer.append(turn.answer)
            await answer.finish(self._note(conversation, turn))
        elif conversation.ended_by is not None:  # somebody said stop before
            await self._change(claim, lambda t: chats.unanswered(t, "This conversation has ended."))
            return
        elif chats.says_stop(turn):
            await self._stop(turn)
        else:
            await self._ask(claim, turn, conversation)
        await self._change(claim, chats.answered)

    def trouble(self, turn: Turn, reference: str) -> Transition[Turn]:
        """After a fault that nobody foresaw."""
        if turn.attempts + 1 >= TRIES:
            return chats.unanswered(turn, f"Something in me broke (code {reference}).")
        return chats.delayed(turn, f"fault {reference}", self.clock.now(), None)

    async def _of(self, turn: Turn) -> Conversation:
        conversation = await self.storage.conversations.get(turn.conversation_id)
        if conversation is None:
            raise NotFound("This conversation is gone.")
        return conversation

    async def _stop(self, turn: Turn) -> None:
        """End the conversation, for whoever may ask in it. Raises NotAllowed."""
        self.policy.check_talk(await self.people.member(turn.user_id, anew=True))
        now = self.clock.now()
        await self.storage.conversations.ruled(
            turn.conversation_id, lambda c, _: chats.ended(c, turn.user_id, turn.place, now)
        )
        self.wake()

    async def _placed(self, claim: Claim[Turn]) -> Turn:
        """The turn as begun, with the messages of an earlier try that died, if there are any."""
        turn = claim.row
        if turn.begun_at is None:
            return await self._change(claim, lambda t: chats.begun(t, self.clock.now()))
        turns = await self.storage.turns.of(turn.conversation_id)
        known = {ts for each in turns for ts in chats.messages_of(each)}
        for found in await self.reply_stream.find(turn, known):
            turn = await self._place(claim, found)
        return turn

    async def _place(self, claim: Claim[Turn], ts: str) -> Turn:
        return await self._change(claim, lambda t: chats.placed(t, ts))

    async def _begin(self, claim: Claim[Turn], turn: Turn, conversation: Conversation) -> Answer:
        async def keep(ts: str) -> None:
            await self._place(claim, ts)

        return await self.reply_stream.begin(turn, comparisons.heading(conversation, turn), keep)

    async def _ask(self, claim: Claim[Turn], turn: Turn, conversation: Conversation) -> None:
        self.policy.check_talk(await self.people.member(turn.user_id))
        name = chats.model_of(conversation, turn)
        await self._check_reach(conversation, name)
        self._check_alive(name)
        past = [
            t
            for t in await self.storage.turns.of(conversation.id)
            if t.message_ts < turn.message_ts and t.other == turn.other
        ]
        model = self.catalog.find(name)
        prompt = chats.prompt(
            conversation,
            (*past, turn),
            window=model.context_window if model else WINDOW,
            answer_room=ANSWER_TOKENS,
            count=self.counter.count,
        )
        asked = chats.tokens(prompt, self.counter.count)
        turn = await self._reserve(claim, spending.price(model, Usage(asked, ANSWER_TOKENS)))
        answer = await self._begin(claim, turn, conversation)
        pieces: list[str] = []
        usage: Usage | None = None
        async with (
            slow_notice(SILENCE, lambda: self._still_silent(answer)) as over,
            self.provider.chat(name, prompt, max_tokens=ANSWER_TOKENS) as stream,
        ):
            async for piece in stream:
                await over()
                if isinstance(piece, Usage):
                    usage = piece
                    continue
                pieces.append(piece)
                await answer.append(piece)
        said = "".join(pieces) or "…"
        took = usage or Usage(asked, self.counter.count(said))
        cost = spending.price(model, took)
        turn = await self._change(claim, lambda t: chats.spoken(spending.settled(t, cost), said, usage))
        await answer.finish(self._note(conversation, turn))

    async def _check_reach(self, conversation: Conversation, name: str) -> None:
        """Raise NotAllowed where the model is not, or no more, for everybody in this channel."""
        if not await self.resolver.reach(await self.access.at(conversation.place), name):
            raise ModelNotAllowed(
                "This model is not for everybody in this channel any more: its own channel is private, and it is not "
                "shared with this one."
            )

    async def _reserve(self, claim: Claim[Turn], most: Money | None) -> Turn:
        """Take what the answer may cost out of the budgets, right before the model is asked. Raises NotAllowed."""

        def step(turn: Turn, basis: ChatBasis) -> Transition[Turn]:
            policy = basis.policy(self.policy)
            return spending.begun(turn, most, policy, basis, self.clock.now())

        return await self.storage.turns.spend(claim.row.id, step, token=claim.token)

    async def _still_silent(self, answer: Answer) -> None:
        try:
            await answer.wait(
                "The model has not begun to answer. One that nobody called for a while may need some minutes "
                "to wake up; I keep waiting."
            )
        except (SlackUnavailable, SlackRefused):
            self.log.exception("could not say that a model is silent")

    async def _is_new(self, turn: Turn) -> bool:
        """Whether a model of this conversation was trained only some minutes ago."""
        name = chats.model_of(await self._of(turn), turn)
        since = self.clock.now() - NEW
        return await self.storage.jobs.trained_since(name, since)

    def _note(self, conversation: Conversation, turn: Turn) -> str:
        """What stands small below an answer: that it was cut short, or what it took, unless that tells models apart."""
        if turn.usage is not None and turn.usage.answered >= ANSWER_TOKENS:
            return (
                f"This is as long as I let an answer be ({ANSWER_TOKENS:,} tokens). Write “go on” for more."
            )
        if not turn.letter or turn.usage is None or conversation.blind:
            return ""
        name = chats.model_of(conversation, turn)
        is_tuned = self.catalog.base_of(name) != name  # the catalog's prices are those of tuned models
        return comparisons.took(turn.usage, self.catalog.find(name) if is_tuned else None)

    async def _of_model(self, turn: Turn, sentence: str) -> str:
        """What happened to one model, as its thread may read it: in a blind test it must not betray which it is."""
        if not turn.letter or not (await self._of(turn)).blind:
            return sentence
        return (
            "There is no answer from this model now. Why is told to nobody, as it may show which model it is."
        )

    async def _put_off(
        self, claim: Claim[Turn], turn: Turn, sentence: str, retry_after: float | None = None
    ) -> None:
        """Try again later, and say so where the answer will stand; a model's first call may take minutes."""
        if turn.attempts + 1 >= TRIES:
            await self._give_up(claim, turn, f"{sentence} I gave up after {TRIES} tries; write again later.")
            return
        saved = await self._change(claim, lambda t: chats.delayed(t, sentence, self.clock.now(), retry_after))
        await self._say(saved, f"{sentence} I'll try again {_soon(saved, self.clock.now())}.")

    async def _give_up(self, claim: Claim[Turn], turn: Turn, sentence: str) -> None:
        saved = await self._change(claim, lambda t: chats.unanswered(t, sentence))
        self.log.warning("turn unanswered", turn=turn.id)
        await self._say(saved, sentence)

    async def _say(self, turn: Turn, sentence: str) -> None:
        try:
            heading = comparisons.heading(await self._of(turn), turn)
            await self.reply_stream.say(turn, sentence, heading)
        except (SlackUnavailable, SlackRefused):
            self.log.exception("could not say why a turn has no answer", turn=turn.id)

    async def _told_of_the_rest(self, turn: Turn, sentence: str) -> None:
        """Say below what there is of an answer that Slack took no more of it."""
        try:
            await self.reply_stream.add(turn, f"I could not show all of this answer: {sentence}")
        except (SlackUnavailable, SlackRefused):
            self.log.exception("could not say that an answer is not whole", turn=turn.id)

    def _check_alive(self, name: str) -> None:
        model = self.catalog.find(name)
        if model is not None and model.serves_until and not model.serves(self.clock.now().date()):
            raise ProviderRefused(
                f"{model.name} and the models tuned from it stopped answering on "
                f"{_day(model.serves_until)}. Train a new one on another base."
            )

    async def _change(self, claim: Claim[Turn], step: Callable[[Turn], Transition[Turn]]) -> Turn:
        return await self.storage.turns.change(claim.row.id, step, token=claim.token)


def _soon(turn: Turn, now: datetime) -> str:
    """When the next try is."""
    minutes = round((turn.due_at - now).total_seconds() / 60) if turn.due_at else 0
    if not minutes:
        return "in a moment"
    return f"in about {minutes} minutes" if minutes > 1 else "in about a minute"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
