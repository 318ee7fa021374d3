"""Turns what happens in the workspace into Events API payloads, and sends those the app may and wants to hear."""

import secrets
from typing import Any

from bot.sandbox.slack.delivery import Courier, Delivery
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.posts import Post, Posts
from bot.sandbox.slack.scopes import event_allowed
from bot.sandbox.slack.team import APP_ID, BOT_USER_ID, TEAM_ID, Channel, Team

VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - deprecated by Slack, still in each payload
_SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class Events:
    """What the app hears: subscribed, with its scope, and from a channel the bot is in."""

    def __init__(self, team: Team, posts: Posts, manifest: Manifest, courier: Courier) -> None:
        self._team = team
        self._posts = posts
        self._manifest = manifest
        self._courier = courier
        self.muted = False  # the app was uninstalled

    def posted(self, post: Post) -> None:
        """A message was posted: `message`, and `app_mention` where the bot is named."""
        channel = self._team.channels[post.channel]
        event = {**post.for_app(), "channel": channel.id, "event_ts": post.ts, "channel_type": channel.kind}
        self.publish(_SUBSCRIPTION[channel.kind], event, channel)
        mentioned = f"<@{BOT_USER_ID}>" in post.body.get("text", "") and post.body.get("user") != BOT_USER_ID
        if mentioned and not channel.is_im:
            mention = {k: v for k, v in event.items() if k not in ("channel_type", "subtype", "files")}
            self.publish("app_mention", {**mention, "type": "app_mention"}, channel)

    def changed(self, post: Post, before: dict[str, Any]) -> None:
        """A message was edited: `message_changed` with both versions."""
        self._hidden(post, "message_changed", {"message": post.for_app(), "previous_message": before})

    def deleted(self, post: Post) -> None:
        """A message was deleted: `message_deleted` with what it was."""
        self._hidden(post, "message_deleted", {"deleted_ts": post.ts, "previous_message": post.for_app()})

    def publish(self, subscription: str, event: dict[str, Any], channel: Channel | None = None) -> None:
        """Send one event if the app is to hear it; `subscription` is its name in the manifest."""
        kind = channel.kind if channel is not None else None
        if self.muted or subscription not in self._manifest.events:
            return
        if not event_allowed(subscription, self._manifest.scopes, kind):
            return
        if channel is not None and BOT_USER_ID not in channel.members:
            return
        event.setdefault("event_ts", self._posts.new_ts())
        event_id = f"Ev0{secrets.token_hex(5).upper()}"
        payload = {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": None,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(float(event["event_ts"])),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": channel is not None and self._team.is_shared(channel),
            "event_context": f"4-{secrets.token_urlsafe(24)}",
        }
        name = "/".join(filter(None, (event["type"], event.get("subtype"))))
        self._courier.tell(Delivery("events_api", name, payload))

    def _hidden(self, post: Post, subtype: str, parts: dict[str, Any]) -> None:
        if post.only_for is not None:
            return
        channel = self._team.channels[post.channel]
        stamp = self._posts.new_ts()
        event = {
            "type": "message",
            "subtype": subtype,
            "channel": channel.id,
            "hidden": True,
            "ts": stamp,
            "event_ts": stamp,
            "channel_type": channel.kind,
            **parts,
        }
        self.publish(_SUBSCRIPTION[channel.kind], event, channel)
