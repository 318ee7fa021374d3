"""What went between the app and the sandbox, kept for the inspector; secrets are blanked before they are kept."""

import itertools
import re
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Direction = Literal["app_to_slack", "slack_to_app", "app_to_openai"]
_SECRET = re.compile(r"(xox[a-z]-|xapp-|sk-)[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer; `ok` is false when it was refused or never answered."""

    n: int
    at: float
    direction: Direction
    name: str
    ok: bool
    status: int
    ms: float
    request: Any
    response: Any
    note: str = ""


class Calls:
    """The last `keep` calls, numbered from 1."""

    def __init__(self, keep: int = 5000, seen: Callable[[dict[str, Any]], None] | None = None) -> None:
        self._numbers = itertools.count(1)
        self._kept: deque[Call] = deque(maxlen=keep)
        self.seen = seen

    def add(
        self,
        direction: Direction,
        name: str,
        *,
        at: float,
        ok: bool,
        status: int,
        ms: float,
        request: Any,
        response: Any,
        note: str = "",
    ) -> int:
        """Keep one call, tell whoever watches, and give its number."""
        call = Call(
            next(self._numbers), at, direction, name, ok, status, ms, _blank(request), _blank(response), note
        )
        self._kept.append(call)
        if self.seen:
            self.seen(asdict(call))
        return call.n

    def since(
        self, n: int = 0, direction: str | None = None, name: str | None = None
    ) -> list[dict[str, Any]]:
        """The kept calls with a number above `n`, oldest first, narrowed to a direction and a name if given."""
        return [
            asdict(c)
            for c in self._kept
            if c.n > n and direction in (None, c.direction) and name in (None, c.name)
        ]


def _blank(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET.sub(r"\1…", value if len(value) < 20_000 else value[:20_000] + "…")
    if isinstance(value, dict):
        return {k: _blank(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_blank(v) for v in value]
    return value
