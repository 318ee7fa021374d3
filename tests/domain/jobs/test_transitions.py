"""The job state machine, walked from its table."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.approvals import requests
from bot.domain.jobs import transitions
from bot.domain.jobs.job import (
    ENDED,
    FOLLOWED,
    TRANSITIONS,
    Job,
    JobState,
    Material,
    ProviderJob,
    Training,
    ValidationDataset,
)
from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.domain.pricing import Estimate
from bot.domain.work_queue import Transition
from bot.errors import StaleState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLL = timedelta(seconds=20)
S = JobState


def job(state: JobState = S.REQUESTED, **changes: object) -> Job:
    """A job as if it had come to `state`."""
    made = Job(
        id="k3x9ab",
        request_key="view:V1",
        place=Place("-/T1", "C1"),
        requested_by="UMINA",
        requested_at=NOW,
        dataset_id="d1",
        dataset_name="support.jsonl",
        dataset_sha256="ab" * 32,
        provider="openai",
        model="gpt-4o-mini-2024-07-18",
        method="supervised",
        suffix="tone",
        estimate=Estimate(
            "gpt-4o-mini-2024-07-18", "supervised", 3, "default", 30_000, 0.09, 3.0, date(2026, 11, 1), None
        ),
        state=state,
        seen_by_provider=state in FOLLOWED,
        provider_job_id="ftjob-1" if state in FOLLOWED else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def observe(status: str, **fields: object) -> Callable[[Job], Transition[Job]]:
    """The step that sees the provider say `status`."""
    seen = ProviderJob("ftjob-1", status, **fields)  # type: ignore[arg-type]
    return lambda j: transitions.observed(j, seen, NOW, POLL)


STEPS: list[tuple[str, Callable[[Job], Transition[Job]], JobState]] = [
    ("approve", lambda j: requests.approved(j, "UJONAS", 1, NOW), S.APPROVED),
    ("reject", lambda j: requests.rejected(j, "UJONAS", "no budget", NOW), S.REJECTED),
    ("withdraw", lambda j: requests.withdrawn(j, "U1", NOW), S.WITHDRAWN),
    ("upload", lambda j: transitions.uploading(j, NOW), S.UPLOADING),
    ("uploaded", lambda j: transitions.uploaded(j, "file-1", NOW), S.CREATING),
    (
        "created",
        lambda j: transitions.created(j, ProviderJob("ftjob-1", "validating_files"), NOW),
        S.VALIDATING_FILES,
    ),
    ("lost", lambda j: transitions.lost(j, NOW), S.LOST),
]


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize(("name", "step", "target"), STEPS)
def test_a_step_is_taken_exactly_where_the_table_allows_it(
    state: JobState, name: str, step: Callable[[Job], Transition[Job]], target: JobState
) -> None:
    """Legal steps lead to their state, illegal ones raise and change nothing."""
    if target in TRANSITIONS[state]:
        assert step(job(state)).row.state is target
    else:
        with pytest.raises(StaleState):
            step(job(state))


@pytest.mark.parametrize("state", sorted(FOLLOWED))
@pytest.mark.parametrize(
    "status", ["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
)
def test_what_the_provider_says_moves_a_followed_job(state: JobState, status: str) -> None:
    """Every status of the provider is taken over where the table has it; any other leaves the job as it is."""
    expected = S(status) if S(status) in TRANSITIONS[state] else state
    assert observe(status)(job(state)).row.state is expected


@pytest.mark.parametrize("status", ["pausing", "thinking", "", "requested", "approved"])
def test_an_unknown_status_means_still_going(status: str) -> None:
    """A word we do not know, or one of our own, never moves or ends a job; it is looked at again."""
    after = observe(status)(job(S.RUNNING)).row
    assert after.state is S.RUNNING
    assert after.due_at == NOW + POLL


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_moves_a_job_that_has_ended(state: JobState) -> None:
    """Neither the provider nor a person can wake an ended job."""
    with pytest.raises(StaleState):
        observe("running")(job(state))
    with pytest.raises(StaleState):
        transitions.cancel_asked(job(state), "UMINA", NOW)


def test_the_end_is_announced_once_with_the_providers_figures() -> None:
    """Success carries the model's name, the tokens and what they cost, and one post with a fixed id."""
    moved = observe("succeeded", fine_tuned_model="ft:m", trained_tokens=30_000)(job(S.RUNNING))
    assert moved.row.fine_tuned_model == "ft:m"
    assert moved.row.cost_usd == pytest.approx(0.09)
    assert [(message.kind, message.id) for message in moved.messages] == [
        (MessageKind.JOB_ENDED, "job:k3x9ab:job_ended")
    ]
    assert moved.row.due_at is None


