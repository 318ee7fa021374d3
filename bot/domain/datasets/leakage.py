"""What training and validation data share, so that learning by heart looks like skill; knows no files.

It is told the lines of both, and holds about 150 bytes for each of the validation file, 2 kB for one whose likeness
is looked for.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from bot.domain.catalog import Format
from bot.domain.datasets.fingerprints import REMEMBERED_EXAMPLES, identity_of_line, read
from bot.domain.datasets.report import Advice
from bot.domain.datasets.similarity import Likenesses, sketch
from bot.domain.datasets.statistics import Mark

COMPARED = 5_000
"""Examples of the validation file that training is held against for likeness, which bounds memory and time."""

Numbered = tuple[int, bytes]
"""A line's number and the line."""


_WHAT = {
    "leaked_example": "are in the validation file too",
    "leaked_prompt": "have a prompt of the validation file, with another {answer}",
    "leaked_near": "are nearly the same as one of the validation file, but for a few words",
}


def leakage(
    training: Iterable[Numbered], validation: Iterable[Numbered], kind: Format | None = None
) -> Iterator[Advice]:
    """Advice on what of the training file stands, is asked, or nearly stands in the validation file.

    Lines are the training file's. So many of the validation file are looked for as REMEMBERED_EXAMPLES, and COMPARED
    for likeness, which bounds the memory.
    """
    held = _Held(line for _, line in validation)
    answer = "reference" if kind == "reinforcement" else "answer"
    marks: dict[str, Mark] = {}
    for number, line in training:
        if code := held.leak(line):
            marks.setdefault(code, Mark()).see(number)
    for code, what in _WHAT.items():
        if mark := marks.get(code):
            yield Advice(
                code,
                f"Training examples that {what.format(answer=answer)}: {mark.count:,}. "
                "What was learned by heart looks like skill there. Keep them in one of the files.",
                mark.count,
                tuple(mark.lines),
            )


class _Held:
    """What the validation file holds."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._examples: set[bytes] = set()
        self._prompts: set[bytes] = set()
        sketches: list[bytes] = []
        for line in islice(lines, REMEMBERED_EXAMPLES):
            identity = identity_of_line(line)
            self._examples.add(identity.example)
            self._prompts.add(identity.prompt)
            if len(sketches) < COMPARED:
                sketches.append(_sketch_of(line))
        self._likenesses = Likenesses(sketches)
        for each in sketches:
            self._likenesses.remember(each)

    def leak(self, line: bytes) -> str:
        """The code of what a training line has in common with it; empty for nothing."""
        identity = identity_of_line(line)
        if identity.example in self._examples:
            return "leaked_example"
        if identity.prompt in self._prompts:
            return "leaked_prompt"
        return "leaked_near" if self._likenesses.has_one_like(_sketch_of(line)) else ""


def _sketch_of(line: bytes) -> bytes:
    return sketch(gist_of(read(line)))


def gist_of(value: Any) -> str:
    """The last question and answer of a parsed line, whatever it holds; empty where nothing is said, or shown.

    Of two pictures it is not known how much they are alike.
    """
    if not isinstance(value, dict):
        return ""
    asked = value["input"] if isinstance(value.get("input"), dict) else value
    last = [
        message.get("content")
        for holder in (asked.get("messages"), value.get("preferred_output"))
        for message in (holder if isinstance(holder, list) else ())
        if isinstance(message, dict) and message.get("role") not in ("system", "developer")
    ][-2:]
    parts = [part for content in last for part in (content if isinstance(content, list) else [content])]
    if any(isinstance(part, dict) and "image_url" in part for part in parts):
        return ""
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str))
