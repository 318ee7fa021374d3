"""Gathers, while a range of lines is examined, what advice is given on; small, and the same however a file was cut.

In a big file only some of the examples are looked at, and fewer looked at closely, so that it costs no more than a
small one. A hash of their content decides which; and where there is no room for all that was seen, what has the
smallest hashes is kept. So the same remains when ranges are added up, wherever they began.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from heapq import nsmallest
from typing import Any

import msgspec

from bot.domain.catalog import Format
from bot.domain.datasets import heuristics, pii
from bot.domain.datasets.fast_path import PlainMessage
from bot.domain.datasets.fingerprints import PromptFingerprints, fingerprint_of, in_share, sketched
from bot.domain.datasets.formats import learned_of, messages_of
from bot.domain.datasets.languages import language_of
from bot.domain.datasets.similarity import sketch

CLOSE_BYTES = 2 << 20
"""So much of a file is looked at closely, about; a smaller file as a whole."""

SCANNED_FOR_ONE = 4
"""So many are looked at for one that is looked at closely."""

KEPT_SAMPLES = 4_000
KEPT_ANSWERS = 10_000
KEPT_SYSTEMS = 200
KEPT_LINES = 5
_DIGEST = 6
_BEGINNING = 200
_SYSTEM = ("system", "developer")

See = Callable[[str, int], None]
"""Takes the code of a mark, and the number of the line that has it."""


def share_of(size: int) -> int:
    """One example in how many is looked at closely in a file of so many bytes; a power of two, see fingerprints.py."""
    return 1 << max(0, (size // CLOSE_BYTES).bit_length() - 1)


class Sample(msgspec.Struct, frozen=True, array_like=True, order=True):
    """An example that was looked at closely: hashes of its line and its answer (0: none), and sizes in characters."""

    key: int
    line: int
    size: int
    answer: int
    answer_size: int
    language: str
    sketch: bytes


class Asked(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A prompt, as its fingerprint (fingerprints.py), and its answer, as a hash."""

    prompt: int
    answer: int
    line: int


class System(msgspec.Struct, array_like=True):
    """How often a system prompt came, and the first lines."""

    count: int
    lines: list[int]


@dataclass(slots=True)
class Observed:
    """What was gathered in one range, or in all so far.

    `scanned` counts the examples that were looked at, `looked` those looked at closely, kept or not. `answers` counts
    the answers to learn among the first, and `systems` holds their system prompts by hash.
    """

    scanned: int = 0
    answers: int = 0
    looked: int = 0
    looks: list[Sample] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    systems: dict[int, System] = field(default_factory=dict)

    def add(self, part: "Observed", before: int) -> None:
        """Add the next range, before which there are so many lines."""
        self.scanned += part.scanned
        self.answers += part.answers
        self.looked += part.looked
        moved = (msgspec.structs.replace(look, line=look.line + before) for look in part.looks)
        self.looks = nsmallest(KEPT_SAMPLES, [*self.looks, *moved])
        later = (msgspec.structs.replace(asked, line=asked.line + before) for asked in part.asked)
        self.asked = nsmallest(KEPT_ANSWERS, [*self.asked, *later])
        for key, system in part.systems.items():
            mine = self.systems.setdefault(key, System(0, []))
            mine.count += system.count
            mine.lines += [line + before for line in system.lines[: KEPT_LINES - len(mine.lines)]]
        self.systems = _fewest(self.systems)


def fingerprints_of(observed: Observed, share: int) -> PromptFingerprints:
    """The sketch of the prompts of a whole file."""
    cut = len(observed.asked) == KEPT_ANSWERS
    return sketched((each.prompt for each in observed.asked), share, cut=cut)


