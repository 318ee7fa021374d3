"""The time, as the application counts it (ports.Clock); knows nothing of what is due."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's time, except that it never goes back while the application runs.

    When somebody sets the machine's clock back by an hour, what is due in a minute would be due in an hour and a
    minute, and leases would hold as long: jobs would stand still unwatched. So time goes on from where it was, by the
    steady clock, until the machine's is ahead again or the application is started anew.
    """

    def __init__(self) -> None:
        self._seen = self.wall()
        self._seen_at = time.monotonic()

    def now(self) -> datetime:
        """Aware, UTC; never before what it said last."""
        steady = time.monotonic()
        self._seen = max(self.wall(), self._seen + timedelta(seconds=steady - self._seen_at))
        self._seen_at = steady
        return self._seen

    def wall(self) -> datetime:
        """What the machine says."""
        return datetime.now(UTC)


class SimulatedClock(SystemClock):
    """The time of a simulated world, which somebody may skip ahead; `seconds` since the epoch is what it says."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        super().__init__()

    def wall(self) -> datetime:
        """What the simulated world says."""
        return datetime.fromtimestamp(self._seconds(), UTC)
