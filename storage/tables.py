"""The tables, typed; knows nothing of what the rows mean or which step comes next.

A table that gains or loses a column needs a migration in storage/migrations/versions; a test compares the two.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import AnyText, UtcTime

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Every table: text without a length, 64-bit integers, aware times.

    JSON stays the database's plain `JSON`: PostgreSQL's JSONB refuses NUL, which a report may quote.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: AnyText,
        int: BigInteger,
        datetime: UtcTime,
        Json: JSON(none_as_null=True),
    }


class Changed(Base):
    """A row that is changed by steps; `revision` counts them."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(primary_key=True, sort_order=-1)
    revision: Mapped[int]


class Worked(Changed):
    """A row with something to do from `due_at` on (None: nothing), held by one worker until `lease_until`."""

    __abstract__ = True

    due_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]


class Placed:
    """Columns of a bot.domain.outbox.Place."""

    workspace: Mapped[str]
    channel_id: Mapped[str]
    thread_ts: Mapped[str | None]


class DatasetRow(Placed, Worked):
    """bot.domain.datasets.lifecycle.Dataset."""

    __tablename__ = "datasets"
    __table_args__ = (
        UniqueConstraint("workspace", "channel_id", "file_id"),
        Index(None, "workspace", "channel_id", "name"),
    )

    file_id: Mapped[str]
    name: Mapped[str]
    size: Mapped[int]
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]
    version: Mapped[int]
    state: Mapped[str]
    sha256: Mapped[str | None]
    path: Mapped[str | None]
    checking: Mapped[Json | None]
    report: Mapped[Json | None]
    failure: Mapped[str]
    title: Mapped[str]
    twin: Mapped[str]
    deletion: Mapped[Json | None]


class TransformRow(Placed, Worked):
    """transforms.transform.Errand. `dataset_id` is no foreign key: what was done is told after a deletion."""

    __tablename__ = "errands"
    __table_args__ = (UniqueConstraint("request_key"),)

    request_key: Mapped[str]
    kind: Mapped[str]
    dataset_id: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    options: Mapped[Json]
    state: Mapped[str]
    produced: Mapped[Json]
    outcome: Mapped[Json]
    failure: Mapped[str]
    begun_at: Mapped[datetime | None]


class JobRow(Placed, Worked):
    """bot.domain.jobs.job.Job. `dataset_id` is no foreign key: a job outlives the dataset it came from.

    `month`, `reserved` and `spent` say what it takes of which budget, see bot.domain.budgets.taken: they follow from
    the rest and are written with it, so that sums can be asked for.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("request_key"),
        UniqueConstraint("workspace", "channel_id", "alias"),
        Index(None, "workspace", "channel_id"),
        Index(None, "workspace", "state"),
        Index(None, "workspace", "month"),
    )

    month: Mapped[str]
    reserved: Mapped[int]
    spent: Mapped[int]

    request_key: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    dataset_id: Mapped[str]
    dataset_name: Mapped[str]
    dataset_sha256: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    method: Mapped[str]
    suffix: Mapped[str]
    estimate: Mapped[Json]
    hyperparameters: Mapped[Json]
    seed: Mapped[int | None]
    validation: Mapped[Json | None]
    wandb_project: Mapped[str]
    went_on_from: Mapped[str]
    state: Mapped[str]
    state_since: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    approvals: Mapped[list[Json]] = mapped_column(JSON(none_as_null=True))
    expires_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reason: Mapped[str]
    training_file_id: Mapped[str | None]
    sending: Mapped[Json | None]
    seen_by_provider: Mapped[bool]
    provider_job_id: Mapped[str | None]
    training: Mapped[Json]
    fine_tuned_model: Mapped[str | None]
    alias: Mapped[str | None]
    model_deletion: Mapped[Json | None]
    trained_tokens: Mapped[int | None]
    cost_usd: Mapped[float | None]
    error_code: Mapped[str]
    said: Mapped[str]
    advice: Mapped[str]
    reading: Mapped[str]
    picture: Mapped[Json | None]
    story: Mapped[Json]
    cancel_asked_by: Mapped[str | None]
    wish: Mapped[str]
    ended_at: Mapped[datetime | None]
    waits_until: Mapped[datetime | None]
    fault: Mapped[str]


class ShareRow(Base):
    """bot.domain.models.Share: that the model of a job may be used in another channel too."""

    __tablename__ = "model_shares"
    __table_args__ = (Index(None, "workspace", "channel_id"),)

    job_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class PollRow(Worked):
    """bot.domain.jobs.polling.Poll."""

    __tablename__ = "polls"


class PeriodicTaskRow(Placed, Worked):
    """bot.domain.periodic.Chore."""

    __tablename__ = "chores"

    kind: Mapped[str]
    done_at: Mapped[datetime | None]


class CurveRow(Base):
    """bot.domain.jobs.training.Curve of the job with this id: apart from it, since lists of jobs need none."""

    __tablename__ = "curves"

    job_id: Mapped[str] = mapped_column(primary_key=True)
    curve: Mapped[Json]


class LossChartRow(Worked):
    """bot.domain.jobs.loss_chart.Picture; its id is the job's."""

    __tablename__ = "pictures"

    begun: Mapped[str]
    step: Mapped[int]
    made: Mapped[int]
    made_at: Mapped[datetime | None]
    old: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))
    since: Mapped[int]
    ends: Mapped[bool]
    last: Mapped[bool]


