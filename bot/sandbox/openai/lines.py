"""What one line of a training file may hold, refused in the server's words; pure, and deliberately not the app's.

The rules are those of OpenAI's request schemas for chat, preference and reinforcement lines. `BadLine` carries the
code the job fails with and the sentence about the line; the file's reader puts both together.
"""

import re
from typing import Any

MALFORMED = "invalid_training_file"  # a message does not have the shape its role asks for
FORMAT = "invalid_file_format"  # the line as a whole is wrong

_RESERVED = re.compile(
    r"<\|(?:endoftext|endofprompt|fim_prefix|fim_middle|fim_suffix|im_start|im_end|im_sep)\|>"
)
_CHAT_ROLES = ("system", "user", "assistant", "tool", "function")
_REINFORCEMENT_ROLES = ("developer", "user", "assistant", "tool")
_CHAT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
_MESSAGE_KEYS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "tool_calls", "function_call", "weight"},
    "tool": {"role", "content", "tool_call_id"},
    "function": {"role", "content", "name"},
}
_MAX_IMAGES = 10
_DATA_URL = re.compile(r"data:image/(?:png|jpe?g|webp);base64,")


class BadLine(Exception):  # noqa: N818 - it is a verdict on somebody's data, not a fault of ours
    """One line the server rejects: `about` follows "Example N" in the message."""

    def __init__(self, about: str, code: str = FORMAT) -> None:
        super().__init__(about)
        self.about = about
        self.code = code


def check_chat(line: dict[str, Any], *, images: bool) -> None:
    """Check a line for supervised training; `images` says whether the model takes pictures."""
    if "messages" not in line:
        raise BadLine(" is missing key 'messages'.")
    for key in line:
        if key not in _CHAT_KEYS:
            raise BadLine(f' contains an extra "{key}".')
    messages = _messages(line["messages"], _CHAT_ROLES, images=images)
    _tools(line)
    answers = [m for m in messages if m["role"] == "assistant"]
    if not answers:
        raise BadLine(" must have at least one message from the assistant.")
    if all(m.get("weight") == 0 for m in answers):
        raise BadLine(" must have at least one message from the assistant with a non-zero weight.")
    if messages[-1]["role"] != "assistant":
        raise BadLine(": the last message must be from the assistant.")


def check_preference(line: dict[str, Any]) -> None:
    """Check a line for DPO."""
    _exactly(line, ("input", "preferred_output", "non_preferred_output"))
    given = line["input"]
    if not isinstance(given, dict):
        raise BadLine(", input Input should be an object", MALFORMED)
    if "messages" not in given:
        raise BadLine(", input is missing key 'messages'.")
    for key in given:
        if key not in {"messages", "tools", "parallel_tool_calls"}:
            raise BadLine(f', input contains an extra "{key}".')
    messages = _messages(given["messages"], _CHAT_ROLES, images=False)
    _tools(given)
    if messages[-1]["role"] == "assistant":
        raise BadLine(": the last message of the input must not be from the assistant.")
    _output(line, "preferred_output")
    _output(line, "non_preferred_output")


def _exactly(line: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in line:
            raise BadLine(f" is missing key '{key}'.")
    for key in line:
        if key not in keys:
            raise BadLine(f' contains an extra "{key}".')


def _output(line: dict[str, Any], key: str) -> None:
    outputs = line[key]
    if not isinstance(outputs, list) or len(outputs) != 1:
        raise BadLine(f", {key} must contain exactly one message.")
    if _messages(outputs, _CHAT_ROLES, images=False)[0]["role"] != "assistant":
        raise BadLine(f", {key} must be a message from the assistant.")


def check_reinforcement(line: dict[str, Any]) -> None:
    """Check a line for reinforcement training; any further keys are the grader's."""
    if "messages" not in line:
        raise BadLine(" is missing key 'messages'.")
    messages = _messages(line["messages"], _REINFORCEMENT_ROLES, images=True)
    _tools({"tools": line.get("tools")})
    if messages[-1]["role"] != "user":
        raise BadLine(": the last message must be from the user.")


def _messages(value: Any, roles: tuple[str, ...], *, images: bool) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise BadLine(", messages Input should be a valid list", MALFORMED)
    if not value:
        raise BadLine(" must have at least one message.")
    pictures = 0
    for at, message in enumerate(value, 1):
        if not isinstance(message, dict):
            raise BadLine(f", message {at} Input should be an object", MALFORMED)
        pictures += _message(message, at, roles, images=images)
    if pictures > _MAX_IMAGES:
        raise BadLine(f" contains {pictures} images, but at most {_MAX_IMAGES} are allowed.")
    return value


def _message(message: dict[str, Any], at: int, roles: tuple[str, ...], *, images: bool) -> int:
    if "role" not in message:
        raise BadLine(f", message {at} Discriminator 'role' is missing in value", MALFORMED)
    role = message["role"]
    if role not in roles:
        known = ", ".join(f"'{r}'" for r in roles)
        raise BadLine(
            f", message {at} Input tag '{role}' found using 'role' does not match any of the expected tags: {known}",
            MALFORMED,
        )
    for key in message:
        if key not in _MESSAGE_KEYS[role]:
            raise BadLine(f', message {at} contains an extra "{key}".')
    _weight(message, at)
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise BadLine(f", message {at} tool_call_id Field required", MALFORMED)
    if role == "function" and not isinstance(message.get("name"), str):
        raise BadLine(f", message {at} name Field required", MALFORMED)
    if "name" in message and not isinstance(message["name"], str):
        raise BadLine(f", message {at} name Input should be a valid string", MALFORMED)
    calls = _calls(message, at)
    return _content(message, at, role, optional=calls or bool(message.get("refusal")), images=images)


def _weight(message: dict[str, Any], at: int) -> None:
    weight = message.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int) or weight not in (0, 1):
        raise BadLine(f", message {at} weight Input should be 0 or 1", MALFORMED)


