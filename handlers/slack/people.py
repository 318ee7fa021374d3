"""Who somebody is, as Slack says (ports.People); remembered for minutes, asked anew for decisions; decides none."""

import time
from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.policies import Member
from bot.errors import NotFound, SlackRefused
from bot.ports import UserGroup
from handlers.slack.client import look_up

REMEMBERED = 300.0  # seconds; users.info allows about 100 calls a minute
_MOST = 5_000
_NO_GROUP = ("no_such_subteam", "subteam_not_found")


class SlackPeople:
    """Looks people up with users.info; `team_id` is our workspace, `now` counts seconds."""

    def __init__(
        self, client: AsyncWebClient, team_id: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._team_id = team_id
        self._now = now
        self._known: dict[str, tuple[float, Member]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}

    async def member(self, user_id: str, *, anew: bool = False) -> Member:
        """The person with this id. Raises NotFound, SlackUnavailable, SlackRefused."""
        known = None if anew else self._known.get(user_id)
        if known is not None and self._now() - known[0] < REMEMBERED:
            return known[1]
        try:
            user = (await look_up(lambda: self._client.users_info(user=user_id)))["user"]
        except SlackRefused as refused:
            if refused.code in ("user_not_found", "user_not_visible"):
                raise NotFound(
                    "Slack does not tell me who you are, so I cannot do this for you."
                ) from refused
            raise
        teams = {user.get("team_id"), *(user.get("enterprise_user") or {}).get("teams", ())}
        member = Member(
            user_id=user_id,
            name=str(
                (user.get("profile") or {}).get("display_name") or user.get("real_name") or user.get("name")
            ),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            is_outsider=bool(user.get("is_stranger")) or self._team_id not in teams,
            is_bot=bool(user.get("is_bot")),
            is_gone=bool(user.get("deleted")),
            tz=str(user.get("tz") or ""),
            is_admin=bool(user.get("is_admin") or user.get("is_owner")),
        )
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[user_id] = (self._now(), member)
        return member

    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        """The people in a user group; empty when it is switched off or there is none of this id."""
        known = None if anew else self._groups.get(group_id)
        if known is not None and self._now() - known[0] < REMEMBERED:
            return known[1]
        try:
            answer = await look_up(lambda: self._client.usergroups_users_list(usergroup=group_id))
        except SlackRefused as refused:
            if refused.code not in _NO_GROUP:
                raise
            members: frozenset[str] = frozenset()
        else:
            members = frozenset(map(str, answer["users"]))
        self._groups[group_id] = (self._now(), members)
        return members

    async def groups(self) -> list[UserGroup]:
        """The workspace's user groups that are in use, by handle."""
        answer = await look_up(self._client.usergroups_list)
        found = [UserGroup(str(group["id"]), str(group["handle"])) for group in answer["usergroups"]]
        return sorted(found, key=lambda group: group.handle)
