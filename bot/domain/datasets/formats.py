"""The three formats of an example and their rules, as the fine-tuning API's published schemas and guides have them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from bot.domain.catalog import Format
from bot.domain.datasets.cures import CONVERTS
from bot.domain.datasets.inspection import Doubt, Inspection, Note, Object
from bot.domain.datasets.line import kind
from bot.domain.datasets.messages import Rules, check_function_name, check_messages, image_parts, is_trained

MAX_FUNCTIONS = 128
"""Entries in the deprecated `functions` list, by the published schema."""

_CHAT_KEYS = ("tools", "parallel_tool_calls", "functions")
_OUTPUTS = ("preferred_output", "non_preferred_output")
_CHAT = Rules(roles=("system", "user", "assistant", "tool", "function"))
_PREFERENCE_INPUT = Rules(roles=_CHAT.roles, images=False)
_PREFERENCE_OUTPUT = Rules(roles=_CHAT.roles, images=False, weights=False)
_REINFORCEMENT = Rules(roles=("developer", "user", "assistant", "tool"))


def format_of(value: Any) -> Format | None:
    """The format that one parsed line looks like, faulty as it may be; None if like none."""
    if not isinstance(value, dict):
        return None
    if any(key in value for key in _OUTPUTS):
        return "preference"
    messages = value.get("messages")
    if not isinstance(messages, list):
        return None
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    if roles and roles[-1] in ("user", "developer"):
        extra = any(key not in ("messages", *_CHAT_KEYS) for key in value)
        if "developer" in roles or (extra and ("system" not in roles or "assistant" not in roles)):
            return "reinforcement"
    return "chat"


def format_of_most(values: Iterable[Any]) -> Format | None:
    """The format that most of these parsed lines look like; None when none looks like any."""
    votes = Counter(found for value in values if (found := format_of(value)))
    return votes.most_common(1)[0][0] if votes else None


def _no_matter(_path: str, _code: str) -> None:
    pass


def check_example(value: Any, wanted: Format, note: Note, doubt: Doubt = _no_matter) -> bool:
    """Check one parsed line against the rules of the file's format; tells each problem to `note`.

    What the server may refuse, though nobody saw it do so, goes to `doubt`. Gives whether the line is free of problems.
    """
    seen = Inspection(note, doubt)
    if not isinstance(value, dict):
        seen.problem(
            "",
            "not_an_object",
            f"This line is {kind(value)}, but each example is one object.",
            "Write the example as {…}.",
        )
    elif (found := format_of(value)) not in (wanted, None) and "preference" in (found, wanted):
        seen.problem(
            "",
            "other_format",
            f"This line is a {found} example, but most of the file is {wanted}.",
            f"Put {found} examples into a file of their own.",
        )
    elif wanted == "chat":
        _check_chat(seen, value)
    elif wanted == "preference":
        _check_preference(seen, value)
    else:
        _check_reinforcement(seen, value)
    return seen.problems == 0


def messages_of(example: Object, example_format: Format) -> list[Object]:
    """Every message of a valid example, in order, both outputs of a preference included."""
    if example_format != "preference":
        return list(example["messages"])
    return [*example["input"]["messages"], *(each for key in _OUTPUTS for each in example[key])]


def prompt_of(example: Object, example_format: Format) -> list[Object]:
    """The messages of a valid example that come before what is learned (all of them, where that is inside)."""
    return list((example["input"] if example_format == "preference" else example)["messages"])


def learned_of(example: Object, example_format: Format) -> list[Object]:
    """The messages of a valid example that the model learns to say, or to prefer or avoid."""
    if example_format == "preference":
        return [each for key in _OUTPUTS for each in example[key]]
    if example_format == "reinforcement":
        return []
    return [message for message in example["messages"] if is_trained(message)]


def tools_of(example: Object, example_format: Format) -> list[Any]:
    """The tool and function definitions of a valid example."""
    holder = example["input"] if example_format == "preference" else example
    return [*(holder.get("tools") or ()), *(holder.get("functions") or ())]


def has_images(example: Object, example_format: Format) -> bool:
    """Whether a valid example holds an image."""
    return any(image_parts(message) for message in messages_of(example, example_format))


def has_equal_outputs(example: Object) -> bool:
    """Whether both outputs of a valid preference example say the same, so that it teaches nothing."""
    return bool(example[_OUTPUTS[0]] == example[_OUTPUTS[1]])


def _check_chat(seen: Inspection, example: Object) -> None:
    seen.keys(example, "", required=("messages",), allowed=_CHAT_KEYS)
    _check_tools(seen, example, "")
    if "messages" not in example:
        return
    before = seen.problems
    messages = _listed(seen, example["messages"], "messages", _CHAT)
    _check_calls(seen, example, messages, "messages")
    if not messages or seen.problems > before:
        return
    if all(message["role"] == "system" for message in messages):
        seen.problem(
            "messages",
            "no_assistant_message",
            "This line holds a system prompt and nothing else, so there is nothing to learn.",
            "Every example is learned by itself: write the system prompt as the first message of each, and remove "
            "this line.",
        )
        return
    if not any(message["role"] == "assistant" for message in messages):
        seen.problem(
            "messages",
            "no_assistant_message",
            "No message is the assistant's, so there is nothing to learn.",
            "Add the answer you want as a message with the role assistant.",
        )
        return
    if not any(is_trained(message) for message in messages):
        seen.problem(
            "messages",
            "no_trained_message",
            "Every assistant message has weight 0, so there is nothing to learn.",
            "Give at least one of them weight 1.",
        )
    if messages[-1]["role"] != "assistant":
        seen.problem(
            f"messages[{len(messages) - 1}].role",
            "last_not_assistant",
            "The last message is not the assistant's.",
            "End with the answer that the model should learn, or leave out what follows it.",
        )


def _listed(seen: Inspection, value: object, path: str, rules: Rules) -> list[Object]:
    """As check_messages; a single message in place of their list has an obvious cure."""
    if isinstance(value, dict) and "role" in value:
        seen.problem(
            path,
            "unlisted_messages",
            f"`{path}` is one message, but must be a list of messages.",
            f"Write it in brackets: [{{…}}]. {CONVERTS}",
        )
        return []
    return check_messages(seen, value, path, rules)


def _check_preference(seen: Inspection, example: Object) -> None:
    seen.keys(example, "", required=("input", *_OUTPUTS))
    given = seen.object(example["input"], "input") if "input" in example else None
    if given is not None:
        seen.keys(given, "input", required=("messages",), allowed=("tools", "parallel_tool_calls"))
        _check_tools(seen, given, "input.")
        if "messages" in given:
            messages = _listed(seen, given["messages"], "input.messages", _PREFERENCE_INPUT)
            _check_calls(seen, given, messages, "input.messages")
            if messages and messages[-1]["role"] == "assistant":
                seen.problem(
                    f"input.messages[{len(messages) - 1}].role",
                    "input_ends_with_assistant",
                    "The input ends with an assistant message; the two outputs are to follow a question.",
                    "End the input with the user's message.",
                )
    for key in _OUTPUTS:
        if key in example:
            _check_calls(seen, given or {}, _check_output(seen, example[key], key), key)


def _check_output(seen: Inspection, value: object, key: str) -> list[Object]:
    """Check one output; gives its message, if it is one."""
    if isinstance(value, str | dict):
        seen.problem(
            key,
            "unlisted_output",
            f"`{key}` is {kind(value)}, but must be a list with one assistant message.",
            f'Write [{{"role": "assistant", "content": "…"}}] there. {CONVERTS}',
        )
        return []
    if isinstance(value, list) and len(value) != 1:
        seen.problem(
            key,
            "several_outputs" if value else "not_one_output",
            f"`{key}` holds {len(value)} messages; the server takes exactly one.",
            f"Keep the first message in which the two answers differ. {CONVERTS}"
            if value
            else "Write the one answer that is compared there, as a list with one assistant message.",
        )
        return []
    messages = check_messages(seen, value, key, _PREFERENCE_OUTPUT)
    if messages and messages[0]["role"] != "assistant":
        seen.problem(
            f"{key}[0].role",
            "output_not_assistant",
            f"`{key}[0]` is not the assistant's.",
            'Use the role "assistant".',
        )
    return messages


def _check_reinforcement(seen: Inspection, example: Object) -> None:
    seen.keys(example, "", required=("messages",), allowed=example)
    if example.get("tools") is not None:
        _check_tools(seen, {"tools": example["tools"]}, "")
    if "messages" not in example:
        return
    messages = check_messages(seen, example["messages"], "messages", _REINFORCEMENT)
    _check_calls(seen, example, messages, "messages")
    if messages and messages[-1]["role"] != "user":
        seen.problem(
            f"messages[{len(messages) - 1}].role",
            "last_not_user",
            "The last message is not the user's; the model is to answer it and be graded.",
            "End with the user's message and keep the answer in a key of its own.",
        )


def _check_tools(seen: Inspection, holder: Object, prefix: str) -> None:
    if "tools" in holder:
        for number, tool in enumerate(seen.items(holder["tools"], f"{prefix}tools") or ()):
            _check_tool(seen, tool, f"{prefix}tools[{number}]")
    if "parallel_tool_calls" in holder:
        seen.boolean(holder["parallel_tool_calls"], f"{prefix}parallel_tool_calls")
    if "functions" in holder and not prefix:
        functions = seen.items(holder["functions"], "functions") or []
        if holder["functions"] == []:
            seen.problem(
                "functions", "empty_list", "`functions` is an empty list.", "Fill it, or leave the key out."
            )
        if len(functions) > MAX_FUNCTIONS:
            seen.problem(
                "functions",
                "too_many_functions",
                f"`functions` holds {len(functions)} entries; the server takes {MAX_FUNCTIONS}.",
                "Leave out those that the example does not need.",
            )
        for number, function in enumerate(functions):
            _check_definition(seen, function, f"functions[{number}]", ("description", "parameters"))


def _check_calls(seen: Inspection, holder: Object, messages: list[Object], path: str) -> None:
    """Each function that is called is one that the example defines."""
    defined = {_name_in(each) for each in (*_list(holder, "tools"), *_list(holder, "functions"))}
    for number, message in enumerate(messages):
        called = [*_list(message, "tool_calls"), message.get("function_call")]
        if {_name_in(each) for each in called} - defined - {None}:
            seen.doubt(f"{path}[{number}]", "undefined_call")


def _list(holder: Object, key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []


def _name_in(value: Any) -> str | None:
    """The name of a function in its definition or call, with or without the tool around it."""
    function = value.get("function", value) if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else None


def _check_tool(seen: Inspection, value: object, at: str) -> None:
    tool = seen.object(value, at)
    if tool is None:
        return
    seen.keys(tool, at, required=("type", "function"))
    if tool.get("type", "function") != "function":
        seen.problem(f"{at}.type", "bad_tool_type", f'`{at}.type` must be "function".', 'Write "function".')
    if "function" in tool:
        _check_definition(seen, tool["function"], f"{at}.function", ("description", "parameters", "strict"))


def _check_definition(seen: Inspection, value: object, at: str, optional: tuple[str, ...]) -> None:
    function = seen.object(value, at)
    if function is None:
        return
    seen.keys(function, at, required=("name",), allowed=optional)
    if "name" in function:
        check_function_name(seen, function["name"], f"{at}.name")
    if "description" in function:
        seen.text(function["description"], f"{at}.description")
    if "parameters" in function:
        seen.texts_inside(function["parameters"], f"{at}.parameters")
    if function.get("strict") is not None and "strict" in optional:
        seen.boolean(function["strict"], f"{at}.strict")
