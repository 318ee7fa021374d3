"""Parts a dataset into training and validation by hash: the same seed parts alike, repetitions stay on one side.

Knows no files. Nothing is shuffled or held: which side an example is on depends on its prompt and the seed alone,
measured against a threshold, so that both parts are written in one reading and keep the order of the file.
"""

from array import array
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.datasets.fingerprints import Identity
from bot.errors import BadInput

REMEMBERED = 1_000_000
"""Exact shares for so many examples (8 MB); beyond, the share of those seen is the share of all, nearly."""

_END = 1 << 64


@dataclass(frozen=True, slots=True)
class Split:
    """Which examples are for validation: those whose place is below `threshold`."""

    seed: int
    threshold: int

    def is_validation(self, identity: Identity) -> bool:
        """The side of an example; the same for all examples with its prompt."""
        return place(identity, self.seed) < self.threshold


class Planner:
    """Sees every example once and then plans the split; `examples` counts those seen."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._places = array("Q")
        self.examples = 0

    def see(self, identity: Identity) -> None:
        """One example more."""
        self.examples += 1
        if len(self._places) < REMEMBERED:
            self._places.append(place(identity, self._seed))

    def plan(self, share: float) -> Split:
        """The split nearest to `share` (between 0 and 1) that parts no prompt, with something on both sides.

        Raises:
            BadInput: the share is out of range, or all examples have the same prompt.
        """
        if not 0 < share < 1:
            raise BadInput("The share for validation lies between 0 and 1; 0.1 is usual.", "validation-share")
        places = sorted(self._places)
        wanted = round(share * len(places))
        # A cut is good where a new prompt begins.
        cuts = [at for at in range(1, len(places)) if places[at] != places[at - 1]]
        if not cuts:
            raise BadInput("The file cannot be split: all its examples answer the same prompt.")
        return Split(self._seed, places[min(cuts, key=lambda at: abs(at - wanted))])


def place(identity: Identity, seed: int) -> int:
    """Where a prompt lies between 0 and 2**64, as the seed shuffles them."""
    key = str(seed).encode()[:64]
    return int.from_bytes(blake2b(identity.prompt, digest_size=8, key=key).digest(), "big")
