"""Which blocks Slack takes where: the rows of the table of facts that are about Block Kit. Sources as in facts.py."""

from typing import Any

from tests.sandbox.fact import Fact
from tests.sandbox.slack_side import MINA, SUPPORT, button, modal, section, text_input


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


VIEWS = {
    "title of 25": (modal(section("x"), title=plain("x" * 25)), "/view/title/text"),
    "submit of 25": (modal(section("x"), submit=plain("x" * 25)), "/view/submit/text"),
    "input without submit": ({k: v for k, v in modal(text_input()).items() if k != "submit"}, "/view"),
    "private metadata": (modal(section("x"), private_metadata="x" * 3001), "/view/private_metadata"),
    "unknown key": (modal(section("x"), colour="red"), "/view"),
    "block": (modal(section("")), "/view/blocks/0/text/text"),
}


def text_of(length: int) -> dict[str, Any]:
    return {"type": "raw_text", "text": "x" * length}


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def image() -> dict[str, Any]:
    return {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "a"}


def card(**more: Any) -> dict[str, Any]:
    return {"type": "card", "title": plain("A"), **more}


def container(**more: Any) -> dict[str, Any]:
    return {"type": "container", "title": plain("A"), "child_blocks": [section("b")], **more}


def data_table(rows: int, length: int = 1) -> dict[str, Any]:
    return {"type": "data_table", "caption": "A", "rows": [[text_of(length)]] * rows}


def task(**more: Any) -> dict[str, Any]:
    return {"task_id": "1", "title": "Look", **more}


def plan(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "plan", "title": "Steps", "tasks": list(tasks), **more}


def chart(kind: str = "line", series: int = 1, label: str = "Mon") -> dict[str, Any]:
    points = [{"label": label, "value": 1}]
    lines = [{"name": f"s{i}", "data": points} for i in range(series)]
    drawn = {"type": kind, "series": lines, "axis_config": {"categories": ["Mon"]}}
    return {"type": "data_visualization", "title": "A", "chart": drawn}


def pie(segments: int) -> dict[str, Any]:
    parts = [{"label": f"s{i}", "value": 1} for i in range(segments)]
    return {"type": "data_visualization", "title": "A", "chart": {"type": "pie", "segments": parts}}


def video() -> dict[str, Any]:
    return {
        "type": "video",
        "title": plain("A"),
        "alt_text": "a",
        "thumbnail_url": "https://a.example/a.png",
        "video_url": "https://a.example/a",
    }


def typed(name: str, kind: str = "plain_text_input", **more: Any) -> dict[str, Any]:
    return text_input(name, type=kind, **more)


def message(what: str, *blocks: Any, answer: str = "ok", source: str = "B", says: str = "") -> Fact:
    """What a channel says to these blocks."""
    given = {"channel": SUPPORT, "text": "a", "blocks": list(blocks)}
    return Fact(what, "chat.postMessage", given, answer, source, says)


def refused(what: str, *blocks: Any, source: str = "B", says: str = "") -> Fact:
    return message(what, *blocks, answer="invalid_blocks", source=source, says=says)


def home(what: str, *blocks: Any, answer: str = "ok", source: str = "B", says: str = "") -> Fact:
    """What App Home says to them."""
    given = {"user_id": MINA, "view": {"type": "home", "blocks": list(blocks)}}
    return Fact(what, "views.publish", given, answer, source, says)


def form(what: str, *blocks: Any, fine: bool = True, source: str = "B", says: str = "", **view: Any) -> Fact:
    """What a form says to them; where all is fine, only the trigger is not."""
    given = {"trigger_id": "1.2.3", "view": modal(*blocks, **view)}
    return Fact(
        what, "views.open", given, "invalid_trigger_id" if fine else "invalid_arguments", source, says
    )


FIFTY, HUNDRED = [{"type": "divider"}] * 50, [{"type": "divider"}] * 100
TOO_LONG = "msg_blocks_too_long"

