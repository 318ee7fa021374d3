"""The rules of one message and of a conversation's messages, as the fine-tuning API's published schemas have them."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from bot.domain.datasets.cures import CONVERTS, MENDS
from bot.domain.datasets.images import fault_of
from bot.domain.datasets.inspection import Inspection, Object, role_of
from bot.domain.datasets.line import kind, shown

MAX_IMAGES = 10
"""Images in one example, by OpenAI's guide to vision fine-tuning."""

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_RESPONSES = ("input_text", "output_text", "input_image")
_DETAILS = ("auto", "low", "high")

# role -> (required keys, optional keys)
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "system": (("role", "content"), ("name",)),
    "developer": (("role", "content"), ("name",)),
    "user": (("role", "content"), ("name",)),
    "assistant": (("role",), ("content", "name", "refusal", "tool_calls", "function_call", "weight")),
    "tool": (("role", "content", "tool_call_id"), ()),
    "function": (("role", "content", "name"), ()),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a format allows inside its messages, and whether its images are worth looking into."""

    roles: Collection[str]
    images: bool = True
    weights: bool = True
    looks_into_images: bool = True


def check_messages(seen: Inspection, value: object, path: str, rules: Rules) -> list[Object]:
    """Check a list of messages; gives those that are objects with a role, in order."""
    if value == []:
        seen.problem(path, "no_messages", f"`{path}` is empty.", "Add the messages of the conversation.")
        return []
    messages = seen.items(value, path)
    if messages is None:
        return []
    good: list[Object] = []
    images = sum(len(image_parts(each)) for each in messages if isinstance(each, dict))
    if images > MAX_IMAGES:
        # Looking into them all could take for ever, and some have to go anyway.
        rules = replace(rules, looks_into_images=False)
        seen.problem(
            path,
            "too_many_images",
            f"This example holds {images} images; the server takes {MAX_IMAGES}.",
            "Split it into several examples, or leave images out.",
        )
    for number, each in enumerate(messages):
        at = f"{path}[{number}]"
        message = seen.object(each, at)
        if message is None:
            continue
        if _check_message(seen, message, at, rules):
            good.append(message)
    if len(good) == len(messages):
        _check_tool_answers(seen, good, path)
    return good


def image_parts(message: Object) -> list[Object]:
    """The image parts of a message, well-formed or not."""
    content = message.get("content")
    if not isinstance(content, list):
        return []
    return [part for part in content if isinstance(part, dict) and part.get("type") == "image_url"]


def is_trained(message: Object) -> bool:
    """Whether the model learns to say this message: an assistant's, unless its weight is 0."""
    return message.get("role") == "assistant" and message.get("weight", 1) != 0


def _check_message(seen: Inspection, message: Object, at: str, rules: Rules) -> bool:
    if "role" not in message:
        seen.keys(message, at, required=("role",), allowed=message)
        return False
    role = message["role"]
    if not isinstance(role, str) or role not in rules.roles:
        known = "developer" if role == "system" else role_of(role)
        seen.problem(
            f"{at}.role",
            "other_role" if known else "unknown_role",
            f"`{at}.role` is {shown(role)}; the server knows {', '.join(rules.roles)} here.",
            f'Write "{known}" there. {CONVERTS}' if known else "Use one of these roles.",
        )
        return False
    required, optional = _KEYS[role]
    # A weight has its own problem with a better sentence, wherever it stands.
    seen.keys(message, at, required=required, allowed=(*optional, "weight"))
    _check_weight(seen, message, at, rules)
    if role == "assistant":
        _check_assistant(seen, message, at, rules)
    elif "content" in message:
        _check_content(seen, message["content"], f"{at}.content", role, rules)
    for key in ("name", "tool_call_id"):
        if key in message and key in (*required, *optional):
            _check_word(seen, message[key], f"{at}.{key}")
    return True


