"""Where a content is, is told by the jobs that sent it."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.datasets.whereabouts import Sent, sent
from bot.domain.jobs import transitions
from bot.domain.jobs.job import JobState, ValidationDataset
from tests.handlers.samples import NOW, job

SHA = "ab" * 32
LATER = NOW + timedelta(days=3)


def test_a_content_was_sent_when_the_first_job_that_used_it_had_its_file() -> None:
    first = job(dataset_sha256=SHA, suffix="tone", training_file_id="file-1", sent_at=NOW)
    checked = ValidationDataset("d2", "held.jsonl", SHA, "file-1")
    second = job(dataset_sha256="cd" * 32, suffix="foo", validation=checked, sent_at=LATER)
    waits = job(dataset_sha256=SHA, suffix="waits")
    assert sent([second, waits, first], SHA, {}) == (Sent(first.provider, NOW, ("tone", "foo")),)


def test_a_copy_is_gone_when_each_file_that_held_it_was_deleted() -> None:
    once = job(dataset_sha256=SHA, suffix="tone", training_file_id="file-1", sent_at=NOW)
    again = replace(once, id="j2", training_file_id="file-2", sent_at=LATER)
    assert sent([once], SHA, {"file-1": LATER})[0].gone_at == LATER
    assert sent([once, again], SHA, {"file-1": LATER})[0].gone_at is None


def test_a_file_that_went_up_again_was_sent_when_it_went_up_first() -> None:
    begun = job(JobState.UPLOADING, dataset_sha256=SHA)
    had = transitions.uploaded(begun, "file-1", NOW).row
    lost = transitions.file_gone(had, "file-1", LATER).row
    assert transitions.uploaded(lost, "file-2", LATER).row.sent_at == NOW
