"""One Slack workspace with one app installed: everything the Web API and a person's acts work on, put together."""

from copy import deepcopy
from typing import Any

from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.slack.background import Background
from bot.sandbox.slack.delivery import Courier
from bot.sandbox.slack.events import Events
from bot.sandbox.slack.files import File, Files
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.posts import Post, Posts
from bot.sandbox.slack.ratelimits import RateLimits
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.team import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, Channel, Team
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.watch import Watcher


class Workspace:
    """The parts, and the few acts that both the app and people do with them."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        clock: Clock,
        faults: Faults,
        calls: Calls,
        watch: Watcher,
        rate_limits: bool,
        ack_seconds: float,
    ) -> None:
        self.manifest = manifest
        self.clock = clock
        self.faults = faults
        self.calls = calls
        self.watch = watch
        self.background = Background(clock)
        self.team = Team(manifest.bot_name)
        self.limits = RateLimits(clock, on=rate_limits)
        self.posts = Posts(clock, watch)
        self.files = Files(self.team, clock)
        self.triggers = Triggers(clock)
        self.views = Views(self.team, watch)
        self.response_urls = ResponseUrls(clock)
        self.socket = SocketMode(clock, faults, watch)
        self.courier = Courier(
            clock=clock,
            faults=faults,
            calls=calls,
            background=self.background,
            socket=self.socket,
            ack_seconds=ack_seconds,
        )
        self.events = Events(self.team, self.posts, manifest, self.courier)
        self.base_url = ""
        self.installed = True

    def at(self, base_url: str) -> None:
        """Tell every part that gives out addresses where the sandbox listens."""
        self.base_url = self.files.base_url = self.socket.base_url = self.response_urls.base_url = base_url

    def post(
        self, channel: Channel, body: dict[str, Any], only_for: str | None = None, *, streaming: bool = False
    ) -> Post:
        """Put a message into a channel or thread; the app hears of it unless it is ephemeral."""
        post = self.posts.add(channel.id, self._signed(body), only_for, streaming=streaming)
        if only_for is None:
            self.events.posted(post)
        return post

    def post_as_bot(
        self, channel: Channel, body: dict[str, Any], only_for: str | None = None, *, streaming: bool = False
    ) -> Post:
        """Put a message of the app into a channel or thread."""
        if body.get("thread_ts"):
            self.watch.status(channel.id, body["thread_ts"], "")  # an answer ends "is thinking…"
        return self.post(channel, {**self.bot_identity(), **body}, only_for, streaming=streaming)

    def edit(self, post: Post, **parts: Any) -> None:
        """Change a message; the app hears of it unless it is ephemeral."""
        before = deepcopy(post.for_app())
        self.posts.change(post, **parts)
        self.events.changed(post, before)

    def notice(self, user: str, text: str, channel: str, thread_ts: str = "", level: str = "warning") -> None:
        """Tell one person what Slack itself has to say, where they are; level is info or warning."""
        place = {"channel": channel, "ts": self.posts.new_ts(), "thread_ts": thread_ts}
        self.watch.notice(user, text, place, level)

    def delete(self, post: Post) -> None:
        """Delete a message; the app hears of it unless it is ephemeral."""
        self.events.deleted(post)
        self.posts.remove(post)

    def share(self, file: File, channel: Channel, body: dict[str, Any]) -> Post:
        """Show a file in a channel: one message, and the two events Slack makes of it."""
        parts = {
            **body,
            "subtype": "file_share",
            "upload": True,
            "files": [self.files.for_message(file)],
        }
        foreign = self.team.users[file.user].is_stranger
        post = self.posts.add(channel.id, self._signed({"user": file.user, **parts}), foreign=foreign)
        file.shares.append((channel.id, post.ts))
        self.events.posted(post)
        shared = {"channel_id": channel.id, "file_id": file.id, "user_id": file.user, "file": {"id": file.id}}
        self.events.publish("file_shared", {"type": "file_shared", **shared}, channel)
        return post

    def delete_file(self, file: File) -> None:
        """Delete a file: its bytes go, its messages show a tombstone, the app hears `file_deleted`."""
        self.files.delete(file)
        for post in self.posts.with_file(file.id):
            files = [self.files.for_message(file) if f["id"] == file.id else f for f in post.body["files"]]
            self.edit(post, files=files)
        channel = self.team.channels[file.shares[0][0]] if file.shares else None
        self.events.publish("file_deleted", {"type": "file_deleted", "file_id": file.id}, channel)

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        """Add somebody to a channel, with Slack's line about it and `member_joined_channel`."""
        channel.members.append(user)
        invited = {"inviter": inviter} if inviter else {}
        self._line(channel, "join", user, "has joined the channel", **invited)
        self._membership("member_joined_channel", channel, user, **invited)
        self.watch.world()

    def leave(self, channel: Channel, user: str, remover: str | None = None) -> None:
        """Take somebody out of a channel: who stays hears `member_left_channel`, the bot itself `channel_left`."""
        channel.members.remove(user)
        self._line(channel, "leave", user, "has left the channel")
        if user == BOT_USER_ID:
            left = f"{_side(channel)}_left"
            event = {"type": left, "channel": channel.id, "actor_id": remover or user}
            self.events.publish(left, event)
        else:
            self._membership("member_left_channel", channel, user)
        self.watch.world()

    def archive(self, channel: Channel, user: str, *, back: bool = False) -> None:
        """Archive a channel, or bring it back: its members stay, nobody writes there meanwhile."""
        verb = "unarchive" if back else "archive"
        channel.is_archived = not back
        self._line(channel, verb, user, "un-archived the channel" if back else "archived the channel")
        event: dict[str, Any] = {"type": f"{_side(channel)}_{verb}", "channel": channel.id, "user": user}
        if not back:
            event["is_moved"] = 0
        members_only = (
            channel if channel.is_private else None
        )  # of a public channel the whole workspace hears
        self.events.publish(event["type"], event, members_only)
        self.watch.world()

    def uninstall(self) -> None:
        """Remove the app: its token is dead from now on, and it hears so once."""
        self.events.publish(
            "tokens_revoked", {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER_ID]}}
        )
        self.events.publish("app_uninstalled", {"type": "app_uninstalled"})
        self.installed, self.events.muted = False, True

    def install(self) -> None:
        """Install the app again; its token is the one it had."""
        self.installed, self.events.muted = True, False

    def _line(self, channel: Channel, verb: str, user: str, words: str, **more: Any) -> None:
        line = {"subtype": f"{_side(channel)}_{verb}", "user": user, "text": f"<@{user}> {words}"}
        self.post(channel, line | more)

    def _membership(self, kind: str, channel: Channel, user: str, **more: Any) -> None:
        event = {
            "type": kind,
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": self.team.users[user].team_id,
        }
        self.events.publish(kind, event | more, channel)

    def _signed(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with what tells that its author is of another organisation."""
        author = self.team.users.get(str(body.get("user")))
        if author is None or not author.is_stranger:
            return body
        profile = {"name": author.name, "real_name": author.real_name, "team": author.team_id}
        teams = {"team": author.team_id, "user_team": author.team_id, "source_team": author.team_id}
        return {**body, **teams, "user_profile": profile}

    def bot_identity(self) -> dict[str, Any]:
        """What marks a message as the app's."""
        bot = self.team.users[BOT_USER_ID]
        profile = {
            "id": BOT_ID,
            "app_id": APP_ID,
            "name": bot.real_name,
            "deleted": False,
            "team_id": TEAM_ID,
        }
        return {"user": BOT_USER_ID, "bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": profile}

    async def close(self) -> None:
        """End everything that runs; the files stay until `files.close`."""
        await self.background.close()
        await self.courier.close()


def _side(channel: Channel) -> str:
    """How Slack's events name this kind of channel."""
    return "group" if channel.is_private else "channel"
