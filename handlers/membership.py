"""Who comes and goes: what is known of a channel counts no more, and the bot says what it does where it is new."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.services import Services
from handlers.slack.places import place_of, workspace_of


@dataclass(frozen=True)
class Membership:
    """Listeners on channels' members; that a channel became private or public comes through handlers.messages."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind the events."""
        app.event("member_joined_channel")(self.joined)
        app.event("member_left_channel")(self.left)
        app.event("app_uninstalled")(self.uninstalled)
        app.event("tokens_revoked")(self.revoked)
        app.event("channel_unarchive")(self.unarchived)
        app.event("group_unarchive")(self.unarchived)

    async def joined(self, ack: AsyncAck, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        """Three lines, when it is the bot that joined."""
        self.services.access.changed(event["channel"])
        if event["user"] == context.bot_user_id and self.services.policy.works_in(event["channel"]):
            place = place_of(context, event["channel"])
            await self.services.outbox.mended(place)
            await self.services.outbox.welcome(place)
        await ack()

    async def unarchived(self, ack: AsyncAck, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        """What waited to be said there can be said."""
        await self.services.outbox.mended(place_of(context, event["channel"]))
        await ack()

    async def left(self, ack: AsyncAck, event: dict[str, Any]) -> None:
        """From now on nothing of the channel exists for whoever left."""
        self.services.access.changed(event["channel"])
        await ack()

    async def uninstalled(self, ack: AsyncAck, context: AsyncBoltContext) -> None:
        """The app is not in this workspace any more."""
        await self.services.app_removal.removed(workspace_of(context))
        await ack()

    async def revoked(self, ack: AsyncAck, event: dict[str, Any]) -> None:
        """Tokens were taken away: ours if they are a bot's, for this app asks for no others."""
        if (event.get("tokens") or {}).get("bot"):
            await self.services.app_removal.token_revoked()
        await ack()
