"""What a person does in the workspace besides using the app: talk, upload, invite, look at the app's Home."""

import re
from collections.abc import AsyncIterator, Collection
from typing import Any

from bot.sandbox.slack.errors import ActRefused
from bot.sandbox.slack.files import File
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.team import BOT_USER_ID, TEAM_ID, Channel, User
from bot.sandbox.slack.typed import rich_text, stored
from bot.sandbox.slack.workspace import Workspace

MODES = ("hosted", "snippet", "external")


class Acts:
    """The acts of people, refused where Slack's clients would not offer them."""

    def __init__(self, slack: Workspace) -> None:
        self._slack = slack

    def person(self, user_id: str) -> User:
        """The person of this id; the bot acts by itself."""
        user = self._slack.team.users.get(user_id)
        if user is None or user.is_bot:
            raise ActRefused("no_such_user", f"{user_id!r} is no person here; see users in /control/world")
        if user.deleted:
            raise ActRefused("account_inactive", f"the account of {user.name} was deactivated")
        return user

    def channel(self, user: User, channel_id: str, *, member: bool = True) -> Channel:
        """A channel this person is in (or, with member=False, may at least read)."""
        channel = self._slack.team.channels.get(channel_id)
        if channel is None or not self._slack.team.may_read(user.id, channel):
            raise ActRefused("no_such_channel", f"{user.name} sees no channel {channel_id!r}")
        if member and user.id not in channel.members:
            raise ActRefused("not_in_channel", f"{user.name} is not in #{channel.name}; invite them first")
        if member and channel.is_archived:
            raise ActRefused("is_archived", f"#{channel.name} is archived; bring it back first")
        return channel

    def post(self, user: User, channel: Channel, ts: str) -> Post:
        """A message this person sees."""
        post = self._slack.posts.get(channel.id, ts)
        if post is None or post.only_for not in (None, user.id):
            raise ActRefused("no_such_message", f"{user.name} sees no message {ts!r} in {channel.id}")
        return post

    def say(self, user: User, channel: Channel, text: str, thread_ts: str = "") -> Post:
        """Write a message into a channel, a DM or a thread."""
        if not text.strip():
            raise ActRefused("no_text", "a message needs some text")
        markup = stored(text, self._slack.team)
        body = {"user": user.id, "text": markup, "blocks": [{**rich_text(markup), "block_id": "typed"}]}
        post = self._slack.post(channel, body | self._place(user, channel, thread_ts))
        if f"<@{BOT_USER_ID}>" in markup and BOT_USER_ID not in channel.members:
            name = self._slack.team.users[BOT_USER_ID].real_name
            said = f"{name} is not in this channel and did not hear you. Invite it first."
            self._slack.notice(user.id, said, channel.id, thread_ts, "info")
        return post

    async def take(self, name: str, parts: AsyncIterator[bytes]) -> File:
        """Take a file's bytes; whose it is is told afterwards, with `own`."""
        file = self._slack.files.new(name, "")
        await self._slack.files.fill(file, parts)
        return file

    def own(self, user: User, file: File, mode: str = "hosted") -> None:
        """Make a file that was taken this person's, shared nowhere yet."""
        if mode not in MODES:
            raise ActRefused("no_such_mode", f"mode is one of {', '.join(MODES)}")
        file.user, file.mode = user.id, mode

    def share(self, user: User, file: File, channel: Channel, text: str = "", thread_ts: str = "") -> Post:
        """Show a file in a channel, a DM or a thread."""
        markup = stored(text, self._slack.team)
        body: dict[str, Any] = {"user": user.id, "text": markup, "display_as_bot": False}
        if markup:
            body["blocks"] = [{**rich_text(markup), "block_id": "typed"}]
        return self._slack.share(file, channel, body | self._place(user, channel, thread_ts))

    def delete_message(self, user: User, post: Post) -> None:
        """Delete one's own message; an admin deletes everybody's. Its files stay where else they are shared."""
        if post.body.get("user") != user.id and not user.is_admin:
            raise ActRefused("cant_delete_message", f"the message is of {post.body.get('user')}")
        self._slack.delete(post)

    def delete_file(self, user: User, file_id: str) -> None:
        """Delete one's own file."""
        file = self._slack.files.find(file_id)
        if file is None or file.deleted:
            raise ActRefused("no_such_file", f"there is no file {file_id!r} (any more)")
        if file.user != user.id and not user.is_admin:
            raise ActRefused("cant_delete_file", f"the file belongs to {file.user}")
        self._slack.delete_file(file)

    def invite(self, user: User, invited: str, channel: Channel) -> None:
        """Bring a person or the bot into a channel one is in."""
        if invited not in self._slack.team.users or self._slack.team.users[invited].deleted:
            raise ActRefused("no_such_user", f"{invited!r} is not in this workspace")
        if channel.is_im or not user.is_full_member:
            raise ActRefused("cant_invite", "guests invite nobody, and a DM has two people")
        if invited in channel.members:
            raise ActRefused("already_in_channel", f"{invited} is in #{channel.name} already")
        if self._slack.team.users[invited].is_ultra_restricted and self.channels_of(invited):
            raise ActRefused("cant_invite", f"{invited} is a guest of one channel only")
        self._slack.join(channel, invited, user.id)

    def join(self, user: User, channel: Channel) -> None:
        """Enter a public channel by oneself."""
        if channel.kind != "channel" or not user.is_full_member:
            raise ActRefused("cant_join", "full members join public channels; into others one is invited")
        if user.id in channel.members:
            raise ActRefused("already_in_channel", f"{user.name} is in #{channel.name} already")
        self._slack.join(channel, user.id)

    def leave(self, user: User, channel: Channel) -> None:
        """Leave a channel."""
        if channel.is_im or channel.name == "general":
            raise ActRefused("cant_leave", "nobody leaves #general or a DM")
        self._slack.leave(channel, user.id)

    def remove(self, user: User, removed: str, channel: Channel) -> None:
        """Take a person or the bot out of a channel one is in."""
        if channel.is_im or channel.name == "general" or not user.is_full_member:
            raise ActRefused("cant_kick", "guests remove nobody, and nobody is removed from #general or a DM")
        if removed not in channel.members:
            raise ActRefused("not_in_channel", f"{removed} is not in #{channel.name}")
        self._slack.leave(channel, removed, user.id)

    def channels_of(self, user_id: str) -> list[Channel]:
        """Where somebody is a member, DMs left out."""
        return [c for c in self._slack.team.channels.values() if user_id in c.members and not c.is_im]

    def archive(self, user: User, channel: Channel, *, back: bool) -> None:
        """Archive a channel one is in, or bring it back."""
        if channel.is_im or channel.name == "general" or not user.is_full_member:
            raise ActRefused("cant_archive", "guests archive nothing, and #general and DMs stay")
        if user.id not in channel.members:
            raise ActRefused("not_in_channel", f"{user.name} is not in #{channel.name}")
        if channel.is_archived is not back:
            raise ActRefused("not_archived" if back else "already_archived", f"#{channel.name} is so already")
        self._slack.archive(channel, user.id, back=back)

    def create_channel(
        self, user: User, name: str, *, private: bool, members: Collection[str] = ()
    ) -> Channel:
        """Make a channel with oneself and these members in it, who may be people or the bot."""
        team = self._slack.team
        if not user.is_full_member:
            raise ActRefused("cant_create_channel", "guests create no channels")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", name):
            raise ActRefused("invalid_name", "1 to 80 small letters, digits, - and _")
        if any(c.name == name for c in team.channels.values()):
            raise ActRefused("name_taken", f"there is a #{name} already")
        made = Channel(
            team.new_id("C"), name, "", [user.id], is_private=private, created=int(self._slack.clock.now())
        )
        team.channels[made.id] = made
        about = {
            "id": made.id,
            "name": name,
            "created": made.created,
            "creator": user.id,
            "context_team_id": TEAM_ID,
        }
        if not private:
            self._slack.events.publish("channel_created", {"type": "channel_created", "channel": about})
        self._slack.watch.world()
        for member in members:
            self.invite(user, member, made)
        return made

    def open_home(self, user: User, tab: str) -> None:
        """Look at one of the app's tabs."""
        if tab not in ("home", "messages"):
            raise ActRefused("no_such_tab", "tab is home or messages")
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self._slack.team.dm(user.id).id,
            "tab": tab,
        }
        view = self._slack.views.home(user.id)
        self._slack.events.publish(
            "app_home_opened", event | ({"view": view} if view and tab == "home" else {})
        )

    def _place(self, user: User, channel: Channel, thread_ts: str) -> dict[str, Any]:
        """The thread a message goes to, if it goes to one."""
        if channel.is_im and not self._slack.manifest.messages_tab:
            raise ActRefused(
                "messages_tab_disabled", "sending messages to this app has been turned off in its manifest"
            )
        if not thread_ts:
            return {}
        return {"thread_ts": self.post(user, channel, thread_ts).root}
