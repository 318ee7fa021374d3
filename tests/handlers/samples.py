"""Domain values as the views and listeners are given them; hostile and long where a test asks for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.domain.approvals.requests import ModelChoice, Offer
from bot.domain.briefing import Briefing, Change, LastTraining, Overlap, Refusal
from bot.domain.catalog import ModelInfo
from bot.domain.chats import Conversation, Turn
from bot.domain.comparisons import Ballot, BallotState
from bot.domain.datasets.lifecycle import Checking, Dataset, DatasetState
from bot.domain.datasets.report import Advice, Problem, Report, TokenStats
from bot.domain.datasets.whereabouts import Sent, Whereabouts
from bot.domain.jobs.job import Job, JobState, Training
from bot.domain.money import of_dollars
from bot.domain.outbox import MessageKind, OutboxMessage
from bot.domain.places import Place
from bot.domain.pricing import Estimate
from bot.domain.transforms.lifecycle import Transform, TransformKind
from bot.domain.transforms.mend import Deed
from bot.domain.worker_tasks import Mended

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTILE = "<!channel> <@U0JONAS> <https://evil.example|click> *bold* `code` & https://evil.example " * 40
"""Pings, links, breaks formatting, and is far too long."""

CHANNEL = Place("-/T1", "C1")


def estimate(**changes: Any) -> Estimate:
    return replace(
        Estimate(
            model="gpt-4.1-mini-2025-04-14",
            method="supervised",
            epochs=3,
            epochs_source="default",
            billed_tokens=1_374_903,
            usd=6.87,
            price_per_million_usd=5.0,
            price_as_of=date(2026, 11, 22),
            trainable_until=date(2027, 1, 6),
        ),
        **changes,
    )


BRIEFING = Briefing(
    change=Change(3, 2, 48, 36, 10, 48),
    last=LastTraining("tone", 2, NOW - timedelta(days=7), of_dollars(3.5)),
    overlap=Overlap(38, 48),
    cut=900,
    cut_limit=65_536,
    trainable_until=date(2027, 1, 6),
    serves_until=date(2027, 1, 14),
    refusal=Refusal("The provider takes no new jobs.", date(2026, 11, 20)),
)
"""Everything that there may be to say of a request."""


def report(**changes: Any) -> Report:
    return replace(
        Report(
            file="support.jsonl",
            bytes=21_400,
            sha256="ab" * 32,
            format="chat",
            examples=48,
            valid=48,
            ok=True,
            problem_count=0,
            problem_codes={},
            problems=(),
            advice=(Advice("few_examples", "Fewer than 100 examples teach little.", 1),),
            tokens=TokenStats(458_301, 120_000, 900, 0, 0, "o200k_base", exact=True),
            estimates=(estimate(), estimate(model="gpt-4o-mini-2024-07-18", usd=4.12)),
        ),
        **changes,
    )


def broken(problems: int) -> Report:
    return report(
        ok=False,
        valid=0,
        problem_count=problems,
        problem_codes={"missing_assistant": problems},
        problems=tuple(
            Problem(line, "messages", "missing_assistant", "No assistant answer.", "Add one.")
            for line in range(1, min(problems, 1_000) + 1)
        ),
        estimates=(),
    )


def worst_report() -> Report:
    """As much of everything as a report can carry, and all of it hostile."""
    return report(
        ok=False,
        problem_count=200_000,
        problem_codes={f"code_{n}_{HOSTILE[:200]}": 5_000 for n in range(60)},
        problems=tuple(Problem(n, HOSTILE, HOSTILE, HOSTILE, HOSTILE) for n in range(1_000)),
        advice=tuple(Advice(f"a{n}", HOSTILE, 10**6, tuple(range(10**6, 10**6 + 20))) for n in range(40)),
        estimates=tuple(estimate(model=HOSTILE) for _ in range(30)),
        tokens=TokenStats(10**12, 10**12, 10**9, 10**9, 10**9, HOSTILE, exact=False),
    )


def dataset(state: DatasetState = DatasetState.READY, **changes: Any) -> Dataset:
    made = Dataset(
        id="d1",
        place=replace(CHANNEL, thread_ts="1795372868.000100"),
        file_id="F1",
        name="support.jsonl",
        size=21_400,
        uploaded_by="U1",
        uploaded_at=NOW,
        state=state,
        report=report() if state is DatasetState.READY else None,
        checking=Checking("checking", 50, 100, 12, 3) if state is DatasetState.VALIDATING else None,
    )
    return replace(made, **changes)


def whereabouts(*titles: str, **changes: Any) -> Whereabouts:
    """Sent for jobs of these titles."""
    return Whereabouts("openai", 30, (replace(Sent("openai", NOW, titles), **changes),) if titles else ())


def transform(kind: TransformKind = TransformKind.MEND, **changes: Any) -> Transform:
    made = Transform(
        id="e1",
        request_key=f"d1:{kind}:0",
        place=replace(CHANNEL, thread_ts="1795372868.000100"),
        kind=kind,
        dataset_id="d1",
        asked_by="U1",
        asked_at=NOW,
    )
    return replace(made, **changes)


def plan(**changes: Any) -> Mended:
    deeds = (
        Deed("trailing_comma", "Trailing comma removed.", 1, (3,)),
        Deed("left_out", "The last message is not the assistant's.", 6, (5, 7, 8, 9), "last_not_assistant"),
    )
    return replace(Mended(10, deeds, repaired=4, left_out=6), **changes)


def job(state: JobState = JobState.REQUESTED, **changes: Any) -> Job:
    made = Job(
        id="k3x9mp",
        request_key="view:V1",
        place=CHANNEL,
        requested_by="U1",
        requested_at=NOW - timedelta(hours=1),
        dataset_id="d1",
        dataset_name="support.jsonl",
        dataset_sha256="ab" * 32,
        provider="openai",
        model="gpt-4.1-mini-2025-04-14",
        method="supervised",
        suffix="tone",
        estimate=estimate(),
        state=state,
        state_since=NOW - timedelta(minutes=10),
    )
    return replace(made, **changes)


def running(**changes: Any) -> Job:
    training = Training(62, 100, 0.4321, 0.51, NOW + timedelta(minutes=12))
    return job(JobState.RUNNING, training=training, decided_by="U2", decided_at=NOW, **changes)


def succeeded(**changes: Any) -> Job:
    made = job(
        JobState.SUCCEEDED,
        decided_by="U2",
        decided_at=NOW - timedelta(minutes=30),
        ended_at=NOW,
        fine_tuned_model="ft:gpt-4.1-mini:acme:tone:abc",
        trained_tokens=1_374_000,
        cost_usd=6.87,
    )
    return replace(made, **changes)


def conversation(**changes: Any) -> Conversation:
    made = Conversation(
        id="c1",
        request_key="click:1",
        place=CHANNEL,
        provider="openai",
        model="ft:gpt-4.1-mini:acme:tone:abc",
        title="tone",
        base_model="gpt-4.1-mini-2025-04-14",
        started_by="U1",
        started_at=NOW,
        job_id="k3x9mp",
    )
    return replace(made, **changes)


def comparison(**changes: Any) -> Conversation:
    """A conversation with a tuned model and its base."""
    other = {"other_model": "gpt-4.1-mini-2025-04-14", "other_title": "gpt-4.1-mini"}
    return replace(conversation(), **(other | changes))


def ballot(**changes: Any) -> Ballot:
    """The question under a pair of answers, open to votes."""
    made = Ballot(
        id="b1",
        conversation_id="c1",
        place=Place("-/T1", "C1", "1.0"),
        message_ts="2.0",
        question="Which lamp?",
        title="tone",
        other_title="gpt-4.1-mini",
        state=BallotState.OPEN,
    )
    return replace(made, **changes)


def turn(thread: Place, message_ts: str, **changes: Any) -> Turn:
    made = Turn(
        id="t1",
        conversation_id="c1",
        place=thread,
        message_ts=message_ts,
        user_id="U1",
        team_id="T1",
        text="Hello?",
        asked_at=NOW,
    )
    return replace(made, **changes)


def post(kind: MessageKind = MessageKind.JOB_CARD, place: Place = CHANNEL, **changes: Any) -> OutboxMessage:
    return replace(
        OutboxMessage(id="job:k3x9mp:card", kind=kind, place=place, subject_id="k3x9mp"), **changes
    )


def offer(datasets: int = 1, **changes: Any) -> Offer:
    ready = tuple(dataset(id=f"d{n}", name=f"data{n}.jsonl") for n in range(1, datasets + 1))
    choices = tuple(
        ModelChoice(
            key=name,
            name=name[:-11],
            trained=name,
            info=ModelInfo(
                id=name,
                methods=("supervised",),
                encoding="o200k_base",
                max_example_tokens=65_536,
                context_window=128_000,
                trainable_until=date(2027, 1, 6),
                serves_until=date(2027, 1, 14),
            ),
            estimate=estimate(model=name, usd=usd),
        )
        for name, usd in (("gpt-4.1-mini-2025-04-14", 6.87), ("gpt-4o-mini-2024-07-18", 4.12))
    )
    return replace(Offer(ready, ready[0] if ready else None, choices, choices[1]), **changes)
