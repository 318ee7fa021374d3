"""Block Kit's blocks as a table: every key, every limit Slack documents for them, and where each may stand.

Source: Slack's Block Kit reference as of 2026-11. Must not know how a whole message or view is judged.
"""

from typing import Any, Literal

from bot.sandbox.slack.charts import CHART
from bot.sandbox.slack.elements import (
    ELEMENTS,
    ID,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    SLACK_FILE,
    URL,
    plain,
    text,
)
from bot.sandbox.slack.rich_text import ELEMENTS as RICH_TEXT
from bot.sandbox.slack.shapes import (
    Anything,
    Bool,
    ByType,
    Enum,
    Int,
    ListOf,
    Obj,
    OrNull,
    Shape,
    Str,
    at_least_one,
    at_most_one,
    both,
    exactly_one,
)

Surface = Literal["message", "modal", "home"]
TASK_TEXT = 256


def _elements(only: frozenset[str] | set[str]) -> ByType:
    return ByType(ELEMENTS, frozenset(only))


_IMAGE = ELEMENTS["image"]
_CONTEXT = ByType({"image": _IMAGE, **text(3000).table})
_RICH = ByType({"rich_text": Obj({"elements": ListOf(RICH_TEXT, 1000, 0)}, {"block_id": ID})})
_CELL = ByType(
    {
        "raw_text": Obj({"text": Str(10_000, 0)}),
        "raw_number": Obj({"value": Anything()}, {"text": Str(200)}),
        **_RICH.table,
    }
)
_COLUMN = OrNull(Obj({}, {"align": Enum(("left", "center", "right")), "is_wrapped": Bool()}))
_IMAGE_OBJECT = ByType({"image": _IMAGE})
_CARD = Obj(
    {},
    {
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "subtext": text(200),
        "hero_image": _IMAGE_OBJECT,
        "icon": Anything(),
        "slack_icon": Anything(),
        "actions": ListOf(_elements({"button", "overflow", "static_select"}), 3),
        "block_id": ID,
    },
    both(at_least_one("title", "body", "hero_image", "actions"), at_most_one("icon", "slack_icon")),
)
_STATUS = Enum(("pending", "in_progress", "complete", "error"))
_OF_TASK: dict[str, Shape] = {
    "details": _RICH,
    "output": _RICH,
    "sources": ListOf(Anything(), 20, 0),
    "status": _STATUS,
    "icon": Anything(),
    "hide_title": Bool(),
    "block_id": ID,
}
_NAMED_TASK: dict[str, Shape] = {"task_id": Str(255), "title": Str(TASK_TEXT)}
_TASK = Obj(_NAMED_TASK, _OF_TASK)
_PLANNED = Obj(_NAMED_TASK, {**_OF_TASK, "type": Enum(("task_card",))})


def _block(required: dict[str, Shape], optional: dict[str, Shape] | None = None, also: Any = None) -> Obj:
    return Obj(required, {**(optional or {}), "block_id": ID}, also)


BLOCKS: dict[str, Obj] = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": ListOf(text(2000), 10),
            "accessory": _elements(IN_SECTION),
            "expand": Bool(),
        },
        at_least_one("text", "fields"),
    ),
    "divider": _block({}),
    "header": _block({"text": plain(150)}, {"level": Int(1, 4)}),
    "context": _block({"elements": ListOf(_CONTEXT, 10)}),
    "actions": _block({"elements": ListOf(_elements(IN_ACTIONS), 25)}),
    "context_actions": _block({"elements": ListOf(_elements({"feedback_buttons", "icon_button"}), 5)}),
    "image": _block(
        {"alt_text": Str(2000)},
        {"image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        exactly_one("image_url", "slack_file"),
    ),
    "input": _block(
        {"label": plain(2000), "element": _elements(IN_INPUT)},
        {"hint": plain(2000), "optional": Bool(), "dispatch_action": Bool()},
    ),
    "markdown": _block({"text": Str(12_000)}),
    "rich_text": _block({"elements": ListOf(RICH_TEXT, 1000, 0)}),
    "table": _block({"rows": ListOf(ListOf(_CELL, 20), 100)}, {"column_settings": ListOf(_COLUMN, 20)}),
    "data_table": _block(
        {"caption": Str(255), "rows": ListOf(ListOf(_CELL, 20), 201, 2)},
        {"page_size": Int(1, 100), "row_header_column_index": Int(0, 19)},
    ),
    "data_visualization": _block({"title": Str(50), "chart": CHART}),
    "alert": _block({"text": text(200)}, {"level": Enum(("default", "info", "warning", "error", "success"))}),
    "card": _CARD,
    "carousel": _block({"elements": ListOf(ByType({"card": _CARD}), 10)}),
    "container": _block(
        {"child_blocks": ListOf(Anything(), 10)},
        {
            "title": plain(150),
            "rich_text_title": _RICH,
            "subtitle": text(150),
            "width": Enum(("narrow", "standard", "wide", "full")),
            "icon": Anything(),
            "is_collapsible": Bool(),
            "default_collapsed": Bool(),
            "has_header_divider": Bool(),
        },
        at_least_one("title", "rich_text_title"),
    ),
    "task_card": _TASK,
    "plan": _block({"title": Str(TASK_TEXT)}, {"tasks": ListOf(_PLANNED, 50), "status": _STATUS}),
    "video": _block(
        {"alt_text": Str(2000), "title": plain(199), "thumbnail_url": URL, "video_url": URL},
        {
            "author_name": Str(49),
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": Str(200),
            "title_url": URL,
        },
    ),
}

_EVERYWHERE = frozenset(("actions", "card", "context", "divider", "header", "image", "input"))
_EVERYWHERE |= {"rich_text", "section", "video"}
ALLOWED: dict[Surface, frozenset[str]] = {
    "message": frozenset(BLOCKS) - {"alert"},
    "modal": _EVERYWHERE | {"alert"},
    "home": _EVERYWHERE | {"carousel", "container", "data_table", "data_visualization", "table"},
}
