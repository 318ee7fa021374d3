"""What a job's card, its details and its lists say while it is under way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.jobs.job import JobState, Sending, Wish
from bot.domain.jobs.training import Checkpoint, Event
from bot.sandbox.slack.blocks import check_message
from handlers.ids import Action
from handlers.views.jobs import details
from tests.handlers import samples
from tests.handlers.cards import job_card
from tests.handlers.samples import HOSTILE, NOW
from tests.handlers.views.test_views import buttons, words

MB = 1024**2


def test_a_file_on_its_way_shows_how_far_it_is() -> None:
    going = samples.job(state=JobState.UPLOADING, sending=Sending(384 * MB, 1_536 * MB, "upload-1", ("p1",)))
    assert "25% · 384.0 MB of 1.5 GB" in words(job_card(going))


def test_a_job_in_our_own_queue_shows_when_it_is_tried_again() -> None:
    until = NOW + timedelta(hours=4)
    queued = samples.job(state=JobState.CREATING, fault="OpenAI takes no more today.", waits_until=until)
    card = job_card(queued)
    assert "waiting for a free place at the provider" in card.text
    assert f"Next try <!date^{int(until.timestamp())}^" in words(card)


@pytest.mark.parametrize(
    ("state", "wish", "label"),
    [
        (JobState.QUEUED, Wish.NONE, "Pause"),
        (JobState.RUNNING, Wish.NONE, "Pause"),
        (JobState.PAUSED, Wish.NONE, "Resume"),
        (JobState.RUNNING, Wish.PAUSE, None),
        (JobState.VALIDATING_FILES, Wish.NONE, None),
        (JobState.SUCCEEDED, Wish.NONE, None),
    ],
)
def test_details_let_a_job_stand_still_where_it_can(state: JobState, wish: Wish, label: str | None) -> None:
    shown = words(details.details(samples.job(state=state, wish=wish), "OpenAI", can_pause=True))
    assert [each for each in ("Pause", "Resume") if f'"{each}"' in shown] == ([label] if label else [])
    assert '"Pause"' not in words(details.details(samples.job(state=state, wish=wish), "OpenAI"))


def test_a_paused_card_offers_to_go_on_first() -> None:
    paused = samples.job(state=JobState.PAUSED)
    assert buttons(job_card(paused)) == [Action.RESUME, Action.DETAILS, Action.CANCEL]
    for waits in (replace(paused, wish=Wish.RESUME), replace(paused, cancel_asked_by="U1")):
        assert Action.RESUME not in buttons(job_card(waits))


def test_events_show_the_servers_words_harmlessly() -> None:
    told = [Event(NOW, "warn", HOSTILE), Event(None, "info", "Step 3/9"), *[Event(NOW, "info", "x")] * 40]
    message = details.events(samples.job(suffix="tone"), told)
    assert "Warning: " in words(message)
    assert "<!channel>" not in words(message)
    assert "older ones" in words(message)
    check_message(message.blocks)


def test_steps_in_a_row_are_one_event() -> None:
    steps = [Event(NOW, "info", f"Step {n}/9: training loss=0.{n}", measures=True) for n in range(9, 0, -1)]
    told = [Event(NOW, "info", "It is done."), *steps, Event(NOW, "info", "It began.")]
    message = details.events(samples.job(suffix="tone"), told)
    assert "Step 9/9: training loss=0.9, and 8 steps before it" in words(message)
    assert "Step 8/9" not in words(message)
    assert message.text == "3 events of *tone*"


def test_checkpoints_show_their_losses_and_a_name_to_copy() -> None:
    kept = [Checkpoint(8, "ft:m:ckpt-step-8", 0.5, 0.75), Checkpoint(12, "ft:m")]
    message = details.checkpoints(samples.job(state=JobState.SUCCEEDED), kept)
    assert "Step 8 · training loss 0.50 · validation loss 0.75\\n`ft:m:ckpt-step-8`" in words(message)
    check_message(message.blocks)


def test_empty_lists_say_why() -> None:
    running = samples.job(state=JobState.RUNNING)
    assert "when a job has succeeded" in details.checkpoints(running, []).text
    assert "nothing of" in details.events(running, []).text


def test_the_end_says_what_the_losses_suggest() -> None:
    said = "Validation loss rises from step 180 on: fewer epochs, or the checkpoint at step 180."
    done = samples.job(state=JobState.SUCCEEDED, reading=said)
    assert said in words(job_card(done))
    assert said in words(details.details(done, "OpenAI"))
    assert "losses say" not in words(details.details(replace(done, reading=""), "OpenAI"))
