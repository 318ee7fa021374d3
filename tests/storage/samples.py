"""Rows to keep: small ones to change at will, and full ones in which no field has its default."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from bot.domain.chats import Conversation, ModelGone, Turn, TurnState, Usage
from bot.domain.comparisons import Ballot, BallotState, Choice
from bot.domain.datasets.lifecycle import Checking, Dataset, DatasetState, Deletion, Half
from bot.domain.datasets.report import Advice, Billable, Problem, Report, TokenStats
from bot.domain.jobs.job import (
    Approval,
    Hyperparameters,
    Job,
    JobState,
    LossChartFiles,
    ModelDeletion,
    Sending,
    Told,
    Training,
    ValidationDataset,
    Wish,
)
from bot.domain.jobs.polling import Poll
from bot.domain.money import Money
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.periodic import PeriodicTask, PeriodicTaskKind
from bot.domain.places import Place
from bot.domain.pricing import Estimate
from bot.domain.transforms.lifecycle import Produced, Transform, TransformKind, TransformState

NOW = datetime(2026, 11, 22, 12, 0, 0, 123457, tzinfo=UTC)
EARLIER = NOW - timedelta(days=400, microseconds=1)
ELSEWHERE = NOW.astimezone(timezone(timedelta(hours=9)))
CHANNEL = Place("-/T1", "C1")
THREAD = replace(CHANNEL, thread_ts="1700000000.000100")
ESTIMATE = Estimate(
    model="gpt-4.1-mini-2025-04-14",
    method="supervised",
    epochs=3,
    epochs_source="default",
    billed_tokens=458_301,
    usd=0.1 + 0.2,
    price_per_million_usd=5.0,
    price_as_of=date(2026, 11, 1),
    trainable_until=date(2027, 1, 6),
)
REPORT = Report(
    file="support.jsonl",
    bytes=5_000_000_000,
    sha256="ab" * 32,
    format="chat",
    examples=12,
    valid=11,
    ok=False,
    problem_count=1,
    problem_codes={"missing_role": 1},
    problems=(Problem(7, "messages[2].role", "missing_role", "no role: \x00 \ud83d", "add “role”"),),
    advice=(Advice("short", "few examples", 1, (1, 2)),),
    tokens=TokenStats(100, 60, 20, 1, 5, "o200k_base", exact=True),
    estimates=(ESTIMATE,),
    billable=(Billable(65_536, 95),),
    images=2,
)

FULL_DATASET = Dataset(
    id="d-full",
    place=THREAD,
    file_id="F1",
    name="ünï \U0001f600.jsonl",
    size=5_000_000_000,
    uploaded_by="U1",
    uploaded_at=ELSEWHERE,
    version=7,
    state=DatasetState.REJECTED,
    sha256="ab" * 32,
    path="ab/abab.jsonl",
    checking=Checking("checking", 1, 5_000_000_000, 3, 4),
    report=REPORT,
    failure="no",
    title="Täne of voice",
    twin="older.jsonl (version 1)",
    half=Half("split-1", validates=True, other="täne-train.jsonl"),
    quiet=True,
    deletion=Deletion("U2", shared=True),
    due_at=EARLIER,
    attempts=3,
    revision=9,
)
FULL_TRANSFORM = Transform(
    id="e-full",
    request_key="d-full:split:1",
    place=THREAD,
    kind=TransformKind.SPLIT,
    dataset_id="d-full",
    asked_by="U1",
    asked_at=ELSEWHERE,
    options={"share": 0.1, "seed": 42},
    state=TransformState.WORKING,
    produced=(
        Produced("ünï-train.jsonl", "• 9", is_dataset=True, begun=True, file_id="F9"),
        Produced("x.png", ""),
    ),
    outcome={"training": 9, "validation": 1, "left_out": {"ç": 2}},
    failure="again",
    begun_at=NOW,
    due_at=EARLIER,
    attempts=2,
    revision=5,
)
FULL_JOB = Job(
    id="j-full",
    request_key="V1",
    place=THREAD,
    requested_by="U1",
    requested_at=EARLIER,
    dataset_id="d-full",
    dataset_name="support.jsonl",
    dataset_sha256="ab" * 32,
    provider="openai",
    model="gpt-4.1-mini-2025-04-14",
    method="supervised",
    suffix="support",
    estimate=ESTIMATE,
    hyperparameters=Hyperparameters(3, 8, 1.0, 0.1),
    seed=4_294_967_295,
    validation=ValidationDataset("d-other", "other.jsonl", "cd" * 32, "file-2"),
    wandb_project="tone",
    went_on_from="older tone",
    state=JobState.SUCCEEDED,
    state_since=NOW,
    decided_by="U2",
    decided_at=NOW,
    approvals=(Approval("U2", NOW),),
    expires_at=NOW,
    edited_at=NOW,
    reminded_at=NOW,
    reason="because",
    training_file_id="file-1",
    sent_at=EARLIER,
    sending=Sending(64, 5_000_000_000, "upload-1", ("part-1", "part-2")),
    seen_by_provider=True,
    provider_job_id="ftjob-1",
    training=Training(5, 10, 1.234567890123, 2.0, ELSEWHERE),
    fine_tuned_model="ft:gpt-4.1-mini:acme:support:abc",
    alias="warm-1",
    model_deletion=ModelDeletion("U4", EARLIER, NOW),
    trained_tokens=3_000_000_000,
    cost_usd=15.000000000000002,
    error_code="code",
    said="its words",
    advice="what to do",
    reading="more epochs",
    picture=LossChartFiles("F8", "training loss 1.9 → 0.4"),
    story=Told({"warning": 2}, ("ftevent-1", "ftevent-2"), 40, EARLIER),
    cancel_asked_by="U3",
    wish=Wish.PAUSE,
    ended_at=NOW,
    waits_until=ELSEWHERE,
    due_at=NOW,
    attempts=2,
    fault="waiting",
    revision=11,
)
FULL_PERIODIC_TASK = PeriodicTask(
    "digest:C1", PeriodicTaskKind.DIGEST, THREAD, EARLIER, NOW, attempts=2, revision=3
)
FULL_POLL = Poll(id="openai", due_at=NOW, attempts=2, revision=3)
FULL_CONVERSATION = Conversation(
    id="c-full",
    request_key="T1",
    place=THREAD,
    provider="openai",
    model="ft:x",
    title="support",
    base_model="gpt-4.1-mini",
    started_by="U1",
    started_at=NOW,
    system="You are kind.",
    job_id="j-full",
    other_model="gpt-4.1-mini-2025-04-14",
    other_title="gpt-4.1-mini",
    blind=True,
    ended_by="U2",
    gone=ModelGone("ft:x", "U2"),
    revision=2,
)
FULL_TURN = Turn(
    id="t-full",
    conversation_id="c-full",
    place=THREAD,
    message_ts="1700000001.000200",
    user_id="U1",
    team_id="T1",
    text="hello\n",
    asked_at=NOW,
    letter="B",
    other=True,
    state=TurnState.ANSWERING,
    answer="hi",
    usage=Usage(21, 34),
    reserved=Money(70),
    spent=Money(55),
    charged_at=EARLIER,
    answer_ts="1700000002.000300",
    more_ts=("1700000003.000400", "1700000004.000500"),
    begun_at=NOW,
    due_at=EARLIER,
    attempts=1,
    fault="slow",
    revision=4,
)
FULL_BALLOT = Ballot(
    id="b-full",
    conversation_id="c-full",
    place=THREAD,
    message_ts="1700000001.000200",
    question="hello ç",
    title="support",
    other_title="gpt-4.1-mini",
    swapped=True,
    blind=True,
    state=BallotState.OPEN,
    votes={"U1": Choice.SAME, "U2": Choice.OTHER},
    due_at=EARLIER,
    attempts=1,
    revision=3,
)
FULL_MESSAGE = OutboxMessage(
    id="p-full",
    kind=MessageKind.JOB_ENDED,
    place=THREAD,
    subject_id="j-full",
    under="p-root",
    data={"a": [1, None, {"b": "ç"}]},
    ts="1700000003.000400",
    begun_at=EARLIER,
    drawn=5,
    drawn_at=NOW,
    due_at=ELSEWHERE,
    attempts=6,
    fault="full",
    revision=8,
)


def dataset(row_id: str = "d1", **fields: Any) -> Dataset:
    """A fresh upload of support.jsonl, of a file of its own."""
    return replace(
        Dataset(
            id=row_id,
            place=THREAD,
            file_id=f"F-{row_id}",
            name="support.jsonl",
            size=10,
            uploaded_by="U1",
            uploaded_at=NOW,
        ),
        **fields,
    )


def job(row_id: str = "j1", **fields: Any) -> Job:
    """A fresh request, of a submission of its own, that nobody works on."""
    return replace(
        Job(
            id=row_id,
            request_key=f"key-{row_id}",
            place=CHANNEL,
            requested_by="U1",
            requested_at=NOW,
            dataset_id="d1",
            dataset_name="support.jsonl",
            dataset_sha256="ab",
            provider="openai",
            model="gpt-4.1-mini-2025-04-14",
            method="supervised",
            suffix="",
            estimate=ESTIMATE,
        ),
        **fields,
    )


def conversation(row_id: str = "c1", **fields: Any) -> Conversation:
    """A conversation just opened in the channel."""
    opened = replace(FULL_CONVERSATION, id=row_id, request_key=f"key-{row_id}", place=CHANNEL)
    alone = replace(opened, other_model="", other_title="", blind=False)
    return replace(alone, **({"ended_by": None, "gone": None, "revision": 0} | fields))


def turn(row_id: str, message_ts: str, conversation_id: str = "c1", **fields: Any) -> Turn:
    """A question that waits for its answer."""
    return replace(
        Turn(row_id, conversation_id, THREAD, message_ts, "U1", "T1", "hello", NOW, due_at=NOW), **fields
    )


def ballot(row_id: str, message_ts: str, conversation_id: str = "c1", **fields: Any) -> Ballot:
    """A ballot that waits for the answers to a message."""
    return replace(
        Ballot(row_id, conversation_id, THREAD, message_ts, "hello", "tone", "base", due_at=NOW), **fields
    )


def post(row_id: str = "p1", **fields: Any) -> OutboxMessage:
    """The card of job j1, standing in Slack and true."""
    fields = {"kind": MessageKind.JOB_CARD, "subject_id": "j1", "ts": "1700000009.000900"} | fields
    return OutboxMessage(id=row_id, place=CHANNEL, **fields)
