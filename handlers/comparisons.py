"""Comparing two models: opening the thread, voting, hiding which is which."""

from dataclasses import dataclass

from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action
from handlers.models import Models
from handlers.slack.interactions import Click, Words
from handlers.slack.listeners import Listeners
from handlers.views import comparisons

_LETTERS = {Action.VOTE_A: "A", Action.VOTE_B: "B", Action.VOTE_SAME: ""}
_BETWEEN = frozenset({"with", "and", "vs", "vs.", "to"})  # what people write between the two names


@dataclass(frozen=True)
class Comparisons:
    """Listeners of comparisons; what is said in their threads comes through handlers.messages."""

    services: Services
    models: Models

    def register(self, listen: Listeners) -> None:
        """Bind the buttons and the word."""
        listen.click(Action.COMPARE, self.pressed)
        listen.click(Action.COMPARE_AGAIN, self.again)
        for action_id in _LETTERS:
            listen.click(action_id, self.voted)
        listen.click(Action.VOTED, self.my_vote)
        listen.click(Action.BLIND, self.make_blind)
        listen.click(Action.END, self.end)
        listen.word("compare", self.asked)

    async def pressed(self, click: Click) -> None:
        """*Compare with base* on a card, an announcement or a list; asked in a thread, a link stands there."""
        viewer = await self.models.opener(click)
        opened = await self.services.comparisons.open(viewer, click.value, "", click.key, click.thread)
        if click.thread is None:
            await click.tell(comparisons.opening(opened, click.place.channel_id), "Compare")

    async def again(self, click: Click) -> None:
        """*Compare again* on a comparison that has ended."""
        await click.check_member()
        viewer = await click.viewer()
        opened = await self.services.comparisons.again(viewer, click.value, click.key, click.thread)
        if click.thread is None:
            await click.tell(comparisons.opening(opened, click.place.channel_id), "Compare")

    async def voted(self, click: Click) -> None:
        """One of the three buttons under a pair; the question is drawn anew, and a blind test tells the voter alone."""
        viewer, letter = await click.viewer(), _LETTERS[click.action_id]
        ballot = await self.services.comparisons.vote(viewer, click.value, letter)
        if not ballot.reveals:
            await click.tell(comparisons.my_vote(ballot, viewer.user_id), "Your vote")

    async def my_vote(self, click: Click) -> None:
        """*What did I vote for?* under a pair of a blind test."""
        viewer = await click.viewer()
        ballot = await self.services.comparisons.ballot(viewer, click.value)
        await click.tell(comparisons.my_vote(ballot, viewer.user_id), "Your vote")

    async def make_blind(self, click: Click) -> None:
        """*Make it a blind test*; the card of an earlier time carries more than the id."""
        conversation_id, _, _ = click.value.partition(":")
        await self.services.comparisons.make_blind(await click.viewer(), conversation_id)

    async def end(self, click: Click) -> None:
        """*End and reveal*: the card and every question then say which model was which."""
        await self.services.comparisons.end(await click.viewer(), click.value)

    async def asked(self, words: Words) -> None:
        """`compare MODEL [OTHER]`."""
        model, other = _two(words.text)
        await words.check_member()
        viewer = await words.viewer()
        opened = await self.services.comparisons.open(viewer, model, other, words.key, words.thread)
        if words.thread is None:
            await words.reply(comparisons.opening(opened, words.place.channel_id))


def _two(text: str) -> tuple[str, str]:
    """The names of the models; the second is empty where only one is said. Raises BadInput."""
    names = [word for word in text.split() if word.lower() not in _BETWEEN]
    if not 1 <= len(names) <= 2:
        raise BadInput(
            f"Which models? `{COMMAND} compare MODEL` puts a tuned model beside its base, "
            f"`{COMMAND} compare MODEL OTHER` beside another; `{COMMAND} models` lists them."
        )
    model, other = (name.strip("`*") for name in (*names, "")[:2])
    return model, other
