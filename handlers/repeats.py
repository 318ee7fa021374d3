"""Drops what Slack delivers a second time: the same click, command, form or event; knows nothing of their meaning.

In memory, so it covers a redelivery to this process; what must never happen twice has a key in the database.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse

REMEMBERED = 600.0  # seconds; Slack's last retry of an event comes after about six minutes
_MOST = 20_000


class Repeats:
    """A Bolt middleware; `now` counts seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen: dict[str, float] = {}

    async def drop(self, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Acknowledge a delivery that was seen before; pass on any other."""
        key = body.get("trigger_id") or body.get("event_id")
        if key is not None and self._is_known(str(key)):
            return BoltResponse(status=200, body="")
        return await next_()

    def _is_known(self, key: str) -> bool:
        now = self._now()
        while self._seen:  # oldest first
            oldest = next(iter(self._seen))
            if now - self._seen[oldest] < REMEMBERED and len(self._seen) < _MOST:
                break
            del self._seen[oldest]
        if key in self._seen:
            return True
        self._seen[key] = now
        return False
