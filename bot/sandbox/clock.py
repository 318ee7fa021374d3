"""The sandbox's clock: real time plus what somebody skipped, and a factor for the things that only wait (training)."""

import time


class Clock:
    """Gives the sandbox's time; `speed` makes simulated training pass faster than the wall clock."""

    def __init__(self, speed: float = 1.0) -> None:
        self._skipped = 0.0
        self._speed = speed
        self._trained_base = 0.0
        self._trained_since = time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, as every time stamp of the sandbox shows them."""
        return time.time() + self._skipped

    @property
    def speed(self) -> float:
        """Simulated training seconds that pass per second of `now`."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        if value <= 0:
            raise ValueError("speed must be above zero")
        self._trained_base = self.training()
        self._trained_since = time.monotonic()
        self._speed = value

    def training(self) -> float:
        """Simulated training seconds since the sandbox started; job phases are measured on this axis."""
        return self._trained_base + (time.monotonic() - self._trained_since) * self._speed

    def advance(self, seconds: float) -> None:
        """Skip ahead: `now` by `seconds`, and training by `seconds` too."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        self._skipped += seconds
        self._trained_base += seconds
