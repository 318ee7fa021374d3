"""What stores of rows have in common: found within a sight, claimed, changed, decided on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from bot.domain.access import Sight
from bot.domain.decision_basis import Basis
from bot.domain.work_queue import Transition

Row = TypeVar("Row")
Found_co = TypeVar("Found_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Claim(Generic[Row]):
    """A row that this worker alone works on until `until`; `token` proves it."""

    row: Row
    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, in its order, and how many the whole list has."""

    rows: tuple[Row, ...]
    total: int

    def beyond(self, shown: int) -> int:
        """How many of the list do not stand among the first `shown` of these."""
        return self.total - min(shown, len(self.rows))


class Seen(Protocol[Found_co]):
    """Rows that people look up: nobody is given what is not in their sight.

    Everything else that a store gives is for work that no person looks at, or of a place that was looked at before.
    """

    async def seen(self, sight: Sight, row_id: str) -> Found_co | None:
        """The row as it is now; None when there is none, and when it is not in sight."""
        ...


class Rows(Protocol[Row]):
    """One kind of row with something to do: claimed by one worker at a time, changed by guarded updates."""

    async def get(self, row_id: str) -> Row | None:
        """The row as it is now, or None."""
        ...

    async def claim(self, now: datetime, lease: float) -> Claim[Row] | None:
        """The row longest due that nobody holds, held for `lease` seconds from `now`; None when there is none."""
        ...

    async def renew(self, row_id: str, token: str, now: datetime, lease: float) -> bool:
        """Hold the row for `lease` seconds more; False when the lease was lost to another worker."""
        ...

    async def release(self, row_id: str, token: str) -> None:
        """Let go of the row, if this token still holds it."""
        ...

    async def change(
        self, row_id: str, step: Callable[[Row], Transition[Row]], *, token: str | None = None
    ) -> Row:
        """Read the row, apply the pure step, save row, messages and audit in one transaction; gives the saved row.

        No other writer comes between. With a `token` the save also demands that the lease still stands. In
        the same transaction every card that shows the row becomes due.

        Raises:
            NotFound: there is no such row.
            StaleState: the step does not fit the row any more, or the lease was lost.
        """
        ...


class Added(Rows[Row], Protocol[Row]):
    """Rows that are saved for themselves, with no message and no audit."""

    async def add(self, row: Row) -> bool:
        """Save a new row; False when it, or another with one of its unique keys, is there already."""
        ...


class Ruled(Protocol[Row]):
    """Rows on which people decide where nothing but the rules matters."""

    async def ruled(self, row_id: str, step: Callable[[Row, Basis], Transition[Row]]) -> Row:
        """As Rows.change, with a step that also sees the rules that hold; until it is saved, nobody else decides."""
        ...
