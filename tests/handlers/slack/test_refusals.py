"""Every refusal of Slack is one of: time, an invitation, unarchiving, the operator, or final."""

import re
from pathlib import Path

import pytest

from bot.errors import Cure
from handlers.slack.refusals import CURES

SANDBOX = Path(__file__).parents[3] / "bot" / "sandbox" / "slack"
OF_THE_SANDBOX_ALONE = frozenset(
    {"expired_url", "used_url", "no_such_url", "server_error", "invalid_name", "already_reacted"}
    | {"bad_timestamp", "no_item_specified", "users_list_not_supplied"}
    | {"invalid_response_action", "cant_delete_message", "user_not_in_channel"}
)
"""Answers to bytes put to an upload's address, to response_urls, and to methods that we do not call."""


def test_every_refusal_that_the_simulated_slack_knows_is_classed() -> None:
    told = {
        code
        for path in SANDBOX.rglob("*.py")
        for code in re.findall(r'SlackError\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    assert {"not_in_channel", "invalid_auth", "msg_too_long"} <= told
    assert told - set(CURES) - OF_THE_SANDBOX_ALONE == set()


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("not_in_channel", Cure.INVITATION),
        ("channel_not_found", Cure.INVITATION),
        ("is_archived", Cure.UNARCHIVING),
        ("is_inactive", Cure.UNARCHIVING),
        ("token_revoked", Cure.OPERATOR),
        ("account_inactive", Cure.OPERATOR),
        ("invalid_auth", Cure.OPERATOR),
        ("missing_scope", Cure.OPERATOR),
        ("not_authed", Cure.OPERATOR),
        ("token_expired", Cure.OPERATOR),
        ("ratelimited", Cure.TIME),
        ("fatal_error", Cure.TIME),
        ("internal_error", Cure.TIME),
        ("invalid_blocks", Cure.NONE),
        ("msg_too_long", Cure.NONE),
        ("message_not_found", Cure.NONE),
        ("cant_update_message", Cure.NONE),
        ("edit_window_closed", Cure.NONE),
    ],
)
def test_what_makes_slack_say_yes_again(code: str, cure: Cure) -> None:
    assert CURES[code] is cure


def test_no_code_is_classed_twice() -> None:
    lines = (SANDBOX.parents[2] / "handlers" / "slack" / "refusals.py").read_text("utf-8")
    table = lines[: lines.index("CURES")]
    codes = re.findall(r'"(\w+)"', table)
    assert sorted(codes) == sorted(set(codes))
