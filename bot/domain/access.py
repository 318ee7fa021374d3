"""Who sees what: a thing belongs to a channel, and it exists for those for whom the channel does. Pure; asks nobody.

What came from a private channel or a direct message exists for the people who are in it now. What came from a public
channel exists for every full member; for a guest or a person of another organisation only while they are in it. For a
deactivated account, and from another workspace, nothing exists.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.domain.places import Place
from bot.domain.policies import Member

NOWHERE = ""
"""The `channel_id` of somebody who acts where no channel is around: in the App Home, in a form."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What decides about a channel: whether it is public, and whether other organisations share it; and its name.

    A direct message is a channel that is not public, and so is what Slack does not show us.
    """

    is_public: bool = False
    is_connected: bool = False
    name: str = field(default="", compare=False)


def may_enter(member: Member, channel: Channel) -> bool:
    """Whether what belongs to a channel exists for this person without their being in it."""
    return member.is_full and channel.is_public


def sees(member: Member, channel: Channel, people: Collection[str]) -> bool:
    """Whether what belongs to a channel exists for this person; `people` are the user ids of those who are in it."""
    if member.is_gone or member.is_bot:
        return False
    return member.user_id in people or may_enter(member, channel)


def common(place: Place, seen: Mapping[str, Channel]) -> frozenset[str]:
    """Of the channels that somebody at this place sees, those whose things everybody there may be shown.

    In a direct message nobody else is there. Elsewhere these are the channel itself and all public ones, but where
    other organisations are, the channel itself alone.
    """
    here = seen.get(place.channel_id)
    if here is None:
        return frozenset()
    if place.channel_id.startswith("D"):
        return frozenset(seen)
    public = {each for each, channel in seen.items() if channel.is_public and not here.is_connected}
    return frozenset(public | {place.channel_id})


@dataclass(frozen=True, slots=True)
class Sight:
    """What may be seen: all that belongs to these channels of a workspace, and the models shared with them."""

    workspace: str
    channels: frozenset[str] = frozenset()

    def holds(self, place: Place) -> bool:
        """Whether what belongs to this place is seen."""
        return place.workspace == self.workspace and place.channel_id in self.channels


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who looks or acts at `place`, with what exists for them at this moment.

    `sight` is everything that does. `common` is the part of it that everybody at `place` may be shown: only that is
    used there. Made by bot.services.access alone.
    """

    member: Member
    place: Place
    sight: Sight
    common: Sight

    @property
    def user_id(self) -> str:
        """Theirs in Slack."""
        return self.member.user_id

    @property
    def workspace(self) -> str:
        """The workspace in which they look."""
        return self.place.workspace

    @property
    def here(self) -> Sight:
        """What belongs to the place itself; nothing when the place does not exist for them."""
        return Sight(self.workspace, self.sight.channels & {self.place.channel_id})

    def sees(self, place: Place) -> bool:
        """Whether what belongs to this place exists for them."""
        return self.sight.holds(place)
