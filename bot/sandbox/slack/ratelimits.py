"""Slack's rate limits as token buckets on the sandbox's clock: who may call which method how often.

Source: Slack's rate-limit page and the tier on each method's page as of 2026-11. Slack does not publish how large
a burst it tolerates; here a bucket holds one minute's worth, and five posts for a channel.
"""

import math
from dataclasses import dataclass

from bot.sandbox.clock import Clock

_T1, _T2, _T3, _T4 = 1.0, 20.0, 50.0, 100.0
PER_MINUTE: dict[str, float] = {
    "assistant.threads.setStatus": 600.0,  # "special": Slack names no number
    "chat.update": _T3,
    "chat.delete": _T3,
    "chat.postEphemeral": _T4,
    "chat.getPermalink": 600.0,  # "special": several hundred a minute
    "chat.startStream": _T2,
    "chat.appendStream": _T4,
    "chat.stopStream": _T2,
    "chat.postMessage": 300.0,  # the workspace's cap; Slack says only "several hundred"
    "conversations.list": _T2,
    "conversations.info": _T3,
    "conversations.join": _T3,
    "conversations.open": _T3,
    "conversations.history": _T3,
    "conversations.replies": _T3,
    "conversations.members": _T4,
    "users.info": _T4,
    "users.list": _T2,
    "usergroups.list": _T2,
    "usergroups.users.list": _T2,
    "files.info": _T4,
    "files.getUploadURLExternal": _T4,
    "files.completeUploadExternal": _T4,
    "files.delete": _T3,
    "views.open": _T4,
    "views.push": _T4,
    "views.update": _T4,
    "views.publish": _T4,
    "reactions.add": _T3,
    "apps.connections.open": _T3,
}
POSTS_PER_MINUTE_AND_CHANNEL = 60.0
POSTS_BURST = 5.0


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RateLimits:
    """Counts calls; `on` switches it, `scale` makes every limit that many times wider."""

    def __init__(self, clock: Clock, *, on: bool = True, scale: float = 1.0) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.on = on
        self.scale = scale

    def take(self, method: str, channel: str = "") -> int | None:
        """Count one call. None when it may go on, else the whole seconds of Retry-After."""
        if not self.on:
            return None
        waits = [self._take((method, ""), per, per) for per in (PER_MINUTE.get(method),) if per]
        if method == "chat.postMessage" and channel:
            waits.append(self._take((method, channel), POSTS_PER_MINUTE_AND_CHANNEL, POSTS_BURST))
        longest = max(waits, default=0.0)
        return math.ceil(longest) if longest > 0 else None

    def _take(self, key: tuple[str, str], per_minute: float, burst: float) -> float:
        now = self._clock.now()
        rate, burst = per_minute * self.scale / 60, burst * self.scale
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.left = min(burst, bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) / rate
        bucket.left -= 1
        return 0.0
