"""What an administrator of the workspace does: accounts come and go, and the app with its token."""

import re
from collections.abc import Collection
from typing import Any

from bot.sandbox.slack.acts import Acts
from bot.sandbox.slack.errors import ActRefused
from bot.sandbox.slack.team import OTHER_TEAM_ID, User
from bot.sandbox.slack.workspace import Workspace

KINDS: dict[str, dict[str, Any]] = {
    "member": {},
    "guest": {"is_restricted": True},
    "single_channel_guest": {"is_restricted": True, "is_ultra_restricted": True},
    "stranger": {"is_stranger": True, "team_id": OTHER_TEAM_ID},
}
"""What somebody may be, and how Slack's user object tells it; a stranger is of another organisation."""


class Admin:
    """The acts of an administrator, refused where Slack would refuse them."""

    def __init__(self, slack: Workspace, acts: Acts) -> None:
        self._slack = slack
        self._acts = acts

    def add(
        self, name: str, real_name: str, kind: str, channels: Collection[str], team_id: str, *, admin: bool
    ) -> User:
        """Give somebody an account, or let somebody of another organisation in; they join these channels."""
        team = self._slack.team
        if kind not in KINDS:
            raise ActRefused("no_such_kind", f"kind is one of {', '.join(KINDS)}")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,79}", name):
            raise ActRefused("invalid_name", "1 to 80 small letters, digits, ., - and _")
        if any(u.name == name for u in team.users.values()):
            raise ActRefused("name_taken", f"there is a @{name} already")
        if kind == "single_channel_guest" and len(channels) != 1:
            raise ActRefused("one_channel", "a single-channel guest is in exactly one channel")
        if (kind == "stranger") < bool(team_id):
            raise ActRefused("wrong_team", "only a stranger is of another organisation")
        for channel in channels:
            if channel not in team.channels or team.channels[channel].is_im:
                raise ActRefused("no_such_channel", f"there is no channel {channel!r}")
        about = KINDS[kind] | ({"team_id": team_id} if team_id else {})
        user = User(
            team.new_id("U"),
            name,
            real_name or name.title(),
            kind.replace("_", " "),
            "#475569",
            is_admin=admin,
            **about,
        )
        team.add(user)
        for channel in channels:
            self._slack.join(team.channels[channel], user.id)
        self._slack.watch.world()
        return user

    def deactivate(self, user: User) -> None:
        """Close the account of somebody who leaves the company."""
        self._slack.team.deactivate(user.id)
        self._slack.watch.world()

    def uninstall(self) -> None:
        """Remove the app from the workspace."""
        if not self._slack.installed:
            raise ActRefused("not_installed", "the app was uninstalled already")
        self._slack.uninstall()
        self._slack.watch.world()

    def install(self) -> None:
        """Install the app again."""
        if self._slack.installed:
            raise ActRefused("already_installed", "the app is installed")
        self._slack.install()
        self._slack.watch.world()
