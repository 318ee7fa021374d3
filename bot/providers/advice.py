"""What a person can do about the provider's errors: tables from its codes and words to our sentences; pure."""

import re

_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), sentence)
    for pattern, sentence in (
        (
            r"^invalid_n_examples:",
            "The dataset is too small. Add examples until there are at least 10; 50 or more teach something.",
        ),
        (
            r"(?P<token><\|[a-z_]+\|>)",
            "{where} remove the reserved token `{token}` from the text, then upload the file again.",
        ),
        (
            r"missing key 'input'",
            "{where} it is not a preference example. A chat dataset trains by the supervised method; choose that.",
        ),
        (
            r"missing key 'messages'",
            '{where} it is not a chat example. Each line needs "messages", a list of what was said.',
        ),
        (
            r"missing key '(?P<key>\w+)'",
            '{where} add the missing "{key}", then upload the file again.',
        ),
        (
            r"contains an extra \W?(?P<key>\w+)",
            '{where} remove the key "{key}", which is not one of those accepted, then upload the file again.',
        ),
        (
            r"'(?P<key>\w+)' is missing in value",
            '{where} add the missing "{key}" to the message that the server names, then upload the file again.',
        ),
        (
            r"invalid json",
            "{where} it is not valid JSON. Each line has to be one complete JSON object; mend it and upload again.",
        ),
        (
            r"content_policy|moderation|usage policies|safety",
            "The safety checks blocked it. Remove examples with unsafe advice, hate or violence, then train again.",
        ),
        (
            r"^invalid_(training_file|validation_file|file_format):",
            "{where} mend what the server names, then upload the file again; its report here checks every line.",
        ),
        (
            r"quota|^billing_",
            "The account has no credit left. Add credit in its billing settings, then start the job again.",
        ),
        (
            r"^(server_error|internal_(server_)?error|overloaded_error):|internal error",
            "The provider had trouble of its own; nothing is wrong with the dataset. Start the job again.",
        ),
    )
)
_EXAMPLE = re.compile(r"\bexample (\d+)|\(line (\d+)\)", re.IGNORECASE)

_REFUSALS = {
    "insufficient_quota": "The {title} account has no credit left. Add credit in its billing settings, then ask again.",
    "model_not_found": (
        "{title} does not have this model (any more), or the API key may not use it. `/finetune models` lists those "
        "that it has."
    ),
    "context_length_exceeded": (
        "The conversation is longer than the model can read. Start a new thread, or write less at once."
    ),
    401: "{title} does not accept the API key. Whoever runs this app has to check {variable}.",
    403: (
        "The API key may not do this at {title}. Whoever runs this app has to give it the permission, or put another "
        "key into {variable}."
    ),
    404: "{title} does not know this (any more). If it should, the API key may belong to another project.",
    410: (
        "{title} says that what I ask for is gone for good. Whoever runs this app has to look whether the address is "
        "still right and whether {title} still trains models."
    ),
    413: "The file is larger than {title} takes. Split the dataset, or leave examples out.",
}
_REFUSALS |= dict.fromkeys(
    ("billing_hard_limit_reached", "billing_not_active"), _REFUSALS["insufficient_quota"]
)

FINAL_CODES = frozenset(code for code in _REFUSALS if isinstance(code, str))
"""Codes that no waiting of minutes mends, whatever HTTP status they come with."""


def advise(code: str, message: str) -> str:
    """What the error of a failed job means and what to do; empty when we know no more than its words say.

    The server counts examples from 1, so its example is our line as long as the file has no empty lines.
    """
    example = _EXAMPLE.search(message)
    where = f"Look at line {example[1] or example[2]} of the dataset:" if example else "Look at the dataset:"
    for pattern, sentence in _RULES:
        if found := pattern.search(f"{code}: {message}"):
            return sentence.format(where=where, **found.groupdict())
    return ""


def refusal(status: int, code: str, message: str, *, title: str, variable: str) -> str:
    """Our sentence for a request that the provider refused for good; `variable` holds its key."""
    known = _REFUSALS.get(code) or _REFUSALS.get(status)
    if known:
        return known.format(title=title, variable=variable)
    return advise(code, message) or f"{title} refused the request ({status})."
