"""How much texts are alike, from small sketches of them: near-duplicates, and lengths unlike the rest; knows no files.

A sketch is the smallest hashes of a text's runs of three words (Broder's min-wise hashing): the share that two
sketches have in common is about the share that the texts have.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
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


def near_duplicates(sketches: Iterable[bytes]) -> list[int]:
    """Which of these sketches, by position, are nearly an earlier one; what many have in common is not compared.

    A run that more than a fifth of them hold belongs to the task, such as its instructions, and tells nothing.
    """
    texts = [array("q", each).tolist() for each in sketches]
    full = [len(runs) == _KEPT for runs in texts]
    often = max(10.0, _COMMON * len(texts))
    spread = Counter(run for runs in texts for run in runs)
    first_with: dict[int, int] = {}
    found = []
    for place, runs in enumerate(texts):
        own = [run for run in runs if spread[run] <= often]
        texts[place] = own
        if len(own) < LEAST_TO_COMPARE:
            continue
        leads = own[:_LEADS]
        earlier = {first_with[run] for run in leads if run in first_with}
        if any(
            _share(own, texts[other], both_whole=not full[place] and not full[other]) >= ALIKE
            for other in earlier
        ):
            found.append(place)
        else:
            for run in leads:
                first_with.setdefault(run, place)
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


def _share(one: list[int], other: list[int], *, both_whole: bool) -> float:
    """The estimated share of runs in common; of sketches that were cut, only as far as both reach."""
    first, second = set(one), set(other)
    if not both_whole:
        reach = min(one[-1], other[-1])
        first, second = ({run for run in runs if run <= reach} for runs in (first, second))
    return len(first & second) / len(first | second)
