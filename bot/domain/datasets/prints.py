"""Which prompts a file asks, as a small sketch kept with its report: what two files share is told without reading them.

A prompt's print is 64 bits, whose lower half says to which shares of a sample it belongs. A sketch holds the smallest
prints of a sample, so two sketches can be compared as far as both reach: the sample of one lies within that of the
other, for shares are powers of two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

KEPT = 1_000
"""Prints in a sketch: 11 kB of a report."""

_HALF = 32
_LOW = (1 << _HALF) - 1


@dataclass(frozen=True, slots=True)
class Prints:
    """A sketch of a file's prompts: of one in `share` of them, and of these the smallest if it is `cut`.

    `prompts` holds the prints in order, 8 bytes each; empty where nothing is asked.
    """

    share: int = 1
    cut: bool = False
    prompts: bytes = b""


NOTHING_ASKED = Prints()


def in_share(question: str, share: int) -> bool:
    """Whether prompts with this question are in the sample of one in `share`."""
    return crc32(question.encode()) % share == 0


def print_of(question: str, prompt: str) -> int:
    """The print of a whole prompt that ends in, or is told apart by, this question."""
    upper = blake2b(prompt.encode(), digest_size=_HALF // 8).digest()
    return int.from_bytes(upper) << _HALF | crc32(question.encode())


def sketched(prompts: Iterable[int], share: int, *, cut: bool) -> Prints:
    """The sketch of these prints, some more than once; `cut` says that larger ones were left out already."""
    known = sorted(set(prompts))
    packed = b"".join(each.to_bytes(8) for each in known[:KEPT])
    return Prints(share, cut or len(known) > KEPT, packed)


def shared(training: Prints, validation: Prints) -> tuple[int, int]:
    """How many prompts of the validation file the training file has too, of how many that could be compared."""
    share = max(training.share, validation.share)
    learned = set(_unpacked(training))
    reach = min(_reach(training), _reach(validation))
    compared = [each for each in _unpacked(validation) if each <= reach and (each & _LOW) % share == 0]
    return sum(each in learned for each in compared), len(compared)


def _reach(sketch: Prints) -> int:
    """The largest print that the sketch would hold, were it in the file."""
    return int.from_bytes(sketch.prompts[-8:]) if sketch.cut else 1 << 64


def _unpacked(sketch: Prints) -> list[int]:
    packed = sketch.prompts
    return [int.from_bytes(packed[at : at + 8]) for at in range(0, len(packed), 8)]
