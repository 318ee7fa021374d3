"""Checks the body of POST /chat/completions and finds in it what an answer depends on; knows no models."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.openai import shapes
from bot.sandbox.openai.answers import Talk
from bot.sandbox.openai.errors import bad_request
from bot.sandbox.openai.shapes import Json
from bot.sandbox.openai.tokens import CountTokens
from bot.sandbox.openai.training_data import picture_tokens, text_of

_FIELDS = frozenset(
    {
        "model",
        "messages",
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "modalities",
        "moderation",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A well-formed request; `max_tokens` is None when the answer may be as long as it wants."""

    model: str
    messages: list[Json]
    tools: frozenset[str]
    max_tokens: int | None
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool

    def talk(self) -> Talk:
        """What an answer depends on."""
        asked = [
            text_of(m.get("content")) for m in self.messages if m["role"] in ("user", "tool", "function")
        ]
        said = frozenset(text_of(m.get("content")) for m in self.messages if m["role"] == "assistant")
        return Talk(asked[-1] if asked else "", " ".join(asked[:-1]), said, self.tools)

    def prompt_tokens(self, count: CountTokens) -> int:
        """Tokens of the conversation: 3 per message and 3 to begin the answer, plus its texts and pictures."""
        total = 3
        for message in self.messages:
            content = message.get("content")
            total += 3 + count(message["role"]) + count(text_of(content))
            if isinstance(content, list):
                total += sum(picture_tokens(part) for part in content)
        return total


def parse(body: Json) -> ChatRequest:
    """The request in a JSON body; raises `ApiError` 400 at the first thing that is wrong."""
    if "model" not in body:
        raise bad_request("you must provide a model parameter")
    shapes.only_keys(body, _FIELDS)
    model = shapes.a_string(body["model"], "model", least=1)
    messages = _messages(shapes.required(body, "messages"))
    n = body.get("n")
    if n is not None and shapes.an_integer(n, "n", 1, 128) != 1:
        raise bad_request("The sandbox answers one choice at a time: n must be 1.", "n")
    for key, most in (("temperature", 2), ("top_p", 1)):
        if body.get(key) is not None:
            shapes.a_number(body[key], key, least=0, most=most)
    for key in ("presence_penalty", "frequency_penalty"):
        if body.get(key) is not None:
            shapes.a_number(body[key], key, least=-2, most=2)
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise bad_request(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            "max_tokens",
            "invalid_parameter_combination",
        )
    limit = next(
        ((k, body[k]) for k in ("max_completion_tokens", "max_tokens") if body.get(k) is not None), None
    )
    stream = body.get("stream") is not None and shapes.a_boolean(body["stream"], "stream")
    return ChatRequest(
        model=model,
        messages=messages,
        tools=_tools(body.get("tools")),
        max_tokens=None if limit is None else shapes.an_integer(limit[1], limit[0], 1),
        stop=_stop(body.get("stop")),
        stream=stream,
        include_usage=_include_usage(body.get("stream_options"), stream=stream),
    )


def _messages(value: Any) -> list[Json]:
    messages: list[Json] = []
    waiting: set[str] = set()  # calls of the assistant that no tool has answered yet
    for at, item in enumerate(shapes.an_array(value, "messages", least=1)):
        where = f"messages.[{at}]"
        message = shapes.an_object(item, where)
        role = shapes.one_of(shapes.required(message, "role", where), _ROLES, f"{where}.role")
        if role == "tool":
            call_id = message.get("tool_call_id")
            if call_id not in waiting:
                raise bad_request(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    f"{where}.role",
                )
            waiting.discard(call_id)
        elif waiting:
            raise _unanswered(waiting, at)
        calls = message.get("tool_calls") if role == "assistant" else None
        if calls:
            waiting = {str(call.get("id")) for call in shapes.an_array(calls, f"{where}.tool_calls")}
        _content(
            message, where, optional=bool(calls or message.get("function_call") or message.get("refusal"))
        )
        messages.append(message)
    if waiting:
        raise _unanswered(waiting, len(messages))
    return messages


def _unanswered(waiting: set[str], at: int) -> Exception:
    return bad_request(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}",
        f"messages.[{at}].role",
    )


def _content(message: Json, where: str, *, optional: bool) -> None:
    content = message.get("content")
    if isinstance(content, str) or (content is None and optional):
        return
    if content is None:
        raise bad_request(
            f"Invalid value for 'content': expected a string, got null. - '{where}.content'",
            f"{where}.content",
        )
    for at, part in enumerate(shapes.an_array(content, f"{where}.content", least=1)):
        place = f"{where}.content.[{at}]"
        kind = shapes.required(shapes.an_object(part, place), "type", place)
        shapes.one_of(kind, {"text", "image_url", "refusal", "input_audio", "file"}, f"{place}.type")
        if kind == "image_url":
            shapes.an_object(shapes.required(part, "image_url", place), f"{place}.image_url")
        if kind == "text":
            shapes.a_string(shapes.required(part, "text", place), f"{place}.text")


def _tools(value: Any) -> frozenset[str]:
    names = set()
    for at, tool in enumerate(shapes.an_array(value or [], "tools", most=128)):
        where = f"tools.[{at}]"
        entry = shapes.an_object(tool, where)
        kind = shapes.one_of(shapes.required(entry, "type", where), {"function", "custom"}, f"{where}.type")
        own = shapes.an_object(shapes.required(entry, kind, where), f"{where}.{kind}")
        names.add(
            shapes.a_string(shapes.required(own, "name", where), f"{where}.{kind}.name", least=1, most=64)
        )
    return frozenset(names)


def _stop(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(shapes.a_string(item, "stop", least=1) for item in shapes.an_array(value, "stop", most=4))


def _include_usage(value: Any, *, stream: bool) -> bool:
    if value is None:
        return False
    if not stream:
        raise bad_request(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    options = shapes.an_object(value, "stream_options")
    shapes.only_keys(options, {"include_usage", "include_obfuscation"}, "stream_options")
    return shapes.a_boolean(options.get("include_usage", False), "stream_options.include_usage")