AT_LIMITS = [
    fact
    for what, (fine, beyond, pointer) in LIMITS.items()
    for fact in (
        message(f"{what}: as much as can be", fine),
        refused(f"{what}: one more", beyond, says=f"[json-pointer:{pointer}]"),
    )
]
REFUSED = [refused(what, block, says=f"[ERROR] {words}") for what, (block, words) in WRONG.items()]
FORMS = [
    Fact(
        what,
        "views.open",
        {"trigger_id": "1.2.3", "view": view},
        "invalid_arguments",
        "B",
        f"[json-pointer:{pointer}]",
    )
    for what, (view, pointer) in VIEWS.items()
]
WHOLE = [
    message("50 blocks", *FIFTY),
    refused("51 blocks", *FIFTY, section("a"), says="no more than 50 items allowed"),
    form("100 blocks", *HUNDRED),
    form("101 blocks", *HUNDRED, section("a"), fine=False, says="no more than 100 items allowed"),
    message("13,200 characters in all", *[section("x" * 3000)] * 4, section("x" * 1200), source="R"),
    message(
        "13,201 characters in all",
        *[section("x" * 3000)] * 4,
        section("x" * 1201),
        answer=TOO_LONG,
        source="R",
    ),
    message("12,000 characters of markdown", *[{"type": "markdown", "text": "x" * 6_000}] * 2),
    message(
        "two markdown blocks of 6,500 characters",
        *[{"type": "markdown", "text": "x" * 6_500}] * 2,
        answer=TOO_LONG,
        source="unsettled: B says 12,000 in all, R measured 13,202",
    ),
    refused("the same block_id twice", *[{"type": "divider", "block_id": "a"}] * 2, says="already exists: a"),
]
SURFACES = [
    refused("an alert in a message", {"type": "alert", "text": plain("a")}, says="unsupported type: alert"),
    form("an alert in a form", {"type": "alert", "text": plain("a")}),
    home("an alert in Home", {"type": "alert", "text": plain("a")}, answer="invalid_arguments"),
    home("a table in Home", table(1, 1)),
    home("a data_table in Home", data_table(2)),
    home("a card in Home", card()),
    home("a carousel in Home", {"type": "carousel", "elements": [card()]}),
    home("a container in Home", container()),
    home("markdown in Home", {"type": "markdown", "text": "a"}, answer="invalid_arguments"),
    form("a card in a form", card()),
    form("a table in a form", table(1, 1), fine=False),
    form("markdown in a form", {"type": "markdown", "text": "a"}, fine=False),
]
RICH_TEXT = [
    message("rich text", rich({"type": "text", "text": "a", "style": {"bold": True}})),
    refused(
        "an unknown element of it", rich({"type": "marquee", "text": "a"}), says="unsupported type: marquee"
    ),
    refused("an unknown part of it", {"type": "rich_text", "elements": [{"type": "rich_text_marquee"}]}),
    message(
        "a list in it",
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": rich({"type": "user", "user_id": MINA})["elements"],
                }
            ],
        },
    ),
]
CARDS = [
    refused("a card with two icons", card(icon=image(), slack_icon={"type": "icon", "name": "bot"})),
    message("a card with Slack's icon", card(slack_icon={"type": "icon", "name": "bot"})),
    message("a subtext of 200", card(subtext=plain("x" * 200))),
    refused("a subtext of 201", card(subtext=plain("x" * 201))),
    refused("a container without a title", {"type": "container", "child_blocks": [section("b")]}),
    message("a container's subtitle in mrkdwn", container(subtitle={"type": "mrkdwn", "text": "*b*"})),
    refused("a container with a bad child", container(child_blocks=[{"type": "marquee"}])),
]
TABLES = [
    message("null among column_settings", {**table(1, 2), "column_settings": [None, {"align": "right"}]}),
    message("a data_table of 200 rows and a header", data_table(201)),
    refused("one of 201 rows and a header", data_table(202)),
    message("one of 12,000 characters", data_table(4, 3_000)),
    message("one of 20,000 characters", data_table(4, 5_000)),
    refused("one of 20,005 characters", data_table(5, 4_001)),
    home("one of 20,000 characters in Home", data_table(4, 5_000)),
    refused("tables of more than 10,000 characters", {"type": "table", "rows": [[text_of(5_001)]] * 2}),
]
CHARTS = [
    message("a chart", chart()),
    message("12 series", chart(series=12), source="unsettled: B said 6 at first"),
    refused("13 series", chart(series=13)),
    refused("13 segments", pie(13)),
    refused("an unknown kind of chart", chart("radar"), says="unsupported type: radar"),
    refused("a label that is no category", chart(label="Tue")),
]
TASKS = [
    message("a plan whose tasks have no type, as in B's own example", plan(task(status="complete"))),
    message("a plan whose tasks have one", plan(task(type="task_card", status="pending"))),
    message("a plan with a status", plan(task(), status="in_progress")),
    message("a task card", {"type": "task_card", **task(status="complete")}),
    refused("a task card that waits", {"type": "task_card", **task(status="pending")}, source="B-live"),
]
INPUTS = [
    form("a file input", typed("a", "file_input")),
    form("one that dispatches", {**typed("a", "file_input"), "dispatch_action": True}, fine=False),
    form("one focus", typed("a", focus_on_load=True), typed("b")),
    form("two of them", typed("a", focus_on_load=True), typed("b", focus_on_load=True), fine=False),
    form(
        "least and most", typed("a", "number_input", is_decimal_allowed=False, min_value="1", max_value="2")
    ),
    form(
        "least above most",
        typed("a", "number_input", is_decimal_allowed=False, min_value="10", max_value="9"),
        fine=False,
        says="min_value",
    ),
    form("shortest above longest", typed("a", min_length=5, max_length=4), fine=False, source="-"),
]
VIDEOS = [
    refused("a video without links.embed:write", video()),
    form("one in a form", video(), fine=False),
]
BLOCK_FACTS = [
    *(*AT_LIMITS, *REFUSED, *FORMS, *WHOLE, *SURFACES, *RICH_TEXT, *CARDS, *TABLES, *CHARTS, *TASKS),
    *(*INPUTS, *VIDEOS),
]