def _check_assistant(seen: Inspection, message: Object, at: str, rules: Rules) -> None:
    calling = message.get("tool_calls", []) != [] or "function_call" in message
    content, refusal = message.get("content"), message.get("refusal")
    if content is not None:
        _check_content(seen, content, f"{at}.content", "assistant", rules)
    elif not calling and refusal is None:
        seen.problem(
            f"{at}.content",
            "missing_content",
            f"`{at}` says nothing: it has neither content nor a tool call.",
            "Write the answer into content.",
        )
    if refusal is not None:
        seen.text(refusal, f"{at}.refusal")
    if "tool_calls" in message:
        calls = seen.items(message["tool_calls"], f"{at}.tool_calls") or []
        for number, call in enumerate(calls):
            _check_tool_call(seen, call, f"{at}.tool_calls[{number}]")
        _check_call_ids(seen, calls, f"{at}.tool_calls")
    if message.get("function_call") is not None:
        _check_called(seen, message["function_call"], f"{at}.function_call")


def _check_weight(seen: Inspection, message: Object, at: str, rules: Rules) -> None:
    if "weight" not in message:
        return
    weight = message["weight"]
    if message["role"] != "assistant" or not rules.weights:
        seen.problem(
            f"{at}.weight",
            "misplaced_weight" if _says_nothing(message) else "unwanted_answer",
            f"`{at}` has a weight, which the server does not take there.",
            f"Remove it. {MENDS}"
            if _says_nothing(message)
            else "It says not to learn this answer, which a pair always does: leave the example out.",
        )
    elif isinstance(weight, bool) or not isinstance(weight, int) or weight not in (0, 1):
        seen.problem(
            f"{at}.weight",
            "bad_weight",
            f"`{at}.weight` must be the number 0 or 1.",
            "Write 0 (do not learn this answer) or 1 (learn it), without quotes or decimals.",
        )


def _says_nothing(message: Object) -> bool:
    """Whether a weight where none may stand says no more than is so without it."""
    return message["role"] != "assistant" or message["weight"] in (None, 1, "1")


def _check_content(seen: Inspection, content: object, at: str, role: str, rules: Rules) -> None:
    if isinstance(content, str):
        seen.text(content, at)
        return
    if not isinstance(content, list):
        seen.problem(
            at,
            "wrong_type",
            f"`{at}` is {kind(content)}, but must be text or a list of parts.",
            "Write the text of the message there.",
        )
        return
    if not content:
        seen.doubt(at, "empty_content")
    elif role == "tool":
        seen.doubt(at, "tool_parts")
    for number, each in enumerate(content):
        here = f"{at}[{number}]"
        part = seen.object(each, here)
        if part is not None:
            _check_part(seen, part, here, role, rules)


def _check_part(seen: Inspection, part: Object, at: str, role: str, rules: Rules) -> None:
    allowed = {"user": ("text", "image_url"), "assistant": ("text", "refusal")}.get(role, ("text",))
    what = part.get("type")
    if "type" not in part:
        seen.keys(part, at, required=("type",), allowed=part)
    elif what == "image_url" and (role != "user" or not rules.images):
        where = f"{_a(role)} message" if rules.images else "this format"
        seen.problem(
            at, "misplaced_image", f"`{at}` is an image, which {where} may not hold.", "Leave the image out."
        )
    elif not isinstance(what, str) or what not in allowed:
        seen.problem(
            f"{at}.type",
            "unknown_part",
            f"`{at}.type` is {shown(what)}; {_a(role)} message may hold {' and '.join(allowed)} parts.",
            f"It is a name of the Responses API: rename it. {MENDS}"
            if what in _RESPONSES
            else "Use one of these, or leave the part out.",
        )
    elif what == "image_url":
        _check_image(seen, part, at, rules)
    else:
        seen.keys(part, at, required=("type", what))
        if what in part:
            seen.text(part[what], f"{at}.{what}")


def _a(role: str) -> str:
    return f"an {role}" if role == "assistant" else f"a {role}"


def _check_image(seen: Inspection, part: Object, at: str, rules: Rules) -> None:
    seen.keys(part, at, required=("type", "image_url"))
    if "image_url" not in part:
        return
    image = seen.object(part["image_url"], f"{at}.image_url")
    if image is None:
        return
    seen.keys(image, f"{at}.image_url", required=("url",), allowed=("detail",))
    if "url" in image and rules.looks_into_images:
        _check_image_url(seen, image["url"], f"{at}.image_url.url")
    if "detail" in image and image["detail"] not in _DETAILS:
        seen.problem(
            f"{at}.image_url.detail",
            "bad_detail",
            f"`{at}.image_url.detail` must be auto, low or high.",
            "Use one of these, or leave it out.",
        )


