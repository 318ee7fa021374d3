"""The bot on itself: help, and where it comes and goes."""

from dataclasses import dataclass

from bot.services import Services
from handlers.ids import Action
from handlers.slack.interactions import Click, Event, Words
from handlers.slack.listeners import Listeners
from handlers.views import commands


@dataclass(frozen=True)
class About:
    """Listeners on help, on channels' members, and on the end of the installation."""

    services: Services

    def register(self, listen: Listeners) -> None:
        """Bind the word and the events; that a channel became private or public comes through handlers.messages."""
        listen.word("help", self.asked_help)
        listen.click(Action.ALL_COMMANDS, self.asked_all)
        listen.event("member_joined_channel", self.joined)
        listen.event("member_left_channel", self.left)
        listen.event("channel_unarchive", self.unarchived)
        listen.event("group_unarchive", self.unarchived)
        listen.event("app_uninstalled", self.uninstalled)
        listen.event("tokens_revoked", self.revoked)

    async def asked_help(self, words: Words) -> None:
        """What can be done, and with which words."""
        await words.reply(commands.help_text())

    async def asked_all(self, click: Click) -> None:
        """*All commands*: each word with what it does, over the modal that is open, if one is."""
        view = commands.all_commands(click.spelling)
        await (click.push(view) if (click.view or {}).get("type") == "modal" else click.open(view))

    async def joined(self, event: Event) -> None:
        """Three lines, when it is the bot that joined."""
        self.services.access.changed(event.channel_id)
        if event.is_of_bot and self.services.policy.works_in(event.channel_id):
            await self.services.outbox.retry(event.place())
            await self.services.outbox.welcome(event.place())

    async def left(self, event: Event) -> None:
        """From now on nothing of the channel exists for whoever left."""
        self.services.access.changed(event.channel_id)

    async def unarchived(self, event: Event) -> None:
        """What waited to be said there can be said."""
        await self.services.outbox.retry(event.place())

    async def uninstalled(self, event: Event) -> None:
        """The app is not in this workspace any more."""
        await self.services.app_removal.removed(event.workspace)

    async def revoked(self, event: Event) -> None:
        """Tokens were taken away: ours if they are a bot's, for this app asks for no others."""
        if (event.payload.get("tokens") or {}).get("bot"):
            await self.services.app_removal.token_revoked()
