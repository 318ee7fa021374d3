"""Drops what Slack delivers a second time: the same click, command, form or event; knows nothing of their meaning.

In memory, so it covers a redelivery to this process; what must never happen twice has a key in the database.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck

REMEMBERED = 600.0  # seconds; Slack's last retry of an event comes after about six minutes
_MOST = 20_000


class Dedupe:
    """A Bolt middleware; `now` counts seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen: dict[str, tuple[float, AsyncAck]] = {}

    async def drop(
        self, body: dict[str, Any], ack: AsyncAck, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Acknowledge a delivery that was seen before; pass on any other.

        An event that is still being written down is put off: once acknowledged, Slack would never tell it again.
        """
        key = body.get("trigger_id") or body.get("event_id")
        if key is None or (first := self._first(str(key), ack)) is ack:
            return await next_()
        under_way = "event_id" in body and first.response is None
        return BoltResponse(status=503 if under_way else 200, body="")

    def _first(self, key: str, ack: AsyncAck) -> AsyncAck:
        """The acknowledgement of the first delivery with this key: this one, if it is the first."""
        now = self._now()
        while self._seen:  # oldest first
            oldest = next(iter(self._seen))
            if now - self._seen[oldest][0] < REMEMBERED and len(self._seen) < _MOST:
                break
            del self._seen[oldest]
        return self._seen.setdefault(key, (now, ack))[1]
