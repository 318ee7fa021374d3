"""Writes in this API's words what stands there in those of OpenAI's Responses API: the same, under other names.

Touches nothing else, and nothing that would need a guess.
"""

from collections.abc import Callable
from typing import Any

_TEXTS = {"input_text", "output_text"}
_FLAT = ("name", "description", "parameters", "strict")


def translated(example: Any, did: Callable[[str], None]) -> Any:
    """The example in this API's words; `did` hears each name that was changed."""
    if not isinstance(example, dict):
        return example
    return {key: _translated(key, value, did) for key, value in example.items()}


def _translated(key: str, value: Any, did: Callable[[str], None]) -> Any:
    if key == "input" and isinstance(value, dict):
        return translated(value, did)
    if not isinstance(value, list):
        return value
    if key == "tools":
        return [_tool(each, did) for each in value]
    if key in ("messages", "preferred_output", "non_preferred_output"):
        return [_message(each, did) for each in value]
    return value


def _message(message: Any, did: Callable[[str], None]) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_part(each, did) for each in message["content"]]}


def _part(part: Any, did: Callable[[str], None]) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(kind, str):
        return part
    if kind in _TEXTS and "text" in part:
        did(kind)
        annotations = part.get("annotations") in ([], None) and part.get("logprobs") in ([], None)
        dropped = ("annotations", "logprobs") if annotations else ()
        return {key: "text" if key == "type" else value for key, value in part.items() if key not in dropped}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        did(kind)
        image = {"url": part["image_url"]} | ({"detail": part["detail"]} if part.get("detail") else {})
        more = {key: value for key, value in part.items() if key not in ("type", "image_url", "detail")}
        return {"type": "image_url", "image_url": image} | more
    return part


def _tool(tool: Any, did: Callable[[str], None]) -> Any:
    """A definition whose function stands in the tool itself."""
    if not isinstance(tool, dict) or "function" in tool or not isinstance(tool.get("name"), str):
        return tool
    if tool.get("type") != "function":
        return tool
    did("function")
    function = {key: tool[key] for key in _FLAT if key in tool}
    return {key: value for key, value in tool.items() if key not in _FLAT} | {"function": function}
