"""Comparing two models: opening the thread, voting, hiding which is which."""

from dataclasses import dataclass

from bot.domain import stale_buttons
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
        for action_id in _LETTERS:
            listen.click(action_id, self.voted)
        listen.click(Action.HIDE, self.hide)
        listen.word("compare", self.asked)

    async def pressed(self, click: Click) -> None:
        """*Compare with base* on a card, an announcement or a list."""
        viewer = await self.models.opener(click)
        opened = await self.services.comparisons.open(viewer, click.value, "", click.key)
        await click.tell(comparisons.opening(opened, click.place.channel_id), "Compare")

    async def voted(self, click: Click) -> None:
        """One of the three buttons under a pair; the question is drawn anew with the vote."""
        letter = _LETTERS[click.action_id]
        await self.services.comparisons.vote(await click.viewer(), click.value, letter)

    async def hide(self, click: Click) -> None:
        """Hide which is which, or show it again; the card says which of the two holds."""
        await self.services.comparisons.hide(await click.viewer(), *stale_buttons.read(click.value))

    async def asked(self, words: Words) -> None:
        """`compare MODEL [OTHER]`."""
        model, other = _two(words.text)
        await words.check_member()
        viewer = await words.viewer()
        opened = await self.services.comparisons.open(viewer, model, other, words.key)
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
