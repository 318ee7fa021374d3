"""Judges blocks as Slack does: the table of blocks, where each may stand, and a message's total size.

Sources: Slack's Block Kit reference as of 2026-11. The cap on a message's text is not documented; 13,200 characters
is what has been measured (slackapi/bolt-js issue 2509, metabase pull request 79908).
"""

import secrets
from typing import Any, Literal

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
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.markdown import rendered
from bot.sandbox.slack.shapes import (
    Anything,
    Bool,
    ByType,
    Enum,
    Findings,
    Int,
    ListOf,
    Obj,
    Shape,
    Str,
    at_least_one,
    exactly_one,
)

Surface = Literal["message", "modal", "home"]
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 13_200  # characters over all blocks of a message
TABLE_TEXT = 10_000  # characters over all tables of a message
CHARTS = 2


def _elements(only: frozenset[str] | set[str]) -> ByType:
    return ByType(ELEMENTS, frozenset(only))


_IMAGE = ELEMENTS["image"]
_CONTEXT = ByType({"image": _IMAGE, **text(3000).table})
_RICH = ByType({"rich_text": Obj({"elements": ListOf(Anything(), 1000, 0)}, {"block_id": ID})})
_CELL = ByType(
    {
        "raw_text": Obj({"text": Str(10_000, 0)}),
        "raw_number": Obj({"value": Anything()}, {"text": Str(200)}),
        **_RICH.table,
    }
)
_COLUMN = Obj({}, {"align": Enum(("left", "center", "right")), "is_wrapped": Bool()})
_IMAGE_OBJECT = ByType({"image": _IMAGE})
_CARD = Obj(
    {},
    {
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "subtext": text(150),
        "hero_image": _IMAGE_OBJECT,
        "icon": Anything(),
        "slack_icon": Anything(),
        "actions": ListOf(_elements({"button", "overflow", "static_select"}), 3),
        "block_id": ID,
    },
    at_least_one("title", "body", "hero_image", "actions"),
)
_TASK = Obj(
    {"task_id": Str(255), "title": Str(255)},
    {
        "details": _RICH,
        "output": _RICH,
        "sources": ListOf(Anything(), 20, 0),
        "status": Enum(("pending", "in_progress", "complete", "error")),
        "block_id": ID,
    },
)


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
    "rich_text": _block({"elements": ListOf(Anything(), 1000, 0)}),
    "table": _block({"rows": ListOf(ListOf(_CELL, 20), 100)}, {"column_settings": ListOf(_COLUMN, 20)}),
    "data_table": _block(
        {"caption": Str(255), "rows": ListOf(ListOf(_CELL, 20), 101, 2)},
        {"page_size": Int(1, 100), "row_header_column_index": Int(0, 19)},
    ),
    "data_visualization": _block({"title": Str(50), "chart": Anything()}),
    "alert": _block({"text": text(200)}, {"level": Enum(("default", "info", "warning", "error", "success"))}),
    "card": _CARD,
    "carousel": _block({"elements": ListOf(ByType({"card": _CARD}), 10)}),
    "container": _block(
        {"child_blocks": ListOf(Anything(), 10)},
        {
            "title": plain(150),
            "rich_text_title": _RICH,
            "subtitle": plain(150),
            "width": Enum(("narrow", "standard", "wide", "full")),
            "icon": Anything(),
            "is_collapsible": Bool(),
            "default_collapsed": Bool(),
            "has_header_divider": Bool(),
        },
    ),
    "task_card": _TASK,
    "plan": _block({"title": Str(255)}, {"tasks": ListOf(ByType({"task_card": _TASK}), 50)}),
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

_MESSAGE_ONLY = frozenset(
    {
        "markdown",
        "table",
        "data_table",
        "data_visualization",
        "card",
        "carousel",
        "container",
        "task_card",
        "plan",
        "context_actions",
    }
)
ALLOWED: dict[Surface, frozenset[str]] = {
    "message": frozenset(BLOCKS),
    "modal": frozenset(BLOCKS) - _MESSAGE_ONLY,
    "home": frozenset(BLOCKS) - _MESSAGE_ONLY - {"alert"},
}


def faults_of(blocks: Any, surface: Surface, at: str = "/blocks") -> list[str]:
    """Everything Slack would hold against these blocks, as its `response_metadata.messages`; empty when fine."""
    findings = Findings()
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    ListOf(ByType(BLOCKS, ALLOWED[surface]), most, 0).check(blocks, at, findings)
    if isinstance(blocks, list):
        _unique(blocks, at, findings)
        for i, block in enumerate(b for b in blocks if isinstance(b, dict)):
            if block.get("type") == "container":
                findings.messages += faults_of(block.get("child_blocks"), surface, f"{at}/{i}/child_blocks")
            if surface != "modal" and _element(block).get("type") == "file_input":
                findings.add(f"{at}/{i}/element/type", "unsupported type: file_input")
    return findings.messages


