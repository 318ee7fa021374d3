"""The algorithm of OpenAI's data preparation notebook, written anew, to measure against; knows nothing of our rules.

Like the notebook it holds the whole file, looks at it twice, and counts what the assistant says a second time. It
differs in what it would gain by: the encoding is that of today's models, and reserved tokens are not searched for.
A process of its own is `python -m benchmarks.reference ENCODING FILE`.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

from bot import tokenizer

MAX_TOKENS = 65_536
KNOWN_KEYS = ("role", "content", "name", "function_call", "weight")
KNOWN_ROLES = ("system", "user", "assistant", "function")


def run(encoding: str, path: Path) -> dict[str, int]:
    """Read, check and count a file; gives its examples, total and trained tokens."""
    with path.open("r", encoding="utf-8") as file:
        dataset = [json.loads(line) for line in file]
    errors = _errors(dataset)
    count = tokenizer.counter(encoding).count
    without_system, messages, lengths, trained = 0, [], [], []
    for example in dataset:
        said = example["messages"]
        without_system += not any(message["role"] == "system" for message in said)
        messages.append(len(said))
        lengths.append(_tokens(said, count))
        trained.append(sum(count(message["content"]) for message in said if message["role"] == "assistant"))
    for numbers in (messages, lengths, trained):
        print(min(numbers), max(numbers), mean(numbers), median(numbers), quantiles(numbers, n=10))
    billed = sum(min(MAX_TOKENS, length) for length in lengths)
    print(dict(errors), without_system, sum(length > MAX_TOKENS for length in lengths), billed)
    return {"examples": len(dataset), "total": sum(lengths), "trained": sum(trained)}


def _errors(dataset: list[Any]) -> Counter[str]:
    errors: Counter[str] = Counter()
    for example in dataset:
        if not isinstance(example, dict):
            errors["data_type"] += 1
            continue
        messages = example.get("messages")
        if not messages:
            errors["missing_messages"] += 1
            continue
        for message in messages:
            if "role" not in message or "content" not in message:
                errors["missing_key"] += 1
            if any(key not in KNOWN_KEYS for key in message):
                errors["unknown_key"] += 1
            if message.get("role") not in KNOWN_ROLES:
                errors["unknown_role"] += 1
            content = message.get("content")
            if (not content and not message.get("function_call")) or not isinstance(content, str):
                errors["missing_content"] += 1
        if not any(message.get("role") == "assistant" for message in messages):
            errors["no_assistant"] += 1
    return errors


def _tokens(messages: list[dict[str, str]], count: Any) -> int:
    tokens = 3
    for message in messages:
        tokens += 3
        for key, value in message.items():
            tokens += count(value)
            if key == "name":
                tokens += 1
    return tokens


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
