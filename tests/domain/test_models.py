"""A tuned model after its training: its alias, whether it answers, its deletion."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.domain import catalog, models
from bot.domain.audit import Did
from bot.domain.jobs import transitions
from bot.domain.jobs.job import Job, JobState, ModelDeletion
from bot.domain.models import ModelState
from bot.errors import BadInput, StaleState
from tests.handlers import samples

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MODEL = samples.succeeded()


@pytest.mark.parametrize("typed", ["warm", " Support-Tone-2 ", "4-u", "a" * 40])
def test_an_alias_is_lower_case_letters_digits_and_dashes(typed: str) -> None:
    assert models.alias(typed) == typed.strip().lower()


@pytest.mark.parametrize("typed", ["two words", "-warm", "warm-", "a--b", "tön", "<!here>", "ft:x", "a" * 41])
def test_what_is_no_alias_is_told_so_at_its_field(typed: str) -> None:
    with pytest.raises(BadInput) as wrong:
        models.alias(typed)
    assert wrong.value.field == "alias"


def test_nothing_typed_takes_the_alias_back() -> None:
    named = models.called(MODEL, models.alias("warm"), "U1", NOW).row
    assert named.title == "warm"
    assert models.called(named, models.alias(" "), "U1", NOW).row.title == "tone"


def test_the_same_alias_again_is_no_change_and_no_entry() -> None:
    named = models.called(MODEL, "warm", "U1", NOW).row
    again = models.called(named, "warm", "U2", NOW)
    assert (again.row, again.entries) == (named, ())


def test_a_model_retires_with_its_base_on_the_very_day() -> None:
    info = catalog.load().find("gpt-4.1-mini")
    assert info is not None
    assert info.serves_until is not None
    eve = date.fromordinal(info.serves_until.toordinal() - 1)
    assert models.state_of(MODEL, info, eve) is ModelState.ANSWERS
    assert models.days_left(info, eve) == 1
    assert models.state_of(MODEL, info, info.serves_until) is ModelState.RETIRED
    assert models.days_left(info, info.serves_until) == 0
    assert models.state_of(MODEL, None, info.serves_until) is ModelState.ANSWERS


def test_a_deletion_is_asked_for_then_done_and_frees_the_alias() -> None:
    asked = models.delete_asked(replace(MODEL, alias="warm"), "U2", NOW)
    assert asked.row.due_at == NOW
    assert [(entry.what, entry.who) for entry in asked.entries] == [(Did.MODEL_DELETED, "U2")]
    assert models.state_of(asked.row, None, NOW.date()) is ModelState.DELETING
    done = models.deleted(asked.row, NOW).row
    assert (done.alias, done.due_at, done.title) == (None, None, "tone")
    assert models.state_of(done, None, NOW.date()) is ModelState.DELETED
    assert models.deleted(done, NOW.replace(hour=10)).row == done


def test_a_deletion_that_has_to_wait_says_why_and_comes_again() -> None:
    later = NOW.replace(hour=10)
    waiting = transitions.deletion_delayed(
        models.delete_asked(MODEL, "U2", NOW).row, "the server is away.", later
    ).row
    assert (waiting.fault, waiting.due_at, waiting.attempts) == ("the server is away.", later, 1)
    assert models.deleted(waiting, later).row.fault == ""


@pytest.mark.parametrize(
    "job",
    [
        *[samples.job(state) for state in JobState if state is not JobState.SUCCEEDED],
        replace(MODEL, fine_tuned_model=None),
        replace(MODEL, model_deletion=ModelDeletion("U2", NOW)),
        replace(MODEL, model_deletion=ModelDeletion("U2", NOW, NOW)),
    ],
    ids=lambda job: job.state.value,
)
def test_without_a_model_there_is_nothing_to_name_or_delete(job: Job) -> None:
    with pytest.raises(StaleState):
        models.called(job, "warm", "U1", NOW)
    with pytest.raises(StaleState):
        models.delete_asked(job, "U1", NOW)
