"""Trigger ids: three seconds, one use; knows only who was given one and when."""

import secrets
from dataclasses import dataclass

from bot.sandbox.clock import Clock
from bot.sandbox.slack.errors import SlackError

LIFETIME = 3.0  # seconds


@dataclass(slots=True)
class _Trigger:
    user: str
    until: float
    used: bool = False


class Triggers:
    """Gives trigger ids with each interaction and takes each back once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[str, _Trigger] = {}

    def new(self, user: str) -> str:
        """A trigger id for this person's interaction."""
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._given[trigger] = _Trigger(user, self._clock.now() + LIFETIME)
        return trigger

    def use(self, trigger_id: str) -> str:
        """The person whose trigger it is.

        Raises:
            SlackError: invalid_trigger_id, expired_trigger_id or exchanged_trigger_id.
        """
        trigger = self._given.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if self._clock.now() > trigger.until:
            raise SlackError("expired_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        trigger.used = True
        return trigger.user
