"""Who is in a channel and how open it is, as Slack says (ports.Channels); remembered for a minute. Decides nothing."""

import time
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Channel
from bot.errors import SlackRefused
from handlers.slack.client import look_up

REMEMBERED = 60.0  # seconds: events tell earlier, but one may be lost, or have gone to another replica
_PAGE = 999  # people; the most that Slack gives at once
_MOST = 2_000  # channels remembered
_NOT_SHOWN = frozenset(
    {"channel_not_found", "not_in_channel", "method_not_supported_for_channel_type", "no_permission"}
)
Known = TypeVar("Known")


class _Memory(Generic[Known]):
    """What was learned of channels within the last minute, unless it was forgotten while it was being learned."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: dict[str, tuple[float, Known]] = {}

    def get(self, channel_id: str) -> Known | None:
        """What is known."""
        at, known = self._known.get(channel_id, (0.0, None))
        return known if known is not None and self._now() - at < REMEMBERED else None

    def keep(self, channel_id: str, known: Known, asked_at: float) -> None:
        """Remember it from the moment it was asked for."""
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[channel_id] = (asked_at, known)

    def forget(self, channel_id: str) -> None:
        """It is so no more."""
        self._known.pop(channel_id, None)


class SlackChannels:
    """Asks conversations.info and conversations.members; `now` counts seconds."""

    def __init__(self, client: AsyncWebClient, *, now: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._now = now
        self._channels: _Memory[Channel] = _Memory(now)
        self._people: _Memory[frozenset[str]] = _Memory(now)
        self._changes: dict[str, int] = {}

    async def about(self, channel_id: str) -> Channel:
        """How open it is; what Slack does not show us is not public."""
        if channel_id.startswith("D"):  # a person and we: nothing to ask
            return Channel()
        known = self._channels.get(channel_id)
        if known is not None:
            return known
        asked_at, changes = self._now(), self._changes.get(channel_id)
        try:
            told = (await look_up(lambda: self._client.conversations_info(channel=channel_id)))["channel"]
        except SlackRefused as refused:
            if refused.code not in _NOT_SHOWN:
                raise
            found = Channel()
        else:
            closed = any(told.get(flag) for flag in ("is_private", "is_group", "is_im", "is_mpim"))
            connected = bool(told.get("is_ext_shared") or told.get("is_pending_ext_shared"))
            found = Channel(not closed, connected, str(told.get("name") or ""))
        if self._changes.get(channel_id) == changes:
            self._channels.keep(channel_id, found, asked_at)
        return found

    async def people(self, channel_id: str) -> frozenset[str]:
        """Who is in it; nobody where Slack does not show it to us."""
        known = self._people.get(channel_id)
        if known is not None:
            return known
        asked_at, changes = self._now(), self._changes.get(channel_id)
        try:
            found = await self._asked(channel_id)
        except SlackRefused as refused:
            if refused.code not in _NOT_SHOWN:
                raise
            found = frozenset()
        if self._changes.get(channel_id) == changes:
            self._people.keep(channel_id, found, asked_at)
        return found

    def forget(self, channel_id: str) -> None:
        """Ask anew; an answer that is on its way counts for whoever asked, and for nobody after."""
        self._changes[channel_id] = self._changes.get(channel_id, 0) + 1
        self._channels.forget(channel_id)
        self._people.forget(channel_id)

    async def _asked(self, channel_id: str) -> frozenset[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = await look_up(
                partial(
                    self._client.conversations_members, channel=channel_id, cursor=cursor or None, limit=_PAGE
                )
            )
            found.update(map(str, page["members"]))
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return frozenset(found)
