"""Who looks, and what exists for them: the one place where the rule of bot.domain.access meets Slack and our rows."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from bot.domain import access
from bot.domain.access import NOWHERE, Channel, Sight, Viewer
from bot.domain.places import Place
from bot.domain.policies import Member
from bot.errors import BadInput
from bot.ports import Channels, People, PlaceStore

AT_ONCE = 8  # channels that Slack is asked about at a time
NOT_HERE = "I'm not in this channel yet. Type `/invite @Finetune bot` there, then try again."
"""Said also where the bot is and the person is not: the two read the same."""


@dataclass(frozen=True)
class AccessService:
    """Makes viewers.

    A viewer is made of all channels of the workspace that have something, whatever is looked for: so what is not there
    and what is not theirs take the same way, and the same time.
    """

    places: PlaceStore
    channels: Channels
    people: People

    async def viewer(self, user_id: str, place: Place) -> Viewer:
        """The person who looks or acts at this place (with no `channel_id`: where no channel is around).

        Raises:
            NotFound: Slack does not say who this is.
            SlackUnavailable: it does not say who is in a channel: then nobody sees anything.
        """
        member = await self.people.member(user_id)
        known = await self.places.of(place.workspace, user_id)
        return await self.among(member, place, known | ({place.channel_id} - {NOWHERE}))

    async def among(self, member: Member, place: Place, channel_ids: Collection[str]) -> Viewer:
        """The same, of what belongs to these channels. Raises SlackUnavailable."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def seen(channel_id: str) -> tuple[str, Channel] | None:
            async with gate:
                channel = await self.channels.about(channel_id)
                enters = access.may_enter(member, channel)
                people = () if enters else await self.channels.people(channel_id)
            return (channel_id, channel) if access.sees(member, channel, people) else None

        found = await asyncio.gather(*map(seen, sorted(channel_ids)))
        theirs = dict(each for each in found if each is not None)
        sight, common = frozenset(theirs), access.common(place, theirs)
        return Viewer(member, place, Sight(place.workspace, sight), Sight(place.workspace, common))

    async def moved(self, viewer: Viewer, place: Place) -> Viewer:
        """The same person at another place. Raises SlackUnavailable."""
        return await self.among(viewer.member, place, viewer.sight.channels | {place.channel_id})

    async def at(self, place: Place) -> Sight:
        """What may be used at this place, whoever asks: for work that goes on there. Raises SlackUnavailable."""
        if place.channel_id.startswith("D"):
            members = [
                await self.people.member(each) for each in await self.channels.people(place.channel_id)
            ]
            person = next((each for each in members if not each.is_bot), None)
            if person is None:
                return Sight(place.workspace)
            return (await self.viewer(person.user_id, place)).common
        known = await self.places.of(place.workspace, "") | {place.channel_id}
        about = dict(zip(known, [await self.channels.about(each) for each in known], strict=True))
        return Sight(place.workspace, access.common(place, about))

    async def is_private(self, place: Place) -> bool:
        """Whether what belongs to this place exists only for the people in it. Raises SlackUnavailable."""
        return not (await self.channels.about(place.channel_id)).is_public

    def changed(self, channel_id: str) -> None:
        """Somebody entered or left this channel, or it is of another kind now: nothing that was known of it counts."""
        self.channels.forget(channel_id)


def check_here(viewer: Viewer, channel_id: str = "") -> None:
    """Raise BadInput unless the place where somebody wants something done, or this channel, exists for them."""
    if not viewer.sees(Place(viewer.workspace, channel_id or viewer.place.channel_id)):
        raise BadInput(NOT_HERE, "channel")
