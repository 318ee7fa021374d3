"""Blocks and views are judged by Slack's limits: they pass at a limit and are refused, with the place, beyond it."""

from typing import Any

import pytest

from bot.sandbox.slack import views
from bot.sandbox.slack.blocks import check_message, faults_of, with_ids
from bot.sandbox.slack.errors import SlackError
from tests.sandbox.slack_side import button, modal, section, text_input


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def option(value: str = "a", text: str = "A") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def select(count: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "static_select",
        "action_id": "s",
        "options": [option(str(i)) for i in range(count)],
        **more,
    }


def buttons(count: int) -> dict[str, Any]:
    return actions(*(button(f"b{i}") for i in range(count)))


def fields(count: int, size: int = 1) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * size}] * count}


def context(count: int) -> dict[str, Any]:
    return {"type": "context", "elements": [plain("x")] * count}


def table(rows: int, columns: int) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def radios(count: int) -> dict[str, Any]:
    return actions(
        {"type": "radio_buttons", "action_id": "r", "options": [option(str(i)) for i in range(count)]}
    )


LIMITS = {  # what: (at the limit, one beyond, where Slack points)
    "section text": (section("x" * 3000), section("x" * 3001), "/blocks/0/text/text"),
    "section fields": (fields(10), fields(11), "/blocks/0/fields"),
    "field text": (fields(1, 2000), fields(1, 2001), "/blocks/0/fields/0/text"),
    "header": (
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": plain("x" * 151)},
        "/blocks/0/text/text",
    ),
    "context elements": (context(10), context(11), "/blocks/0/elements"),
    "actions elements": (buttons(25), buttons(26), "/blocks/0/elements"),
    "button text": (
        actions(button("a", text=plain("x" * 75))),
        actions(button("a", text=plain("x" * 76))),
        "/blocks/0/elements/0/text/text",
    ),
    "button value": (
        actions(button("a", "x" * 2000)),
        actions(button("a", "x" * 2001)),
        "/blocks/0/elements/0/value",
    ),
    "action_id": (
        actions({**button("a"), "action_id": "x" * 255}),
        actions({**button("a"), "action_id": "x" * 256}),
        "/blocks/0/elements/0/action_id",
    ),
    "block_id": (
        {"type": "divider", "block_id": "x" * 255},
        {"type": "divider", "block_id": "x" * 256},
        "/blocks/0/block_id",
    ),
    "select options": (actions(select(100)), actions(select(101)), "/blocks/0/elements/0/options"),
    "option text": (
        actions(select(0, options=[option(text="x" * 75)])),
        actions(select(0, options=[option(text="x" * 76)])),
        "/blocks/0/elements/0/options/0/text/text",
    ),
    "option value": (
        actions(select(0, options=[option("x" * 150)])),
        actions(select(0, options=[option("x" * 151)])),
        "/blocks/0/elements/0/options/0/value",
    ),
    "radio options": (radios(10), radios(11), "/blocks/0/elements/0/options"),
    "confirm text": (
        actions(button("a", confirm={k: plain("x") for k in ("title", "text", "confirm", "deny")})),
        actions(
            button(
                "a",
                confirm={**{k: plain("x") for k in ("title", "confirm", "deny")}, "text": plain("x" * 301)},
            )
        ),
        "/blocks/0/elements/0/confirm/text/text",
    ),
    "markdown": (
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "markdown", "text": "x" * 12_001},
        "/blocks/0/text",
    ),
    "table rows": (table(100, 1), table(101, 1), "/blocks/0/rows"),
    "table columns": (table(1, 20), table(1, 21), "/blocks/0/rows/0"),
}


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit_holds_exactly(what: str) -> None:
    fine, beyond, pointer = LIMITS[what]
    assert faults_of([fine], "message") == []
    messages = faults_of([beyond], "message")
    assert len(messages) == 1
    assert messages[0].endswith(f"[json-pointer:{pointer}]")


