"""What changed from one version of a dataset to the next, and what training and validation share; by hash.

Knows no files: it is told the identities of lines in order, and holds about 150 bytes for each.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.domain.dataset.identity import Identity
from bot.domain.dataset.report import Advice
from bot.domain.dataset.seen import REMEMBERED_EXAMPLES
from bot.domain.dataset.tally import Mark

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


def leakage(training: Iterable[Numbered], validation: Iterable[Numbered]) -> Iterator[Advice]:
    """Advice on what of the training file the validation file asks too; lines are the training file's.

    So many of the validation file are looked for as REMEMBERED_EXAMPLES, which bounds the memory.
    """
    examples: set[bytes] = set()
    prompts: set[bytes] = set()
    for _, identity in validation:
        if len(examples) < REMEMBERED_EXAMPLES:
            examples.add(identity.example)
            prompts.add(identity.prompt)
    same, asked = Mark(), Mark()
    for number, identity in training:
        if identity.example in examples:
            same.see(number)
        elif identity.prompt in prompts:
            asked.see(number)
    for code, mark, what in (
        ("leaked_example", same, "stand in the validation file too"),
        ("leaked_prompt", asked, "have a prompt of the validation file, with another answer"),
    ):
        if mark.count:
            yield Advice(
                code,
                f"In training and validation alike: {mark.count:,} of the training examples {what}. "
                "What was learned by heart looks like skill there. Keep them in one of the files.",
                mark.count,
                tuple(mark.lines),
            )