class BudgetRow(Base):
    """bot.domain.budgets.Budget; `limit` in micro-dollars, `overriders` a list of user ids."""

    __tablename__ = "budgets"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    limit: Mapped[int | None]
    overriders: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))


class WorkspaceRow(Base):
    """What holds for a whole workspace; whoever decides in it locks this row, see storage.decisions.

    `paused_by` and `paused_at` are a bot.domain.approvals.decisions.Pause.
    """

    __tablename__ = "workspaces"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    paused_by: Mapped[str | None]
    paused_at: Mapped[datetime | None]


class PolicyRow(Base):
    """bot.domain.policies.Policy of a channel, or with no `channel_id` of the workspace."""

    __tablename__ = "policies"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    rules: Mapped[Json]


class AuditRow(Base):
    """bot.domain.audit.Entry. Triggers refuse to change or remove a row; see the migration that made it."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "workspace", "at"),)

    # SQLite counts up only what it knows as INTEGER.
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    at: Mapped[datetime]
    workspace: Mapped[str]
    channel_id: Mapped[str]
    who: Mapped[str]
    what: Mapped[str]
    subject: Mapped[str]
    details: Mapped[Json]


class MarkRow(Base):
    """What this database knows its folder of contents by, see bot.data_dir; one row, called so in `what`."""

    __tablename__ = "marks"

    what: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str]


class ConversationRow(Placed, Changed):
    """bot.domain.chats.Conversation."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("request_key"), Index(None, "workspace", "channel_id"))

    request_key: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    title: Mapped[str]
    base_model: Mapped[str]
    started_by: Mapped[str]
    started_at: Mapped[datetime]
    system: Mapped[str]
    job_id: Mapped[str | None]
    other_model: Mapped[str]
    other_title: Mapped[str]
    blind: Mapped[bool]
    ended_by: Mapped[str | None]
    gone: Mapped[Json | None]


class TurnRow(Placed, Worked):
    """bot.domain.chats.Turn."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_ts", "letter"),
        Index(None, "workspace", "month"),
        Index(None, "workspace", "user_id", "charged_at"),
    )

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    message_ts: Mapped[str]
    user_id: Mapped[str]
    team_id: Mapped[str]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    letter: Mapped[str]
    other: Mapped[bool]
    state: Mapped[str]
    answer: Mapped[str]
    usage: Mapped[Json | None]
    month: Mapped[str]
    reserved: Mapped[int]
    spent: Mapped[int]
    charged_at: Mapped[datetime | None]
    answer_ts: Mapped[str | None]
    more_ts: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))
    begun_at: Mapped[datetime | None]
    fault: Mapped[str]


class EarlyRow(Placed, Worked):
    """bot.domain.chats.Early."""

    __tablename__ = "early"
    __table_args__ = (UniqueConstraint("workspace", "channel_id", "message_ts"),)

    message_ts: Mapped[str]
    user_id: Mapped[str]
    team_id: Mapped[str]
    text: Mapped[str]
    to_bot: Mapped[bool]


class BallotRow(Placed, Worked):
    """bot.domain.comparisons.Ballot."""

    __tablename__ = "ballots"
    __table_args__ = (UniqueConstraint("conversation_id", "message_ts"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    message_ts: Mapped[str]
    question: Mapped[str]
    title: Mapped[str]
    other_title: Mapped[str]
    swapped: Mapped[bool]
    blind: Mapped[bool]
    state: Mapped[str]
    votes: Mapped[Json]


class OutboxRow(Placed, Worked):
    """bot.domain.outbox.Post. `subject_id` is no foreign key: `kind` says which table it points into."""

    __tablename__ = "posts"
    __table_args__ = (Index(None, "channel_id", "ts"),)

    kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(index=True)
    data: Mapped[Json]
    under: Mapped[str]
    ts: Mapped[str | None]
    begun_at: Mapped[datetime | None]
    drawn: Mapped[int]
    drawn_at: Mapped[datetime | None]
    fault: Mapped[str]