def test_a_figure_the_provider_leaves_out_stays_as_it_was() -> None:
    """Metrics arrive in pieces; the latest of each kind is kept."""
    first = observe("running", training=Training(step=3, total_steps=10, train_loss=1.5))(job(S.QUEUED)).row
    second = observe("running", training=Training(step=4))(first).row
    assert second.training == Training(step=4, total_steps=10, train_loss=1.5)


@pytest.mark.parametrize("state", [S.APPROVED, S.UPLOADING, S.CREATING])
def test_a_job_the_provider_has_never_seen_is_cancelled_on_the_spot(state: JobState) -> None:
    """Before the create call there is nobody to ask."""
    assert transitions.cancel_asked(job(state), "UMINA", NOW).row.state is S.CANCELLED


def test_cancelling_a_job_that_may_exist_asks_the_provider_first() -> None:
    """Once the create call may have gone out, the row stays live until the provider has answered."""
    after = transitions.cancel_asked(job(S.CREATING, seen_by_provider=True), "UMINA", NOW).row
    assert (after.state, after.cancel_asked_by, after.due_at) == (S.CREATING, "UMINA", NOW)


def test_cancelling_a_request_withdraws_it() -> None:
    """Nothing ran, so nothing is announced."""
    moved = requests.stopped(job(S.REQUESTED), "UMINA", NOW)
    assert moved.row.state is S.WITHDRAWN
    assert moved.messages == ()


def test_a_fault_puts_the_same_step_off_with_growing_pauses() -> None:
    """2, 4, 8 seconds and so on, unless the server said how long to wait."""
    first = transitions.delayed(job(S.UPLOADING), "OpenAI does not answer.", NOW, None).row
    second = transitions.delayed(first, "OpenAI does not answer.", NOW, None).row
    told = transitions.delayed(first, "OpenAI asked to wait.", NOW, 90.0).row
    assert first.state is S.UPLOADING
    assert first.due_at == NOW + timedelta(seconds=2)
    assert second.due_at == NOW + timedelta(seconds=4)
    assert told.due_at == NOW + timedelta(seconds=90)


def test_a_job_with_two_files_is_created_when_the_provider_has_both() -> None:
    """First the training file; a file that is lost there goes up again, and only that one."""
    validation = ValidationDataset("d2", "other.jsonl", "cd" * 32)
    first = job(S.UPLOADING, validation=validation)
    assert first.to_upload == Material("d1", "support.jsonl", "ab" * 32)
    second = transitions.uploaded(first, "file-1", NOW).row
    assert (second.state, second.due_at) == (S.UPLOADING, NOW)
    assert second.to_upload == Material("d2", "other.jsonl", "cd" * 32)
    both = transitions.uploaded(second, "file-2", NOW).row
    assert (both.state, both.to_upload) == (S.CREATING, None)
    assert (both.training_file_id, both.validation) == ("file-1", replace(validation, file_id="file-2"))

    lost = transitions.file_gone(both, "file-2", NOW).row
    assert (lost.state, lost.to_upload) == (S.UPLOADING, second.to_upload)
    assert transitions.uploaded(lost, "file-3", NOW).row.state is S.CREATING
    lost = transitions.file_gone(both, "file-1", NOW).row
    assert (lost.state, lost.to_upload) == (S.UPLOADING, first.to_upload)
    assert transitions.uploaded(lost, "file-3", NOW).row.state is S.CREATING
