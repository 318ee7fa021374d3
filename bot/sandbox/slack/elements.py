"""Block Kit's elements and composition objects as tables: every key, every limit Slack documents for them.

Limits are those of Slack's Block Kit reference as of 2026-11; must not know which block holds an element.
"""

from collections.abc import Callable
from typing import Any

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

Rule = Callable[[dict[str, Any], str, Findings], None]
ID = Str(255)
URL = Str(3000, pattern=r"[a-zA-Z][a-zA-Z0-9+.-]*:.+")
DATE = Str(10, pattern=r"\d{4}-\d{2}-\d{2}")
SLACK_FILE = Obj({}, {"id": Str(pattern=r"F[A-Z0-9]{8,}"), "url": URL}, exactly_one("id", "url"))


def plain(most: int, least: int = 1) -> ByType:
    """A plain_text object."""
    return ByType({"plain_text": Obj({"text": Str(most, least)}, {"emoji": Bool()})})


def text(most: int) -> ByType:
    """A plain_text or mrkdwn object."""
    return ByType(
        {
            "plain_text": Obj({"text": Str(most)}, {"emoji": Bool()}),
            "mrkdwn": Obj({"text": Str(most)}, {"verbatim": Bool()}),
        }
    )


CONFIRM = Obj(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": Enum(("primary", "danger"))},
)
OPTION = Obj({"text": plain(75), "value": Str(150)}, {"description": plain(75)})
RICH_OPTION = Obj({"text": text(75), "value": Str(150)}, {"description": text(75)})
LINK_OPTION = Obj({"text": plain(75), "value": Str(150)}, {"description": plain(75), "url": URL})
GROUP = Obj({"label": plain(75), "options": ListOf(OPTION, 100)})
DISPATCH = Obj({}, {"trigger_actions_on": ListOf(Enum(("on_enter_pressed", "on_character_entered")), 2)})
_COMMON: dict[str, Shape] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": Bool()}
_ASKED: dict[str, Shape] = {**_COMMON, "placeholder": plain(150)}
_MANY: dict[str, Shape] = {**_ASKED, "max_selected_items": Int(1, 100)}
_TYPED: dict[str, Shape] = {
    "action_id": ID,
    "placeholder": plain(150),
    "focus_on_load": Bool(),
    "dispatch_action_config": DISPATCH,
}
_FILTER = Obj(
    {},
    {
        "include": ListOf(Enum(("im", "mpim", "private", "public")), 4),
        "exclude_external_shared_channels": Bool(),
        "exclude_bot_users": Bool(),
    },
)
_IDS = ListOf(Str(20), 100, 0)


def _values(options: Any) -> list[Any]:
    return [o.get("value") for o in options if isinstance(o, dict)] if isinstance(options, list) else []


def offered(element: dict[str, Any]) -> list[Any]:
    """The values of every option an element offers, groups opened."""
    groups = element.get("option_groups")
    flat = _values(element.get("options"))
    if isinstance(groups, list):
        flat += [v for g in groups if isinstance(g, dict) for v in _values(g.get("options"))]
    return flat


def _initial(element: dict[str, Any], at: str, findings: Findings) -> None:
    values = offered(element)
    one = element.get("initial_option")
    chosen = [one] if one is not None else element.get("initial_options") or []
    if not isinstance(chosen, list) or any(
        not isinstance(o, dict) or o.get("value") not in values for o in chosen
    ):
        findings.add(at, "initial option must be one of the options")


def _static(element: dict[str, Any], at: str, findings: Findings) -> None:
    exactly_one("options", "option_groups")(element, at, findings)
    _initial(element, at, findings)


def _range(least: str, most: str) -> Rule:
    def rule(element: dict[str, Any], at: str, findings: Findings) -> None:
        try:
            crossed = float(element[least]) > float(element[most])
        except (KeyError, TypeError, ValueError):
            return
        if crossed:
            findings.add(at, f"{least} must not be greater than {most}")

    return rule


def _choices(most: int, option: Shape) -> dict[str, Shape]:
    return {"options": ListOf(option, most)}


_STATIC: dict[str, Shape] = {"options": ListOf(OPTION, 100), "option_groups": ListOf(GROUP, 100)}
_FEEDBACK = Obj({"text": plain(75), "value": Str(2000)}, {"accessibility_label": Str(75)})