def _check_image_url(seen: Inspection, value: object, at: str) -> None:
    url = seen.text(value, at)
    if url is not None and (fault := fault_of(url)) is not None:
        seen.problem(at, fault.code, f"`{at}` {fault.why}", fault.fix)


def _check_tool_call(seen: Inspection, value: object, at: str) -> None:
    call = seen.object(value, at)
    if call is None:
        return
    seen.keys(call, at, required=("id", "type", "function"))
    if "id" in call:
        _check_word(seen, call["id"], f"{at}.id")
    if call.get("type", "function") != "function":
        seen.problem(f"{at}.type", "bad_tool_type", f'`{at}.type` must be "function".', 'Write "function".')
    if "function" in call:
        _check_called(seen, call["function"], f"{at}.function")


def _check_call_ids(seen: Inspection, calls: list[Any], at: str) -> None:
    ids = [call["id"] for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str)]
    if len(set(ids)) < len(ids):
        seen.doubt(at, "repeated_call_id")


def _check_called(seen: Inspection, value: object, at: str) -> None:
    """The name of a called function and its arguments: a JSON object, written as text."""
    called = seen.object(value, at)
    if called is None:
        return
    seen.keys(called, at, required=("name", "arguments"))
    if "name" in called:
        check_function_name(seen, called["name"], f"{at}.name")
    if "arguments" not in called:
        return
    arguments = called["arguments"]
    if isinstance(arguments, dict):
        seen.problem(
            f"{at}.arguments",
            "arguments_not_text",
            f"`{at}.arguments` is an object, but must be that object written as text.",
            f"Write json.dumps(arguments) there. {MENDS}",
        )
    elif (text := seen.text(arguments, f"{at}.arguments")) is not None:
        value = _decoded(text)
        if isinstance(value, str) and isinstance(_decoded(value), dict):
            seen.doubt(f"{at}.arguments", "arguments_twice")
        elif not isinstance(value, dict):
            seen.doubt(f"{at}.arguments", "odd_arguments")


def check_function_name(seen: Inspection, value: object, at: str) -> None:
    """A function's name: 1 to 64 letters, digits, _ and -."""
    name = seen.text(value, at)
    if name is not None and not _FUNCTION_NAME.fullmatch(name):
        seen.problem(
            at,
            "bad_function_name",
            f"`{at}` must be 1 to 64 letters, digits, underscores and dashes.",
            "Rename the function.",
        )


def _check_word(seen: Inspection, value: object, at: str) -> None:
    if seen.text(value, at) == "":
        seen.doubt(at, "empty_name")


def _check_tool_answers(seen: Inspection, messages: list[Object], path: str) -> None:
    """Each tool message answers a call of the assistant message before it, and each call is answered in time."""
    open_calls: list[tuple[str, str]] = []
    for number, message in enumerate(messages):
        at = f"{path}[{number}]"
        if message["role"] == "tool":
            answered = message.get("tool_call_id")
            call = next((each for each in open_calls if each[0] == answered), None)
            if call is not None:
                open_calls.remove(call)
            elif isinstance(answered, str):
                seen.problem(
                    f"{at}.tool_call_id",
                    "unmatched_tool_answer",
                    f"`{at}` answers a tool call that the assistant did not make just before.",
                    "Use the id of the call, and put the answer right after the message that made it.",
                )
            continue
        for _, unanswered in open_calls:
            seen.problem(
                unanswered,
                "unanswered_tool_call",
                f"`{unanswered}` has no answer, though the conversation goes on.",
                "Add a tool message with its id right after the message that made the call.",
            )
        open_calls = _calls(message, at)


def _calls(message: Object, at: str) -> list[tuple[str, str]]:
    """Id and path of each call of a message."""
    calls = message.get("tool_calls")
    if message["role"] != "assistant" or not isinstance(calls, list):
        return []
    return [
        (call["id"], f"{at}.tool_calls[{number}]")
        for number, call in enumerate(calls)
        if isinstance(call, dict) and isinstance(call.get("id"), str)
    ]


def _decoded(text: str) -> Any:
    """The JSON value that a text holds; None if it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
