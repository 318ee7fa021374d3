"""The small things that everything needs: the time, when something is due again, and a log."""

from datetime import datetime
from typing import Any, Protocol


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime: ...


class Trigger(Protocol):
    """When something that is done again and again is due."""

    def after(self, moment: datetime) -> datetime:
        """The next time after this moment; both aware."""
        ...


class Logger(Protocol):
    """Logs with fields; dataset text and secrets never go here."""

    def info(self, event: str, **fields: Any) -> None: ...

    def warning(self, event: str, **fields: Any) -> None: ...

    def error(self, event: str, **fields: Any) -> None: ...

    def exception(self, event: str, **fields: Any) -> None: ...
