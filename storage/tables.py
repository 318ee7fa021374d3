"""The tables: which rows of the domain are kept, and by what they are found; each column follows from a field.

A field that comes or goes needs a migration in storage/migrations/versions; a test compares the two.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, Table, UniqueConstraint

from bot.domain.audit import Entry
from bot.domain.budgets import Budget, month_of, taken
from bot.domain.chats import Conversation, Early, Turn
from bot.domain.comparisons import Ballot
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.jobs.job import Job
from bot.domain.jobs.loss_chart import LossChart
from bot.domain.jobs.polling import Poll
from bot.domain.models import Share
from bot.domain.outbox import OutboxMessage
from bot.domain.periodic import PeriodicTask
from bot.domain.transforms.lifecycle import Transform
from storage.columns import AnyText, UtcTime
from storage.mapping import METADATA, Json, MappedTable, Values

DATASETS = MappedTable(
    Dataset,
    "datasets",
    UniqueConstraint("workspace", "channel_id", "file_id"),
    Index(None, "workspace", "channel_id", "name"),
)

# `dataset_id` is no foreign key here and in jobs: what was done is told after a deletion.
TRANSFORMS = MappedTable(Transform, "transforms", UniqueConstraint("request_key"))


def _of_job(job: Job) -> Values:
    """What it takes of which month's budget, so that sums can be asked for."""
    amount = taken(job)
    return {"month": month_of(job.requested_at), "reserved": amount.reserved, "spent": amount.spent}


JOBS = MappedTable(
    Job,
    "jobs",
    Column("month", AnyText, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    UniqueConstraint("request_key"),
    UniqueConstraint("workspace", "channel_id", "alias"),
    Index(None, "workspace", "channel_id"),
    Index(None, "workspace", "state"),
    Index(None, "workspace", "month"),
    derived=_of_job,
)

MODEL_SHARES = MappedTable(
    Share,
    "model_shares",
    Column("job_id", AnyText, nullable=False),
    Column("workspace", AnyText, nullable=False),
    Index(None, "workspace", "channel_id"),
    key=("job_id", "channel_id"),
)

POLLS = MappedTable(Poll, "polls")

PERIODIC_TASKS = MappedTable(PeriodicTask, "periodic_tasks")

CURVES = Table(  # apart from jobs, since lists of jobs need none
    "curves",
    METADATA,
    Column("job_id", AnyText, primary_key=True),
    Column("curve", Json, nullable=False),
)

LOSS_CHARTS = MappedTable(LossChart, "loss_charts")

BUDGETS = MappedTable(Budget, "budgets", key=("workspace", "channel_id"))

WORKSPACES = Table(  # whoever decides in a workspace locks its row, see storage.decision_basis
    "workspaces",
    METADATA,
    Column("workspace", AnyText, primary_key=True),
    Column("paused_by", AnyText),
    Column("paused_at", UtcTime),
)

POLICIES = Table(  # of a channel, or with no `channel_id` of the workspace
    "policies",
    METADATA,
    Column("workspace", AnyText, primary_key=True),
    Column("channel_id", AnyText, primary_key=True),
    Column("rules", Json, nullable=False),
)

AUDIT = MappedTable(  # triggers refuse to change or remove a row, see the migration that made it
    Entry,
    "audit",
    # SQLite counts up only what it knows as INTEGER.
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), nullable=False, autoincrement=True),
    Index(None, "workspace", "at"),
    key=("number",),
)

MARKS = Table(  # what this database knows its folder of contents by, see bot.data_dir
    "marks",
    METADATA,
    Column("what", AnyText, primary_key=True),
    Column("mark", AnyText, nullable=False),
)

CONVERSATIONS = MappedTable(
    Conversation,
    "conversations",
    UniqueConstraint("request_key"),
    Index(None, "workspace", "channel_id"),
)

TURNS = MappedTable(
    Turn,
    "turns",
    Column("month", AnyText, nullable=False),
    ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
    UniqueConstraint("conversation_id", "message_ts", "letter"),
    Index(None, "workspace", "month"),
    Index(None, "workspace", "user_id", "charged_at"),
    derived=lambda turn: {"month": month_of(turn.charged_at) if turn.charged_at else ""},
)

EARLY = MappedTable(Early, "early", UniqueConstraint("workspace", "channel_id", "message_ts"))

BALLOTS = MappedTable(
    Ballot,
    "ballots",
    ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
    UniqueConstraint("conversation_id", "message_ts"),
)

# `subject_id` is no foreign key: `kind` says which table it points into.
OUTBOX = MappedTable(OutboxMessage, "outbox", Index(None, "channel_id", "ts"), Index(None, "subject_id"))