def check_message(blocks: Any) -> None:
    """Raise what posting these blocks gives: invalid_blocks or msg_blocks_too_long."""
    messages = faults_of(blocks, "message")
    if messages:
        raise SlackError("invalid_blocks", messages=messages)
    tables = sum(_characters(b.get("rows")) for b in blocks if b["type"] in ("table", "data_table"))
    if tables > TABLE_TEXT:
        raise SlackError(
            "invalid_blocks",
            messages=["[ERROR] tables hold more than 10000 characters [json-pointer:/blocks]"],
        )
    if sum(b["type"] == "data_visualization" for b in blocks) > CHARTS:
        raise SlackError(
            "invalid_blocks", messages=["[ERROR] no more than 2 charts allowed [json-pointer:/blocks]"]
        )
    if _characters(blocks) > MESSAGE_TEXT:
        raise SlackError("msg_blocks_too_long")
    if drawn(blocks) > MESSAGE_BLOCKS:
        raise SlackError(
            "invalid_blocks", messages=["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]
        )


def slack_files(value: Any, at: str = "/blocks") -> list[tuple[str, dict[str, Any]]]:
    """Every `slack_file` in blocks however deep, with its JSON pointer."""
    if isinstance(value, list):
        return [found for i, each in enumerate(value) for found in slack_files(each, f"{at}/{i}")]
    if not isinstance(value, dict):
        return []
    found = [(f"{at}/slack_file", value["slack_file"])] if isinstance(value.get("slack_file"), dict) else []
    return found + [each for key, inner in value.items() for each in slack_files(inner, f"{at}/{key}")]


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same blocks with the block ids and action ids Slack makes up where the app gave none."""
    given = []
    for named in blocks:
        block = {**named, "block_id": named.get("block_id") or secrets.token_urlsafe(3)[:5]}
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                block[key] = _named(block[key])
        match block["type"]:
            case "actions" | "context_actions":
                block["elements"] = [_named(e) for e in block["elements"]]
            case "card":
                block["actions"] = [_named(e) for e in block.get("actions") or ()]
            case "carousel":
                block["elements"] = with_ids(block["elements"])
            case "container":
                block["child_blocks"] = with_ids(block["child_blocks"])
        given.append(block)
    return given


def interactive(blocks: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every (block, element) a person can act on, in order."""
    found = []
    for block in blocks:
        if block["type"] in ("actions", "context_actions"):
            found += [(block, e) for e in block["elements"]]
        elif block["type"] in ("card", "carousel"):
            cards = [block] if block["type"] == "card" else block["elements"]
            found += [(block, e) for card in cards for e in card.get("actions") or ()]
        elif block["type"] == "container":
            found += interactive(block["child_blocks"])
        elif _element(block).get("type") not in (None, "image"):
            found.append((block, _element(block)))
    return found


def _named(element: dict[str, Any]) -> dict[str, Any]:
    if element["type"] == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_urlsafe(3)[:5]}


def _element(block: dict[str, Any]) -> dict[str, Any]:
    found = block.get("accessory") or block.get("element") or {}
    return found if isinstance(found, dict) else {}


def _unique(blocks: list[Any], at: str, findings: Findings) -> None:
    seen: set[str] = set()
    for i, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                findings.add(f"{at}/{i}/block_id", f"block_id already exists: {block_id}")
            seen.add(block_id)
        elements = block.get("elements")
        ids = (
            [e.get("action_id") for e in elements if isinstance(e, dict)]
            if isinstance(elements, list)
            else []
        )
        for j, action_id in enumerate(ids):
            if action_id is not None and action_id in ids[:j]:
                findings.add(f"{at}/{i}/elements/{j}/action_id", f"action_id already exists: {action_id}")


def _characters(value: Any) -> int:
    """The characters a reader sees: every `text` and `alt_text` string, however deep."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        return sum(
            len(v) if isinstance(v, str) and k in ("text", "alt_text") else _characters(v)
            for k, v in value.items()
        )
    return 0


def drawn(blocks: list[dict[str, Any]]) -> int:
    """How many blocks Slack draws for these."""
    return sum(rendered(b["text"]) if b["type"] == "markdown" else 1 for b in blocks)
