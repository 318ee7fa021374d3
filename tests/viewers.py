"""People who look, in tests that are about something else: they see the channels that are named."""

from collections.abc import Sequence
from typing import TypeVar

from bot.domain.access import Channel, Sight, Viewer
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.jobs.job import Job
from bot.domain.places import Place, workspace_key
from bot.domain.policies import Member
from bot.ports import Page, UserGroup
from bot.sandbox.slack.team import TEAM_ID, Team
from bot.services.access import AccessService
from storage.database import Database
from tests.storage.samples import CHANNEL

Row = TypeVar("Row")
Part = TypeVar("Part")


def looking(member: Member | str, *channels: str, place: Place = CHANNEL) -> Viewer:
    """Somebody at this place, who sees it and these channels besides; all of them are public."""
    who = Member(member, member) if isinstance(member, str) else member
    sight = Sight(place.workspace, frozenset({place.channel_id, *channels} - {""}))
    return Viewer(who, place, sight, sight)


class Open:
    """Slack, where every channel is public and holds these people; in private ones are only those named there."""

    def __init__(self, **private: set[str]) -> None:
        self.private = private
        self.connected: set[str] = set()
        self.fault: Exception | None = None
        self.people_by_id: dict[str, Member] = {}

    async def about(self, channel_id: str) -> Channel:
        if self.fault:
            raise self.fault
        is_public = channel_id not in self.private and not channel_id.startswith("D")
        return Channel(is_public, channel_id in self.connected)

    async def people(self, channel_id: str) -> frozenset[str]:
        return frozenset(self.private.get(channel_id, ()))

    def forget(self, channel_id: str) -> None:
        """Nothing is remembered."""

    async def member(self, user_id: str, *, anew: bool = False) -> Member:
        return self.people_by_id.get(user_id, Member(user_id, user_id))

    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        return frozenset()

    async def groups(self) -> list[UserGroup]:
        return []


def absent(kind: type[Part]) -> Part:
    """A part that a test must not need: of the right type, with nothing in it."""
    return kind.__new__(kind)


def access_to(database: Database, slack: Open | None = None) -> AccessService:
    """Who looks, over this database; without more, in a workspace of public channels."""
    slack = slack or Open()
    return AccessService(places=database.places, channels=slack, people=slack)


WHOLE = looking("U1", "C2", "C9").sight
"""All channels of the tests' workspace."""


LUMEN = Sight(workspace_key(None, TEAM_ID), frozenset(Team("x").channels))
"""All channels that the sandbox's workspace begins with."""


async def jobs_in(database: Database, sight: Sight = WHOLE) -> list[Job]:
    """The jobs in sight, newest first."""
    return list((await database.jobs.listed(sight, 1_000)).rows)


async def datasets_in(database: Database, sight: Sight = WHOLE) -> list[Dataset]:
    """The datasets in sight, newest first."""
    return list((await database.datasets.listed(sight, 1_000)).rows)


def page(rows: Sequence[Row], more: int = 0) -> Page[Row]:
    """All rows of a list, or those of a longer one."""
    return Page(tuple(rows), len(rows) + more)
