"""What a job's card, its details and its lists say while it is under way."""

from datetime import timedelta

from bot.domain.jobs import JobState, Sending
from bot.domain.policy import Policy
from handlers.views import jobs
from tests.handlers import samples
from tests.handlers.samples import NOW
from tests.handlers.test_views import words

POLICY = Policy(approvers=frozenset({"U2"}))
MB = 1024**2


def test_a_file_on_its_way_shows_how_far_it_is() -> None:
    going = samples.job(state=JobState.UPLOADING, sending=Sending(384 * MB, 1_536 * MB, "upload-1", ("p1",)))
    assert "25% · 384.0 MB of 1.5 GB" in words(jobs.card(going, POLICY, NOW))


def test_a_job_in_our_own_queue_shows_when_it_is_tried_again() -> None:
    until = NOW + timedelta(hours=4)
    queued = samples.job(state=JobState.CREATING, fault="OpenAI takes no more today.", waits_until=until)
    card = jobs.card(queued, POLICY, NOW)
    assert "waiting for a free place at the provider" in card.text
    assert f"Next try <!date^{int(until.timestamp())}^" in words(card)
