"""What the table of facts cannot tell of blocks: the ids Slack makes up, and a view's weight."""

import pytest

from bot.sandbox.slack import views
from bot.sandbox.slack.blocks import with_ids
from bot.sandbox.slack.errors import SlackError
from tests.sandbox.block_facts import actions, fields
from tests.sandbox.slack_side import button, modal, section


def test_block_ids_are_given_where_missing() -> None:
    named = with_ids([section("x"), actions({k: v for k, v in button("a").items() if k != "action_id"})])
    assert named[0]["block_id"] != named[1]["block_id"]
    assert named[1]["elements"][0]["action_id"]


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    blocks = [fields(10, 2000) for _ in range(13)]
    with pytest.raises(SlackError, match="view_too_large"):
        views.check(modal(*blocks), "modal")
