"""What is done again and again, as rows; knows none of it."""

from bot.domain.periodic import PeriodicTask
from bot.ports import PeriodicTaskStore
from storage.rows import AddedRows
from storage.tables import PERIODIC_TASKS


class PeriodicTasks(AddedRows[PeriodicTask], PeriodicTaskStore):
    """bot.ports.PeriodicTaskStore."""

    table = PERIODIC_TASKS
    noun = "chore"
