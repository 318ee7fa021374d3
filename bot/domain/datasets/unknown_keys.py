"""Whether a key that the server does not take is surely noise, or may bear on what is learned; mends nothing.

A key whose name is not known here is not noise: "quality" may say which answers are bad, "split" which are for a test.
"""

from collections.abc import Mapping
from typing import Any

from bot.domain.datasets.cures import CONVERTS

_NUMBERED = (
    *("id", "_id", "uuid", "guid", "idx", "index", "no", "number", "row", "line", "__index_level_0__"),
    *("custom_id", "request_id", "response_id", "message_id", "conversation_id", "session_id", "thread_id"),
    *("example_id", "user_id", "question_id", "prompt_id", "parent_id", "hash", "sha256", "md5"),
)
_DATED = ("created", "created_at", "updated", "updated_at", "time", "timestamp", "date", "datetime")
_ORIGINS = ("source", "origin", "url", "link", "file", "filename", "path", "author", "dataset", "version")
_REQUESTED = (
    *("model", "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "n", "stop", "stream"),
    *("stream_options", "presence_penalty", "frequency_penalty", "seed", "logprobs", "top_logprobs"),
    *("logit_bias", "service_tier", "store", "tool_choice", "cache_control"),
)
_RETURNED = ("object", "usage", "system_fingerprint", "finish_reason", "tokens", "num_tokens", "token_count")
_HOLDERS = ("metadata", "meta")

NOISE = frozenset((*_NUMBERED, *_DATED, *_ORIGINS, *_REQUESTED, *_RETURNED, *_HOLDERS))
"""Names that say where an example comes from or how it was asked for, never what is to be learned of it."""

_EMPTY: tuple[Any, ...] = (None, "", [], {})

VERDICTS = frozenset({"label", "weight", "desirable", "is_good", "is_correct", "correct", "good"})
"""Names of keys that say of an answer whether it is good, where they hold yes or no."""

JUDGING = VERDICTS | {
    *(
        "quality",
        "rating",
        "score",
        "grade",
        "stars",
        "rank",
        "reward",
        "feedback",
        "thumbs",
        "vote",
        "votes",
    ),
    *("bad", "is_bad", "incorrect", "hallucination", "flagged", "approved", "accepted", "keep", "split"),
    *("rejected", "rejected_response", "chosen", "margin", "loss", "train", "trainable"),
}
"""Names of keys that may say which answers are good, or to be learned at all."""

_PLACES = {
    "weight": "It says how much the example counts: give the assistant's messages a weight instead, where 0 is not "
    f"learned. {CONVERTS}",
    "system": f"It is the system prompt: write it as the first message, with the role system. {CONVERTS}",
    "images": f"Write each image as a part of its message (image_url), at an address or as a data URL. {CONVERTS}",
    "rejected": "It holds a worse answer, which a chat would lose: a preference example has input, preferred_output "
    "and non_preferred_output.",
}
_PLACES["rejected_response"] = _PLACES["rejected"]


def is_noise(key: str, value: Any, owner: Mapping[str, Any]) -> bool:
    """Whether a key can be left out of `owner` and no answer is learned otherwise."""
    if value in _EMPTY:
        return True
    name = key.lower()
    if name == "name" and owner.get("role") == "tool":
        return True  # its id says already which call it answers
    if name in _HOLDERS and isinstance(value, dict):
        return all(is_noise(each, inner, value) for each, inner in value.items())
    return name in NOISE


def place_of(key: str, path: str) -> str:
    """Where what a key says belongs, as the cure of a problem; `path` is that of the object around it."""
    name = key.lower()
    if not path and name in _PLACES:
        return _PLACES[name]
    if name in VERDICTS:
        return (
            f"It may say whether the answer is good: examples with bad answers must not be learned. {CONVERTS} It "
            "leaves them out."
        )
    return f"If it says nothing about what is to be learned, remove it. {CONVERTS} It shows first what it leaves out."
