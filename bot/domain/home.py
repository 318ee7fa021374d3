"""What somebody finds in the App Home: what waits for them, what goes on, what there is, what is left. Pure values."""

from dataclasses import dataclass

from bot.domain.budgets import Funded, Standing
from bot.domain.jobs.job import Job


@dataclass(frozen=True, slots=True)
class Listed:
    """The jobs of a list that are shown, and how many more it has."""

    jobs: tuple[Job, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Home:
    """All of it within one person's sight; `waiting` are the requests on which they may decide, oldest first.

    `under_way` has none of these. Whoever sees no job yet `begins`.
    """

    month: str
    waiting: tuple[Funded, ...] = ()
    under_way: Listed = Listed()
    recent: Listed = Listed()
    models: Listed = Listed()
    budgets: tuple[Standing, ...] = ()

    @property
    def begins(self) -> bool:
        """Whether there is no job at all that they see."""
        return not (self.waiting or self.under_way.jobs or self.recent.jobs)
