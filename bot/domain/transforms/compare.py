"""What changed from one version of a dataset to the next, by hash.

Knows no files: it is told the identities of lines in order, and holds about 150 bytes for each.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.datasets.fingerprints import Identity
from bot.domain.datasets.statistics import Mark

Numbered = tuple[int, Identity]
"""A line's number and what it holds."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How many examples are the same, and what is new, gone, or has the same prompt but another answer.

    Lines are those of the new file, of `removed` those of the old. An example that stands in a file several
    times counts as often.
    """

    same: int = 0
    added: Mark = field(default_factory=Mark)
    removed: Mark = field(default_factory=Mark)
    changed: Mark = field(default_factory=Mark)


def compare(old: Iterable[Numbered], new: Iterable[Numbered]) -> Difference:
    """The difference; the order of lines does not count."""
    left: dict[bytes, list[Numbered]] = {}
    for line in old:
        left.setdefault(line[1].example, []).append(line)
    same = 0
    fresh: list[Numbered] = []
    for line in new:
        if twins := left.get(line[1].example):
            twins.pop(0)
            same += 1
        else:
            fresh.append(line)
    gone = sorted((line for twins in left.values() for line in twins), key=lambda line: line[0])
    prompts = Counter(identity.prompt for _, identity in gone)
    difference = Difference(same)
    answered: Counter[bytes] = Counter()
    for number, identity in fresh:
        if answered[identity.prompt] < prompts[identity.prompt]:
            answered[identity.prompt] += 1
            difference.changed.see(number)
        else:
            difference.added.see(number)
    for number, identity in gone:
        if answered[identity.prompt]:
            answered[identity.prompt] -= 1
        else:
            difference.removed.see(number)
    return difference
