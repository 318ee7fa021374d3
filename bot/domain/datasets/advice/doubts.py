"""What the server may refuse, though it is not sure, or takes and learns badly; looks at no text itself."""

from collections.abc import Iterator

from bot.domain.datasets.advice.words import counted, mark_of, said
from bot.domain.datasets.cures import MENDS
from bot.domain.datasets.report import Advice
from bot.domain.datasets.statistics import Sum

_SENTENCES = {
    "odd_arguments": (
        "Arguments of a call that are no JSON object: {}. The server may refuse them, and the model learns to call "
        'functions so. Write them as JSON, "{{}}" where there are none.'
    ),
    "arguments_twice": (
        "Arguments of a call that were turned into JSON text twice: {}. They train, but the model learns to write "
        f"them so, too. {MENDS}"
    ),
    "tool_parts": (
        "A tool's answer that is a list of parts: {}. The server refused jobs for this in 2024, and may do so again. "
        "Write the text itself as content."
    ),
    "empty_content": (
        "A message whose content is an empty list: {}. The server may refuse it. Write a text, or leave it out."
    ),
    "empty_name": (
        "An empty name, or an empty id of a call: {}. The server may refuse it. Fill it, or leave the name out."
    ),
    "repeated_call_id": (
        "Calls in one message that share an id: {}. The server may refuse them, and nobody can tell which of them is "
        "answered. Give each an id of its own."
    ),
    "undefined_call": (
        "Calls of functions that the example does not define: {}. The model learns to call what it was not given. "
        "Add the definitions to tools, as you will give them later."
    ),
}


def doubts(whole: Sum) -> Iterator[Advice]:
    """What the rules doubted, a piece of advice each."""
    for code, sentence in _SENTENCES.items():
        mark = mark_of(whole, code)
        yield said(code, sentence.format(counted(mark.count)), mark)
