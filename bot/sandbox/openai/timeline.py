"""Turns moments of training time into the time stamps people see; knows the clock and nothing of jobs.

Training time can be sped up, slowed down and skipped while a job runs, so the moment "40 training seconds after
the start" has no fixed distance in wall time. Every look at the world sets an anchor (training, now); a moment
between two anchors lies on the line between them and keeps its time stamp for good.
"""

import bisect

from bot.sandbox.clock import Clock

_QUANTUM = 0.05  # seconds of wall time; within it the world stands still, which keeps the anchors few


class Timeline:
    """The anchors set so far; time moves on only when somebody looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._training = [clock.training()]
        self._now = [clock.now()]

    def look(self) -> float:
        """Set an anchor and give the training time everybody sees from here on."""
        training, now = self._clock.training(), self._clock.now()
        if now - self._now[-1] >= _QUANTUM or training - self._training[-1] >= _QUANTUM * self._clock.speed:
            self._training.append(training)
            self._now.append(now)
        return self._training[-1]

    @property
    def now(self) -> float:
        """Seconds since the epoch at the last look."""
        return self._now[-1]

    def stamp(self, training: float) -> int:
        """The time stamp (whole seconds since the epoch) of a training moment up to the last look."""
        at = bisect.bisect_left(self._training, training)
        if at == 0:
            return int(self._now[0])
        if at == len(self._training):
            return int(self._now[-1])
        low, high = self._training[at - 1], self._training[at]
        share = (training - low) / (high - low)
        return int(self._now[at - 1] + share * (self._now[at] - self._now[at - 1]))
