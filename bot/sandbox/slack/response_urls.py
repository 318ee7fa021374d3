"""Response URLs: five uses within thirty minutes; knows what each stands for, not what is posted to it."""

import secrets
from dataclasses import dataclass

from bot.sandbox.clock import Clock
from bot.sandbox.slack.errors import SlackError

USES = 5
LIFETIME = 30 * 60.0  # seconds


@dataclass(slots=True)
class ResponseUrl:
    """The interaction an address answers: who did it where, and the message (if any) it happened on."""

    user: str
    channel: str
    message_ts: str | None
    until: float
    uses: int = 0


class ResponseUrls:
    """Gives addresses and takes them back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[str, ResponseUrl] = {}
        self.base_url = ""

    def new(self, user: str, channel: str, message_ts: str | None = None) -> str:
        """An address for the answer to one interaction."""
        key = secrets.token_urlsafe(24)
        self._given[key] = ResponseUrl(user, channel, message_ts, self._clock.now() + LIFETIME)
        return f"{self.base_url}/slack/response/{key}"

    def use(self, key: str) -> ResponseUrl:
        """Count one use.

        Raises:
            SlackError: no_such_url, expired_url or used_url.
        """
        found = self._given.get(key)
        if found is None:
            raise SlackError("no_such_url")
        if self._clock.now() > found.until:
            raise SlackError("expired_url")
        if found.uses >= USES:
            raise SlackError("used_url")
        found.uses += 1
        return found
