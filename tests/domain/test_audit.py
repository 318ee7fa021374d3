"""What people answer for is in the audit, with who did it; what only moves a job along is not."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain import audit
from bot.domain.approvals import requests
from bot.domain.audit import Did
from bot.domain.datasets import lifecycle
from bot.domain.jobs import transitions
from bot.domain.jobs.job import Job, JobState, ProviderJob, Wish
from bot.domain.money import NO_MONEY, of_dollars
from bot.domain.work_queue import Transition
from tests.storage import samples
from tests.storage.samples import NOW

S = JobState
NO_REST = timedelta(0)
Step = Callable[[Job], Transition[Job]]


@pytest.mark.parametrize(
    ("state", "step", "kept"),
    [
        (S.REQUESTED, lambda j: requests.requested(j, NOW), [("requested", "U1")]),
        (S.REQUESTED, lambda j: requests.approved(j, "U2", 1, NOW), [("approved", "U2")]),
        (S.REQUESTED, lambda j: requests.approved(j, "U2", 2, NOW), [("approved", "U2")]),
        (S.REQUESTED, lambda j: requests.expired(j, NOW), [("expired", "bot")]),
        (S.REQUESTED, lambda j: requests.edited(j, j, NOW), [("edited", "U1")]),
        (
            S.REQUESTED,
            lambda j: requests.approved_by_policy(j, of_dollars(1_000), NO_MONEY, NOW),
            [("approved", "policy")],
        ),
        (S.REQUESTED, lambda j: requests.reminded(j, NOW), []),
        (S.REQUESTED, lambda j: requests.rejected(j, "U2", "secret", NOW), [("rejected", "U2")]),
        (S.REQUESTED, lambda j: requests.stopped(j, "U2", NOW), [("withdrawn", "U2")]),
        (
            S.APPROVED,
            lambda j: transitions.cancel_asked(j, "U2", NOW),
            [("cancel asked", "U2"), ("ended", "bot")],
        ),
        (S.APPROVED, lambda j: transitions.uploading(j, NOW), []),
        (
            S.CREATING,
            lambda j: transitions.created(j, ProviderJob("ft-1", "queued"), NOW),
            [("created at provider", "provider")],
        ),
        (S.RUNNING, lambda j: transitions.wished(j, Wish.PAUSE, "U3", NOW), [("pause asked", "U3")]),
        (S.PAUSED, lambda j: transitions.wished(j, Wish.RESUME, "U3", NOW), [("resume asked", "U3")]),
        (S.QUEUED, lambda j: transitions.observed(j, ProviderJob("ft-1", "running"), NOW, NO_REST), []),
    ],
)
def test_each_step_tells_what_it_has_to(state: JobState, step: Step, kept: list[tuple[str, str]]) -> None:
    moved = step(samples.job(state=state, suffix="tone"))
    assert [(entry.what.value, entry.who) for entry in moved.entries] == kept
    assert all((e.subject, e.workspace, e.channel_id) == ("j1", "-/T1", "C1") for e in moved.entries)
    assert "secret" not in str(moved.entries)


def test_an_end_is_kept_with_what_it_cost() -> None:
    running = samples.job(state=S.RUNNING, seen_by_provider=True)
    done = ProviderJob("ft-1", "succeeded", trained_tokens=2_000_000)
    (entry,) = transitions.observed(running, done, NOW, NO_REST).entries
    assert (entry.what, entry.who) == (Did.ENDED, "provider")
    assert entry.details == {
        "state": "succeeded",
        "usd": 10.0,
        "estimated_usd": samples.ESTIMATE.usd,
        "trained_tokens": 2_000_000,
    }


def test_asking_twice_to_cancel_is_one_line_and_two_people_are_two() -> None:
    running = samples.job(state=S.RUNNING, seen_by_provider=True)
    once = transitions.cancel_asked(running, "U1", NOW)
    assert len(once.entries) == 1
    assert transitions.cancel_asked(once.row, "U1", NOW).entries == ()
    assert len(transitions.cancel_asked(once.row, "U2", NOW).entries) == 1


def test_a_deletion_is_kept_once_and_says_nothing_of_the_content() -> None:
    dataset = samples.dataset(name="salaries.jsonl", title="Salaries")
    moved = lifecycle.delete_asked(dataset, "U1", NOW)
    (entry,) = moved.entries
    assert (entry.what, entry.who, entry.subject) == (Did.DATASET_DELETED, "U1", "d1")
    assert "alaries" not in str(entry)
    assert lifecycle.delete_asked(moved.row, "U1", NOW).entries == ()


def test_a_detail_without_a_value_is_none_and_an_id_is_the_name() -> None:
    names = audit.Names({"U1ABCDE": "Mina"}, {"": "the workspace", "C1": "#ft-support"})
    assert [names.told(each) for each in ("", None, "C1", "U1ABCDE U2ABCDE", 3)] == [
        "none",
        "none",
        "#ft-support",
        "Mina U2ABCDE",
        "3",
    ]
