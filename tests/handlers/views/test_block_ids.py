"""A row of buttons is the same row while its card is edited: it keeps its block id, whatever else the card says."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.jobs.job import JobState, Training
from handlers.views.blocks import Block, Message, actions, button, fit, home, modal, overflow, section
from handlers.views.datasets import cards as dataset_cards
from handlers.views.jobs import cards as job_cards
from tests.handlers import samples
from tests.handlers.samples import NOW


def rows(blocks: list[Block]) -> list[str]:
    """The block ids of whatever can be pressed."""
    found = [block for block in blocks if block["type"] == "actions" or "accessory" in block]
    assert all(block.get("block_id") for block in found), found
    return [block["block_id"] for block in found]


def shown(message: Message) -> list[str]:
    return rows(fit(message.blocks))


@pytest.mark.parametrize("state", [each for each in JobState if each is not JobState.REQUESTED])
def test_a_jobs_card_keeps_its_row_from_the_decision_to_the_end(state: JobState) -> None:
    approved = samples.job(state=JobState.APPROVED)
    later = replace(approved, state=state, seen_by_provider=True, training=Training(step=7, total_steps=9))
    assert shown(job_cards.card(later, NOW)) == shown(job_cards.card(approved, NOW)) != []


def test_rows_of_two_jobs_are_never_the_same_row() -> None:
    one, other = samples.job(id="one"), samples.job(id="other")
    assert not {*shown(job_cards.card(one, NOW))} & {*shown(job_cards.card(other, NOW))}


def test_a_datasets_row_is_the_same_when_its_buttons_become_others() -> None:
    ready = samples.dataset()
    assert shown(dataset_cards.card(ready)) == shown(dataset_cards.card(replace(ready, title="Voice"))) != []


def test_two_rows_about_the_same_thing_are_told_apart_as_slack_refuses_one_id_twice() -> None:
    row = actions(button("Details", "job_details", "j1"))
    ids = rows(fit([section("one"), row, section("two"), row]))
    assert len(set(ids)) == 2


def test_what_was_read_of_it_is_not_part_of_a_rows_name() -> None:
    """The press is then answered by the application, which says what has changed; Slack would drop it silently."""
    before, after = (actions(button("Approve", "approve", f"j1:{read}")) for read in ("old", "new"))
    assert rows(fit([before])) == rows(fit([after]))


@pytest.mark.parametrize("surface", [home, lambda blocks: modal("Details", blocks)])
def test_forms_and_home_name_their_rows_alike(surface: Any) -> None:
    row = actions(overflow("more", []), button("Details", "job_details", "j1"))
    accessory = section("Shared", accessory=button("Take back", "unshare", "j1:C1"))
    first, second = surface([row, accessory])["blocks"], surface([section("new"), row, accessory])["blocks"]
    assert rows(first) == rows(second)
    assert len(set(rows(first))) == 2
