"""Who and what is in the workspace: people, channels, ids that look like Slack's; knows no messages."""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

TEAM_ID = "T0LUMENLAB"
TEAM_NAME = "Lumen Labs"
TEAM_DOMAIN = "lumenlabs"
OTHER_TEAM_ID = "T0NORTHWND"
APP_ID = "A0FINETUNE"
BOT_ID = "B0FINETUNE"
BOT_USER_ID = "U0FINETUNE"


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot; a stranger is of another organisation, a restricted one a guest of this one.

    A guest of one channel only is ultra-restricted besides. The account of somebody `deleted` was deactivated.
    """

    id: str
    name: str
    real_name: str
    title: str
    color: str
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    team_id: str = TEAM_ID
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False

    @property
    def is_full_member(self) -> bool:
        """Of this workspace, and no guest."""
        return not (self.is_stranger or self.is_restricted)

    def for_app(self) -> dict[str, Any]:
        """Slack's user object, as `users.info` gives it."""
        profile = {
            "title": self.title,
            "real_name": self.real_name,
            "display_name": self.name,
            "team": self.team_id,
        }
        if self.is_bot:
            profile |= {"bot_id": BOT_ID, "api_app_id": APP_ID}
        who = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "profile": profile,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_780_000_000,
        }
        if self.deleted:
            return who
        return who | {
            "real_name": self.real_name,
            "color": self.color.removeprefix("#"),
            "tz": self.tz,
            "tz_offset": self.tz_offset,
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger,
        }


@dataclass(slots=True)
class Channel:
    """A public or private channel, or the DM between one person and the bot."""

    id: str
    name: str
    topic: str = ""
    members: list[str] = field(default_factory=list)
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    im_user: str | None = None
    created: int = 1_780_000_000

    @property
    def kind(self) -> str:
        """Slack's `channel_type`: im, group or channel."""
        return "im" if self.is_im else "group" if self.is_private else "channel"

    def for_app(self, team: "Team") -> dict[str, Any]:
        """Slack's conversation object, as `conversations.info` gives it."""
        base = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.is_archived,
            "context_team_id": TEAM_ID,
        }
        if self.is_im:
            return {**base, "is_im": True, "is_org_shared": False, "user": self.im_user, "is_open": True}
        shared = team.is_shared(self)
        return {
            **base,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_general": self.name == "general",
            "is_shared": shared,
            "is_ext_shared": shared,
            "is_org_shared": False,
            "is_member": BOT_USER_ID in self.members,
            "creator": self.members[0] if self.members else BOT_USER_ID,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


@dataclass(slots=True)
class Group:
    """A user group, mentioned as @handle."""

    id: str
    handle: str
    name: str
    members: list[str]

    def for_app(self) -> dict[str, Any]:
        """Slack's usergroup object, as `usergroups.list` gives it without the members."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "is_external": False,
            "name": self.name,
            "description": "",
            "handle": self.handle,
            "date_delete": 0,
            "user_count": len(self.members),
        }


PEOPLE = (
    User("U0MINAPARK", "mina", "Mina Park", "Support lead", "#7c3aed", "Asia/Seoul", 32_400),
    User("U0JONASWBR", "jonas", "Jonas Weber", "Head of ML, approver", "#0e7490", is_admin=True),
    User("U0INESDRTE", "ines", "Ines Duarte", "Data scientist", "#b45309", "Europe/Lisbon", 0),
    User(
        "U0PRIYANAI",
        "priya",
        "Priya Nair",
        "Contractor (guest)",
        "#be185d",
        "Asia/Kolkata",
        19_800,
        is_restricted=True,
    ),
    User(
        "U0KENJIARA",
        "kenji",
        "Kenji Arai",
        "Partner at Northwind (another organisation)",
        "#4d7c0f",
        "Asia/Tokyo",
        32_400,
        team_id=OTHER_TEAM_ID,
        is_stranger=True,
    ),
)
APPROVERS_GROUP = "S0APPROVRS"


class Team:
    """The workspace "Lumen Labs" as it stands when the sandbox starts, and what people add to it."""

    def __init__(self, bot_name: str) -> None:
        bot = User(
            BOT_USER_ID,
            bot_name.lower().replace(" ", "_"),
            bot_name,
            "App",
            "#334155",
            "Etc/UTC",
            0,
            is_bot=True,
        )
        self.users = {u.id: u for u in (*PEOPLE, bot)}
        own = [u.id for u in PEOPLE if u.is_full_member]
        everyone = [u.id for u in PEOPLE]
        channels = [
            Channel("C0GENERAL0", "general", "Company-wide news", [*own, BOT_USER_ID]),
            Channel(
                "C0FTSUPPRT", "ft-support", "Teaching a model our support tone", [*everyone, BOT_USER_ID]
            ),
            Channel("C0RANDOM00", "random", "Everything else", list(own)),
            *(_dm_of(u) for u in PEOPLE),
        ]
        self.channels = {c.id: c for c in channels}
        groups = [
            Group(APPROVERS_GROUP, "approvers", "Approvers", ["U0JONASWBR"]),
            Group("S0MLLEADS0", "ml-leads", "ML leads", ["U0JONASWBR", "U0INESDRTE"]),
            Group("S0SUPPORT0", "support", "Support", ["U0MINAPARK"]),
        ]
        self.usergroups = {group.id: group for group in groups}
        self._numbers = itertools.count(1)

    def new_id(self, prefix: str) -> str:
        """A fresh id such as F00000001A."""
        return f"{prefix}{0x1A2B + next(self._numbers) * 7:09X}"

    def dm(self, user: str) -> Channel:
        """The DM between this person and the bot."""
        return next(c for c in self.channels.values() if c.im_user == user)

    def add(self, user: User) -> None:
        """Somebody new, with their DM with the bot."""
        self.users[user.id] = user
        dm = _dm_of(user)
        self.channels[dm.id] = dm

    def is_shared(self, channel: Channel) -> bool:
        """Whether somebody of another organisation is in it (Slack Connect)."""
        return any(self.users[m].is_stranger for m in channel.members)

    def deactivate(self, user: str) -> None:
        """Somebody leaves: out of all channels and groups, and never seen again but in what they wrote."""
        self.users[user] = replace(self.users[user], deleted=True)
        places = [channel.members for channel in self.channels.values()]
        places += [group.members for group in self.usergroups.values()]
        for members in places:
            if user in members:
                members.remove(user)

    def may_read(self, user: str, channel: Channel) -> bool:
        """Members read their channels; full members also look into public ones."""
        person = self.users[user]
        return user in channel.members or (person.is_full_member and channel.kind == "channel")


def _dm_of(user: User) -> Channel:
    return Channel("D" + user.id[1:], "", "", [user.id, BOT_USER_ID], is_im=True, im_user=user.id)
