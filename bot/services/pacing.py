"""When cards of a workspace may be edited: Slack counts edits over all of them, about fifty a minute (tier 3).

Each workspace has two lanes of evenly spaced moments: one for cards of which somebody waits for the news (it ended,
or a person has to decide), one for all others. A card that has to wait holds a moment of its lane; as it is edited it
shows the newest state, so whatever changed meanwhile costs no edit of its own. Knows no card and no Slack.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
LOOK = timedelta(seconds=10)
"""Longest time until a waiting card is looked at again: its subject may have ended, and then it goes first."""


@dataclass
class Lane:
    """Moments `per_minute` a minute, of which up to `burst` may be taken at once after a rest."""

    per_minute: float
    burst: int
    free: datetime | None = None  # the next moment, were there no burst
    held: dict[str, datetime] = field(default_factory=dict)

    def take(self, who: str, now: datetime) -> datetime:
        """The moment that `who` holds; a new one if it holds none. Not after `now`: it is used up by this call."""
        gap = MINUTE / self.per_minute
        moment = self.held.get(who)
        if moment is None or moment < now - 2 * LOOK:  # what was not used in time is lost, or it would add up
            free = max(self.free or now, now)
            self.free = free + gap
            moment = free - gap * (self.burst - 1)
        if moment > now:
            self.held[who] = moment
        else:
            self.held.pop(who, None)
        return moment


@dataclass
class Pacing:
    """In any minute at most 20 + 12 and 10 + 6 edits; one card alone, edited every three seconds, never waits.

    The count is that of one process; of several, each keeps to it, and a refusal by Slack holds all cards of the
    workspace back (`hold`).
    """

    _lanes: dict[tuple[str, bool], Lane] = field(default_factory=dict)
    _until: dict[str, datetime] = field(default_factory=dict)

    def wait(self, workspace: str, card: str, now: datetime, *, first: bool) -> datetime | None:
        """None when this card may be edited now, else when to ask again; `first` for what people wait for."""
        until = self._until.get(workspace)
        if until is not None and until > now:
            return until
        lane = self._lanes.setdefault((workspace, first), Lane(10, 6) if first else Lane(20, 12))
        moment = lane.take(card, now)
        if moment <= now:
            if first:  # what it held among the others is not its any more
                others = self._lanes.get((workspace, False))
                if others is not None:
                    others.held.pop(card, None)
            return None
        return min(moment, now + LOOK)

    def hold(self, workspace: str, until: datetime) -> None:
        """Slack asked to wait: no card of the workspace is edited before then."""
        self._until[workspace] = max(until, self._until.get(workspace, until))
