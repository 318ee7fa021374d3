"""How numbers of tokens spread, in bins that add up exactly however a file was cut; knows nothing of tokens.

Bins as in HdrHistogram: each doubling has the same number of bins, so that a bin is at most 1/64 of its value wide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FINE = 6
"""Bins of each doubling, as a power of two: values below 128 are kept exactly, others to within 1.6 %."""

MOST_BARS = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """So many examples have `low` to `high` tokens, both included."""

    low: int
    high: int
    examples: int


def bin_of(value: int, bits: int = FINE) -> int:
    """The number of the bin that a value of 0 or more falls in."""
    shift = value.bit_length() - 1 - bits
    return value if shift <= 0 else (shift << bits) + (value >> shift)


def low_of(number: int, bits: int = FINE) -> int:
    """The smallest value of a bin."""
    shift = max(0, (number >> bits) - 1)
    return (number - (shift << bits)) << shift


def percentile(bins: Mapping[int, int], percent: float) -> int:
    """The value that so many percent do not exceed, to within its bin's width; 0 for no values."""
    wanted = sum(bins.values()) * percent / 100
    seen = 0
    for number in sorted(bins):
        seen += bins[number]
        if seen >= wanted:
            return (low_of(number) + low_of(number + 1) - 1) // 2
    return 0


def bars(bins: Mapping[int, int]) -> tuple[Bar, ...]:
    """The same in no more than MOST_BARS bars without gaps, as fine as that allows."""
    if not bins:
        return ()
    least, most = low_of(min(bins)), low_of(max(bins))
    bits = next(
        (fine for fine in range(FINE, 0, -1) if bin_of(most, fine) - bin_of(least, fine) < MOST_BARS), 0
    )
    counts = dict.fromkeys(range(bin_of(least, bits), bin_of(most, bits) + 1), 0)
    for number, count in bins.items():
        counts[bin_of(low_of(number), bits)] += count
    return tuple(
        Bar(low_of(number, bits), low_of(number + 1, bits) - 1, count) for number, count in counts.items()
    )