ELEMENTS: dict[str, Obj] = {
    "button": Obj(
        {"text": plain(75)},
        {
            "action_id": ID,
            "url": URL,
            "value": Str(2000),
            "style": Enum(("primary", "danger")),
            "confirm": CONFIRM,
            "accessibility_label": Str(75),
            "agent_prompt": Str(4000),
            "visible_to_user_ids": ListOf(Str(20), 10),
        },
    ),
    "static_select": Obj({}, {**_ASKED, **_STATIC, "initial_option": OPTION}, _static),
    "multi_static_select": Obj({}, {**_MANY, **_STATIC, "initial_options": ListOf(OPTION, 100)}, _static),
    "external_select": Obj({}, {**_ASKED, "min_query_length": Int(0, 100), "initial_option": OPTION}),
    "multi_external_select": Obj(
        {}, {**_MANY, "min_query_length": Int(0, 100), "initial_options": ListOf(OPTION, 100)}
    ),
    "users_select": Obj({}, {**_ASKED, "initial_user": Str(20)}),
    "multi_users_select": Obj({}, {**_MANY, "initial_users": _IDS}),
    "channels_select": Obj({}, {**_ASKED, "initial_channel": Str(20), "response_url_enabled": Bool()}),
    "multi_channels_select": Obj({}, {**_MANY, "initial_channels": _IDS}),
    "conversations_select": Obj(
        {},
        {
            **_ASKED,
            "initial_conversation": Str(20),
            "default_to_current_conversation": Bool(),
            "response_url_enabled": Bool(),
            "filter": _FILTER,
        },
    ),
    "multi_conversations_select": Obj(
        {},
        {
            **_MANY,
            "initial_conversations": _IDS,
            "default_to_current_conversation": Bool(),
            "filter": _FILTER,
        },
    ),
    "overflow": Obj(_choices(5, LINK_OPTION), {"action_id": ID, "confirm": CONFIRM}),
    "datepicker": Obj({}, {**_ASKED, "initial_date": DATE}),
    "timepicker": Obj(
        {}, {**_ASKED, "initial_time": Str(5, pattern=r"([01]\d|2[0-3]):[0-5]\d"), "timezone": Str(100)}
    ),
    "datetimepicker": Obj({}, {**_COMMON, "initial_date_time": Int(1_000_000_000, 9_999_999_999)}),
    "radio_buttons": Obj(_choices(10, RICH_OPTION), {**_COMMON, "initial_option": RICH_OPTION}, _initial),
    "checkboxes": Obj(
        _choices(10, RICH_OPTION), {**_COMMON, "initial_options": ListOf(RICH_OPTION, 10)}, _initial
    ),
    "plain_text_input": Obj(
        {},
        {
            **_TYPED,
            "initial_value": Str(3000, 0),
            "multiline": Bool(),
            "min_length": Int(0, 3000),
            "max_length": Int(1, 3000),
        },
        _range("min_length", "max_length"),
    ),
    "number_input": Obj(
        {"is_decimal_allowed": Bool()},
        {**_TYPED, "initial_value": Str(40), "min_value": Str(40), "max_value": Str(40)},
        _range("min_value", "max_value"),
    ),
    "email_text_input": Obj({}, {**_TYPED, "initial_value": Str(3000)}),
    "url_text_input": Obj({}, {**_TYPED, "initial_value": Str(3000)}),
    "rich_text_input": Obj({}, {**_TYPED, "initial_value": Anything()}),
    "file_input": Obj({}, {"action_id": ID, "filetypes": ListOf(Str(40), 100), "max_files": Int(1, 10)}),
    "image": Obj(
        {"alt_text": Str(2000)},
        {"image_url": URL, "slack_file": SLACK_FILE},
        exactly_one("image_url", "slack_file"),
    ),
    "feedback_buttons": Obj({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ID}),
    "icon_button": Obj(
        {"icon": Enum(("trash",)), "text": plain(75)},
        {
            "action_id": ID,
            "value": Str(2000),
            "confirm": CONFIRM,
            "accessibility_label": Str(75),
            "visible_to_user_ids": ListOf(Str(20), 10),
        },
    ),
    "workflow_button": Obj(
        {"text": plain(75), "workflow": Anything()},
        {"action_id": ID, "style": Enum(("primary", "danger")), "accessibility_label": Str(75)},
        at_least_one("workflow"),
    ),
}

_SELECTS = frozenset(k for k in ELEMENTS if k.endswith("_select"))
_PICKERS = frozenset(("datepicker", "timepicker", "checkboxes", "radio_buttons"))
IN_SECTION = _SELECTS | _PICKERS | {"button", "overflow", "image", "workflow_button"}
IN_ACTIONS = (IN_SECTION - {"image"}) | {"datetimepicker", "rich_text_input"}
IN_INPUT = (
    _SELECTS
    | _PICKERS
    | {
        "datetimepicker",
        "plain_text_input",
        "number_input",
        "email_text_input",
        "url_text_input",
        "rich_text_input",
        "file_input",
    }
)
