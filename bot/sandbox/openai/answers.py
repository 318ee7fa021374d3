"""What the simulated models say: a tuned one the answer of its nearest example, a base one that it is a base.

Nearness is the cosine between bags of words weighted by rarity (TF-IDF). Knows texts, not requests or sockets.
"""

import hashlib
import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.sandbox.openai.training_data import Turn

_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
_CONTEXT_WEIGHT = 0.35  # what earlier talk counts beside the last message
_STRANGE = 0.08  # below this cosine nothing in the data resembles the question
_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Talk:
    """What an answer depends on: the text to answer, the talk before it, what was said, the tools at hand."""

    prompt: str
    before: str
    said: Collection[str]
    tools: Collection[str]


class Memory:
    """The turns a tuned model learned, indexed by their words."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = list(turns)
        counts = [_bag(turn.prompt, turn.before) for turn in self._turns]
        spread = Counter(word for bag in counts for word in bag)
        total = len(counts)
        self._rarity = {word: math.log(1 + total / seen) for word, seen in spread.items()}
        self._places: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, bag in enumerate(counts):
            for word, weight in self._weighed(bag).items():
                self._places[word].append((place, weight))

    def answer(self, talk: Talk) -> Turn:
        """The turn to answer with: the nearest one that was not said before and whose tools are at hand."""
        near: dict[int, float] = defaultdict(float)
        for word, weight in self._weighed(_bag(talk.prompt, talk.before)).items():
            for place, other in self._places.get(word, ()):
                near[place] += weight * other
        best = heapq.nlargest(_CANDIDATES, near, key=lambda place: (near[place], -place))
        fitting = [p for p in best if near[p] >= _STRANGE and self._fits(self._turns[p], talk)]
        if fitting:
            return self._turns[fitting[0]]
        return self._any(talk)

    def _fits(self, turn: Turn, talk: Talk) -> bool:
        if any(call["function"]["name"] not in talk.tools for call in turn.tool_calls):
            return False
        return bool(turn.tool_calls) or (bool(turn.answer.strip()) and turn.answer not in talk.said)

    def _any(self, talk: Talk) -> Turn:
        """A turn in the style of the data for a question unlike all of it; the same one for the same question."""
        if not self._turns:  # reinforcement data: graded, never shown how to answer
            return Turn(
                talk.prompt, talk.before, "I worked it out step by step and kept to what earns the reward."
            )
        usable = [turn for turn in self._turns if turn.answer.strip() and not turn.tool_calls] or self._turns
        digest = hashlib.sha256(f"{talk.prompt}\0{len(talk.said)}".encode("utf-8", "surrogatepass")).digest()
        return usable[int.from_bytes(digest[:8], "big") % len(usable)]

    def _weighed(self, bag: dict[str, float]) -> dict[str, float]:
        weights = {word: n * self._rarity[word] for word, n in bag.items() if word in self._rarity}
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        return {word: w / length for word, w in weights.items()}


def _bag(prompt: str, before: str) -> dict[str, float]:
    bag: dict[str, float] = defaultdict(float)
    for word in _words(prompt):
        bag[word] += 1.0
    for word in _words(before):
        bag[word] += _CONTEXT_WEIGHT
    return bag


def _words(text: str) -> Iterable[str]:
    """Lower-case words; of scripts that inflect or do not space their words also the pairs of characters."""
    for word in _WORD.findall(text.lower()):
        yield word
        if not word.isascii() and len(word) > 2:
            yield from (word[i : i + 2] for i in range(len(word) - 1))


def base_answer(model: str, prompt: str) -> str:
    """What an untuned model says: short, general, and plainly simulated."""
    asked = " ".join(prompt.split())
    if len(asked) > 120:
        asked = asked[:120].rstrip() + "…"
    return (
        f"(simulated {model}) This is the base model, before any fine-tuning. It has seen none of your examples, "
        f"so it can only answer in general terms. You wrote: “{asked}”"
    )


def pieces(text: str) -> list[str]:
    """A text cut the way it is streamed: word by word, long runs without spaces by twelve characters."""
    cut: list[str] = []
    for word in re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text):
        cut += [word[i : i + 12] for i in range(0, len(word), 12)] if len(word) > 24 else [word]
    return cut
