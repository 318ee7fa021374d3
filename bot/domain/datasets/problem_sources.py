"""From where it is known of each problem that the server refuses it or drops it; knows no rule.

What has no source here is no problem: what the server is only believed to refuse is advice (advice/doubts.py). A new
code goes here first, with the page, the words of a failed job, or the report that tells of it; docs/check.md shows
the same table.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["documentation", "error text", "report", "own limit"]


@dataclass(frozen=True, slots=True)
class Source:
    """`documentation` says so, a job failed with this `error text`, people `report` it, or we read no further."""

    kind: Kind
    text: str


def _documented(text: str) -> Source:
    return Source("documentation", text)


def _seen(text: str) -> Source:
    return Source("error text", text)


_LINES = _documented("API reference, files: fine-tuning takes JSON Lines in UTF-8 and nothing else")
_JSON = _seen("Invalid file format. Example … cannot be parsed. Error: line contains invalid json")
_DICTIONARY = _seen("Expected file to have JSONL format, where every line is a JSON dictionary")
_EXTRA = _seen('Example … contains an extra "weight"')
_MISSING = _seen("Example … is missing key 'messages'")
_CHAT = _documented(
    "API reference, fine-tuning, chat and preference input: keys, types and roles of an example"
)
_PAIRS = _documented(
    "API reference, preference input, and guide to preference optimization: one assistant message each"
)
_WEIGHT = _documented("API reference, chat input: weight is 0 or 1, and only the assistant's")
_TOOLS = _documented(
    "API reference, chat input: tools and calls (functions 1 to 128, names, arguments as text)"
)
_REINFORCED = _documented("Guide to reinforcement fine-tuning: the last message is the user's")
_VISION = _documented("Guide to vision fine-tuning: number, place, format, size and colours of images")
_STANDARD = _documented("RFC 8259 (JSON) and RFC 3629 (UTF-8): how texts, keys and bytes are written")
_NOT_READ = Source("own limit", "beyond any example that a model takes, so this program does not read it")

SOURCES = {
    "empty_file": _seen("Training file has … example(s), but must have at least 10 examples"),
    "too_few_examples": _seen("Training file has … example(s), but must have at least 10 examples"),
    "binary_file": _LINES,
    "compressed_file": _LINES,
    "packed_file": _LINES,
    "html_file": _LINES,
    "utf16_file": _LINES,
    "table_file": _LINES,
    "json_list": _DICTIONARY,
    "pretty_json": _DICTIONARY,
    "not_a_dataset": _DICTIONARY,
    "blank_line": _JSON,
    "not_json": _JSON,
    "single_quotes": _JSON,
    "broken_text": _JSON,
    "unknown_format": _MISSING,
    "no_examples": _MISSING,
    "message_per_line": _MISSING,
    "wrapped_examples": _MISSING,
    "other_format": _seen("Example … is missing key 'input'"),
    "not_an_object": _DICTIONARY,
    "bom": _documented(
        "RFC 8259, section 8.1: JSON that is sent must not begin with a byte order mark (Azure takes one all the same)"
    ),
    "invalid_utf8": _STANDARD,
    "nul_byte": _STANDARD,
    "lone_surrogate": _STANDARD,
    "duplicate_key": _STANDARD,
    "line_too_long": _NOT_READ,
    "too_many_values": _NOT_READ,
    "too_deep": _NOT_READ,
    "too_many_pixels": _NOT_READ,
    "missing_key": _seen("Example …, message … Discriminator 'role' is missing in value"),
    "unknown_key": _EXTRA,
    "meaningful_key": _EXTRA,
    "wrong_type": _seen("Line …, message …, key “content”: Input should be a valid string"),
    "no_messages": _CHAT,
    "unknown_role": _CHAT,
    "other_role": _CHAT,
    "unlisted_messages": _CHAT,
    "missing_content": _CHAT,
    "unknown_part": _CHAT,
    "empty_list": _TOOLS,
    "too_many_functions": _TOOLS,
    "bad_tool_type": _TOOLS,
    "bad_function_name": _TOOLS,
    "arguments_not_text": _TOOLS,
    "unmatched_tool_answer": _seen(
        "messages with role 'tool' must be a response to a message with 'tool_calls' (the same in chat)"
    ),
    "unanswered_tool_call": _seen(
        "An assistant message with 'tool_calls' must be followed by tool messages (the same in chat)"
    ),
    "no_assistant_message": _documented("Data preparation notebook: example_missing_assistant_message"),
    "no_trained_message": _WEIGHT,
    "bad_weight": _WEIGHT,
    "misplaced_weight": _WEIGHT,
    "last_not_assistant": Source("report", "github.com/kohhnagata/clone-factory-v1/issues/3"),
    "input_ends_with_assistant": _PAIRS,
    "not_one_output": _PAIRS,
    "several_outputs": _PAIRS,
    "unlisted_output": _PAIRS,
    "unwanted_answer": _WEIGHT,
    "output_not_assistant": _PAIRS,
    "last_not_user": _REINFORCED,
    "reserved_token": _seen("Example … message contains an invalid token: <|fim_suffix|>"),
    "too_many_image_examples": _VISION,
    "too_many_images": _VISION,
    "misplaced_image": _VISION,
    "bad_detail": _VISION,
    "bad_image": _VISION,
    "bad_base64": _VISION,
    "unreachable_image": _VISION,
    "image_too_big": _VISION,
    "wrong_image_type": _VISION,
    "wrong_image_mode": _VISION,
    "broken_image": _VISION,
    "model_unfit": _documented("Models page: which methods each model trains by"),
}
