"""Remembers many hashes in little memory, to find what comes again; knows not what was hashed."""

from array import array

REMEMBERED_EXAMPLES = 1 << 19
"""What comes again is looked for among so many examples, which bounds the memory."""

_SLOTS = 2 * REMEMBERED_EXAMPLES
"""With half of the slots free the right one is found at the second look or so."""


class Seen:
    """The first REMEMBERED_EXAMPLES of the 64-bit hashes it is shown, in 8 MiB; a set of them would take 50."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SLOTS))
        self._count = 0

    def again(self, digest: int) -> bool:
        """Whether this hash was shown before; it is remembered while there is room."""
        digest = digest or 1  # 0 marks a free slot
        at = digest % _SLOTS
        while held := self._slots[at]:
            if held == digest:
                return True
            at = (at + 1) % _SLOTS
        if self._count < REMEMBERED_EXAMPLES:
            self._slots[at] = digest
            self._count += 1
        return False
