"""The one door to the database: its stores, its migrations, its closing; knows no use case."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import Temporary
from bot.ports import Clock, Storage
from storage.audit import Audit
from storage.ballots import Ballots
from storage.budgets import Budgets
from storage.chores import Chores
from storage.connections import Connections, unbroken
from storage.conversations import Conversations, Turns
from storage.curves import Curves
from storage.datasets import Datasets
from storage.errands import Errands
from storage.jobs import Jobs
from storage.migrations import upgrade
from storage.pictures import Pictures
from storage.places import Places
from storage.policies import Policies
from storage.polls import Polls
from storage.posts import Posts


class Database(Storage):
    """The stores over the database that `url` names.

    `url` is sqlite:///file or postgresql://user:password@host/name; raises SettingsError when it is neither.
    Nothing is opened before the first use. `wait` is how long, in seconds, anybody waits for the database.
    """

    def __init__(self, url: str, clock: Clock, *, wait: float = 20.0) -> None:
        self._connections = Connections(url, wait=wait)
        self.datasets = Datasets(self._connections, clock)
        self.errands = Errands(self._connections, clock)
        self.jobs = Jobs(self._connections, clock)
        self.curves = Curves(self._connections, clock)
        self.pictures = Pictures(self._connections, clock)
        self.chores = Chores(self._connections, clock)
        self.polls = Polls(self._connections, clock)
        self.conversations = Conversations(self._connections, clock)
        self.turns = Turns(self._connections, clock)
        self.ballots = Ballots(self._connections, clock)
        self.posts = Posts(self._connections, clock)
        self.audit = Audit(self._connections)
        self.budgets = Budgets(self._connections, clock)
        self.policies = Policies(self._connections, clock)
        self.places = Places(self._connections)

    @unbroken
    async def ping(self) -> None:
        """Raise Temporary when the database does not answer, or holds no tables of ours."""
        try:
            async with self._connections.reading() as connection:
                await connection.execute(text("SELECT version_num FROM alembic_version"))
        except SQLAlchemyError as fault:
            raise Temporary("My database does not answer.") from fault

    async def upgrade(self) -> None:
        """Bring the tables to what this version needs; safe to run from several processes at once."""
        await upgrade(self._connections)

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()
