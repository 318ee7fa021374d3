"""Whatever an app sends, this Slack answers in Slack's way and never breaks."""

import itertools
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.slack.block_kit import BLOCKS
from bot.sandbox.slack.blocks import check_message, interactive, with_ids
from bot.sandbox.slack.elements import ELEMENTS
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.inputs import start_values
from bot.sandbox.slack.web_api import METHODS
from bot.sandbox.slack.web_api.arguments import Arguments
from tests.sandbox.slack_side import MINA, SUPPORT, Hand

LEAVES = st.none() | st.booleans() | st.integers(-5, 200) | st.floats(allow_nan=False) | st.text(max_size=8)
WORDS = st.sampled_from([*BLOCKS, *ELEMENTS, "plain_text", "mrkdwn", "raw_text", "x", "http://a.example/"])
KEYS = st.sampled_from(
    [
        *(
            "type",
            "text",
            "block_id",
            "action_id",
            "elements",
            "element",
            "accessory",
            "label",
            "options",
            "value",
        ),
        *("rows", "fields", "title", "child_blocks", "actions", "alt_text", "image_url", "initial_option"),
    ]
)
JSON = st.recursive(
    LEAVES | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
BLOCK = st.fixed_dictionaries({"type": st.sampled_from(list(BLOCKS))}).flatmap(
    lambda block: st.dictionaries(KEYS, JSON, max_size=5).map(lambda more: {**more, **block})
)


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCK | JSON, max_size=4) | JSON)
def test_blocks_are_either_refused_or_can_be_shown_and_clicked(blocks: Any) -> None:
    refusal = None
    try:
        check_message(blocks)
    except SlackError as refused:
        refusal = refused.code
    assert refusal in {None, "invalid_blocks", "msg_blocks_too_long", "msg_blocks_too_many"}
    if refusal is None:
        named = with_ids(blocks)
        start_values(named)
        assert all("action_id" in element for _, element in interactive(named))


ODD: list[Any] = [
    "",
    "x",
    [{"type": "blocks", "blocks": 1}],
    [{"type": "task_update"}],
    "[",
    "{}",
    "1.1",
    7,
    -1,
    True,
    [],
    ["x"],
    [None],
    {},
    {"a": 1},
    SUPPORT,
]
NAMES = [
    *(
        "channel",
        "channel_id",
        "text",
        "blocks",
        "attachments",
        "metadata",
        "ts",
        "thread_ts",
        "user",
        "users",
    ),
    *(
        "file",
        "files",
        "filename",
        "length",
        "limit",
        "cursor",
        "oldest",
        "latest",
        "types",
        "view",
        "view_id",
    ),
    *(
        "external_id",
        "trigger_id",
        "user_id",
        "usergroup",
        "name",
        "timestamp",
        "chunks",
        "markdown_text",
        "hash",
    ),
    *("loading_messages", "recipient_team_id", "recipient_user_id", "message_ts", "title", "status"),
]


async def test_no_odd_argument_breaks_a_method(hand: Hand) -> None:
    slack = hand.sandbox.slack
    root = (await hand.do("message", channel=SUPPORT, text="root"))["ts"]
    sane: dict[str, Any] = {
        "channel": SUPPORT,
        "channel_id": SUPPORT,
        "text": "a",
        "ts": root,
        "thread_ts": root,
        "user": MINA,
    }
    stream = {"channel": SUPPORT, "thread_ts": root, "recipient_team_id": "T", "recipient_user_id": MINA}
    streaming = METHODS["chat.startStream"](slack, Arguments(stream))["ts"]
    broken = []
    for method, name, odd in itertools.product(METHODS, NAMES, ODD):
        given_arguments = {**sane, "trigger_id": slack.triggers.new(MINA), name: odd}
        if method in ("chat.appendStream", "chat.stopStream") and name != "ts":
            given_arguments["ts"] = streaming
        try:
            json.dumps(METHODS[method](slack, Arguments(given_arguments)))
        except SlackError:
            continue
        except Exception as fault:  # noqa: BLE001 - every other kind is what this test looks for
            broken.append((method, name, odd, repr(fault)))
    assert not broken
