"""What comes again and again: when it is due, and what a week's digest holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain import digests, periodic
from bot.domain.budgets import Budget, Standing
from bot.domain.jobs.job import JobState
from bot.domain.models import Model, ModelState
from bot.domain.money import Money as Micro
from bot.domain.money import of_dollars
from bot.domain.periodic import Done, PeriodicTask, PeriodicTaskKind
from bot.domain.places import Place
from tests.handlers import samples

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
PLACE = Place("-/T1", "C1", "1.2")


def test_a_digest_is_due_only_once_somebody_wants_it() -> None:
    task = periodic.digest_of(PLACE)
    assert (task.due_at, task.place.thread_ts) == (None, None)
    on = periodic.wanted(task, MONDAY).row
    assert on.due_at == MONDAY
    assert periodic.wanted(on, MONDAY + WEEK).row == on
    assert periodic.unwanted(on).row.due_at is None


def test_what_was_turned_off_while_it_was_done_stays_off_and_says_nothing() -> None:
    off = periodic.unwanted(periodic.wanted(periodic.digest_of(PLACE), MONDAY).row).row
    message = digests.message_of(PLACE, MONDAY, {}, MONDAY)
    assert periodic.done(off, Done(MONDAY, (message,)), MONDAY + WEEK).messages == ()
    assert periodic.put_off(off, MONDAY, None).row == off


def test_a_fault_puts_it_off_and_success_forgets_the_fault() -> None:
    task = PeriodicTask("retention", PeriodicTaskKind.RETENTION, periodic.NOWHERE, due_at=MONDAY)
    late = periodic.put_off(task, MONDAY, 60.0).row
    assert (late.due_at, late.attempts) == (MONDAY + timedelta(seconds=60), 1)
    done = periodic.done(late, Done(MONDAY), MONDAY + timedelta(days=1)).row
    assert (done.done_at, done.attempts) == (MONDAY, 0)


def _told(**more: object) -> digests.Digest:
    given: dict[str, object] = {"ended": (), "waiting": (), "models": (), "funds": ()}
    return digests.digest(MONDAY - WEEK, MONDAY, **{**given, **more})  # type: ignore[arg-type]  # a test's choice


def test_a_quiet_week_says_nothing() -> None:
    far = Model(samples.succeeded(), ModelState.ANSWERS, retires_in=31)
    gone = Model(samples.succeeded(), ModelState.DELETED, retires_in=3)
    budget = Standing(Budget("-/T1", "C1", of_dollars(200)), "2026-11")
    assert not _told(models=(far, gone), funds=(budget,)).says_something


def test_jobs_that_ended_are_told_with_what_they_cost_together() -> None:
    failed = samples.job(JobState.FAILED, suffix="other")
    told = _told(ended=(samples.succeeded(), samples.succeeded(cost_usd=0.13), failed))
    assert told.says_something
    assert told.spent == 7_000_000
    assert [each.state for each in told.ended] == ["succeeded", "succeeded", "failed"]


def test_long_lists_are_cut_and_counted() -> None:
    told = _told(waiting=[samples.job()] * 40)
    assert (len(told.waiting), told.waiting_count) == (digests.MOST, 40)


def test_what_retires_first_stands_first() -> None:
    models = [
        Model(samples.succeeded(suffix=f"m{days}"), ModelState.ANSWERS, retires_in=days)
        for days in (30, 2, 9)
    ]
    assert [each.title for each in _told(models=models).retiring] == ["m2", "m9", "m30"]


def test_only_budgets_with_a_limit_are_told() -> None:
    limited = Standing(Budget("-/T1", "C1", of_dollars(200)), "2026-11", reserved=Micro(1), spent=Micro(2))
    free = replace(limited, budget=Budget("-/T1", ""))
    (shown,) = _told(funds=(limited, free)).budgets
    assert (shown.channel_id, shown.taken) == ("C1", 3)


def test_one_week_of_a_channel_is_one_post() -> None:
    one, same = (digests.message_of(PLACE, MONDAY, {}, MONDAY + timedelta(minutes=n)) for n in range(2))
    assert one.id == same.id
    assert one.id != digests.message_of(PLACE, MONDAY + WEEK, {}, MONDAY).id
