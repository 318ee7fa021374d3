"""What a request is after each step: when it is looked at again, and what of it stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approvals import requests
from bot.domain.jobs.job import Approval, Job, JobState
from bot.domain.money import NO_MONEY, of_dollars
from bot.domain.work_queue import Transition
from tests.storage import samples
from tests.storage.samples import NOW

SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=72)
WAITING = samples.job(due_at=LATER, expires_at=LATER, attempts=3, fault="Slack did not answer.")


@pytest.mark.parametrize(
    "moved",
    [
        requests.approved(WAITING, "U2", 1, SOON),
        requests.approved_by_policy(WAITING, of_dollars(1_000), NO_MONEY, SOON),
    ],
)
def test_work_begins_at_the_moment_of_the_last_yes(moved: Transition[Job]) -> None:
    """It does not wait for the hour at which somebody would have been reminded."""
    assert (moved.row.state, moved.row.due_at) == (JobState.APPROVED, SOON)


@pytest.mark.parametrize(
    "moved",
    [
        requests.rejected(WAITING, "U2", "Too dear.", SOON),
        requests.withdrawn(WAITING, "U1", SOON),
        requests.expired(WAITING, SOON),
    ],
)
def test_what_has_ended_is_not_looked_at_again(moved: Transition[Job]) -> None:
    assert moved.row.due_at is None


def test_a_no_says_who_when_and_why() -> None:
    row = requests.rejected(WAITING, "U2", "Too dear.", SOON).row
    assert (row.decided_by, row.decided_at, row.reason) == ("U2", SOON, "Too dear.")


def test_only_whoever_said_yes_already_is_told_that_it_has_to_be_said_again() -> None:
    dearer = replace(samples.ESTIMATE, usd=9.0)
    said = replace(WAITING, approvals=(Approval("U2", NOW),))
    assert requests.repriced(WAITING, dearer, SOON).messages == ()
    (message,) = requests.repriced(said, dearer, SOON).messages
    assert message.data["people"] == ["U2"]


def test_a_yes_that_is_not_the_last_leaves_the_time_and_clears_old_trouble() -> None:
    row = requests.approved(WAITING, "U2", 2, SOON).row
    assert (row.state, row.due_at) == (JobState.REQUESTED, LATER)
    assert (row.attempts, row.fault) == (0, "")


def test_a_changed_request_is_in_everything_the_one_that_was_typed_last() -> None:
    """What is approved is what is shown: the file, its name, the model, the price."""
    before = replace(WAITING, dataset_name="draft.jsonl", approvals=(Approval("U2", NOW),), reminded_at=NOW)
    new = replace(
        samples.FULL_JOB, state=JobState.REQUESTED, requested_by="U9", place=samples.CHANNEL, expires_at=LATER
    )
    row = requests.edited(before, new, SOON).row
    assert (row.approvals, row.edited_at, row.reminded_at, row.due_at) == ((), SOON, None, SOON)
    assert (row.id, row.requested_by, row.requested_at) == (before.id, "U1", NOW)
    asked = (
        "dataset_id", "dataset_name", "dataset_sha256", "model", "method", "suffix", "estimate", "hyperparameters",
        "seed", "validation", "wandb_project", "went_on_from", "expires_at",
    )  # fmt: skip
    assert {each: getattr(row, each) for each in asked} == {each: getattr(new, each) for each in asked}