def _calls(message: dict[str, Any], at: int) -> bool:
    """Check the calls an assistant makes; True when there are any."""
    calls = message.get("tool_calls")
    if calls is not None:
        if not isinstance(calls, list):
            raise BadLine(f", message {at} tool_calls Input should be a valid list", MALFORMED)
        for call in calls:
            if (
                not isinstance(call, dict)
                or call.get("type") != "function"
                or not isinstance(call.get("id"), str)
            ):
                raise BadLine(f", message {at} tool_calls id and type 'function' are required", MALFORMED)
            _function(call.get("function"), at)
    if message.get("function_call") is not None:
        _function(message["function_call"], at)
        return True
    return bool(calls)


def _function(value: Any, at: int) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise BadLine(f", message {at} function name Field required", MALFORMED)
    if not isinstance(value.get("arguments"), str):
        raise BadLine(f", message {at} function arguments Input should be a valid string", MALFORMED)


def _content(message: dict[str, Any], at: int, role: str, *, optional: bool, images: bool) -> int:
    """Check the content and give the number of pictures in it."""
    content = message.get("content")
    if content is None:
        if optional or (role == "function" and "content" in message):
            return 0
        raise BadLine(f", message {at} content Field required", MALFORMED)
    if isinstance(content, str):
        _reserved(content)
        return 0
    if not isinstance(content, list):
        raise BadLine(f", message {at} content Input should be a valid string or list", MALFORMED)
    return sum(_part(part, at, role, images=images) for part in content)


def _part(part: Any, at: int, role: str, *, images: bool) -> int:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        _reserved(part["text"])
        return 0
    if kind == "refusal" and role == "assistant" and isinstance(part.get("refusal"), str):
        return 0
    if kind != "image_url":
        raise BadLine(f", message {at} content part of type {kind!r} is not supported", MALFORMED)
    if role != "user":
        raise BadLine(f", message {at}: images are only allowed in user messages.", MALFORMED)
    if not images:
        raise BadLine(" contains images, but the model does not support image inputs.")
    picture = part.get("image_url")
    url = picture.get("url") if isinstance(picture, dict) else None
    if not isinstance(url, str) or not (url.startswith(("https://", "http://")) or _DATA_URL.match(url)):
        raise BadLine(f", message {at} image_url must be an http(s) URL or a base64 data URL", MALFORMED)
    return 1


def _reserved(text: str) -> None:
    if found := _RESERVED.search(text):
        raise BadLine(f" message contains an invalid token: {found[0]}.")


def _tools(line: dict[str, Any]) -> None:
    tools = line.get("tools")
    if tools is not None:
        if not isinstance(tools, list):
            raise BadLine(", tools Input should be a valid list", MALFORMED)
        for tool in tools:
            function = (
                tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
            )
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise BadLine(", tools function name Field required", MALFORMED)
    functions = line.get("functions")
    if functions is not None and (not isinstance(functions, list) or not 1 <= len(functions) <= 128):
        raise BadLine(", functions Input should be a list of 1 to 128 items", MALFORMED)
    if not isinstance(line.get("parallel_tool_calls", True), bool):
        raise BadLine(", parallel_tool_calls Input should be a valid boolean", MALFORMED)
