"""How much texts are alike, from small sketches of them: near-duplicates, and lengths unlike the rest; knows no files.

A sketch is the smallest hashes of a text's runs of three words (Broder's min-wise hashing): the share that two
sketches have in common is about the share that the texts have.
"""

from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log
from statistics import median
from zlib import crc32

ALIKE = 0.75
"""Share of common runs of three words from which on two examples are near-duplicates: a word or two in a paragraph."""

LEAST_TO_COMPARE = 8
"""Texts with fewer runs of their own say nothing: short labels are alike without being copies."""

UNLIKE = 6.0
"""Deviations, by the median and the median deviation (both robust), from which on a length is unlike the rest."""

RARE = 0.02
"""What is unlike the rest more often than this is a task of its own: labels among essays, say."""

LEAST_TO_JUDGE = 30
_LEAST_DEVIATION = 0.5
_KEPT = 48
_WORDS = 400
_LONGEST_MEAN_WORD = 15
_COMMON = 0.2
_LEADS = 8


def sketch(text: str) -> bytes:
    """The sketch of a text's beginning, in at most 384 bytes; upper and lower case are the same.

    Sketches can be compared within one run of the program only.
    """
    text = text[: _WORDS * 8].lower()
    words = text.encode().split()
    if len(text) > _LONGEST_MEAN_WORD * len(words):
        words = [each.encode() for each in text]  # a script without spaces: runs of three characters
    hashes = list(map(crc32, words[:_WORDS]))
    # Unlike those of texts, Python's hashes of numbers are the same in every process.
    runs = set(map(hash, zip(hashes, hashes[1:], hashes[2:], strict=False)))
    return array("q", sorted(runs)[:_KEPT]).tobytes()


class Likenesses:
    """Remembers texts by their sketches, and finds what is nearly one of them.

    What many of `sketches` have in common is not compared: a run that more than a fifth of them hold belongs to the
    task, such as its instructions, and tells nothing.
    """

    def __init__(self, sketches: Collection[bytes]) -> None:
        often = max(10.0, _COMMON * len(sketches))
        spread = Counter(run for each in sketches for run in array("q", each))
        self._common = {run for run, count in spread.items() if count > often}
        self._first_with: dict[int, _Runs] = {}

    def has_one_like(self, sketched: bytes) -> bool:
        """Whether it is nearly a text that is remembered."""
        runs = self._runs(sketched)
        if len(runs.own) < LEAST_TO_COMPARE:
            return False
        near = {id(other): other for run in runs.own[:_LEADS] if (other := self._first_with.get(run))}
        return any(runs.share(other) >= ALIKE for other in near.values())

    def remember(self, sketched: bytes) -> None:
        """From here on, this text is one of them."""
        runs = self._runs(sketched)
        if len(runs.own) >= LEAST_TO_COMPARE:
            for run in runs.own[:_LEADS]:
                self._first_with.setdefault(run, runs)

    def _runs(self, sketched: bytes) -> "_Runs":
        runs = array("q", sketched)
        own = array("q", (run for run in runs if run not in self._common))
        return _Runs(own, whole=len(runs) < _KEPT)


@dataclass(frozen=True, slots=True)
class _Runs:
    """The smallest hashes of a text's own runs; all of them if it is `whole`."""

    own: "array[int]"
    whole: bool

    def share(self, other: "_Runs") -> float:
        """The estimated share of runs in common; of sketches that were cut, only as far as both reach."""
        first, second = set(self.own), set(other.own)
        if not (self.whole and other.whole):
            reach = min(self.own[-1], other.own[-1])
            first, second = ({run for run in runs if run <= reach} for runs in (first, second))
        return len(first & second) / len(first | second)


def near_duplicates(sketches: Collection[bytes]) -> list[int]:
    """Which of these sketches, by position, are nearly an earlier one; see Likenesses."""
    known = Likenesses(sketches)
    found = []
    for place, sketched in enumerate(sketches):
        if known.has_one_like(sketched):
            found.append(place)
        else:
            known.remember(sketched)
    return found


def outliers(sizes: Sequence[int]) -> list[int]:
    """Which of these sizes, by position, are far from the rest; sizes are compared as ratios."""
    if len(sizes) < LEAST_TO_JUDGE:
        return []
    scaled = [log(size + 1) for size in sizes]
    middle = median(scaled)
    # 1.4826 makes the median deviation a standard deviation, were it a normal distribution. With all of nearly one
    # size a tenth more would be far off, so less than half as much again does not count as one deviation.
    deviation = max(_LEAST_DEVIATION, 1.4826 * median(abs(size - middle) for size in scaled))
    far = [place for place, size in enumerate(scaled) if abs(size - middle) > UNLIKE * deviation]
    return far if len(far) <= max(1, RARE * len(sizes)) else []
