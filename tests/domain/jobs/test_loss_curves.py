"""A loss curve in words, when it is worth another picture, and what a job's thread is told of its training."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.jobs import loss_chart, thread_updates, transitions
from bot.domain.jobs.job import Job, JobState, LossChartFiles, ProviderJob, Training
from bot.domain.jobs.loss_chart import LEAST, MOST, SOON, LossChart, describe, next_at
from bot.domain.jobs.training import Checkpoint, Curve, Event, Point, kept
from bot.domain.outbox import MessageKind, OutboxMessage
from tests.domain.jobs.test_transitions import NOW, job

RUNNING, ENDED = job(JobState.RUNNING, training=Training(total_steps=100)), job(JobState.SUCCEEDED)


def curve(steps: int) -> Curve:
    return Curve(tuple(Point(step, 2.0 / step) for step in range(1, steps + 1)))


# ---- in words


def test_words_say_what_the_picture_shows() -> None:
    points = [Point(step, 2.0 - step / 200, max(0.9, 1.8 - step / 200)) for step in range(10, 301, 10)]
    said = describe(Curve(tuple(points), (Checkpoint(100, ""), Checkpoint(300, "m"))))
    assert said == (
        "training loss 1.92 → 0.53 over 300 steps, validation loss 1.73 → 0.90, flat from step 180, "
        "checkpoints at steps 100, 300"
    )


def test_words_say_where_the_validation_loss_turned_up() -> None:
    points = tuple(Point(step, None, abs(step - 60) / 50 + 1) for step in range(0, 101, 10))
    assert describe(Curve(points)) == "validation loss 2.20 → 1.80, rising from step 60"


@pytest.mark.parametrize("points", [(), (Point(3),)])
def test_there_are_no_words_for_a_curve_without_losses(points: tuple[Point, ...]) -> None:
    assert describe(Curve(points)) == ""


# ---- pictures


def test_a_curve_is_drawn_once_it_is_one_and_again_when_a_person_would_see_that_it_moved() -> None:
    picture = LossChart("k3x9ab")
    assert next_at(picture, RUNNING, curve(2), NOW) is None
    assert next_at(picture, RUNNING, curve(3), NOW) == NOW
    drawn = loss_chart.shown(picture, RUNNING, curve(3), NOW, last=False).row
    assert next_at(drawn, RUNNING, curve(10), NOW + LEAST) is None
    assert next_at(drawn, RUNNING, curve(11), NOW) == NOW + LEAST
    assert next_at(drawn, RUNNING, curve(11), NOW + 2 * LEAST) == NOW + 2 * LEAST


@pytest.mark.parametrize("total", [100, None])
def test_a_long_training_has_no_more_pictures_than_planned_and_one_at_its_end(total: int | None) -> None:
    picture, now = LossChart("k3x9ab"), NOW
    trains = job(JobState.RUNNING, training=Training(total_steps=total))
    for steps in range(1, 3000):
        now += timedelta(minutes=1)
        if next_at(picture, trains, curve(steps) if steps < 20 else _long(steps), now) == now:
            picture = loss_chart.shown(picture, trains, _long(steps), now, last=False).row
    assert picture.made == MOST
    ends = replace(picture, ends=True)
    assert next_at(ends, trains, _long(3000), now) == now + SOON  # the job's row does not say so yet
    assert next_at(ends, ENDED, _long(3000), now) == now
    done = loss_chart.shown(ends, ENDED, _long(3000), now, last=True).row
    assert next_at(done, ENDED, _long(3000), now) is None


def _long(steps: int) -> Curve:
    return Curve((Point(1, 2.0), Point(2, 1.0), Point(steps, 0.5)))


def test_an_earlier_file_is_remembered_until_it_is_removed() -> None:
    picture = loss_chart.replaces(LossChart("k3x9ab"), "F1").row
    assert loss_chart.replaces(picture, "F1").row.old == ("F1",)
    shown = loss_chart.shown(loss_chart.begun(picture, "F2").row, RUNNING, curve(5), NOW, last=False).row
    assert (shown.begun, shown.old, shown.made, shown.step) == ("", ("F1",), 1, 5)
    assert loss_chart.cleared(shown).row.old == ()


def test_a_curve_that_grew_while_it_was_looked_at_is_looked_at_again() -> None:
    seen = LossChart("k3x9ab", due_at=NOW)
    grew = replace(seen, due_at=NOW + timedelta(seconds=1))
    assert loss_chart.rests(seen, seen, None).row.due_at is None
    assert loss_chart.rests(grew, seen, None).row.due_at == grew.due_at


def test_checkpoints_that_events_tell_of_are_marked_until_the_provider_names_them() -> None:
    told = (_event("kept", checkpoint=50), _event("kept", checkpoint=20), _event("Step 51"))
    known = Curve(checkpoints=(Checkpoint(50, "ft:m:ckpt-step-50"),))
    assert kept(known, told) == (Checkpoint(20, ""), Checkpoint(50, "ft:m:ckpt-step-50"))
    assert Curve(checkpoints=kept(known, told)).named == known.checkpoints


def test_a_picture_leaves_the_job_as_it_is() -> None:
    picture = LossChartFiles("F1", "training loss 2.00 → 0.40")
    assert loss_chart.pictured(RUNNING, picture).row == replace(RUNNING, picture=picture)


# ---- the story


def _event(message: str, level: str = "info", **more: object) -> Event:
    return Event(NOW, level, message, id=f"e-{message}", **more)  # type: ignore[arg-type]


def _seen(
    before: Job, *events: Event, status: str = "running", now: datetime = NOW
) -> tuple[Job, list[OutboxMessage]]:
    provider = ProviderJob("ftjob-1", status, events=events)
    moved = transitions.observed(before, provider, now, timedelta(seconds=20))
    return moved.row, [message for message in moved.messages if message.kind is MessageKind.JOB_STORY]


def test_the_thread_hears_that_the_provider_has_the_job_below_its_card() -> None:
    moved = transitions.created(job(JobState.CREATING), ProviderJob("ftjob-1", "queued"), NOW)
    (message,) = moved.messages
    assert (message.kind, message.under, message.data["provider_job"]) == (
        MessageKind.JOB_STORY,
        "job:k3x9ab:card",
        "ftjob-1",
    )


def test_a_warning_is_told_once_however_often_the_log_is_read() -> None:
    warning = _event("Example 7 was skipped", "warn")
    after, messages = _seen(RUNNING, _event("Step 1"), warning)
    assert [message.data["said"] for message in messages] == [["Example 7 was skipped"]]
    assert _seen(after, warning)[1] == []


def test_checkpoints_that_come_close_together_are_one_post() -> None:
    after, messages = _seen(RUNNING, _event("kept 20", checkpoint=20))
    assert [message.data["steps"] for message in messages] == [[20]]
    both = (_event("kept 40", checkpoint=40), _event("kept 20", checkpoint=20))
    after, messages = _seen(after, *both)
    assert messages == []
    all_three = (_event("kept 60", checkpoint=60), *both)
    after, messages = _seen(after, *all_three, now=NOW + thread_updates.CHECKPOINT_PAUSE)
    assert [message.data["steps"] for message in messages] == [[40, 60]]


def test_what_was_still_gathered_is_told_with_the_end() -> None:
    after, _ = _seen(RUNNING, _event("kept 20", checkpoint=20))
    _, messages = _seen(after, _event("kept 40", checkpoint=40), status="succeeded")
    assert [message.data["steps"] for message in messages if message.kind is MessageKind.JOB_STORY] == [[40]]


def test_standing_still_and_going_on_are_told() -> None:
    paused, messages = _seen(RUNNING, status="paused")
    assert [message.data["what"] for message in messages] == [thread_updates.PAUSED]
    assert _seen(paused, status="paused")[1] == []
    assert [message.data["what"] for message in _seen(paused, status="running")[1]] == [
        thread_updates.RESUMED
    ]


def test_a_thread_is_never_told_more_than_a_dozen_things() -> None:
    assert sum(thread_updates.MOST.values()) == 12
    current, messages = RUNNING, []
    for nth in range(50):
        now = NOW + nth * timedelta(hours=1)
        events = (
            _event(f"w{nth}", "warn"),
            _event(f"m{nth}", judges=True),
            _event(f"c{nth}", checkpoint=nth + 1),
        )
        current, told = _seen(current, *events, status="paused" if nth % 2 else "running", now=now)
        messages += told
    assert len(messages) == len({message.id for message in messages}) == 11  # it had begun before


def test_why_a_job_failed_is_told_with_its_end_and_not_twice() -> None:
    assert _seen(RUNNING, _event("broken", "error"), status="failed")[1] == []
    assert [
        message.data["what"]
        for message in _seen(RUNNING, _event("passed", judges=True), status="succeeded")[1]
    ] == [thread_updates.SAFETY]
