"""What elements hold: the part of `state.values` each kind fills, its start, and what Slack's form refuses itself."""

import re
from typing import Any

from bot.sandbox.slack.blocks import interactive
from bot.sandbox.slack.elements import offered
from bot.sandbox.slack.errors import ActRefused

# kind -> (its key in state.values, the element's key for the initial value)
HOLDS: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
_LISTS = frozenset(k for k, (key, _) in HOLDS.items() if key.endswith("s"))
Values = dict[str, dict[str, dict[str, Any]]]


def start_values(blocks: list[dict[str, Any]], kept: Values | None = None) -> Values:
    """The `state.values` a form starts with; what was typed stays where block_id and action_id stay the same."""
    values: Values = {}
    for block, element in interactive(blocks):
        if element["type"] not in HOLDS:
            continue
        key, initial = HOLDS[element["type"]]
        action = element["action_id"]
        before = (kept or {}).get(block["block_id"], {}).get(action)
        empty: Any = [] if element["type"] in _LISTS else None
        fresh = {"type": element["type"], key: element.get(initial, empty)}
        same_kind = before is not None and before["type"] == element["type"]
        values.setdefault(block["block_id"], {})[action] = before if before and same_kind else fresh
    return values


def changed_values(blocks: list[dict[str, Any]], values: Values, typed: Values) -> Values:
    """The form's values with what a person typed; raises ActRefused for what the form does not offer."""
    elements = {(b["block_id"], e["action_id"]): e for b, e in interactive(blocks) if "action_id" in e}
    merged = {block: dict(actions) for block, actions in values.items()}
    for block_id, actions in typed.items():
        for action_id, given in actions.items():
            element = elements.get((block_id, action_id))
            if element is None or element["type"] not in HOLDS:
                raise ActRefused("no_such_input", f"the form has no input {block_id}/{action_id}")
            merged.setdefault(block_id, {})[action_id] = held(element, given)
    return merged


def held(element: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """One entry of `state.values` for this element; options are checked and completed from what it offers."""
    key = HOLDS[element["type"]][0]
    value = given.get(key)
    if key.startswith("selected_option") and "external" not in element["type"]:
        value = (
            [option_of(element, o) for o in value or ()]
            if key.endswith("s")
            else value and option_of(element, value)
        )
    if element["type"] in _LISTS and value is None:
        value = []
    if key == "value" and value == "":
        value = None  # Slack sends null for an input that was emptied
    return {"type": element["type"], key: value}


def option_of(element: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The offered option with the given option's value."""
    if given.get("value") not in offered(element):
        raise ActRefused("no_such_option", f"{element['action_id']} offers {offered(element)}, not {given!r}")
    groups = [element, *element.get("option_groups", ())]
    return next(o for g in groups for o in g.get("options") or () if o["value"] == given["value"])


def form_errors(blocks: list[dict[str, Any]], values: Values) -> dict[str, str]:
    """What Slack's own form says before it submits anything: {block_id: text}."""
    errors = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        held_here = values[block["block_id"]][element["action_id"]]
        value = held_here[HOLDS[element["type"]][0]]
        if value in (None, [], ""):
            if not block.get("optional"):
                errors[block["block_id"]] = "Please complete this required field."
        elif problem := _problem(element, value):
            errors[block["block_id"]] = problem
    return errors


def _problem(element: dict[str, Any], value: Any) -> str | None:  # noqa: PLR0911 - one line per kind of input
    match element["type"]:
        case "plain_text_input":
            if len(value) < element.get("min_length", 0):
                return f"Must be at least {element['min_length']} characters."
            if len(value) > element.get("max_length", 3000):
                return f"Must be less than {element.get('max_length', 3000) + 1} characters."
        case "number_input":
            return _number_problem(element, value)
        case "email_text_input":
            return (
                None
                if re.fullmatch(r"\A[^\s@]+@[^\s@]+\.[^\s@]+", value)
                else "Please enter a valid email address."
            )
        case "url_text_input":
            return None if re.match(r"https?://\S+$", value) else "Please enter a valid URL."
        case "file_input":
            return None if len(value) <= element.get("max_files", 10) else "Too many files."
        case kind if kind.startswith("multi_"):
            most = element.get("max_selected_items", len(value))
            return None if len(value) <= most else f"Choose at most {most}."
    return None


def _number_problem(element: dict[str, Any], value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a number." if element["is_decimal_allowed"] else "Please enter a whole number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Must be {element['min_value']} or more."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Must be {element['max_value']} or less."
    return None
