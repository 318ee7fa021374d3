"""What a job's thread reads like, and the list of its checkpoints."""

from typing import Any

import pytest

from bot.domain.jobs.job import JobState, LossChartFiles
from bot.domain.jobs.training import Checkpoint
from handlers.views.jobs import cards, details, thread_updates
from tests.handlers import samples

NOW = samples.NOW


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"what": "begun", "provider_job": "ftjob-1", "model": "gpt-4o-mini"}, "`ftjob-1`"),
        ({"what": "paused", "step": 1200}, "Paused at step 1,200."),
        ({"what": "paused", "step": None}, "Paused."),
        ({"what": "resumed"}, "It goes on."),
        ({"what": "checkpoints", "steps": [20]}, "Checkpoint at step 20."),
        ({"what": "checkpoints", "steps": [20, 40, 1060]}, "3 checkpoints: at steps 20, 40 and 1,060."),
        ({"what": "safety", "said": ["passed"]}, "checked the finished model:\n> passed"),
        ({"what": "warning", "said": ["a", "b"], "more": 4}, "> a\n> b\nand 4 more"),
        ({"what": "warning", "said": ["a"], "last": True}, "I stop here; `/finetune events"),
    ],
)
def test_the_thread_is_told_in_a_sentence(data: dict[str, Any], said: str) -> None:
    message = thread_updates.told(samples.job(), data)
    assert said in message.text
    assert said in str(message.blocks[0]["text"]["text"])


def test_the_servers_words_ping_nobody_and_link_nothing() -> None:
    text = thread_updates.told(
        samples.job(), {"what": "warning", "said": ["<!channel> <https://x.example|y>\n*bold*"]}
    ).text
    assert "<!channel>" not in text
    assert "<https" not in text


def test_the_card_shows_the_curve_with_its_words_and_the_end_does_not_again() -> None:
    job = samples.job(
        state=JobState.SUCCEEDED, picture=LossChartFiles("F0CURVE001", "training loss 1.90 → 0.40", last=True)
    )
    [image] = [block for block in cards.card(job, NOW).blocks if block["type"] == "image"]
    assert image["slack_file"] == {"id": "F0CURVE001"}
    assert image["alt_text"] == "training loss 1.90 → 0.40"
    assert [block["type"] for block in cards.ended(job).blocks] == ["section"]


def test_an_end_waits_for_the_whole_curve() -> None:
    job = samples.job(
        state=JobState.SUCCEEDED, picture=LossChartFiles("F0CURVE001", "training loss 1.90 → 1.58")
    )
    assert all(block["type"] != "image" for block in cards.card(job, NOW).blocks)


def test_each_checkpoint_has_its_buttons_and_the_last_one_is_the_model_itself() -> None:
    job = samples.job(state=JobState.SUCCEEDED, fine_tuned_model="ft:m")
    message = details.checkpoints(job, [Checkpoint(20, "ft:m:ckpt-step-20"), Checkpoint(40, "ft:m")])
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    assert [[button["value"] for button in row] for row in rows] == [[f"{job.id}@20"] * 2, [job.id] * 2]


def test_as_many_checkpoints_are_listed_as_a_message_holds() -> None:
    job = samples.job(state=JobState.SUCCEEDED, fine_tuned_model="ft:m")
    many = [Checkpoint(step, f"ft:m:ckpt-step-{step}") for step in range(1, 60)]
    assert len(details.checkpoints(job, many).blocks) <= 50