class Observer:
    """Looks at the valid examples of one range; `see` counts a mark of a line."""

    def __init__(self, share: int, see: See) -> None:
        self._share = share
        self._scanned = max(1, share // SCANNED_FOR_ONE)
        self._see = see
        self._systems: dict[str, System] = {}
        self._observed = Observed()

    def example(self, number: int, key: int, line: bytes, example: dict[str, Any], kind: Format) -> None:
        """Look at a valid example of any kind, which stands on the line of this number; `key` is its hash."""
        # To prefer several answers to the same prompt is no contradiction.
        chat = _as_chat(example, kind)
        if kind == "chat":
            self._ask(number, chat)
        refused = any(message.get("refusal") for message in learned_of(example, kind))
        self._take(number, key, line, chat, refused=refused)

    def chat(self, number: int, key: int, line: bytes, messages: Sequence[PlainMessage]) -> None:
        """Look at a chat of plain texts, likewise."""
        self._ask(number, messages)
        self._take(number, key, line, messages)

    def done(self) -> Observed:
        """What was gathered."""
        seen = self._observed
        systems = {_hash(text): system for text, system in self._systems.items()}
        return replace(
            seen,
            looks=nsmallest(KEPT_SAMPLES, seen.looks),
            asked=nsmallest(KEPT_ANSWERS, seen.asked),
            systems=_fewest(systems),
        )

    def _take(
        self, number: int, key: int, line: bytes, messages: Sequence[PlainMessage], *, refused: bool = False
    ) -> None:
        close = key % self._share == 0
        if not close and key % self._scanned:
            return
        codes = {"refusal"} if refused else set()
        self._scan(number, line, messages, codes)
        if close:
            self._look(number, key, messages, codes)
        for code in sorted(codes):
            self._see(code, number)

    def _scan(self, number: int, line: bytes, messages: Sequence[PlainMessage], codes: set[str]) -> None:
        self._observed.scanned += 1
        for message in messages:
            if message.role == "assistant":
                if message.weight != 0:
                    self._answer(message.content, codes)
            elif message.role in _SYSTEM:
                self._system(number, message.content)
        if hints := pii.hint_of(line):
            codes |= _private(messages, hints)

    def _answer(self, answer: str, codes: set[str]) -> None:
        self._observed.answers += 1
        if heuristics.is_refusal(answer):
            codes.add("refusal")
        elif heuristics.is_empty(answer):
            codes.add("empty_answer")
        elif heuristics.is_cut(answer):
            codes.add("cut_answer")

    def _system(self, number: int, text: str) -> None:
        known = self._systems.setdefault(text, System(0, []))
        known.count += 1
        if len(known.lines) < KEPT_LINES:
            known.lines.append(number)

    def _look(self, number: int, key: int, messages: Sequence[PlainMessage], codes: set[str]) -> None:
        said = [message.content for message in messages if message.role not in _SYSTEM]
        whole = "\n".join(said)
        codes |= _private(messages, pii.KINDS)
        if heuristics.is_sensitive(whole[: pii.LONGEST]):
            codes.add("sensitive")
        if any(_is_unfilled(message) for message in messages):
            codes.add("placeholder")
        last = messages[-1]
        answer = last.content.strip() if last.role == "assistant" and last.weight != 0 else ""
        self._observed.looked += 1
        self._observed.looks.append(
            Sample(
                key,
                number,
                len(whole),
                _hash(answer) if answer else 0,
                len(answer),
                language_of(answer),
                sketch("\n".join(said[-2:])),
            )
        )

    def _ask(self, number: int, messages: Sequence[PlainMessage]) -> None:
        """Keep which answer a prompt has. The question decides whether, so that all of its answers are kept."""
        *before, last = messages
        if last.role != "assistant" or last.weight == 0 or not before:
            return
        beginning = before[-1].content[:_BEGINNING]
        if in_share(beginning, self._share):
            prompt = fingerprint_of(beginning, "\0".join(f"{each.role}\0{each.content}" for each in before))
            self._observed.asked.append(Asked(prompt, _hash(last.content), number))


def _is_unfilled(message: PlainMessage) -> bool:
    return heuristics.has_placeholder(message.content[: pii.LONGEST], answer=message.role == "assistant")


def _private(messages: Sequence[PlainMessage], kinds: Collection[pii.Kind]) -> set[pii.Kind]:
    """Which of these kinds of private things the messages hold."""
    said = "\n".join(message.content for message in messages if message.role not in _SYSTEM)
    # How to reach the company may well stand in a system prompt; a key may not.
    whole = "\n".join(message.content for message in messages) if "secret" in kinds else said
    return {kind for kind in kinds if pii.holds(kind, whole if kind == "secret" else said)}


def _as_chat(example: dict[str, Any], kind: Format) -> list[PlainMessage]:
    """The example as texts: the answer to learn, or to prefer, is the last message, and has no weight of 0."""
    learned = {id(message) for message in learned_of(example, kind)}
    chat = [_as_text(message, learned=id(message) in learned) for message in messages_of(example, kind)]
    if kind == "preference":
        *chat, preferred, other = chat
        chat += [PlainMessage(other.role, other.content, 0), preferred]
    return chat


def _as_text(message: dict[str, Any], *, learned: bool) -> PlainMessage:
    content = message.get("content")
    texts = [content] if isinstance(content, str) else [_part(part) for part in content or ()]
    texts += [message["refusal"]] if message.get("refusal") else []
    called = [call["function"] for call in message.get("tool_calls") or ()]
    called += [message["function_call"]] if message.get("function_call") else []
    texts += [f"{function['name']}{function['arguments']}" for function in called]
    return PlainMessage(message["role"], "\n".join(texts), 1 if learned else 0)


def _part(part: dict[str, Any]) -> str:
    """A part's text; of an image only enough to tell it from others."""
    return (
        f"image-{_hash(part['image_url']['url']):x}"
        if part["type"] == "image_url"
        else str(part[part["type"]])
    )


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=_DIGEST).digest()) or 1


def _fewest(systems: dict[int, System]) -> dict[int, System]:
    return dict(sorted(systems.items())[:KEPT_SYSTEMS])