WRONG = {
    "unknown type": ({"type": "marquee"}, "unsupported type: marquee [json-pointer:/blocks/0/type]"),
    "no type": ({}, "missing required field: type [json-pointer:/blocks/0]"),
    "not an object": ("section", "must be an object [json-pointer:/blocks/0]"),
    "unknown key": (
        {"type": "divider", "colour": "red"},
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "empty text": (section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "section without anything": (
        {"type": "section"},
        "must define either of: text, fields [json-pointer:/blocks/0]",
    ),
    "header in mrkdwn": (
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "no actions": (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    "no options": (
        actions(select(0)),
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "text field in actions": (
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "initial option not offered": (
        actions(select(2, initial_option=option("9"))),
        "initial option must be one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "options and groups": (
        actions(select(1, option_groups=[{"label": plain("g"), "options": [option()]}])),
        "must define exactly one of: options, option_groups [json-pointer:/blocks/0/elements/0]",
    ),
    "same action twice": (
        actions(button("a"), button("a")),
        "action_id already exists: a [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    "picture of a Slack file by its permalink": (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "https://x.slack.com/files/U1/F1/a.png"}},
        "must be a valid value: F[A-Z0-9]{8,} [json-pointer:/blocks/0/slack_file/id]",
    ),
    "picture of two Slack files": (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "F012345678", "url": "https://x.example/a"}},
        "must define exactly one of: id, url [json-pointer:/blocks/0/slack_file]",
    ),
    "menu with too much": (
        actions({"type": "overflow", "options": [option(str(i)) for i in range(6)]}),
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "style": (
        actions(button("a", style="pink")),
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "file input in a message": (
        text_input(type="file_input"),
        "unsupported type: file_input [json-pointer:/blocks/0/element/type]",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_with_its_place(what: str) -> None:
    block, message = WRONG[what]
    assert f"[ERROR] {message}" in faults_of([block], "message")


def refused(blocks: Any) -> str:
    with pytest.raises(SlackError) as refusal:
        check_message(blocks)
    return refusal.value.code


def test_a_message_takes_fifty_blocks_and_a_view_a_hundred() -> None:
    divider = {"type": "divider"}
    check_message([divider] * 50)
    assert refused([divider] * 51) == "invalid_blocks"
    views.check(modal(*[divider] * 100), "modal")
    with pytest.raises(SlackError, match="invalid_arguments"):
        views.check(modal(*[divider] * 101), "modal")


def test_a_messages_whole_text_is_limited_though_each_block_is_fine() -> None:
    check_message([section("x" * 3000)] * 4 + [section("x" * 1200)])
    assert refused([section("x" * 3000)] * 4 + [section("x" * 1201)]) == "msg_blocks_too_long"


def test_block_ids_are_unique_and_given_where_missing() -> None:
    twice = [{"type": "divider", "block_id": "a"}] * 2
    assert "block_id already exists: a" in faults_of(twice, "message")[0]
    named = with_ids([section("x"), actions({k: v for k, v in button("a").items() if k != "action_id"})])
    assert named[0]["block_id"] != named[1]["block_id"]
    assert named[1]["elements"][0]["action_id"]


@pytest.mark.parametrize("surface", ["modal", "home"])
@pytest.mark.parametrize("kind", ["markdown", "table"])
def test_some_blocks_stand_in_messages_only(surface: Any, kind: str) -> None:
    block = {"markdown": {"type": "markdown", "text": "x"}, "table": table(1, 1)}[kind]
    assert faults_of([block], "message") == []
    assert f"unsupported type: {kind}" in faults_of([block], surface)[0]


VIEWS = {
    "title of 25": (modal(section("x"), title=plain("x" * 25)), "/view/title/text"),
    "submit of 25": (modal(section("x"), submit=plain("x" * 25)), "/view/submit/text"),
    "input without submit": ({k: v for k, v in modal(text_input()).items() if k != "submit"}, "/view"),
    "private metadata": (modal(section("x"), private_metadata="x" * 3001), "/view/private_metadata"),
    "unknown key": (modal(section("x"), colour="red"), "/view"),
    "block": (modal(section("")), "/view/blocks/0/text/text"),
}


@pytest.mark.parametrize("what", VIEWS)
def test_a_view_is_refused_with_a_pointer_into_it(what: str) -> None:
    view, pointer = VIEWS[what]
    with pytest.raises(SlackError, match="invalid_arguments") as refusal:
        views.check(view, "modal")
    assert refusal.value.messages[0].endswith(f"[json-pointer:{pointer}]")


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    blocks = [fields(10, 2000) for _ in range(13)]
    with pytest.raises(SlackError, match="view_too_large"):
        views.check(modal(*blocks), "modal")
