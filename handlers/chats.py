"""Talking with tuned models: opening a thread."""

from dataclasses import dataclass

from bot.services import Services
from handlers.ids import Action
from handlers.models import Models
from handlers.slack.interactions import Click, Words
from handlers.slack.listeners import Listeners
from handlers.views import chats


@dataclass(frozen=True)
class Chats:
    """Listeners that open conversations; what is said in them comes through handlers.messages."""

    services: Services
    models: Models

    def register(self, listen: Listeners) -> None:
        """Bind the button and the word."""
        listen.click(Action.CHAT, self.pressed)
        listen.click(Action.CHAT_AGAIN, self.again)
        listen.click(Action.PICK_CHAT, self.pick)
        listen.word("chat", self.asked)

    async def pressed(self, click: Click) -> None:
        """*Chat* on a card, an announcement, a list or the App Home; in a thread a link to the new one follows."""
        viewer = await self.models.opener(click)
        opened = await self.services.chats.open(viewer, click.value, click.key, click.thread)
        if click.thread is None:
            await click.tell(chats.opening(opened, click.place.channel_id), "Chat")

    async def again(self, click: Click) -> None:
        """*Chat again* on a chat that has ended."""
        await click.check_member()
        opened = await self.services.chats.again(await click.viewer(), click.value, click.key, click.thread)
        if click.thread is None:
            await click.tell(chats.opening(opened, click.place.channel_id), "Chat")

    async def pick(self, click: Click) -> None:
        """*Chat with a model* in the welcome: the models there are, each with its button."""
        await click.tell(await self.models.first_page(await click.viewer()), "Tuned models")

    async def asked(self, words: Words) -> None:
        """A thread with the named model; without a name the list."""
        if not words.text:
            await self.models.asked_list(words)
            return
        await words.check_member()
        viewer = await words.viewer()
        opened = await self.services.chats.open(viewer, words.name, words.key, words.thread)
        if words.thread is None:
            await words.reply(chats.opening(opened, words.place.channel_id))
